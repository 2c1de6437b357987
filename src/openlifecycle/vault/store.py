"""A store: the one object through which every other room reads what was taken.

Reading never takes the lock. Each call opens the catalogue, asks, and closes it, so a long-lived
``Store`` sees what other processes take meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from openlifecycle.errors import StoreDamaged, StoreProblem
from openlifecycle.vault import catalogue, record_catalogue
from openlifecycle.vault.durable import disk_errors, make_folder, sync_folder
from openlifecycle.vault.find import (
    find_collection,
    find_records,
    find_release,
    matching,
    matching_records,
)
from openlifecycle.vault.lock import writing
from openlifecycle.vault.places import (
    FORMAT,
    OBSERVATIONS,
    RECEIPT,
    Places,
    check_format,
    read_format,
)
from openlifecycle.vault.record_rows import Collection, RecordRelease
from openlifecycle.vault.rows import DerivedRow, ReleaseRow
from openlifecycle.vault.schema import stated_format
from openlifecycle.vault.work import sweep


class Store:
    """A folder of releases, their manifests and what was derived from them."""

    def __init__(self, places: Places) -> None:
        """Use ``Store.open``: it checks that the folder is a store."""
        self.places = places
        self._state: tuple[tuple[int, ...], str] | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, create: bool = False) -> Store:
        """Return the store in a folder.

        Args:
            path: the folder.
            create: make a store there if there is none.

        Raises:
            StoreProblem: there is none, or the folder holds something else.
            StoreTooNew: a newer version made it.

        Example:
            >>> Store.open("~/nowhere")  # doctest: +SKIP
            StoreProblem: there is no store here
        """
        places = Places(Path(path).expanduser().absolute())
        if places.is_unmade():
            if create or places.lock.exists():  # the lock is the first thing a store gets
                _make(places)
        elif create and not places.marker.exists():
            raise StoreProblem(
                "this folder holds other files and is not a store; it was left alone",
                where=str(places.root),
                next_step="name an empty or new folder with --store",
            )
        check_format(places)
        if not places.catalogue.exists():
            raise StoreDamaged("the catalogue of the store is gone", where=str(places.catalogue))
        return cls(places)

    def state(self) -> str:
        """Return a hash of all that the catalogue accounts for: the same until something is taken.

        The catalogue is read again only when its file has changed, so that a server may ask with
        every request.
        """
        try:
            seen = self.places.catalogue.stat()
        except OSError as why:
            raise StoreDamaged(
                "the catalogue of the store is gone", where=str(self.places.catalogue)
            ) from why
        key = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
        if self._state is None or self._state[0] != key:
            files = [*self.derived(), *self.derived_records()]
            told = sorted(f"{f.release_id} {f.table} {f.sha256}" for f in files)
            told += [one.collection_id for one in self.collections()]
            self._state = (key, hashlib.sha256("\n".join(told).encode()).hexdigest())
        return self._state[1]

    def releases(self) -> list[ReleaseRow]:
        """Return every release in published order: published_on, as_of, received_at."""
        with catalogue.connect(self.places) as connection:
            return catalogue.releases(connection)

    def release(self, ref: str) -> ReleaseRow:
        """Return one release by id, start of its sha256, file name or as-of date.

        Raises:
            UnknownRelease: nothing, or more than one release, answers to it.
        """
        return find_release(self.releases(), ref.strip(), str(self.places.root))

    def bytes_of(self, release_id: str) -> bytes:
        """Return the bytes of a release as they came."""
        row = self.release(release_id)
        return self.places.release(row.series, row.sha256).read_bytes()

    def derived(self) -> list[DerivedRow]:
        """Return every derived file that the catalogue accounts for."""
        with catalogue.connect(self.places) as connection:
            return catalogue.derived(connection, self.places)

    def observation_files(self, series: str) -> list[Path]:
        """Return the Parquet files of core__observation of a series, in published order."""
        with catalogue.connect(self.places) as connection:
            rows = catalogue.releases(connection)
            files = {
                row.release_id: row.path
                for row in catalogue.derived(connection, self.places)
                if row.table == OBSERVATIONS
            }
        return [files[row.release_id] for row in rows if row.series == series]

    def receipt(self, release_id: str) -> dict[str, Any]:
        """Return the account of every cell of a release."""
        account: dict[str, Any] = self._account(release_id)["receipt"]
        return account

    def findings(self, release_id: str) -> list[dict[str, Any]]:
        """Return what reading the release found wrong."""
        findings: list[dict[str, Any]] = self._account(release_id)["findings"]
        return findings

    def _account(self, release_id: str) -> dict[str, Any]:
        row = self.release(release_id)
        for derived in self.derived():
            if derived.release_id == row.release_id and derived.table == RECEIPT:
                return read_account(derived.path)
        raise StoreDamaged("a release has no receipt", where=row.release_id)

    def record_releases(self) -> list[RecordRelease]:
        """Return every release of records, in the order of their last moments."""
        with catalogue.connect(self.places) as connection:
            return record_catalogue.releases(connection)

    def record_release(self, ref: str) -> RecordRelease:
        """Return one release of records by id, start of its hash, or name of one of its files.

        Raises:
            UnknownRelease: nothing, or more than one release, answers to it.
        """
        return find_records(self.record_releases(), ref.strip(), str(self.places.root))

    def has_records(self, ref: str) -> bool:
        """Return whether a record release answers to a reference, and no other release does."""
        return bool(matching_records(self.record_releases(), ref.strip())) and not matching(
            self.releases(), ref.strip()
        )

    def collections(self) -> list[Collection]:
        """Return the collections of records, the latest last; those within a larger one not."""
        with catalogue.connect(self.places) as connection:
            return record_catalogue.collections(connection)

    def collection(self, ref: str) -> Collection:
        """Return a collection by its id or the start of its hash, also one within a larger one.

        Raises:
            UnknownRelease: there is none.
        """
        with catalogue.connect(self.places) as connection:
            every = record_catalogue.collections(connection, within=True)
        return find_collection(every, ref.strip(), str(self.places.root))

    def event_file(self, release_id: str) -> Path:
        """Return the Parquet file of the event table of a record release."""
        row = self.record_release(release_id)
        return self._of_records(row, row.event_table)

    def record_account(self, release_id: str) -> dict[str, Any]:
        """Return the receipt and the findings of a record release."""
        return read_account(self._of_records(self.record_release(release_id), RECEIPT))

    def derived_records(self) -> list[DerivedRow]:
        """Return every derived file of records that the catalogue accounts for."""
        with catalogue.connect(self.places) as connection:
            return record_catalogue.derived(connection, self.places)

    def _of_records(self, row: RecordRelease, table: str) -> Path:
        for file in self.derived_records():
            if (file.release_id, file.table) == (row.release_id, table):
                return file.path
        raise StoreDamaged("a record release lacks a derived file", where=row.release_id)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of writers; leftovers of killed writers in tmp are swept first."""
        with disk_errors(self.places.root):
            make_folder(self.places.tmp)
        with writing(self.places.lock):
            sweep(self.places)
            yield
            self._state_format()

    def _state_format(self) -> None:
        """Let the marker say what the catalogue says, once a write has brought that up."""
        with catalogue.connect(self.places) as connection:
            stated = stated_format(connection)
        if read_format(self.places) != stated:
            with suppress(OSError):  # the next writer does it; the catalogue alone says it too
                _write_marker(self.places, stated)


def read_account(path: Path) -> dict[str, Any]:
    """Return a receipt file: receipt, findings, dates.

    Raises:
        StoreDamaged: it is missing or not readable.
    """
    try:
        account = json.loads(path.read_bytes())
    except (OSError, ValueError) as why:
        raise StoreDamaged(
            f"a receipt cannot be read: {why}",
            where=str(path),
            next_step="olc verify --rebuild makes it again from the release",
        ) from why
    if not isinstance(account, dict) or not {"receipt", "findings"} <= account.keys():
        raise StoreDamaged("a receipt is not a receipt", where=str(path))
    return account


def _make(places: Places) -> None:
    """Make an empty store; the marker comes last, and every step may be done twice."""
    with disk_errors(places.root):
        make_folder(places.root)
        with writing(places.lock):
            if places.marker.exists():  # another process was faster
                return
            for folder in (*places.content_folders, places.tmp):
                make_folder(folder)
            catalogue.create(places)
            sync_folder(places.root)
            _write_marker(places, FORMAT)


def _write_marker(places: Places, stated: int) -> None:
    marker = places.tmp / "store.json"
    marker.write_text(json.dumps({"format": stated}) + "\n", encoding="utf-8")
    marker.replace(places.marker)
    sync_folder(places.root)
