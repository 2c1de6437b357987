"""Proof of a store's record releases: bytes, manifests, event tables, receipts, collections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openlifecycle.errors import StoreDamaged
from openlifecycle.vault import catalogue, manifest, record_catalogue
from openlifecycle.vault.places import RECEIPT
from openlifecycle.vault.proof import GONE, REBUILD, Problem, Seen
from openlifecycle.vault.receipts import record_sums_that_fail
from openlifecycle.vault.record_rows import RecordRelease, collection_of, identity
from openlifecycle.vault.rows import DerivedRow
from openlifecycle.vault.store import Store, read_account

_BATCH_ROWS = 256_000


def record_problems(store: Store, seen: Seen) -> Iterator[Problem]:
    """Yield what does not hold of the record releases and collections of a store."""
    rows = store.record_releases()
    if not rows:
        return
    derived = store.derived_records()
    with catalogue.connect(store.places) as connection:
        manifest_hashes = record_catalogue.manifest_hashes(connection)
        every = record_catalogue.collections(connection, within=True)
    ids = {row.release_id for row in rows}
    for row in rows:
        yield from _member_problems(store, row, seen)
        if row.follows and row.follows not in ids:
            yield Problem(f"it follows {row.follows}, which is not there", row.release_id)
        yield from _manifest_problems(store, row, manifest_hashes[row.release_id], seen)
        own = {file.table: file for file in derived if file.release_id == row.release_id}
        for table in (row.event_table, RECEIPT):
            if table not in own:
                yield Problem(f"no {table} is on record", row.release_id, REBUILD)
            else:
                yield from _derived_problems(row, own[table], seen)
        if not row.collection_id:
            yield Problem("a record release belongs to no collection", row.release_id)
    for collection in every:
        if collection_of(tuple(collection.releases.values())) != collection.collection_id:
            yield Problem("a collection has other releases than its id", collection.collection_id)


def _member_problems(store: Store, row: RecordRelease, seen: Seen) -> Iterator[Problem]:
    if not row.names:
        yield Problem("a release was never seen under any name", row.release_id)
    if not row.members or identity([member.sha256 for member in row.members]) != row.sha256:
        yield Problem("its members are not those of its identity", row.release_id)
    for member in row.members:
        path = store.places.member(row.series, member.sha256, member.suffix)
        if why := seen.differs(path, member.sha256):
            yield Problem(f"the bytes of {row.release_id}: a file {why}", str(path), GONE)
        elif path.stat().st_size != member.size:
            what = f"the size of a member of {row.release_id} is not the one on record"
            yield Problem(what, str(path))


def _manifest_problems(
    store: Store, row: RecordRelease, sha256: str, seen: Seen
) -> Iterator[Problem]:
    path = store.places.manifest(row.release_id)
    if why := seen.differs(path, sha256):
        yield Problem(f"the manifest of {row.release_id} {why}", str(path), GONE)
        return
    try:
        stated = manifest.read(path)
    except StoreDamaged as error:
        yield Problem(error.what, error.where)
        return
    for key in manifest.RECORD_FACTS:
        if stated.get(key) != getattr(row, key):
            yield Problem(f"the manifest and the catalogue differ in {key}", str(path))
    facts = [(m.get("name"), m.get("sha256"), m.get("size")) for m in stated.get("members", ())]
    if facts != [(m.name, m.sha256, m.size) for m in row.members]:
        yield Problem("the manifest and the catalogue differ in members", str(path))
    if not set(stated.get("names", ())) <= set(row.names):
        yield Problem("the manifest has a name that the catalogue lacks", str(path))


def _derived_problems(row: RecordRelease, file: DerivedRow, seen: Seen) -> Iterator[Problem]:
    where = str(file.path)
    if why := seen.differs(file.path, file.sha256):
        yield Problem(f"{file.table} of {file.release_id} {why}", where, REBUILD)
    elif file.table == RECEIPT:
        yield from _receipt_problems(row, file)
    else:
        yield from _event_problems(row, file)


def _receipt_problems(row: RecordRelease, file: DerivedRow) -> Iterator[Problem]:
    try:
        receipt: dict[str, Any] = read_account(file.path)["receipt"]
    except StoreDamaged as error:
        yield Problem(error.what, error.where, error.next_step)
        return
    for line in record_sums_that_fail(receipt, row.rows):
        what = f"the receipt of {file.release_id} does not add up: {line}"
        yield Problem(what, str(file.path))


def _event_problems(row: RecordRelease, derived: DerivedRow) -> Iterator[Problem]:
    """Yield what is wrong with an event table, read in pieces: rows, numbering, release."""
    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, rows, is_numbered, is_own = derived.path, 0, True, True
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH_ROWS, columns=["release_id", "row_id"]):
                numbers = pl.Series(batch["row_id"])
                wanted = pl.int_range(rows, rows + batch.num_rows, eager=True)
                is_numbered = is_numbered and bool((numbers == wanted).all())
                is_own = is_own and batch["release_id"].unique().to_pylist() == [row.release_id]
                rows += batch.num_rows
    except (pa.ArrowException, OSError, KeyError) as why:
        yield Problem(f"{row.event_table} cannot be read: {why}", str(path), REBUILD)
        return
    for stated in {row.rows, derived.rows} - {rows}:
        what = f"{row.event_table} has {rows} rows, {stated} are on record"
        yield Problem(what, str(path), REBUILD)
    if not is_numbered:
        yield Problem(f"{row.event_table} is not numbered from 0 on", str(path), REBUILD)
    if not is_own:
        yield Problem(f"{row.event_table} has rows of another release", str(path), REBUILD)
