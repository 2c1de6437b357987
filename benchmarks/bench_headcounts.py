"""Headcount per facility-day: ours beside hand-written DuckDB SQL and the pandas way.

    python benchmarks/bench_headcounts.py [--rows 1000000] [--pandas-rows 100000] [--folder DIR]

Input: Parquet of marked stints (key columns, after the marking of duplicates), 2 threads. Output:
for every facility and day the distinct people held at the midnight that ends it and at any time of
it. All ways must give the same table. Seconds are the best of five, wall clock and CPU; on a busy
machine read the CPU column, to which the ratios belong.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import ibis
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from openlifecycle.engine.record_daily import heads_by_day
from openlifecycle.lifecycle.headcounts import headcount
from openlifecycle.lifecycle.rules import ruleset

THROUGH = datetime(2026, 3, 10, 23, 59, 59)  # noqa: DTZ001 (wall clock)
AFTER = 20_523  # day number of 2026-03-11
FACILITIES = 600
RUNS = 5

#: What a good hand would write: events, running sum, steps; people merged by a window.
WRITTEN = """
with s as (
  select facility_code, person_key, (book_in_at::date - date '1970-01-01')::int as a,
         greatest(coalesce(book_out_at::date - date '1970-01-01', {after})::int,
                  (book_in_at::date - date '1970-01-01')::int) as b
  from read_parquet('{path}') where not is_left_out and book_in_at is not null
), w as (
  select *, max(b) over (partition by facility_code, person_key order by a, b
                         rows between unbounded preceding and 1 preceding) as p from s
), pieces as (
  select facility_code, greatest(a, coalesce(p, a)) as a, b, (p >= a) as goes_on
  from w where p is null or b > p
), e as (
  select facility_code, a as d, 1 as n, case when goes_on then -1 else 0 end as gone from pieces
  union all select facility_code, b, -1, 1 from pieces
), g as (
  select facility_code, d, sum(n) as n, sum(gone) as gone from e group by 1, 2
), steps as (
  select facility_code, d, gone, sum(n) over (partition by facility_code order by d) as n,
         lead(d, 1, {after}) over (partition by facility_code order by d) as next_d from g
), days as (
  select *, unnest(range(d, least({after}, case when n = 0 then d + 1 else next_d end))) as day
  from steps where d < {after}
)
select facility_code, (date '1970-01-01' + day::int) as date, n::bigint as n_midnight,
       (n + case when day = d then gone else 0 end)::bigint as n_any_time
from days where n > 0 or (day = d and gone > 0)
"""
#: What most people write: every stint spread over its days, then distinct people.
EXPLODED = """
with s as (
  select facility_code, person_key, book_in_at::date as a, book_out_at::date as b,
         unnest(range(book_in_at::date,
                      coalesce(book_out_at::date, date '2026-03-10') + interval 1 day,
                      interval 1 day)) as day
  from read_parquet('{path}') where not is_left_out and book_in_at is not null
)
select facility_code, day::date as date,
       count(distinct person_key) filter (b is null or b > day) as n_midnight,
       count(distinct person_key) as n_any_time
