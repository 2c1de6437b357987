"""Kills a ``take`` at many moments and proves the store after each. Run by test_crash.py.

A process of its own, because each round forks: frames are imported here but never used before
the fork, so that a child starts in milliseconds and no lock of a frame thread is inherited.

Usage: python killed_takes.py FOLDER ROUNDS SEED
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

import openpyxl  # noqa: F401  # imported before the forks
import polars  # noqa: F401
from tiny_reader import read_tiny, tiny_workbook

from openlifecycle.intake import take as taking
from openlifecycle.vault import landing
from openlifecycle.vault.places import Places
from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import clean, fingerprint, leftovers, verify

#: A kill may come after the take has ended; that round is not counted, and another is tried.
MOST_TRIES = 4
STEPS = (
    "write",
    "write manifest",
    "write derived",
    "place",
    "commit",
    "committing",
    "committed",
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


def take(store: Path, inputs: list[Path]) -> None:
    """Take the inputs, all of which must end in the store."""
    outcomes = taking.take(store, [str(path) for path in inputs], read=read_tiny)
    wrong = [o for o in outcomes if o.outcome not in ("taken", "already_taken")]
    if wrong:
        raise AssertionError(wrong)


def prove(store: Path, inputs: list[Path], whole: str) -> None:
    """Prove a store whose take was killed: it opens, is green, and a retake completes it."""
    if not Places(store).is_unmade():
        proof = verify(Store.open(store))
        if not proof.holds:
            raise AssertionError(proof.problems)
    take(store, inputs)
    opened = Store.open(store)
    proof = verify(opened)
    if not proof.holds or proof.releases != len(inputs):
        raise AssertionError(proof)
    if fingerprint(opened) != whole:
        raise AssertionError("a retake does not give the same catalogue")
    clean(opened)
    if leftovers(opened):
        raise AssertionError("leftovers stay after cleaning")


def die_at(step: str, nth: int) -> None:
    """Make the nth landing kill its process as the step begins."""
    real, count = landing.land, Counter[str]()

    def land(*words: object, **more: object) -> object:
        def told(name: str) -> None:
            count[name] += 1
            if name == step and count[name] == nth:
                os.kill(os.getpid(), signal.SIGKILL)

        return real(*words, **more, step=told)

    taking.land = land


def main(folder: Path, rounds: int, seed: int) -> dict[str, int]:
    """Return how many kills of each kind were survived; stop at the first that was not."""
    inputs = []
    for number, day in enumerate(("2024-01-01", "2024-01-15", "2024-01-15", "2024-02-01")):
        path = folder / f"release-{number}.xlsx"
        path.write_bytes(tiny_workbook(day, range(number, number + 40)))
        inputs.append(path)
    seconds = undisturbed(folder, inputs)
    whole = (folder / "whole").read_text()
    counts: Counter[str] = Counter()

    def check(store: Path, what: str) -> None:
        counts["in_between"] += _holds_part(store, len(inputs))
        if not ended_well(in_child(lambda: prove(store, inputs, whole))):
            raise SystemExit(f"not whole after: {what}")
        shutil.rmtree(store)

    chance = random.Random(seed)
    for number in range(MOST_TRIES * rounds):
        if counts["killed"] == rounds:
            break
        store = folder / f"store-{number}"
        moment = chance.uniform(0, seconds)
        counts["killed" if killed_after(moment, store, inputs) else "too_late"] += 1
        check(store, f"SIGKILL after {moment:.4f} s (round {number})")
    for step in STEPS:
        for nth in (1, 3):
            store = folder / f"store-{step}-{nth}".replace(" ", "-")
            child = in_child(lambda s=store, step=step, n=nth: (die_at(step, n), take(s, inputs)))
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
                raise SystemExit(f"was not killed at {step!r}")
            counts["at_step"] += 1
            check(store, f"SIGKILL at step {step!r} of release {nth}")
    return dict(counts)


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


def killed_after(moment: float, store: Path, inputs: list[Path]) -> bool:
    """Kill a take so many seconds after it began; return whether it was still running."""
    child = in_child(lambda: take(store, inputs))
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def _holds_part(store: Path, all_of_them: int) -> bool:
    """Return whether the kill left some releases, and not all of them."""
    manifests = len(list((store / "manifests").glob("*.json"))) if store.exists() else 0
    return 0 < manifests < all_of_them


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))  # noqa: T201
