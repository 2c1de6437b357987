"""Kills a ``take`` of records at many moments and proves the store after each.

Run by test_crash_records.py as a process of its own, because each round forks: frames are
imported here but never used before the fork, so that no lock of a frame thread is inherited.

Usage: python killed_record_takes.py FOLDER ROUNDS SEED
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars  # noqa: F401  # imported before the forks
import pyarrow.parquet  # noqa: F401

sys.path.insert(0, str(Path(__file__).parents[1] / "door"))

from fake_records import FakeReader, fake_table
from tiny_reader import read_tiny, tiny_workbook

from openlifecycle.intake import take as taking
from openlifecycle.vault.places import Places
from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import clean, fingerprint, leftovers, verify

#: A kill may come after the take has ended; that round is not counted, and another is tried.
MOST_TRIES = 4
#: Each step of taking records, and how often it comes in a take of the inputs.
STEPS = (
    *(("copy", 1), ("copy", 3), ("read", 1), ("read", 3), ("write", 1), ("write", 3)),
    *(("place", 1), ("commit", 1), ("committing", 1), ("committed", 1)),
)


def in_child(work: Callable[[], None]) -> int:
    """Fork, do the work in the child, and return its process id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def ended_well(child: int) -> bool:
    """Wait for a child and return whether it did all its work."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def take(store: Path, inputs: list[Path], **more: object) -> None:
    """Take the inputs, all of which must end in the store."""
    outcomes = taking.take(
        store, [str(path) for path in inputs], read=read_tiny, records=FakeReader(), **more
    )
    wrong = [o for o in outcomes if o.outcome not in ("taken", "already_taken")]
    if wrong:
        raise AssertionError(wrong)


def prove(store: Path, inputs: list[Path], whole: str) -> None:
    """Prove a store whose take was killed: it opens, is green, and a retake completes it."""
    if not Places(store).is_unmade():
        opened = Store.open(store)
        proof = verify(opened)
        if not proof.holds:
            raise AssertionError(proof.problems)
        # a collection lands whole or not at all
        if proof.record_releases not in (0, 3) or len(opened.collections()) > 1:
            raise AssertionError(proof)
    take(store, inputs)
    opened = Store.open(store)
    proof = verify(opened)
    if not proof.holds or (proof.releases, proof.record_releases) != (1, 3):
        raise AssertionError(proof)
    if fingerprint(opened) != whole:
        raise AssertionError("a retake does not give the same catalogue")
    clean(opened)
    if leftovers(opened) or any((store / "tmp").iterdir()):
        raise AssertionError("leftovers stay after cleaning")


def die_at(step: str, nth: int) -> Callable[[str], None]:
    """Return what kills its process as the step begins for the nth time."""
    count: Counter[str] = Counter()

    def told(name: str) -> None:
        count[name] += 1
        if name == step and count[name] == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    return told


def main(folder: Path, rounds: int, seed: int) -> dict[str, int]:
    """Return how many kills of each kind were survived; stop at the first that was not."""
    inputs = make_inputs(folder)
    seconds = undisturbed(folder, inputs)
    whole = (folder / "whole").read_text()
    counts: Counter[str] = Counter()

    def check(store: Path, what: str) -> None:
        landed = list((store / "manifests").glob("*.json")) if store.exists() else []
        counts["in_between"] += len(landed) == 1
        if not ended_well(in_child(lambda: prove(store, inputs, whole))):
            raise SystemExit(f"not whole after: {what}")
        shutil.rmtree(store)

    chance = random.Random(seed)
    for number in range(MOST_TRIES * rounds):
        if counts["killed"] == rounds:
            break
        store = folder / f"store-{number}"
        child = in_child(lambda s=store: take(s, inputs))
        moment = chance.uniform(0, seconds)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        was_killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        counts["killed" if was_killed else "too_late"] += 1
        check(store, f"SIGKILL after {moment:.4f} s (round {number})")
    for step, nth in STEPS:
        store = folder / f"store-{step}-{nth}"
        child = in_child(lambda s=store, a=step, n=nth: take(s, inputs, step=die_at(a, n)))
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            raise SystemExit(f"was not killed at {step!r} {nth}")
        counts["at_step"] += 1
        check(store, f"SIGKILL at step {step!r} {nth}")
    return dict(counts)


def make_inputs(folder: Path) -> list[Path]:
    """Write one workbook of aggregates and three record tables, one of them in two files."""
    inputs = {
        "a.xlsx": tiny_workbook("2024-01-01"),
        "arrests-1.csv": fake_table(rows=[(f"k{n}", "2025-01-01") for n in range(3000)]),
        "arrests-2.csv": fake_table(rows=[(f"k{n}", "2025-02-01") for n in range(3000)]),
        "detentions.csv": fake_table(
            "us_ice.detentions", [(f"k{n}", "2025-01-01") for n in range(3000)]
        ),
        "removals.csv": fake_table("us_ice.removals", [("k1", "2025-02-03")]),
    }
    place = folder / "inputs"
    place.mkdir()
    for name, data in inputs.items():
        (place / name).write_bytes(data)
    return [place / name for name in inputs]


def undisturbed(folder: Path, inputs: list[Path]) -> float:
    """Take three times without a kill; return the seconds of the fastest, leave its fingerprint."""
    reference = folder / "reference"

    def work() -> None:
        take(reference, inputs)
        (folder / "whole").write_text(fingerprint(Store.open(reference)))

    seconds = []
    for _ in range(3):
        shutil.rmtree(reference, ignore_errors=True)
        begun = time.monotonic()
        if not ended_well(in_child(work)):
            raise SystemExit("the take that nobody kills failed")
        seconds.append(time.monotonic() - begun)
    return min(seconds)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))  # noqa: T201