from s where day <= date '2026-03-10' group by 1, 2
"""


def make(rows: int, path: Path) -> None:
    """Write stints of a plausible shape: 2 to 3 a person, few of one person at one place."""
    draw = np.random.default_rng(1)
    people = rows * 2 // 5 + 1
    who = draw.integers(0, people, rows)
    keys = np.array([f"SYNTHETIC{number:031x}" for number in range(people)])
    codes = np.array([f"SYN{number:03d}TX" for number in range(FACILITIES)])
    first = draw.integers(0, 1_240 * 1_440, people)[who] + draw.integers(0, 60 * 1_440, rows)
    begins = np.datetime64("2022-10-01T00:00") + first.astype("timedelta64[m]")
    ends = begins + draw.exponential(18 * 1_440, rows).astype(int).astype("timedelta64[m]")
    ends[ends > np.datetime64("2026-03-10T23:59")] = np.datetime64("NaT")
    begins = np.minimum(begins, np.datetime64("2026-03-10T12:00"))
    table = {
        "person_key": keys[who],
        "facility_code": codes[np.minimum(draw.exponential(110, rows).astype(int), FACILITIES - 1)],
        "book_in_at": pa.array(begins.astype("datetime64[us]")),
        "book_out_at": pa.array(ends.astype("datetime64[us]")),
        "is_left_out": draw.random(rows) < 0.01,
    }
    pq.write_table(pa.table(table), path, row_group_size=122_880)


def best(run: Callable[[], pa.Table]) -> tuple[float, float, pa.Table]:
    """Return wall and CPU seconds of the best of five runs, and the table."""
    wall, cpu = [], []
    for _ in range(RUNS):
        began, worked = time.perf_counter(), time.process_time()
        table = run()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - worked)
    return min(wall), min(cpu), table


def ours(path: Path, unit: str) -> pa.Table:
    """Count by the rules of this house, as questions are answered on DuckDB."""
    backend = ibis.duckdb.connect(threads=2)
    stints = backend.read_parquet(path)
    rules = replace(ruleset("olc-1").headcount, unit=unit)
    most = pq.read_metadata(path).num_rows
    return heads_by_day(
        backend, stints, rows=most, rules=rules, through=THROUGH, by=["facility_code"]
    ).to_arrow()


def expressed(path: Path, unit: str) -> pa.Table:
    """Count by the same rules as an expression, which runs on any engine."""
    backend = ibis.duckdb.connect(threads=2)
    stints = backend.read_parquet(path)
    rules = replace(ruleset("olc-1").headcount, unit=unit)
    counted = headcount(stints, rules=rules, through=THROUGH, by=["facility_code"])
    return counted.to_pyarrow()


def written(path: Path, sql: str) -> pa.Table:
    """Count by SQL that a person wrote."""
    connection = duckdb.connect(config={"threads": 2})
    return connection.sql(sql.format(path=path, after=AFTER)).to_arrow_table()


def pandas_way(path: Path) -> pa.Table:
    """Spread every stint over its days in pandas, then count distinct people."""
    import pandas as pd

    rows = pd.read_parquet(path)
    rows = rows[~rows["is_left_out"]]
    last = pd.Timestamp("2026-03-10")
    begins = rows["book_in_at"].dt.normalize()
    ends = rows["book_out_at"].dt.normalize()
    days = (ends.fillna(last).clip(lower=begins) - begins).dt.days.to_numpy() + 1
    spread = rows.assign(begins=begins, ends=ends).loc[rows.index.repeat(days)]
    offset = np.arange(days.sum()) - np.repeat(days.cumsum() - days, days)
    spread["date"] = spread["begins"] + pd.to_timedelta(offset, unit="D")
    spread["night"] = spread["person_key"].where(
        spread["ends"].isna() | (spread["ends"] > spread["date"])
    )
    cells = spread.groupby(["facility_code", "date"])
    counted = pd.DataFrame(
        {"n_midnight": cells["night"].nunique(), "n_any_time": cells["person_key"].nunique()}
    )
    return pa.Table.from_pandas(counted.reset_index(), preserve_index=False)


def check_same(got: pa.Table, want: pa.Table) -> None:
    """Stop unless two tables have the same rows."""
    kinds = {
        "facility_code": pl.String, "date": pl.Date, "n_midnight": pl.Int64, "n_any_time": pl.Int64,
    }  # fmt: skip
    one, other = (
        pl.DataFrame(pl.from_arrow(table)).select(pl.col(n).cast(k) for n, k in kinds.items())
        for table in (got, want)
    )
    order = ["facility_code", "date"]
    if not one.sort(order).equals(other.sort(order)):
        raise SystemExit("the two tables differ")


def report(name: str, wall: float, cpu: float, table: pa.Table, base: float | None) -> None:
    """Print one line."""
    ratio = "" if base is None else f"{cpu / base:6.2f}x"
    print(f"  {name:<42}{wall:8.2f} s{cpu:8.2f} s CPU  {ratio:>7}  {table.num_rows:>9,} rows")


def main() -> None:
    """Run all ways and print the table."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    ask.add_argument("--rows", type=int, default=1_000_000)
    ask.add_argument("--pandas-rows", type=int, default=100_000)
    ask.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    ask.add_argument("--exploded", action="store_true", help="also SQL that spreads every stint")
    args = ask.parse_args()
    path = args.folder / f"headcount_stints_{args.rows}.parquet"
    if not path.exists():
        make(args.rows, path)
    print(f"headcount per facility-day, {args.rows:,} stints")
    wall, base, want = best(lambda: written(path, WRITTEN))
    report("hand-written DuckDB SQL, events", wall, base, want, base)
    wall, cpu, got = best(lambda: ours(path, "people"))
    report("ours, distinct people", wall, cpu, got, base)
    check_same(got, want)
    wall, cpu, got = best(lambda: ours(path, "stints"))
    report("ours, stints", wall, cpu, got, base)
    wall, cpu, got = best(lambda: expressed(path, "people"))
    report("ours as an expression, distinct people", wall, cpu, got, base)
    check_same(got, want)
    if args.exploded:
        wall, cpu, got = best(lambda: written(path, EXPLODED))
        report("DuckDB SQL, every stint spread", wall, cpu, got, base)
        check_same(got, want)
    if args.pandas_rows:
        small = args.folder / f"headcount_stints_{args.pandas_rows}.parquet"
        if not small.exists():
            make(args.pandas_rows, small)
        _, few, want = best(lambda: ours(small, "people"))
        began, worked = time.perf_counter(), time.process_time()
        got = pandas_way(small)
        wall, cpu = time.perf_counter() - began, time.process_time() - worked
        report(f"pandas, spread ({args.pandas_rows:,} stints)", wall, cpu, got, few)
        check_same(got, want)
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
