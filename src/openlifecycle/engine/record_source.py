"""What the engine needs of a store of records: collections, event files, and a place to build.

The engine names no store class (vault.store.Store is one of these), so that a test's folder of
Parquet files answers questions the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from openlifecycle.vault.cell_key import cell_secret


class BuiltPlaces(Protocol):
    """Knows where derived lifecycle tables lie (vault.places.Places)."""

    def built(self, collection_id: str, rules: str, fingerprint: str) -> Path:
        """Return the folder of what was built; it may be deleted at any time."""
        ...

    def cell_secret(self) -> bytes:
        """Return the 32 secret bytes that record keys and noise are drawn from."""
        ...


class RecordSource(Protocol):
    """A place that holds released record tables."""

    @property
    def places(self) -> BuiltPlaces:
        """Return where things lie."""
        ...

    def collections(self) -> Sequence[Any]:
        """Return the collections; each has the attributes of ``CollectionFacts``."""
        ...

    def record_releases(self) -> Sequence[Any]:
        """Return the record releases; each has the attributes of ``RecordReleaseFacts``."""
        ...

    def event_file(self, release_id: str) -> Path:
        """Return the Parquet file of the events of a release."""
        ...


@dataclass(frozen=True)
class RecordReleaseFacts:
    """One record release: a series of one layout, taken together."""

    release_id: str
    series: str
    table: str
    layout: str
    form: str
    rows: int
    first: Any
    through: datetime
    through_why: str
    collection_id: str
    received_at: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class CollectionFacts:
    """Record releases that share one pseudonymous key.

    Attributes:
        releases: release ids by event table name.
    """

    collection_id: str
    layout: str
    through: datetime
    releases: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class FolderPlaces:
    """Built tables in a plain folder."""

    root: Path

    def built(self, collection_id: str, rules: str, fingerprint: str) -> Path:
        """Return the folder of what was built."""
        return self.root / "built" / collection_id / f"{rules}-{fingerprint}"

    def cell_secret(self) -> bytes:
        """Return the secret of the folder, made on the first call."""
        return cell_secret(self.root)


@dataclass(frozen=True)
class EventFolder:
    """A folder with one Parquet file per event table: ``arrest.parquet``, ...; one collection."""

    root: Path
    through: datetime
    layout: str = "2026-03"

    @property
    def places(self) -> FolderPlaces:
        """Return where things lie."""
        return FolderPlaces(self.root)

    def _files(self) -> dict[str, Path]:
        return {f.stem: f for f in sorted(self.root.glob("*.parquet"))}

    def _release_id(self, table: str) -> str:
        from openlifecycle.model.events import EVENTS

        return f"{EVENTS[table].series}@{_told(self._files()[table], table).sha256[:12]}"

    def collections(self) -> list[CollectionFacts]:
        """Return the one collection."""
        ids = {table: (self._release_id(table),) for table in self._files()}
        joined = "\n".join(sorted(i for one in ids.values() for i in one))
        name = "us_ice.records@" + hashlib.sha256(joined.encode()).hexdigest()[:12]
        return [CollectionFacts(name, self.layout, self.through, ids)]

    def record_releases(self) -> list[RecordReleaseFacts]:
        """Return a release per file."""
        from openlifecycle.model.events import EVENTS

        collection = self.collections()[0].collection_id
        found = []
        for table, file in self._files().items():
            found.append(
                RecordReleaseFacts(
                    release_id=self._release_id(table),
                    series=EVENTS[table].series,
                    table=table,
                    layout=self.layout,
                    form="processed",
                    rows=_told(file, table).rows,
                    first=_told(file, table).first,
                    through=self.through,
                    through_why="given",
                    collection_id=collection,
                    received_at="",
                    names=(file.name,),
                )
            )
        return found

    def event_file(self, release_id: str) -> Path:
        """Return the file of a release."""
        return next(f for t, f in self._files().items() if self._release_id(t) == release_id)


@dataclass(frozen=True)
class _Told:
    """What a file of events says of itself, as a store's catalogue would remember it."""

    sha256: str
    rows: int
    first: Any


def _told(file: Path, table: str) -> _Told:
    stat = file.stat()
    return _read(file, table, stat.st_size, stat.st_mtime_ns)


@cache
def _read(file: Path, table: str, _size: int, _changed: int) -> _Told:
    """Return what a file says, read again only when it is another one."""
    import polars as pl

    from openlifecycle.model.events import EVENTS

    happened = pl.col(EVENTS[table].happened).min()
    rows, first = pl.scan_parquet(file).select(pl.len(), happened).collect().row(0)
    return _Told(hashlib.sha256(file.read_bytes()).hexdigest(), rows, first)
