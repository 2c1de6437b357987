"""The rows of one piece of a sheet, and the proof that no cell of it was lost on the way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openlifecycle.errors import DamagedInput
from openlifecycle.reading.records import strings
from openlifecycle.reading.records.batches import Batch, column_name
from openlifecycle.reading.records.pieces import Dressing, Piece, as_workbook

if TYPE_CHECKING:
    import polars as pl

#: Outside of these years a date could be a bare number that is none (moments.py).
_FROM, _TO = dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)  # noqa: DTZ001 - wall clocks
_ERROR_CELL: Final = b't="e"'


@dataclass(frozen=True)
class PieceReader:
    """Reads the pieces of one sheet.

    Attributes:
        width: columns of the header.
        dates: places of the columns that hold dates.
        dressing: what each piece carries along.
        table: the shared strings, where they do not travel with each piece.
    """

    width: int
    dates: frozenset[int]
    dressing: Dressing
    table: pl.Series | None

    def read(self, piece: Piece) -> Batch:
        """Return the rows of a piece.

        Dates are asked for as dates, which saves a third of the time. A cell that is none would
        come back blank; so the cells of the XML are counted, and where one is missing the piece
        is read again with every cell as text.
        """
        errors = piece.rows.count(_ERROR_CELL)
        numbered = strings.with_numbers(piece.rows) if self.table is not None else None
        dressing = self.dressing
        if numbered is not None:
            piece, dressing = replace(piece, rows=numbered), replace(dressing, strings=None)
        book = as_workbook(piece, self.width, dressing)
        frame = self._loaded(book, piece, self.dates)
        if not _is_whole(frame, piece):
            frame = self._loaded(book, piece, frozenset())
        if numbered is not None and self.table is not None:
            frame = strings.resolved(frame, self.table)
        return Batch(frame, piece.first_row, errors, not dressing.is_1904, piece.gap)

    def _loaded(self, book: bytes, piece: Piece, dates: frozenset[int]) -> pl.DataFrame:
        """Return the cells below our own header, as dates where asked for, else as text."""
        import fastexcel
        import polars as pl

        # Columns right of the header are read as well, so that what stands there is noticed.
        types: dict[str | int, fastexcel.DType] | fastexcel.DType = "string"
        if dates:
            types = {i: "datetime" if i in dates else "string" for i in range(self.width)}
        try:
            cells = fastexcel.read_excel(book).load_sheet(
                0, header_row=None, dtypes=types, whitespace_as_null=True, eager=True
            )
        except fastexcel.FastExcelError as problem:
            raise DamagedInput(
                f"rows from {piece.first_row} cannot be read ({type(problem).__name__})"
            ) from None
        frame = pl.from_arrow(cells)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - for the type checker
        frame = frame.slice(1)
        return frame.rename({old: column_name(i) for i, old in enumerate(frame.columns)})


def _is_whole(frame: pl.DataFrame, piece: Piece) -> bool:
    """Return whether every cell of the XML that holds a value came back, as what it is."""
    import polars as pl

    tag = piece.tag
    found = sum(frame.height - frame[name].null_count() for name in frame.columns)
    wanted = piece.rows.count(b"<" + tag + b"v>")
    if found != wanted:  # texts that stand in their cells; asked only then, for it costs time
        wanted += piece.rows.count(b"<" + tag + b"is>")
    if found != wanted:
        return False
    dated = [name for name in frame.columns if frame.schema[name] == pl.Datetime]
    extent = [(frame[name].min(), frame[name].max()) for name in dated]
    return all(low is None or (low >= _FROM and high < _TO) for low, high in extent)  # type: ignore[operator]
