"""Builds the lifecycle of a collection under a rule set once, and opens it ever after.

What is built lies in ``Places.built(collection, rules, fingerprint)``: the units, the lifecycle
tables and the fact tables that answer questions. The fingerprint is a hash of everything that
decides them: the releases, the rule set, the code of the lifecycle and the secret of the store.
Deleting the folder loses nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from openlifecycle.engine.backend import (
    DUCKDB,
    MEMORY_ENV,
    SPARK,
    engine_name,
    fetch,
    keep_step,
    open_backend,
    read_parquet,
    write_parquet,
)
from openlifecycle.engine.record_facts import HEADS, MAKERS, NEEDS, fact, heads
from openlifecycle.engine.record_source import RecordSource
from openlifecycle.engine.record_units import Units, secret_mark, write_units
from openlifecycle.errors import UnknownRelease, UsageError
from openlifecycle.measures.record_declaration import FACTS

#: Stints above which the lifecycle is built in parts, person by person, to stay within memory.
MANY_STINTS: Final = 5_000_000
BUCKETS: Final = 16
BUILD_MEMORY: Final = "2GB"

#: The folder of the units beside those of the lifecycle and fact tables.
UNITS: Final = "unit"

#: The file that is written last: a folder without it was not finished.
DONE: Final = "built"


@dataclass(frozen=True)
class Held:
    """One collection, as an answer names it."""

    collection_id: str
    layout: str
    through: datetime
    releases: Mapping[str, Any]


def held_collections(source: RecordSource) -> list[Held]:
    """Return the collections of a store in the order of the store: the latest last."""
    every = {r.release_id: r for r in source.record_releases()}
    found = []
    for one in source.collections():
        named = {table: _ids(ids) for table, ids in one.releases.items()}
        releases = {table: every[ids[-1]] for table, ids in named.items() if ids[-1] in every}
        if one.through is not None and releases:
            found.append(Held(one.collection_id, one.layout, one.through, releases))
    return found


def _ids(given: Any) -> Sequence[str]:
    return (given,) if isinstance(given, str) else tuple(given)


def choose_collection(
    held: Sequence[Held], *, event: str, named: str | None, known_on: Any = None
) -> Held:
    """Return the collection that answers: the named one, else the latest that has the table.

    Args:
        held: collections, the latest last.
        event: the event table that the measure needs.
        named: id of a collection, or the start of its hash.
        known_on: only collections that speak of no day after it.

    Raises:
        UnknownRelease: there is none.
    """
    if named:
        mine = [h for h in held if named in (h.collection_id, h.collection_id.split("@")[-1])]
        mine = mine or [h for h in held if h.collection_id.split("@")[-1].startswith(named)]
        if len(mine) != 1:
            raise UnknownRelease(
                f"{len(mine) or 'no'} collections of records answer to {named!r}",
                nearest=", ".join(h.collection_id for h in (mine or held)[-5:]),
                next_step="olc releases lists them",
            )
        held = mine
    if known_on:
        held = [h for h in held if h.through.date() <= known_on]
    able = [h for h in held if event in h.releases]
    if not able:
        raise UnknownRelease(
            f"the store holds no collection of records with the table {event}",
            nearest=", ".join(h.collection_id for h in held[-5:]),
            next_step="olc take PATH takes released record tables in",
        )
    return able[-1]


class RecordTables:
    """Opens the tables of one collection under one rule set, building them where they are not."""

    def __init__(self, source: RecordSource, held: Held, rules: str) -> None:
        self.held = held
        self.rules = rules
        self.secret: bytes = source.places.cell_secret()
        self._source = source
        self._lock = threading.RLock()
        self._folder = self._built()
        self._backend: Any = _reader(self._folder)
        self._open: dict[str, Any] = {}
        self._firsts: dict[tuple[str, str], date | None] = {}
        self._without: dict[tuple[str, str], tuple[int, int]] = {}
        self._units: Units | None = None

    @property
    def backend(self) -> Any:
        """Return the Ibis backend that runs the questions."""
        return self._backend

    def lifecycle(self) -> dict[str, Any]:
        """Return every lifecycle table of the collection."""
        files = sorted((self._folder / "lifecycle").glob("*.parquet"))
        return {file.stem: self._table("lifecycle", file.stem) for file in files}

    def lifecycle_table(self, name: str) -> Any:
        """Return one lifecycle table."""
        return self._table("lifecycle", name)

    def fact(self, name: str) -> Any:
        """Return a fact table."""
        return self._table("fact", name)

    def units(self) -> Units:
        """Return the people of the collection, and its records without a person key."""
        with self._lock:
            if self._units is None:
                self._units = Units(self._backend, self._folder / UNITS)
            return self._units

    def has(self, event: str) -> bool:
        """Return whether the collection holds an event table."""
        return event in self.held.releases

    def earliest(self, name: str, field: str) -> date | None:
        """Return the first day of a time field of a fact table."""
        with self._lock:
            key = (name, field)
            if key not in self._firsts:
                rows = self.fact(name)
                found = rows.agg(first=rows[field].cast("timestamp").min())
                first = fetch(self._backend, found).to_pylist()[0]["first"]
                self._firsts[key] = first.date() if first else None
            return self._firsts[key]

    def without(self, name: str, field: str) -> tuple[int, int]:
        """Return how many records of a fact table lack a field, and how many there are."""
        with self._lock:
            key = (name, field)
            if key not in self._without:
                rows = self.fact(name)
                made = rows.agg(missing=rows.count(where=rows[field].isnull()), rows=rows.count())
                found = fetch(self._backend, made).to_pylist()[0]
                self._without[key] = (int(found["missing"]), int(found["rows"]))
            return self._without[key]

    def _table(self, kind: str, name: str) -> Any:
        with self._lock:
            key = f"{kind}_{name}"
            if key not in self._open:
                file = self._folder / kind / f"{name}.parquet"
                self._open[key] = read_parquet(self._backend, file, key)
            return self._open[key]

    def _built(self) -> Path:
        release_ids = sorted(r.release_id for r in self.held.releases.values())
        mark = fingerprint(self.rules, release_ids, self.held.through, self.secret)
        place = self._source.places.built(self.held.collection_id, self.rules, mark)
        if not (place / DONE).exists():
            _build(self._source, self.held, self.rules, place, self.secret)
        return place


def fingerprint(rules: str, release_ids: Sequence[str], through: datetime, secret: bytes) -> str:
    """Return what changes whenever the built tables would be others."""
    parts = [rules, through.isoformat(), *release_ids, _code(), secret_mark(secret)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _code() -> str:
    """Return a hash of the code and data that make lifecycle and fact tables."""
    package = resources.files("openlifecycle")
    made = hashlib.sha256()
    for folder in ("lifecycle", "lifecycle/rulesets", "model", "measures/declarations_records"):
        for file in sorted((package / folder).iterdir(), key=lambda f: f.name):
            if file.name.endswith((".py", ".yml")):
                made.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    for name in ("record_facts.py", "record_units.py"):
        made.update((package / "engine" / name).read_bytes())
    return made.hexdigest()


def _build(source: RecordSource, held: Held, rules: str, place: Path, secret: bytes) -> None:
    """Build into a folder beside the place and move it there whole; the first one there wins."""
    work = place.with_name(f"{place.name}.{os.getpid()}.{threading.get_ident()}")
    shutil.rmtree(work, ignore_errors=True)
    for kind in (UNITS, "lifecycle", "fact"):
        (work / kind).mkdir(parents=True)
    try:
        files = {t: source.event_file(r.release_id) for t, r in held.releases.items()}
        _write_units(held, files, work, secret)
        stints = held.releases.get("detention_stint")
        if stints is not None and stints.rows > MANY_STINTS:
            _write_partitioned(held, files, rules, work)
        else:
            _write_lifecycle(held, files, rules, work / "lifecycle")
        _write_facts(held, work)
        (work / DONE).write_text(held.collection_id + "\n", encoding="utf-8")
        try:
            work.rename(place)
        except OSError:  # another process was faster, or an unfinished folder stands there
            if not (place / DONE).exists():
                shutil.rmtree(place)
                work.rename(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_units(held: Held, files: Mapping[str, Path], work: Path, secret: bytes) -> None:
    # always DuckDB, within bounds: the numbers of people do not hang on the engine that asks
    memory = os.environ.get(MEMORY_ENV, "") or BUILD_MEMORY
    backend = open_backend(DUCKDB, memory_limit=memory, temp=work / "spill")
    write_units(backend, files, work / UNITS, secret=secret, collection=held.collection_id)
    backend.disconnect()


def _write_lifecycle(held: Held, files: Mapping[str, Path], rules: str, out: Path) -> None:
    from openlifecycle.lifecycle.build import Events, build
    from openlifecycle.lifecycle.rules import ruleset

    backend = _builder(out.parent)
    tables = {table: read_parquet(backend, file, f"event_{table}") for table, file in files.items()}
    events = Events(held.collection_id, held.through, tables)
    made = build(events, ruleset(rules), keep=lambda n, table: keep_step(backend, table, f"k_{n}"))
    for name, table in made.tables.items():
        write_parquet(backend, table, out / f"{name}.parquet")
    _close(backend)


def _write_partitioned(held: Held, files: Mapping[str, Path], rules: str, work: Path) -> None:
    from openlifecycle.lifecycle.partition import build_partitioned
    from openlifecycle.lifecycle.rules import ruleset

    parts = work / "parts"
    parts.mkdir()
    made = build_partitioned(
        files, ruleset(rules), parts, BUCKETS, BUILD_MEMORY,
        through=held.through, collection=held.collection_id,
    )  # fmt: skip
    for name, path in made.items():
        Path(path).rename(work / "lifecycle" / f"{name}.parquet")
    shutil.rmtree(parts, ignore_errors=True)


def _write_facts(held: Held, work: Path) -> None:
    backend = _builder(work)
    tables = {
        file.stem: read_parquet(backend, file, file.stem)
        for file in sorted((work / "lifecycle").glob("*.parquet"))
    }
    units = Units(backend, work / UNITS)
    for name in MAKERS:
        if FACTS[name] in held.releases:
            if NEEDS[name][0] not in tables:
                raise UsageError(f"the rule set made no table {NEEDS[name][0]}")
            write_parquet(backend, fact(name, tables, units), work / "fact" / f"{name}.parquet")
    if "stint" in tables:
        write_parquet(backend, heads(tables, units), work / "fact" / f"{HEADS}.parquet")
    _close(backend)
    shutil.rmtree(work / "spill", ignore_errors=True)


def _reader(folder: Path) -> Any:
    """Return an engine to ask with; what spills lies in the store, for it is rows about people."""
    if not os.access(folder, os.W_OK):
        return open_backend()
    return open_backend(temp=_spill(folder, folder / "spill"))


def _builder(work: Path) -> Any:
    """Return an engine to build with; it spills into the folder that is being built."""
    return open_backend(temp=_spill(work, work / "spill"))


def _spill(folder: Path, own: Path) -> Path:
    """Return where an engine spills: DuckDB into a folder of its own.

    A process has one Spark, which outlives what is built and read, so it has a folder beside them.
    """
    return folder.parent / "spark" if engine_name() == SPARK else own


def _close(backend: Any) -> None:
    """Let go of a database that was opened to build; a Spark session is shared and stays."""
    if backend.name == DUCKDB:
        backend.disconnect()
