"""Record tables in flat files: delimited text (plain or gzip), Parquet, Feather."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from openlifecycle.errors import DamagedInput
from openlifecycle.reading.records.batches import Batch, Job, RecordSheet, column_name
from openlifecycle.reading.records.headings import known_headings

_GZIP: Final = b"\x1f\x8b"
_DELIMITERS: Final = ",|\t;"
_HEAD_BYTES: Final = 256 * 2**10
_HEADER_WITHIN: Final = 30
_BATCH_ROWS: Final = 65_536
_BLOCK_BYTES: Final = 16 * 2**20


def text_table(path: Path) -> RecordSheet | None:
    """Return the table of a delimited text, None where no line of it is a header of records."""
    with _text_stream(path) as stream:
        head = stream.read(_HEAD_BYTES)
    lines = head.decode("utf-8-sig", errors="replace").splitlines()[:_HEADER_WITHIN]
    best = (0, 0, ",")
    for number, line in enumerate(lines):
        for delimiter in _DELIMITERS:
            best = max(best, (known_headings(_cells(line, delimiter)), -number, delimiter))
    known, above, delimiter = best[0], -best[1], best[2]
    if not known:
        return None
    header = tuple(cell.strip() for cell in _cells(lines[above], delimiter))
    jobs = partial(_text_jobs, path, above + 1, delimiter, len(header))
    return RecordSheet("", header, above + 1, above, jobs)


def parquet_table(path: Path) -> RecordSheet:
    """Return the table of a Parquet file."""
    import pyarrow.parquet as pq

    file = _opened(lambda: pq.ParquetFile(path), "Parquet")
    header = tuple(file.schema_arrow.names)

    def batches() -> Iterator[Any]:
        return iter(file.iter_batches(batch_size=_BATCH_ROWS))

    return RecordSheet("", header, 0, 0, partial(_arrow_jobs, batches))


def feather_table(path: Path) -> RecordSheet:
    """Return the table of a Feather (Arrow IPC) file."""
    import pyarrow as pa

    file = _opened(lambda: pa.ipc.open_file(pa.memory_map(str(path))), "Feather")
    header = tuple(file.schema.names)

    def batches() -> Iterator[Any]:
        return (file.get_batch(i) for i in range(file.num_record_batches))

    return RecordSheet("", header, 0, 0, partial(_arrow_jobs, batches))


def _opened(open_file: Callable[[], Any], kind: str) -> Any:
    import pyarrow as pa

    try:
        return open_file()
    except (pa.ArrowInvalid, OSError) as problem:
        raise DamagedInput(
            f"the {kind} file cannot be opened: {problem}",
            next_step="download it again and compare its size with the publisher's",
        ) from problem


def _text_stream(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_packed = file.read(2) == _GZIP
    return gzip.open(path, "rb") if is_packed else path.open("rb")  # type: ignore[return-value]


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(line), delimiter=delimiter), [])


def _text_jobs(path: Path, above: int, delimiter: str, width: int, *_: object) -> Iterator[Job]:
    """Yield the rows below the header, every value as text."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [column_name(i) for i in range(width)]
    first = above + 1
    with _text_stream(path) as stream:
        try:
            reader = arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    column_names=names, skip_rows=above, block_size=_BLOCK_BYTES
                ),
                parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
            for batch in reader:
                yield partial(_batch, batch, first)
                first += batch.num_rows
        except (pa.ArrowInvalid, EOFError, gzip.BadGzipFile) as problem:
            # Arrow quotes the offending line; a line of records is never repeated in a message.
            shape = (
                str(problem).partition(": ")[0]
                if "Expected" not in str(problem)
                else (f"a row does not have the {width} columns of the header")
            )
            raise DamagedInput(
                f"the text cannot be read as a table: {shape}",
                where=f"in or after the batch that begins at line {first}",
                next_step="save it again as UTF-8 text with one record a line",
            ) from None


def _arrow_jobs(batches: Callable[[], Iterator[Any]], *_: object) -> Iterator[Job]:
    """Yield the rows of an Arrow file in pieces of a bounded size; rows count from 1."""
    first = 1
    for batch in batches():
        for start in range(0, batch.num_rows, _BATCH_ROWS):
            part = batch.slice(start, _BATCH_ROWS)
            yield partial(_batch, part, first)
            first += part.num_rows


def _batch(batch: Any, first: int) -> Batch:
    import polars as pl

    frame = pl.from_arrow(batch)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - for the type checker
    return Batch(frame.rename({n: column_name(i) for i, n in enumerate(frame.columns)}), first)
