"""What every kind of file gives to the reader: tables with a header and batches of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Batch:
    """Consecutive rows of one table.

    Attributes:
        frame: the rows; columns are named ``c0``, ``c1``, ... by their place.
        first_row: number of the first row in its sheet (as Excel counts) or file.
        error_cells: cells that hold an Excel error such as #N/A; they read as blank.
        serials: whether bare numbers in date columns are day numbers of the 1900 system.
        gap: blank rows before the first that are in no batch.
    """

    frame: pl.DataFrame
    first_row: int
    error_cells: int = 0
    serials: bool = False
    gap: int = 0


#: Work that yields a batch when called; it may be called on another thread.
Job = Callable[[], Batch]


@dataclass(frozen=True)
class RecordSheet:
    """One table of a file: a sheet, or the whole of a flat file.

    Attributes:
        name: name of the sheet, "" where files have none.
        header: the headings, as printed; "" for a column without one.
        header_row: number of the header row.
        preamble: lines above the header.
        jobs: starts the reading, given the bytes to a piece and the places of the columns that
            hold dates; yields the batches' work in the order of the rows.
        unpacked: bytes of the sheet's XML; 0 for a flat file, whose batches are small anyway.
    """

    name: str
    header: tuple[str, ...]
    header_row: int
    preamble: int
    jobs: Callable[[int, Sequence[int]], Iterator[Job]]
    unpacked: int = 0


def column_name(position: int) -> str:
    """Return the name that a column has inside a batch."""
    return f"c{position}"
