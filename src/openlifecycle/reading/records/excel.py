"""Record tables in Excel workbooks: which sheets, under which header, and their rows."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from openlifecycle.errors import DamagedInput
from openlifecycle.reading.records import container, pieces, strings
from openlifecycle.reading.records.batches import Batch, Job, RecordSheet, column_name
from openlifecycle.reading.records.headings import known_headings

if TYPE_CHECKING:
    import polars as pl

#: A header lies within so many rows that hold anything; the publisher's preamble has six.
_HEADER_WITHIN = 30
_PIECE = 2**20


def record_sheets(path: Path) -> tuple[list[RecordSheet], list[str]] | None:
    """Return the sheets under a header of records, and the names of the others.

    Returns:
        None where the zip is no workbook.
    """
    with container.opened(path) as archive:
        found: list[RecordSheet] = []
        others: list[str] = []
        names = container.sheets(archive)
        if not names:
            return None
        for name, part in names.items():
            rows = container.first_rows(archive, part, _HEADER_WITHIN)
            header_row = max(rows, key=lambda n: known_headings(tuple(rows[n].values())), default=0)
            cells = rows.get(header_row, {})
            if not known_headings(tuple(cells.values())):
                others.append(name)
                continue
            header = tuple(cells.get(i, "").strip() for i in range(max(cells) + 1))
            jobs = partial(_jobs, path, part, header_row, len(header))
            size = archive.getinfo(part).file_size
            found.append(RecordSheet(name, header, header_row, header_row - 1, jobs, size))
        return found, others


def table_like(path: Path, sheet: str) -> bool:
    """Return whether a sheet without a known header still holds rows of many columns."""
    with container.opened(path) as archive:
        part = container.sheets(archive)[sheet]
        rows = container.first_rows(archive, part, _HEADER_WITHIN)
        return sum(1 for cells in rows.values() if len(cells) >= 5) >= 5


def _jobs(path: Path, part: str, header_row: int, width: int, size: int) -> Iterator[Job]:
    """Yield the reading of a sheet, piece by piece."""
    with container.opened(path) as archive:
        plain_strings = _strings(archive)
        table = None
        if plain_strings is not None and len(plain_strings) > size:
            table = strings.string_table(plain_strings)
        dressing = pieces.Dressing(
            styles=container.small_part(archive, container.STYLES),
            strings=plain_strings,
            is_1904=container.is_1904(archive),
        )
        with archive.open(part) as stream:
            for piece in pieces.cut(stream, header_row, size):  # type: ignore[arg-type]
                yield partial(_read, piece, width, dressing, table)
            while stream.read(_PIECE):  # to the end, where the checksum is proved
                pass


def _strings(archive: zipfile.ZipFile) -> bytes | None:
    real = {name.lower(): name for name in archive.namelist()}
    name = real.get(container.SHARED_STRINGS.lower())
    return archive.read(name) if name else None


def _read(
    piece: pieces.Piece, width: int, dressing: pieces.Dressing, table: pl.Series | None
) -> Batch:
    """Return the rows of one piece; every cell as the text that Excel would show of its value."""
    import fastexcel
    import polars as pl

    errors = piece.rows.count(b't="e"')
    numbered = strings.with_numbers(piece.rows) if table is not None else None
    if numbered is not None:
        piece = replace(piece, rows=numbered)
        dressing = replace(dressing, strings=None)
    book = pieces.as_workbook(piece, width, dressing)
    try:
        sheet = fastexcel.read_excel(book).load_sheet(
            0, header_row=None, dtypes="string", whitespace_as_null=True, eager=True
        )
        frame = pl.from_arrow(sheet)
    except fastexcel.FastExcelError as problem:
        raise DamagedInput(f"rows from {piece.first_row} cannot be read: {problem}") from problem
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - for the type checker
    frame = _in_place(frame.slice(1))
    if numbered is not None and table is not None:
        frame = strings.resolved(frame, table)
    return Batch(frame, piece.first_row, errors, serials=not dressing.is_1904)


def _in_place(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its columns named by place, those beyond the header included."""
    return frame.rename({old: column_name(i) for i, old in enumerate(frame.columns)})
