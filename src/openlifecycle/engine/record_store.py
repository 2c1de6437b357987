"""Builds the lifecycle of a collection under a rule set once, and opens it ever after.

What is built lies in ``Places.built(collection, rules, fingerprint)``: the units, the lifecycle
tables and the fact tables that answer questions. The fingerprint is a hash of everything that
decides them: the releases, the rule set, the code of the lifecycle and the secret of the store.
Deleting the folder loses nothing.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from openlifecycle.engine.backend import DUCKDB, fetch, read_parquet
from openlifecycle.engine.record_build import DONE, FACT, LIFECYCLE, UNITS, build_into, reader
from openlifecycle.engine.record_lacks import Lacks, lacks_table, read_lacks
from openlifecycle.engine.record_native import ATTACHED, native_table, open_native
from openlifecycle.engine.record_ready import Ready
from openlifecycle.engine.record_source import RecordSource
from openlifecycle.engine.record_units import Units, secret_mark
from openlifecycle.errors import UnknownRelease


@dataclass(frozen=True)
class Held:
    """One collection, as an answer names it."""

    collection_id: str
    layout: str
    through: datetime
    releases: Mapping[str, Any]

    def first_day(self, event: str) -> date:
        """Return the day of the earliest record of a table; of one without days, the last day."""
        said = self.releases[event].first
        if said is None:
            return self.through.date()
        return date(said.year, said.month, said.day)


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
        self._backend: Any = reader(self._folder)
        self._is_native = self._backend.name == DUCKDB and open_native(
            self._backend, self._folder / FACT
        )
        self._open: dict[str, Any] = {}
        self._firsts: dict[tuple[str, str], date | None] = {}
        self._without: dict[tuple[str, str], tuple[int, int]] = {}
        self._units: Units | None = None
        self._lacks: dict[str, Lacks] = {}
        self.ready = Ready(self._folder, self._backend.name)

    @property
    def backend(self) -> Any:
        """Return the Ibis backend that runs the questions."""
        return self._backend

    def lifecycle(self) -> dict[str, Any]:
        """Return every lifecycle table of the collection."""
        files = sorted((self._folder / LIFECYCLE).glob("*.parquet"))
        return {file.stem: self._table(LIFECYCLE, file.stem) for file in files}

    def lifecycle_table(self, name: str) -> Any:
        """Return one lifecycle table."""
        return self._table(LIFECYCLE, name)

    def fact(self, name: str) -> Any:
        """Return a fact table."""
        return self._table(FACT, name)

    def has_fact(self, name: str) -> bool:
        """Return whether a fact table was built: some are not, under some rule sets."""
        return (self._folder / FACT / f"{name}.parquet").exists()

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

    def lacks(self, name: str, at: str = "") -> Lacks | None:
        """Return what a fact table lacks, by a field of time; None where it was not counted."""
        if not self._is_native:
            return None
        with self._lock:
            table = lacks_table(name, at)
            if table not in self._lacks:
                self._lacks[table] = read_lacks(self._backend, f"{ATTACHED}.{table}")
            return self._lacks[table]

    def _table(self, kind: str, name: str) -> Any:
        with self._lock:
            key = f"{kind}_{name}"
            if key not in self._open:
                if kind == FACT and self._is_native:
                    self._open[key] = native_table(self._backend, name)
                else:
                    file = self._folder / kind / f"{name}.parquet"
                    self._open[key] = read_parquet(self._backend, file, key)
            return self._open[key]

    def _built(self) -> Path:
        release_ids = sorted(r.release_id for r in self.held.releases.values())
        mark = fingerprint(self.rules, release_ids, self.held.through, self.secret)
        place = self._source.places.built(self.held.collection_id, self.rules, mark)
        if not (place / DONE).exists():
            build_into(place, self._source, self.held, self.rules, secret=self.secret)
        return place


def fingerprint(rules: str, release_ids: Sequence[str], through: datetime, secret: bytes) -> str:
    """Return what changes whenever the built tables would be others."""
    parts = [rules, through.isoformat(), *release_ids, _code(), secret_mark(secret)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


#: Where the code and data lie that decide what is built; this room's are named one by one.
_FOLDERS: Final = (
    "lifecycle", "lifecycle/arrays", "lifecycle/rulesets", "model",
    "measures/declarations_records",
)  # fmt: skip
#: The code of this room that decides what is built.
_MAKERS: Final = (
    "record_build.py", "record_facts.py", "record_head_tables.py", "record_lacks.py",
    "record_marks.py", "record_native.py", "record_units.py",
)  # fmt: skip


@cache
def _code() -> str:
    """Return a hash of the code and data that make lifecycle and fact tables."""
    package = resources.files("openlifecycle")
    made = hashlib.sha256()
    for folder in _FOLDERS:
        for file in sorted((package / folder).iterdir(), key=lambda f: f.name):
            if file.name.endswith((".py", ".yml")):
                made.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    for name in _MAKERS:
        made.update((package / "engine" / name).read_bytes())
    return made.hexdigest()
