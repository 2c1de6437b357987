"""Record tables in Excel workbooks: which sheets, under which header, and their rows."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from openlifecycle.reading.records import container, pieces, strings
from openlifecycle.reading.records.batches import Job, RecordSheet
from openlifecycle.reading.records.headings import known_headings
from openlifecycle.reading.records.piece_reader import PieceReader

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


def _jobs(
    path: Path, part: str, header_row: int, width: int, size: int, dates: Sequence[int]
) -> Iterator[Job]:
    """Yield the reading of a sheet, piece by piece."""
    with container.opened(path) as archive:
        shared = _strings(archive)
        table = None
        if shared is not None and len(shared) > size:
            table = strings.string_table(shared)
        dressing = pieces.Dressing(
            styles=container.small_part(archive, container.STYLES),
            strings=shared,
            is_1904=container.is_1904(archive),
        )
        reader = PieceReader(width, frozenset(dates), dressing, table)
        with archive.open(part) as stream:
            for piece in pieces.cut(stream, header_row, size):  # type: ignore[arg-type]
                yield partial(reader.read, piece)
            while stream.read(_PIECE):  # to the end, where the checksum is proved
                pass


def _strings(archive: zipfile.ZipFile) -> bytes | None:
    real = {name.lower(): name for name in archive.namelist()}
    name = real.get(container.SHARED_STRINGS.lower())
    return archive.read(name) if name else None
