"""Proof that a store is whole: every byte, manifest, row count, receipt and name of it.

Nothing is written. What the catalogue does not account for is a leftover of a take that was cut
short: harmless, listed, and removed only when asked.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from openlifecycle.errors import StoreDamaged
from openlifecycle.vault import catalogue, manifest, record_catalogue
from openlifecycle.vault.places import OBSERVATIONS, RECEIPT
from openlifecycle.vault.proof import GONE, REBUILD, Problem, Proof, Seen
from openlifecycle.vault.receipts import sums_that_fail
from openlifecycle.vault.record_verify import record_problems
from openlifecycle.vault.rows import DerivedRow, ReleaseRow
from openlifecycle.vault.store import Store, read_account
from openlifecycle.vault.work import in_use

__all__ = ["Problem", "Proof", "clean", "fingerprint", "leftovers", "verify"]


def verify(store: Store, *, tell: Callable[[str], None] = lambda _id: None) -> Proof:
    """Return the proof of a store.

    Args:
        store: the store; it may be written to meanwhile.
        tell: told the id of each release as it is done.
    """
    problems = list(_catalogue_problems(store))
    rows = store.releases()
    derived = store.derived()
    with catalogue.connect(store.places) as connection:
        manifest_hashes = catalogue.manifest_hashes(connection)
        sightings = connection.execute("SELECT count(*) FROM sighting").fetchone()[0]
        sightings += record_catalogue.count_sightings(connection)
    seen = Seen()
    ids = {row.release_id for row in rows}
    for row in rows:
        problems += _release_problems(store, row, manifest_hashes[row.release_id], ids, seen)
        own = [d for d in derived if d.release_id == row.release_id]
        for table in (OBSERVATIONS, RECEIPT):
            if table not in {d.table for d in own}:
                problems.append(Problem(f"no {table} is on record", row.release_id, REBUILD))
        for file in own:
            problems += _derived_problems(row, file, seen)
        tell(row.release_id)
    problems += record_problems(store, seen)
    records = store.record_releases()
    return Proof(
        releases=len(rows),
        files=seen.files,
        bytes_hashed=seen.size,
        observations=sum(d.rows for d in derived if d.table == OBSERVATIONS),
        sightings=sightings,
        problems=tuple(problems),
        leftovers=tuple(store.places.relative(path) for path in leftovers(store)),
        record_releases=len(records),
        records=sum(row.rows for row in records),
    )


def _catalogue_problems(store: Store) -> Iterator[Problem]:
    where = store.places.relative(store.places.catalogue)
    with catalogue.connect(store.places) as connection:
        for (line,) in connection.execute("PRAGMA integrity_check"):
            if line != "ok":
                yield Problem(f"the catalogue is damaged: {line}", where)
        for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check"):
            yield Problem(f"{table} row {rowid} names a {parent} that is not there", where)


def _release_problems(
    store: Store, row: ReleaseRow, manifest_sha: str, ids: set[str], seen: Seen
) -> Iterator[Problem]:
    path = store.places.release(row.series, row.sha256)
    if why := seen.differs(path, row.sha256):
        yield Problem(f"the bytes of {row.release_id}: the file {why}", str(path), GONE)
    elif path.stat().st_size != row.size:
        yield Problem(f"the size of {row.release_id} is not the one on record", str(path))
    if not row.names:
        yield Problem("a release was never seen under any name", row.release_id)
    if row.follows and row.follows not in ids:
        yield Problem(f"it follows {row.follows}, which is not there", row.release_id)
    path = store.places.manifest(row.release_id)
    if why := seen.differs(path, manifest_sha):
        yield Problem(f"the manifest of {row.release_id} {why}", str(path), GONE)
        return
    try:
        stated = manifest.read(path)
    except StoreDamaged as error:
        yield Problem(error.what, error.where)
        return
    for key in ("release_id", "series", "sha256", "size"):
        if stated.get(key) != getattr(row, key):
            yield Problem(f"the manifest and the catalogue differ in {key}", str(path))
    if not set(stated.get("names", ())) <= set(row.names):
        yield Problem("the manifest has a name that the catalogue lacks", str(path))


def _derived_problems(row: ReleaseRow, file: DerivedRow, seen: Seen) -> Iterator[Problem]:
    where = str(file.path)
    if why := seen.differs(file.path, file.sha256):
        yield Problem(f"{file.table} of {file.release_id} {why}", where, REBUILD)
        return
    if file.table == RECEIPT:
        try:
            receipt = read_account(file.path)["receipt"]
        except StoreDamaged as error:
            yield Problem(error.what, error.where, error.next_step)
            return
        for line in sums_that_fail(receipt):
            yield Problem(f"the receipt of {file.release_id} does not add up: {line}", where)
        if receipt.get("release_id") != file.release_id:
            yield Problem("the receipt is of another release", where, REBUILD)
    elif file.table == OBSERVATIONS:
        yield from _parquet_problems(row, file)


def _parquet_problems(row: ReleaseRow, file: DerivedRow) -> Iterator[Problem]:
    import polars as pl

    try:
        frame = pl.read_parquet(file.path, columns=["release_id", "status"])
    except (pl.exceptions.PolarsError, OSError) as why:
        yield Problem(f"core__observation cannot be read: {why}", str(file.path), REBUILD)
        return
    if frame.height != file.rows:
        what = f"core__observation has {frame.height} rows, {file.rows} are on record"
        yield Problem(what, str(file.path), REBUILD)
    if set(frame["release_id"].unique()) - {file.release_id}:
        yield Problem("core__observation has rows of another release", str(file.path), REBUILD)
    counts = {str(status): int(count) for status, count in frame["status"].value_counts().rows()}
    if counts != row.statuses:
        yield Problem("core__observation has other statuses than on record", str(file.path))


def leftovers(store: Store) -> list[Path]:
    """Return the files below the store that the catalogue does not account for."""
    places = store.places
    known = {file.path for file in (*store.derived(), *store.derived_records())}
    for row in store.releases():
        known |= {places.release(row.series, row.sha256), places.manifest(row.release_id)}
    for records in store.record_releases():
        known.add(places.manifest(records.release_id))
        known |= {
            places.member(records.series, member.sha256, member.suffix)
            for member in records.members
        }
    # What a living process works on in tmp is no leftover.
    unfinished = [entry for entry in places.tmp.glob("*") if not in_use(entry)]
    folders = [*places.content_folders, *(entry for entry in unfinished if entry.is_dir())]
    # os.walk passes over a folder that is removed meanwhile; Path.rglob would stop.
    found = [
        Path(top) / name
        for folder in folders
        for top, _, names in os.walk(folder)
        for name in names
        if Path(top) / name not in known
    ]
    return sorted(path for path in (*found, *unfinished) if path.is_file())


def clean(store: Store) -> list[str]:
    """Remove leftovers, while no other process writes; return what was removed."""
    with store.writing():
        found = leftovers(store)
        for path in found:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # other files lie in the folder
                path.parent.rmdir()
    return [store.places.relative(path) for path in found]


def fingerprint(store: Store) -> str:
    """Return one hash over what the store says, times of taking left out.

    Two stores that took the same files in the same order have the same one; tests and people
    who keep mirrors compare it.
    """
    digest = hashlib.sha256()
    for row in sorted(store.releases(), key=lambda row: row.release_id):
        shown = {key: value for key, value in row.as_dict().items() if key != "received_at"}
        digest.update(repr(sorted(shown.items())).encode())
    for records in sorted(store.record_releases(), key=lambda row: row.release_id):
        shown = {key: value for key, value in records.as_dict().items() if key != "received_at"}
        digest.update(repr(sorted(shown.items())).encode())
    for collection in sorted(store.collections(), key=lambda one: one.collection_id):
        digest.update(f"{collection.collection_id}\n".encode())
    for file in (*store.derived(), *store.derived_records()):
        digest.update(f"{file.release_id} {file.table} {file.sha256} {file.rows}\n".encode())
    return digest.hexdigest()
