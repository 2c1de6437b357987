"""How long and how large: events to stints, stays, arrests and links; beside SQL and pandas.

    python benchmarks/bench_lifecycle.py [--persons 495000] [--keys] [--times 3] [--pandas]
    python benchmarks/bench_lifecycle.py --copies 10 --written --times 1 [--keys]

All sides read the same Parquet files of a synthetic world and hold the same tables: every
stint with its flags, every stay, every arrest with its episode, every arrest with its stay. Ours
is what a store builds with (arrays), ``expressions`` the same by the expressions that run on Spark
too, here on DuckDB. The SQL is what a competent person writes by hand for DuckDB under the rules of
olc-1. With ``--copies`` the world is repeated with other people; with ``--written`` our tables go
to Parquet files, as in a store, and nothing is run beside them.
Each run is a process of its own; of several the best counts, in wall and in CPU time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

TABLES = ("stint", "stay", "arrest", "link__arrest_stay")
THROUGH = datetime(2026, 3, 10, 23, 59, 59)  # noqa: DTZ001  (wall clock)
KEYS = {
    "detention_stint": (
        "row_id", "person_key", "stay_book_in_at", "stay_book_out_at", "book_in_at", "book_out_at",
        "facility_code", "dropped_variant",
    ),
    "arrest": (
        "row_id", "person_key", "arrested_at", "arrest_method", "member", "sheet", "row",
        "dropped_variant",
    ),
}  # fmt: skip


def ours(files: dict[str, Path], threads: int) -> dict[str, int]:
    """Build the lifecycle on arrays and hold its tables."""
    import polars as pl

    made = _arrays(files)
    held = pl.collect_all(made.values())
    return {name: table.height for name, table in zip(made, held, strict=True)}


def written(files: dict[str, Path], threads: int) -> dict[str, int]:
    """Build the lifecycle on arrays and write its tables."""
    import polars as pl

    from openlifecycle.lifecycle.arrays.files import write

    with tempfile.TemporaryDirectory(dir=files["arrest"].parent) as folder:
        rows = {}
        for name, table in _arrays(files).items():
            file = Path(folder) / f"{name}.parquet"
            write(table, file)
            rows[name] = pl.scan_parquet(file).select(pl.len()).collect().item()
        return rows


def _arrays(files: dict[str, Path]) -> dict[str, Any]:
    from openlifecycle.lifecycle.arrays.files import build_files
    from openlifecycle.lifecycle.rules import ruleset

    given = {name: [file] for name, file in files.items()}
    return build_files(given, ruleset("olc-1"), THROUGH, like=files)


def expressions(files: dict[str, Path], threads: int) -> dict[str, int]:
    """Build the lifecycle with Ibis on DuckDB and hold its tables."""
    import duckdb
    import ibis

    from openlifecycle.lifecycle.build import Events, build
    from openlifecycle.lifecycle.rules import ruleset

    backend = ibis.duckdb.from_connection(duckdb.connect(config={"threads": threads}))
    backend.raw_sql("SET preserve_insertion_order = false")
    tables = {name: backend.read_parquet(file, table_name=name) for name, file in files.items()}

    def hold(name: str, table: ibis.Table) -> ibis.Table:
        kind = "VIEW" if name.startswith("view_") else "TABLE"
        backend.raw_sql(f'CREATE TEMP {kind} "{name}" AS {backend.compile(table)}')
        return backend.table(name)

    made = build(Events("bench", THROUGH, tables), ruleset("olc-1"), keep=hold)
    for name in TABLES:
        hold(f"made_{name}", made.tables[name])
    return {name: backend.table(f"made_{name}").count().execute() for name in TABLES}


def by_hand(files: dict[str, Path], threads: int) -> dict[str, int]:
    """Build the same tables with hand-written SQL."""
    import duckdb
    from lifecycle_by_hand import statements

    connection = duckdb.connect(config={"threads": threads})
    connection.execute("SET preserve_insertion_order = false")
    for name, file in files.items():
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')")  # noqa: S608
    columns = [row[0] for row in connection.execute("DESCRIBE detention_stint").fetchall()]
    for statement in statements(columns):
        connection.execute(statement)
    return {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
        for name in TABLES
    }


def pandas_way(files: dict[str, Path], threads: int) -> dict[str, int]:
    """Build the same tables as most scripts do, with pandas."""
    from lifecycle_in_pandas import build_in_pandas

    return build_in_pandas(files, THROUGH)


SIDES: dict[str, Callable[[dict[str, Path], int], dict[str, int]]] = {
    "ours": ours,
    "written": written,
    "expressions": expressions,
    "sql": by_hand,
    "pandas": pandas_way,
}


def run_side(side: str, folder: Path, keys: bool, threads: int) -> None:
    """Run one side in this process and print what it took."""
    names = {name: folder / f"{name}{'_keys' if keys else ''}.parquet" for name in KEYS}
    import duckdb  # noqa: F401  (imports are nobody's work)
    import ibis  # noqa: F401

    import openlifecycle.lifecycle.arrays.files
    import openlifecycle.lifecycle.build  # noqa: F401

    before = time.process_time()
    start = time.perf_counter()
    rows = SIDES[side](names, threads)
    taken = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps([taken, time.process_time() - before, memory, rows]))


def make_files(folder: Path, persons: int, seed: int, copies: int) -> int:
    """Write the event files of a synthetic world, all columns and keys only; return stints."""
    from openlifecycle.demo.world import make_world

    world = make_world(persons=persons, seed=seed)
    for name, columns in KEYS.items():
        for mark, table in (
            ("", world.tables[name]),
            ("_keys", world.tables[name].select(columns)),
        ):
            write_copies(table, folder / f"{name}{mark}.parquet", copies)
    return world.tables["detention_stint"].height * copies


def write_copies(table: Any, file: Path, copies: int) -> None:
    """Write a table so many times, every time with other people."""
    import polars as pl

    every = [
        table.lazy().with_columns(
            pl.col("row_id") + number * table.height,
            pl.concat_str("person_key", pl.lit(f"-{number}")),
        )
        for number in range(copies)
    ]
    pl.concat(every).sink_parquet(file, compression="zstd", compression_level=1)


def main() -> None:
    """Time every side in processes of their own and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=495_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--copies", type=int, default=1, help="so many worlds with other people")
    parser.add_argument("--written", action="store_true", help="only ours, into Parquet files")
    parser.add_argument("--keys", action="store_true", help="key columns only")
    parser.add_argument("--pandas", action="store_true", help="time pandas too (slow)")
    parser.add_argument("--folder", type=Path, help="where event files lie, or are put")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side:
        return run_side(asked.side, asked.folder, asked.keys, asked.threads)
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "detention_stint.parquet").exists():
            print(f"{make_files(folder, asked.persons, 1, asked.copies):,} stints")
        time_sides(asked, folder)
    return None


