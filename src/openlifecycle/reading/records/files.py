"""What kind of file holds the records, told by its first bytes alone."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from openlifecycle.errors import RefusedInput
from openlifecycle.reading.records import excel, flat
from openlifecycle.reading.records.batches import RecordSheet


@dataclass(frozen=True)
class RecordFile:
    """One file and the tables under a header of records in it.

    Attributes:
        kind: ``excel``, ``text``, ``parquet`` or ``feather``.
        sheets: its tables.
        others: sheets without such a header.
    """

    kind: str
    sheets: tuple[RecordSheet, ...]
    others: tuple[str, ...]


def open_file(path: Path) -> RecordFile | None:
    """Return the tables of a file, None where it holds no header of records.

    Raises:
        RefusedInput: the file is damaged or unsafe, or a sheet of it holds a table that no
            layout knows beside those that are known.
    """
    with path.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(b"PK"):
        return _excel(path) if zipfile.is_zipfile(path) else None
    if magic.startswith(b"PAR1"):
        return RecordFile("parquet", (flat.parquet_table(path),), ())
    if magic.startswith(b"ARROW1"):
        return RecordFile("feather", (flat.feather_table(path),), ())
    if magic.startswith(b"FEA1"):
        raise RefusedInput(
            "the file is Feather version 1, whose types are not kept apart",
            next_step="save it as Parquet or Feather version 2",
        )
    table = flat.text_table(path)
    return RecordFile("text", (table,), ()) if table else None


def _excel(path: Path) -> RecordFile | None:
    found = excel.record_sheets(path)
    if found is None or not found[0]:
        return None
    sheets, others = found
    for name in others:
        if excel.table_like(path, name):
            raise RefusedInput(
                "a sheet holds a table without a known header",
                where=f"sheet {name!r}",
                nearest=f"sheet {sheets[0].name!r} has its header in row {sheets[0].header_row}",
                next_step="compare the sheet with the others of the workbook; rows without a "
                "header cannot be placed",
            )
    return RecordFile("excel", tuple(sheets), tuple(others))
