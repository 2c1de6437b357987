"""Build a lifecycle in parts, person by person, in bounded memory.

Every step but one is about one person, so the event files are first dealt into buckets by person,
and each bucket is built alone. The exceptions are the groups in which some rule sets put records of
many people together for want of a key; the people who have such a record all go to bucket 0.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import polars as pl
import pyarrow.parquet as pq

from openlifecycle.engine.backend import open_backend
from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.arrays.files import build_files
from openlifecycle.lifecycle.build import Events, build
from openlifecycle.lifecycle.build_steps import VIEW
from openlifecycle.lifecycle.event_rules import StintRules
from openlifecycle.lifecycle.rules import RuleSet

#: Moments that say how far a release reaches, where the caller does not know.
_MOMENTS: Final = (
    ("detention_stint", "book_in_at"),
    ("detention_stint", "book_out_at"),
    ("arrest", "arrested_at"),
)
#: Rows that go to the Parquet writer at a time.
_BATCH: Final = 65_536


def build_partitioned(
    events_files: Mapping[str, Path],
    rules: RuleSet,
    out: Path,
    buckets: int,
    memory_limit: str,
    *,
    through: datetime | None = None,
    collection: str = "",
) -> dict[str, Path]:
    """Build every lifecycle table into one Parquet file each, and return their paths by name.

    Args:
        events_files: event table by noun, each a Parquet file with the columns of model/events.py.
        rules: the rule set.
        out: an empty folder; what is spilled on the way lies in it too and is gone at the end.
        buckets: into how many parts people are dealt.
        memory_limit: what the engine may hold in memory, such as ``2GB``.
        through: last moment that the collection speaks of; by default the end of the latest day
            on which somebody was arrested, booked in or booked out.
        collection: id of the collection.
    """
    if buckets < 1:
        raise UsageError("people cannot be dealt into less than one part", where=f"{buckets=}")
    out.mkdir(parents=True, exist_ok=True)
    dealt, spill = out / "dealt", out / "spill"
    backend = open_backend("duckdb", memory_limit=memory_limit, temp=spill)
    try:
        through = through or _through(backend, events_files)
        for name, file in events_files.items():
            _deal(backend, name, file, events_files, rules, dealt / name, buckets)
        plan = _Plan(backend, events_files, collection, through, rules)
        with _writers(out) as writers:
            for bucket in range(buckets):
                parts = {name: dealt / name / f"bucket={bucket}" for name in events_files}
                _point(backend, parts, events_files)
                found = {name: sorted(part.glob("*.parquet")) for name, part in parts.items()}
                plan.run(writers, build_files(found, rules, through, like=events_files))
                for part in parts.values():
                    shutil.rmtree(part, ignore_errors=True)
        return {name: _file(out, name) for name in plan.tables}
    finally:
        backend.disconnect()
        for folder in (dealt, spill):
            shutil.rmtree(folder, ignore_errors=True)


class _Plan:
    """The steps of a build as SQL, made for the first bucket and run again for every other."""

    def __init__(
        self,
        backend: Any,
        events: Iterable[str],
        collection: str,
        through: datetime,
        rules: RuleSet,
    ) -> None:
        self._backend, self._events, self._rules = backend, tuple(events), rules
        self._collection, self._through = collection, through
        self._steps: list[tuple[str, str]] = []
        self.tables: dict[str, str] = {}

    def run(self, writers: _Writers, made: Mapping[str, pl.LazyFrame]) -> None:
        """Build the bucket that the event views point to, of which arrays made some tables."""
        for name, frame in made.items():
            self._backend.con.register(f"made_{name}", frame.collect().to_arrow())
        if self._steps or self.tables:
            for name, sql in self._steps:
                self._hold(name, sql)
        else:
            self._make(made)
        for name, sql in self.tables.items():
            writers.append(name, self._backend.con.sql(sql))
        for name, _ in self._steps:
            self._backend.con.execute(f'DROP {_kind(name)} "{name}"')

    def _make(self, made: Iterable[str]) -> None:
        tables = {name: self._backend.table(f"event_{name}") for name in self._events}
        found = build(
            Events(self._collection, self._through, tables),
            self._rules,
            keep=self._keep,
            made={name: self._backend.table(f"made_{name}") for name in made},
        )
        self.tables = {name: _sql(table) for name, table in found.tables.items()}

    def _keep(self, name: str, table: ir.Table) -> ir.Table:
        held, sql = f"step_{name}", _sql(table)
        self._steps.append((held, sql))
        self._hold(held, sql)
        return self._backend.table(held)

    def _hold(self, name: str, sql: str) -> None:
        self._backend.con.execute(f'CREATE TEMP {_kind(name)} "{name}" AS {sql}')


def _kind(name: str) -> str:
    return "VIEW" if VIEW in name else "TABLE"


class _Writers:
    """One Parquet file for each table, to which every bucket appends."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._open: dict[str, pq.ParquetWriter] = {}

    def append(self, name: str, result: Any) -> None:
        """Append the rows of a query to the file of a table."""
        batches = result.to_arrow_reader(_BATCH)
        if name not in self._open:
            self._open[name] = pq.ParquetWriter(
                _file(self._out, name), batches.schema, compression="zstd", compression_level=1
            )
        for batch in batches:
            self._open[name].write_batch(batch)

    def close(self) -> None:
        """Finish every file."""
        for writer in self._open.values():
            writer.close()