def time_sides(asked: argparse.Namespace, folder: Path) -> None:
    """Run every side, alternating, and print the best of each and the ratio to SQL."""
    sides = ["ours", "expressions", "sql", *(["pandas"] if asked.pandas else [])]
    if asked.written:
        sides = ["written"]
    best: dict[str, list[list[float]]] = {side: [] for side in sides}
    command = [sys.executable, __file__, "--folder", str(folder), "--threads", str(asked.threads)]
    for _ in range(asked.times):
        for side in sides:
            keys = ["--keys"] if asked.keys else []
            done = subprocess.run(
                [*command, "--side", side, *keys], capture_output=True, text=True, check=True,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
            )  # fmt: skip
            best[side].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{'side':<8}{'wall s':>9}{'CPU s':>9}{'peak GB':>9}   rows")
    for side, runs in best.items():
        wall, cpu = min(run[0] for run in runs), min(run[1] for run in runs)
        print(f"{side:<8}{wall:>9.2f}{cpu:>9.2f}{max(r[2] for r in runs):>9.2f}   {runs[0][3]}")
    if asked.written:
        return
    for measure, place in (("wall", 0), ("CPU", 1)):
        ratio = min(r[place] for r in best["ours"]) / min(r[place] for r in best["sql"])
        print(f"{measure}: ours / SQL = {ratio:.2f}")


if __name__ == "__main__":
    main()
