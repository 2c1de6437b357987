"""Run mutations and print the table of outcomes by kind, as docs/trust.md shows it.

``python -m tests.fuzz [--seeds N] [--only KIND] [--base FILE] [--failures]``
"""

# ruff: noqa: T201  # its report goes to the terminal

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from tests.fuzz.base import BASES, load_base
from tests.fuzz.mutations import MUTATIONS, mutate
from tests.fuzz.oracle import OUTCOMES, judge


def corpus() -> Path:
    """The folder of published workbooks."""
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    return Path(os.environ.get("OPENLIFECYCLE_CORPUS", beside)) / "ice_detention_statistics"


def main() -> int:
    """Judge the mutants and print; exit code 1 if a wrong number landed silently."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", choices=MUTATIONS)
    parser.add_argument("--base", choices=BASES)
    parser.add_argument("--failures", action="store_true", help="say what each failure was")
    options = parser.parse_args()
    mutants: dict[str, Counter[str]] = defaultdict(Counter)
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    started = time.perf_counter()
    for name in [options.base] if options.base else BASES:
        base = load_base(corpus(), name)
        for kind in [options.only] if options.only else MUTATIONS:
            for number in range(options.first, options.first + options.seeds):
                mutant = mutate(base, kind, number)
                if mutant is None:
                    continue
                verdict = judge(base, mutant)
                mutants[kind][verdict.outcome] += 1
                cells[kind].update(verdict.counts)
                bad = verdict.outcome in ("wrong", "lost")
                bad |= mutant.harmless and verdict.outcome != "right"
                if bad and options.failures:
                    print(f"{name} {kind} #{number} {mutant.what} {dict(verdict.counts)}")
                    print("".join(f"      {example}\n" for example in verdict.examples), end="")
    _table("mutants by their gravest cell", mutants)
    _table("cells", cells)
    total = sum(sum(counts.values()) for counts in mutants.values())
    print(f"\n{total} mutants in {time.perf_counter() - started:.0f} s")
    return int(any(counts["wrong"] or counts["lost"] for counts in mutants.values()))


def _table(title: str, rows: dict[str, Counter[str]]) -> None:
    print(f"\n| {title} | " + " | ".join(OUTCOMES) + " |")
    print("|---|" + "---:|" * len(OUTCOMES))
    for kind, counts in rows.items():
        print(f"| {kind} | " + " | ".join(f"{counts[o]:,}" for o in OUTCOMES) + " |")
    total = sum(rows.values(), Counter())
    print("| all | " + " | ".join(f"{total[o]:,}" for o in OUTCOMES) + " |")


if __name__ == "__main__":
    sys.exit(main())