@contextmanager
def _writers(out: Path) -> Iterator[_Writers]:
    writers = _Writers(out)
    try:
        yield writers
    finally:
        writers.close()


def _file(out: Path, name: str) -> Path:
    return out / f"{name}.parquet"


def _sql(table: ir.Table) -> str:
    return str(ibis.to_sql(table, dialect="duckdb"))


def _deal(
    backend: Any,
    name: str,
    file: Path,
    events_files: Mapping[str, Path],
    rules: RuleSet,
    out: Path,
    buckets: int,
) -> None:
    """Write the records of an event table into one folder for each bucket of people."""
    out.mkdir(parents=True)
    together = _together(events_files, rules)
    # A missing person key has no bucket of its own: 0. Nothing rests on which bucket it is.
    bucket = f"coalesce(hash(person_key) % {buckets}, 0)"
    if together:
        bucket = f"CASE WHEN person_key IN ({together}) THEN 0 ELSE {bucket} END"
    backend.con.execute(
        f"COPY (SELECT *, {bucket} AS bucket FROM read_parquet({_text(file)}))"  # noqa: S608
        f" TO {_text(out)} (FORMAT parquet, PARTITION_BY (bucket), COMPRESSION lz4)"
    )


def _together(events_files: Mapping[str, Path], rules: RuleSet) -> str:
    """Return a query for the people who share a group of missing keys, empty where none can."""
    stints = events_files.get("detention_stint")
    conditions = []
    if rules.stays.missing_start == "one_for_all":
        conditions.append("stay_book_in_at IS NULL")
    if shares_missing_keys(rules.stints):
        conditions += ["book_in_at IS NULL", "facility_code IS NULL"]
    if stints is None or not conditions:
        return ""
    where = " OR ".join(conditions)
    return (
        f"SELECT person_key FROM read_parquet({_text(stints)})"  # noqa: S608
        f" WHERE person_key IS NOT NULL AND ({where})"
    )


def shares_missing_keys(rules: StintRules) -> bool:
    """Say whether stints of different people are compared when a part of their key is missing."""
    return rules.bond == "stint_shared" or rules.same_stint != "none"


def _point(backend: Any, parts: Mapping[str, Path], files: Mapping[str, Path]) -> None:
    """Let the event views read one bucket; an empty bucket reads no row of the whole file."""
    for name, part in parts.items():
        rows = f"SELECT * FROM read_parquet({_text(files[name])}) LIMIT 0"  # noqa: S608
        if part.is_dir():
            found = f"{_text(part / '*.parquet')}, hive_partitioning = false"
            rows = f"SELECT * FROM read_parquet({found})"  # noqa: S608
        backend.con.execute(f'CREATE OR REPLACE VIEW "event_{name}" AS {rows}')


def _through(backend: Any, files: Mapping[str, Path]) -> datetime:
    """Return the last second of the latest day on which something happened."""
    latest = [
        backend.con.execute(
            f"SELECT max({column}) FROM read_parquet({_text(files[name])})"  # noqa: S608
        ).fetchone()[0]
        for name, column in _MOMENTS
        if name in files
    ]
    known = [moment for moment in latest if moment is not None]
    if not known:
        raise UsageError("no event has a time", next_step="say through when the collection speaks")
    return datetime.combine(max(known).date(), time(23, 59, 59))


def _text(path: Path) -> str:
    """Return a path as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"
