"""Cohorts with outcomes: stays, arrests and links in, estimates with bands out.

Beside it hand-written DuckDB SQL (cohort_by_hand.py): the same people's state at each horizon, and
one of our five estimates with its variance; and statsmodels on one row a person for the first exit
alone.

    python benchmarks/bench_cohorts.py [STINTS]      default 1,000,000
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from cohort_by_hand import COUNTS, INCIDENCE

from openlifecycle.engine.backend import fetch, hold, open_backend, read_parquet
from openlifecycle.lifecycle.cohorts import cohort, length_of_stay

THROUGH = datetime(2026, 3, 10, 23, 59, 59)  # noqa: DTZ001
#: Stays and arrests to each stint, as in the releases of 2026.
STAYS, ARRESTS = 0.374, 0.402
FIRST, LAST = date(2023, 10, 1), date(2026, 3, 10)
LIMIT = {1_000_000: 1.0, 10_000_000: 10.0}


def made(stints: int, folder: Path) -> dict[str, Path]:
    """Write stays, arrests and links of so many stints: three years, 25 AORs, invented."""
    rng = np.random.default_rng(7)
    n, m = int(stints * STAYS), int(stints * ARRESTS)
    person = rng.integers(0, int(n * 0.93), n)
    begin = np.datetime64("2023-04-01T00:00") + rng.integers(0, 1545_000, n).astype("m8[m]")
    minutes = (rng.exponential(44 * 1440, n)).astype("m8[m]")
    end = begin + minutes
    open_ = end > np.datetime64("2026-03-10T23:59")
    reasons = np.array(["Removed", "Bonded Out - IJ", "Order of recognizance", "Paroled",
                        "Voluntary departure", "Order of supervision"])  # fmt: skip
    reason = reasons[rng.choice(6, n, p=[0.7, 0.08, 0.08, 0.06, 0.05, 0.03])]
    moves = rng.poisson(1.2, n)
    first_end = np.where(moves > 0, begin + (minutes.astype(int) // 4).astype("m8[m]"), end)
    begin, end, first_end = (one.astype("M8[us]") for one in (begin, end, first_end))
    aor = np.char.add("Area ", rng.integers(0, 25, n).astype(str))
    start = begin <= np.datetime64("2026-03-10T23:59")
    stay = pl.DataFrame(
        {
            "stay_id": np.arange(n), "person_key": np.char.add("synthetic", person.astype(str)),
            "book_in_at": begin, "book_out_at": end, "first_book_out_at": first_end,
            "last_book_in_at": begin, "last_book_out_at": end, "n_transfers": moves,
            "stay_release_reason": reason, "last_release_reason": reason, "aor": aor,
            "departed_on": end.astype("M8[D]"),
        }
    )  # fmt: skip
    closing = ["book_out_at", "last_book_out_at", "stay_release_reason", "last_release_reason",
               "departed_on"]  # fmt: skip
    gone = pl.Series(open_)
    stay = stay.with_columns(
        *(pl.when(gone).then(None).otherwise(pl.col(c)).alias(c) for c in closing),
    ).filter(pl.Series(start))
    picked = stay.sample(min(m, int(stay.height * 0.95)), seed=1)
    arrest = picked.select(
        pl.int_range(pl.len()).alias("row_id"), "person_key",
        (pl.col("book_in_at") - pl.duration(hours=6)).alias("arrested_at"),
        pl.lit(False).alias("is_left_out"), "departed_on", "aor", "stay_id",
    )  # fmt: skip
    link = arrest.select(
        "row_id", pl.when(pl.col("row_id") % 9 > 0).then("stay_id").alias("stay_id")
    )
    tables = {"stay": stay, "arrest": arrest.drop("stay_id"), "link__arrest_stay": link}
    files = {}
    for name, table in tables.items():
        files[name] = folder / f"{name}.parquet"
        table.write_parquet(files[name])
        print(f"  {name}: {table.height:,} rows")
    return files


def best(times: int, step: Callable[[], Any]) -> tuple[float, float]:
    """Return the best wall clock and the best CPU seconds of so many runs."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        step()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def one_row_a_person(stay: pl.DataFrame) -> None:
    """Do the first exit by statsmodels, one call a month and area, errors with it."""
    from statsmodels.duration.survfunc import CumIncidenceRight

    stay = stay.with_columns(
        ((pl.col("book_out_at").fill_null(THROUGH) - pl.col("book_in_at")).dt.total_hours() + 1)
        .alias("hours"),
        pl.col("stay_release_reason").cast(pl.Categorical).to_physical().fill_null(-1).alias("k"),
    )  # fmt: skip
    for _, cell in stay.group_by(pl.col("book_in_at").dt.strftime("%Y-%m"), "aor"):
        CumIncidenceRight(cell["hours"].to_numpy(), cell["k"].to_numpy() + 1)


def main() -> None:
    """Print seconds, ratios and memory."""
    stints = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{stints:,} stints")
    with tempfile.TemporaryDirectory() as place:
        # what is measured is what somebody sees who did not just make a million rows
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            files = other.submit(made, stints, Path(place)).result()
        backend = open_backend("duckdb")
        tables = {name: read_parquet(backend, path, name) for name, path in files.items()}
        asked = {"start": FIRST, "end": LAST, "through": THROUGH, "by": ("aor",)}
        runs = {
            "cohort by arrest, month, AOR": lambda: cohort(
                tables, entry="arrest", fetch=lambda e: fetch(backend, e),
                keep=lambda name, e: hold(backend, e, name), **asked),
            "cohort by book-in, month, AOR": lambda: cohort(
                tables, entry="book_in", fetch=lambda e: fetch(backend, e),
                keep=lambda name, e: hold(backend, e, name), **asked),
            "length of stay, month, AOR": lambda: length_of_stay(
                tables, fetch=lambda e: fetch(backend, e), **asked),
        }  # fmt: skip
        repeats = 3 if stints <= 2_000_000 else 1
        if stints in LIMIT:
            print(f"  wanted of each of ours: {LIMIT[stints]:g} s")
        took = {}
        for name, step in runs.items():
            took[name] = best(repeats, step)
        took["SQL, counts"] = best(repeats, lambda: backend.con.sql(COUNTS).to_arrow_table())
        took["SQL, one estimate of five"] = best(
            repeats, lambda: backend.con.sql(INCIDENCE).to_arrow_table()
        )
        for name, (wall, cpu) in took.items():
            print(f"  {name:<32} {wall:7.2f} s wall {cpu:7.2f} s CPU")
        by_hand = [a + b for a, b in zip(*[*took.values()][-2:], strict=True)]
        ratios = [one / other for one, other in zip(*([*took.values()][0], by_hand), strict=True)]
        print("  by arrest: ours / both of SQL = {:.2f} wall, {:.2f} CPU".format(*ratios))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"  peak memory {memory:.2f} GB")
        stay = pl.read_parquet(files["stay"])
        wall, cpu = best(1, lambda: one_row_a_person(stay))
        print(f"  {'statsmodels, first exit only':<32} {wall:7.2f} s wall {cpu:7.2f} s CPU")


if __name__ == "__main__":
    main()
