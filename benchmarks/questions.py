"""How long a question over the whole corpus takes, against two plain ways to get the number.

Run: python benchmarks/questions.py STORE
Prints one table: the median of each way over the same questions, and the ratio to ours. The other
ways answer the plainest question only (one snapshot of the detained population): a scan of the
Parquet files with Polars, and reading one cell of the one right workbook again with openpyxl,
which must already know the file, the sheet and the cell.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import load_workbook

import openlifecycle as ol
from openlifecycle.engine.corpus import SERIES
from openlifecycle.vault.store import Store

QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("detained_population", {"on": "2024-10-03"}),
    ("detained_population", {"by": "arresting_agency,criminality"}),
    ("share_without_conviction", {}),
    ("book_ins", {"by": "arresting_agency"}),
    ("removals", {"period": "fiscal_year"}),
    ("final_book_outs", {"by": "release_reason"}),
    ("adp", {"by": "criminality"}),
    ("adp", {"as_known_on": "2023-01-31"}),
    ("interval_adp", {}),
    ("alos", {"where": {"arresting_agency": "ICE"}}),
    ("facility_adp", {"on": "2024-10-03"}),
    ("facility_adp", {"by": "aor"}),
    ("facility_interval_adp", {"where": {"facility_label": "STEWART DETENTION CENTER"}}),
    ("facility_count", {}),
    ("atd_participants", {"by": "aor", "on": "2024-10-03"}),
    ("detained_by_time_in_custody", {}),
    ("iclos", {}),
    ("bond_average_amount", {}),
    ("segregation_placements", {"by": "facility_label"}),
    ("tps_arrests", {}),
)
ROUNDS = 5
DAY = date(2024, 10, 3)


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def main(store_path: str) -> None:
    """Print the table of medians and ratios."""
    store = Store.open(store_path)
    session = ol.open(store_path)
    first = [timed(lambda m=m, k=k: session.ask(m, **k)) for m, k in QUESTIONS]
    fresh, again, cpu = [], [], []
    for turn in range(ROUNDS):
        for measure, words in QUESTIONS:
            # another day of knowledge each round: the query is compiled anew
            known = {"as_known_on": f"2026-01-{turn + 1:02d}"} | words
            before = time.process_time()
            fresh.append(timed(lambda m=measure, k=known: session.ask(m, **k)))
            cpu.append((time.process_time() - before) * 1000)
            again.append(timed(lambda m=measure, k=known: session.ask(m, **k)))
    files = store.observation_files(SERIES)

    def scan() -> float:
        rows = pl.scan_parquet(files).filter(
            pl.col("table") == "detained_by_criminality",
            pl.col("measure") == "detained",
            pl.col("criminality") == "Total",
            pl.col("arresting_agency") == "Total",
            pl.col("period_end") == DAY,
            pl.col("status") == "observed",
            pl.col("hidden").not_(),
        )
        return float(rows.select("value").collect()[-1, 0])

    cell = session.ask("detained_population", on=DAY).rows.row(0, named=True)
    body = store.bytes_of(cell["release_id"])

    def reread() -> float:
        book = load_workbook(io.BytesIO(body), read_only=False, data_only=True)
        return float(book[cell["sheet"]][cell["cell"]].value)

    if not scan() == reread() == cell["value"]:
        raise SystemExit("the three ways disagree")
    ours = statistics.median(fresh)
    rows = [
        ("asked for the first time (rows are loaded)", statistics.median(first)),
        ("asked with another date (median of all)", ours),
        ("asked again (compiled query kept)", statistics.median(again)),
        (
            "plain Polars scan, one snapshot, no provenance",
            statistics.median(timed(scan) for _ in range(9)),
        ),
        (
            "openpyxl, one known cell of one known file",
            statistics.median(timed(reread) for _ in range(5)),
        ),
    ]
    print(f"{len(QUESTIONS)} questions over {len(files)} releases, {ROUNDS} rounds")
    for name, value in rows:
        print(f"  {name:<50} {value:8.1f} ms  {value / ours:6.2f} x")
    print(f"  CPU time of a question with another date, median {statistics.median(cpu):.1f} ms")
    print(f"  slowest question {max(fresh):.0f} ms; 100 ms promised at the median")
    if ours >= 100:
        raise SystemExit("the median question takes 100 ms or more")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(Path("store")))
