"""The units of a collection: people, and records without a person key, each with a record key.

A unit is what a cell is counted in. Its record key is a secret number of 32 bits; the sum of the
record keys of the distinct units of a cell is the cell's key, so the same people have the same
cell key whatever question they are found by. Keys are drawn apart for every collection: nothing
joins the people of two releases.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from openlifecycle.engine.backend import read_parquet

#: The column that numbers people, null where a record has no person key.
PERSON: Final = "person"
#: The column of the unit: the number of the person, below 0 for a record without a key.
UNIT: Final = "unit"
#: The column of the unit's secret number, from 0 to 2**32 - 1.
RECORD_KEY: Final = "record_key"

#: The file of people by key; of the records without one there is a file per event table.
PEOPLE: Final = "people"
KEYLESS: Final = "keyless__"

_CONTEXT: Final = b"openlifecycle record key 1"
#: Keys are drawn in blocks, so that no more than one is in memory: 65,536 of 4 bytes.
_BLOCK_BITS: Final = 16
_BLOCK: Final = 1 << _BLOCK_BITS
_KEY_BYTES: Final = 4


def record_keys(
    numbers: NDArray[np.int64], *, secret: bytes, collection: str, kind: str
) -> NDArray[np.int64]:
    """Return the record keys of numbered units: 32 bits each, drawn from SHAKE-256.

    Args:
        numbers: the numbers of people, or the row numbers of records without a key.
        secret: the secret of the store.
        collection: id of the collection.
        kind: ``people``, or the event table of the records.
    """
    found = np.empty(len(numbers), np.int64)
    blocks = numbers >> _BLOCK_BITS
    for block in np.unique(blocks):
        inside = blocks == block
        parts = (_CONTEXT, secret, collection.encode(), kind.encode(), str(block).encode())
        # each part with its length: no two contexts run into the same bytes
        framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        drawn = hashlib.shake_256(framed).digest(_BLOCK * _KEY_BYTES)
        found[inside] = np.frombuffer(drawn, "<u4")[numbers[inside] & (_BLOCK - 1)]
    return found


def secret_mark(secret: bytes) -> str:
    """Return what tells one secret from another and says nothing of it."""
    return hashlib.sha256(b"openlifecycle mark of the cell key\0" + secret).hexdigest()


def write_units(
    backend: Any, events: Mapping[str, Path], out: Path, *, secret: bytes, collection: str
) -> None:
    """Write the units of a collection: ``people`` and, for each event table, ``keyless__<table>``.

    People are the distinct person keys of all event tables in the order of their bytes, numbered
    from 0 on, so that a person has one number in every table that is made of them.

    Args:
        backend: a DuckDB engine; what it cannot hold it spills where it was told to.
        events: Parquet file by event table.
        out: an existing folder.
        secret: the secret of the store.
        collection: id of the collection.
    """
    every = " UNION ".join(f"SELECT person_key FROM {_read(f)}" for f in events.values())  # noqa: S608
    people = f"SELECT DISTINCT person_key FROM ({every}) WHERE person_key IS NOT NULL ORDER BY 1"  # noqa: S608
    schema = pa.schema({"person_key": pa.string(), PERSON: pa.int64(), RECORD_KEY: pa.int64()})
    with pq.ParquetWriter(out / f"{PEOPLE}.parquet", schema, compression="zstd") as writer:
        first = 0
        for keys in _batches(backend, people):
            numbers = np.arange(first, first + len(keys), dtype=np.int64)
            first += len(keys)
            drawn = record_keys(numbers, secret=secret, collection=collection, kind=PEOPLE)
            columns = [keys.cast(pa.string()), pa.array(numbers), pa.array(drawn)]
            writer.write_batch(pa.record_batch(columns, schema=schema))
    schema = pa.schema({"row_id": pa.int64(), RECORD_KEY: pa.int64()})
    for event, file in events.items():
        rows = f"SELECT row_id FROM {_read(file)} WHERE person_key IS NULL ORDER BY 1"  # noqa: S608
        with pq.ParquetWriter(_keyless(out, event), schema, compression="zstd") as writer:
            for ids in _batches(backend, rows):
                numbers = ids.to_numpy(zero_copy_only=False).astype(np.int64)
                drawn = record_keys(numbers, secret=secret, collection=collection, kind=event)
                columns = [pa.array(numbers), pa.array(drawn)]
                writer.write_batch(pa.record_batch(columns, schema=schema))


def _read(file: Path) -> str:
    quoted = str(file).replace("'", "''")
    return f"read_parquet('{quoted}', hive_partitioning = false)"


def _batches(backend: Any, query: str) -> Iterator[Any]:
    """Yield the single column of a query in pieces."""
    for batch in backend.con.sql(query).to_arrow_reader(_BLOCK):
        yield batch.column(0)


def _keyless(folder: Path, event: str) -> Path:
    return folder / f"{KEYLESS}{event}.parquet"


class Units:
    """The units of one collection, ready to be joined on."""

    def __init__(self, backend: Any, folder: Path) -> None:
        """Read what ``write_units`` wrote into a folder, on the engine that joins it."""
        self._backend, self._folder = backend, folder
        self._people = read_parquet(backend, folder / f"{PEOPLE}.parquet", "unit_people")

    def numbered(self, rows: Any, event: str, own: str = "row_id") -> Any:
        """Return rows with ``person``, ``unit`` and ``record_key``, and all their columns.

        Args:
            rows: rows that carry ``person_key``.
            event: the event table that they come from.
            own: the column with the row number of the record in that table.
        """
        known = self._people.select(
            key_of_person="person_key", **{PERSON: PERSON, RECORD_KEY: RECORD_KEY}
        )
        rows = rows.left_join(known, rows.person_key == known.key_of_person).drop("key_of_person")
        if file := self._some_keyless(event):
            alone = read_parquet(self._backend, file, f"unit_{KEYLESS}{event}")
            alone = alone.select(row_of_keyless="row_id", key_of_keyless=RECORD_KEY)
            rows = rows.left_join(alone, rows[own] == alone.row_of_keyless)
            drawn = ibis.coalesce(rows[RECORD_KEY], rows.key_of_keyless)
            rows = rows.mutate(**{RECORD_KEY: drawn}).drop("row_of_keyless", "key_of_keyless")
        return rows.mutate(**{UNIT: ibis.coalesce(rows[PERSON], -1 - rows[own])})

    def _some_keyless(self, event: str) -> Path | None:
        """Return the file of the records without a person key, None where every record has one."""
        file = _keyless(self._folder, event)
        return file if pq.read_metadata(file).num_rows else None
