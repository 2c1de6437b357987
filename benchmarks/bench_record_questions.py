"""Questions about records: the first one builds the lifecycle, the others read what was built.

    python benchmarks/bench_record_questions.py [--persons 435000] [--worlds 1]

About 2.3 stints come of a person; ``--worlds 12`` puts twelve worlds of other people into one
collection (ten million stints). Every question is asked twice: the first time it has never been
asked before, in a process that has opened its tables; the second time the answer is kept. The
session prepares a large collection when it opens it (engine/record_prepare.py), as that of
`olc serve` does: that is part of the build, and its time is that of the first question.
Beside them stands a count by plain SQL over the same Parquet file without any rule, duplicate or
disclosure: what a notebook would do.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

import duckdb
import polars as pl
import pyarrow.parquet as pq

from openlifecycle.api import ReleaseSource, Session
from openlifecycle.demo.world import make_world
from openlifecycle.engine.record_source import EventFolder

QUESTIONS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("arrests", {}),
    ("arrests", {"by": ["aor"]}),
    ("arrests", {"by": ["aor", "criminality"]}),
    ("arrests", {"by": ["state"], "where": {"criminality": ["Other Immigration Violator"]}}),
    ("arrests", {"period": "day"}),
    ("people_arrested", {"by": ["aor"]}),
    ("arrests_without_conviction_share", {"by": ["aor"]}),
    ("arrests_detained_share", {"period": "quarter"}),
    ("hours_to_book_in", {"by": ["aor"]}),
    ("record_book_ins", {}),
    ("record_book_ins", {"by": ["facility_code"]}),
    ("record_book_ins", {"by": ["aor", "gender"]}),
    ("record_book_ins", {"by": ["citizenship_country"], "period": "fiscal_year"}),
    ("record_book_outs", {"by": ["release_reason"]}),
    ("exits_by_reason", {}),
    ("exits_by_reason", {"by": ["exit_group", "aor"]}),
    ("exits_to_remove_share", {"by": ["state"]}),
    ("stays_by_transfers", {}),
    ("transfers", {"by": ["facility_code"]}),
    ("hold_room_over_limit_share", {}),
    ("held_over_180_days", {}),
    ("held_over_90_days", {"by": ["aor"]}),
    ("record_population", {}),
    ("record_population", {"by": ["aor"]}),
    ("record_population", {"by": ["facility_code"]}),
    ("record_population", {"period": "day"}),
    ("record_population", {"by": ["criminality", "gender"]}),
    ("record_population", {"by": ["facility_code"], "on": "2025-06-15"}),
    ("record_adp", {}),
    ("record_adp", {"by": ["aor"]}),
    ("record_adp", {"by": ["facility_code"], "period": "fiscal_year"}),
    ("record_adp", {"by": ["criminality"], "where": {"state": ["TX"]}}),
    ("record_population_peak", {"by": ["facility_code"]}),
    ("record_peak_any_time", {"by": ["facility_code"]}),
    ("record_person_days", {"by": ["state"]}),
    ("record_alos", {}),
    ("record_alos", {"by": ["gender"]}),
    ("record_median_stay", {"by": ["aor"]}),
    ("stay_survival_median", {"period": "fiscal_year"}),
    ("detainers", {"by": ["state"]}),
    ("detainers_followed_share", {}),
    ("record_removals", {"by": ["departure_country"]}),
    ("record_encounters", {"by": ["aor"]}),
)
PLAIN: Final = (
    "SELECT date_trunc('month', book_in_at) AS month, aor, count(DISTINCT person_key)"
    " FROM '{file}' GROUP BY ALL"
)
#: What 95 of 100 questions may take that were never asked before, and those asked again.
LIMIT_SECONDS: Final = 0.4
AGAIN_SECONDS: Final = 0.02
ROW_GROUP: Final = 122_880


def write_worlds(folder: Path, persons: int, worlds: int) -> tuple[datetime, int]:
    """Write worlds of other people into one file per table; last moment, number of stints."""
    writers: dict[str, Any] = {}
    rows: dict[str, int] = {}
    for seed in range(1, worlds + 1):
        world = make_world(persons, seed)
        for name, frame in world.tables.items():
            first = rows.get(name, 0)
            table = frame.with_columns(
                pl.col("row_id") + first, pl.col("person_key") + f"{seed:02d}"
            ).to_arrow()
            if name not in writers:
                writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
            writers[name].write_table(table.cast(writers[name].schema), row_group_size=ROW_GROUP)
            rows[name] = first + frame.height
    for writer in writers.values():
        writer.close()
    return world.through, rows["detention_stint"]


def main() -> None:
    """Ask every question twice after the build, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=435_000)
    parser.add_argument("--worlds", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        through, stints = write_worlds(Path(folder), asked.persons, asked.worlds)
        start, cpu = time.perf_counter(), time.process_time()
        source = cast("ReleaseSource", EventFolder(Path(folder), through))
        session = Session(source, prepares=True)
        session.ask("record_book_ins", period="fiscal_year")
        print(f"{stints:,} stints; first question, with the build: {_taken(start, cpu)}")
        start, cpu = time.perf_counter(), time.process_time()
        for name in dict.fromkeys(name for name, _ in QUESTIONS):
            session.dimensions(name)
        print(f"the values of every dimension, once for each process: {_taken(start, cpu)}")
        walls, again, busy = [], [], []
        for name, words in QUESTIONS:
            start, cpu = time.perf_counter(), time.process_time()
            session.ask(name, **words)
            walls.append(time.perf_counter() - start)
            busy.append(time.process_time() - cpu)
            start = time.perf_counter()
            session.ask(name, **words)
            again.append(time.perf_counter() - start)
            said = " ".join(f"{key}={value}" for key, value in words.items())
            print(f"  {name + ' ' + said:90.90} {walls[-1]:6.3f} s ({busy[-1]:.3f} s CPU), "
                  f"again {again[-1]:6.3f} s")  # fmt: skip
        start = time.perf_counter()
        file = Path(folder) / "detention_stint.parquet"
        duckdb.sql(PLAIN.format(file=file)).fetchall()
        print(f"  plain SQL, people by month and AOR: {time.perf_counter() - start:.3f} s")
        for what, found in (("first", walls), ("first, CPU", busy), ("again", again)):
            print(f"{what}: median {_part(found, 0.5):.3f} s, 95 of 100 within "
                  f"{_part(found, 0.95):.3f} s")  # fmt: skip
    if _part(walls, 0.95) > LIMIT_SECONDS or _part(again, 0.95) > AGAIN_SECONDS:
        raise SystemExit("over the limit")


def _taken(start: float, cpu: float) -> str:
    return f"{time.perf_counter() - start:.1f} s wall, {time.process_time() - cpu:.1f} s CPU"


def _part(found: list[float], share: float) -> float:
    """Return the smallest time within which this share of the questions was answered."""
    return sorted(found)[max(0, -(-int(share * 100) * len(found) // 100) - 1)]


if __name__ == "__main__":
    main()
