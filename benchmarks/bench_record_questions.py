"""Questions about records: the first one builds the lifecycle, the others read what was built.

    python benchmarks/bench_record_questions.py [--persons 435000]

About 2.3 stints come of a person. Beside each question stands a count by plain SQL over the same
Parquet file without any rule, duplicate or disclosure: what a notebook would do.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any, Final, cast

import duckdb

from openlifecycle.api import ReleaseSource, Session
from openlifecycle.demo.world import make_world
from openlifecycle.engine.record_source import EventFolder

QUESTIONS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("record_book_ins", {}),
    ("arrests", {"by": ["aor"]}),
    ("arrests_without_conviction_share", {"by": ["aor"]}),
    ("arrests_detained_share", {"period": "quarter"}),
    ("exits_by_reason", {}),
    ("stays_by_transfers", {}),
    ("hold_room_over_limit_share", {}),
    ("held_over_180_days", {}),
    ("record_population", {"by": ["aor"]}),
    ("record_adp", {}),
    ("record_alos", {"by": ["gender"]}),
    ("stay_survival_median", {"period": "fiscal_year"}),
)
PLAIN: Final = (
    "SELECT date_trunc('month', book_in_at) AS month, aor, count(DISTINCT person_key)"
    " FROM '{file}' GROUP BY ALL"
)
#: No question after the first build may take longer, in seconds.
LIMIT_SECONDS: Final = 1.0


def main() -> None:
    """Ask every question twice after the build, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=435_000)
    persons = parser.parse_args().persons
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(persons, 1)
        for name, frame in world.tables.items():
            frame.write_parquet(Path(folder) / f"{name}.parquet", row_group_size=122_880)
        stints = world.tables["detention_stint"].height
        source = EventFolder(Path(folder), world.through)
        del world
        start, cpu = time.perf_counter(), time.process_time()
        session = Session(cast("ReleaseSource", source))
        session.ask("record_book_ins")
        built = time.perf_counter() - start
        print(f"{stints:,} stints; first question, with the build: {built:.1f} s wall, "
              f"{time.process_time() - cpu:.1f} s CPU")  # fmt: skip
        slowest = 0.0
        for name, words in QUESTIONS:
            taken, busy = [], []
            for _ in range(2):
                start, cpu = time.perf_counter(), time.process_time()
                session.ask(name, **words)
                taken.append(time.perf_counter() - start)
                busy.append(time.process_time() - cpu)
            slowest = max(slowest, min(taken))
            by = " by " + ", ".join(words["by"]) if "by" in words else ""
            print(f"  {name + by:48} {taken[0]:6.2f} s, again {taken[1]:6.2f} s "
                  f"({min(busy):.2f} s CPU)")  # fmt: skip
        start = time.perf_counter()
        file = Path(folder) / "detention_stint.parquet"
        duckdb.sql(PLAIN.format(file=file)).fetchall()
        plain = time.perf_counter() - start
        print(f"  plain SQL, people by month and AOR                {plain:6.2f} s")
        print(f"slowest question {slowest:.2f} s (wanted: under {LIMIT_SECONDS:g}), "
              f"{slowest / plain:.1f} times the plain SQL")  # fmt: skip
    if slowest > LIMIT_SECONDS:
        raise SystemExit("over the limit")


if __name__ == "__main__":
    main()
