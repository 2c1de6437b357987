"""The last pass: cleaned batches on disk -> one Parquet file of canonical events.

Only now is known how far the release reaches and which records are alike, so flags and variants
are added here. The same input gives the same bytes: row groups have a fixed number of rows, and
nothing of the machine, the clock or the order of threads enters the file.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openlifecycle.model.events import KINDS, EventTable
from openlifecycle.reading.records.extent import with_date_flags

if TYPE_CHECKING:
    import polars as pl

ROW_GROUP: Final = 32_768


@dataclass(frozen=True)
class Part:
    """A cleaned batch on disk.

    Attributes:
        path: an Arrow IPC file with ``row`` and the fields.
        member: file that the rows are of.
        sheet: sheet that they are of.
        rows: how many.
    """

    path: Path
    member: str
    sheet: str
    rows: int


def write_events(
    parts: Sequence[Part],
    variants: pl.DataFrame,
    event: EventTable,
    out: Path,
    *,
    release_id: str,
    end: dt.datetime | None,
) -> Counter[tuple[str, str]]:
    """Write the canonical file; return the impossible dates by field and reason.

    Args:
        parts: in the order of the rows.
        variants: rows whose ``dropped_variant`` is not 0, by ``row_id``.
        event: the table.
        out: the file to write.
        release_id: written into every row.
        end: last moment that the release speaks of.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([pa.field(f.name, _arrow_type(f.kind)) for f in event.columns])
    dated = [f.name for f in event.fields if f.kind in {"moment", "day"}]
    flags: Counter[tuple[str, str]] = Counter()
    pending: list[Future[Any]] = []
    # One thread encodes a row group while this one makes the next ready.
    with (
        pq.ParquetWriter(out, schema, compression="zstd", compression_level=1) as writer,
        ThreadPoolExecutor(1) as pool,
    ):
        for frame in _groups(_completed(parts, variants, release_id)):
            flagged, counted = with_date_flags(frame, dated, end)
            flags += counted
            ordered = flagged.select(schema.names)
            while pending:
                pending.pop().result()
            pending.append(pool.submit(_encode, writer, ordered, schema))
        for future in pending:
            future.result()
    return flags


def _arrow_type(kind: str) -> Any:
    import pyarrow as pa

    return {
        "timestamp[us]": pa.timestamp("us"),
        "date32": pa.date32(),
        "double": pa.float64(),
        "bool": pa.bool_(),
    }.get(KINDS[kind]) or getattr(pa, KINDS[kind])()


def _encode(writer: Any, frame: pl.DataFrame, schema: Any) -> None:
    # In one chunk: how the batches fell must not show in the pages of the file.
    table = frame.rechunk().to_arrow().cast(schema).combine_chunks()
    writer.write_table(table, row_group_size=ROW_GROUP)


def _completed(
    parts: Sequence[Part], variants: pl.DataFrame, release_id: str
) -> Iterator[pl.DataFrame]:
    """Yield each part with its provenance and variants."""
    import polars as pl

    first = 0
    for part in parts:
        ids = pl.int_range(first, first + part.rows, dtype=pl.Int64, eager=True)
        frame = pl.read_ipc(part.path).with_columns(
            pl.lit(release_id).alias("release_id"),
            ids.alias("row_id"),
            pl.lit(part.member).alias("member"),
            pl.lit(part.sheet).alias("sheet"),
            _variant(variants, first, part.rows).alias("dropped_variant"),
        )
        first += part.rows
        part.path.unlink()
        yield frame


def _variant(variants: pl.DataFrame, first: int, rows: int) -> pl.Series:
    """Return the variant of each of some consecutive rows."""
    import polars as pl

    numbers = pl.repeat(0, rows, dtype=pl.Int64, eager=True)
    own = variants.filter(pl.col("row_id").is_between(first, first + rows, closed="left"))
    if own.height:
        numbers = numbers.scatter((own["row_id"] - first).to_list(), own["dropped_variant"])
    return numbers


def _groups(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the rows anew in groups of a fixed size."""
    import polars as pl

    held: list[pl.DataFrame] = []
    count = 0
    for frame in frames:
        held.append(frame)
        count += frame.height
        while count >= ROW_GROUP:
            whole = pl.concat(held)
            yield whole.head(ROW_GROUP)
            held = [whole.slice(ROW_GROUP)]
            count -= ROW_GROUP
    # An empty release still has a file with its columns.
    if count or held:
        yield pl.concat(held)
