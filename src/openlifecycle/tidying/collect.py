"""Cells to observations: columnar from the start, one Python list per column and no row dicts.

What a table, a row and a column say is stored once each and gathered by index at the end, so
that a workbook of 8,000 cells costs a few milliseconds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from openlifecycle.model.observation import (
    ERROR_CELL,
    NOT_APPLICABLE,
    NOT_YET,
    OBSERVED,
    SCHEMA,
    WITHHELD,
    ZERO_AMBIGUOUS,
)
from openlifecycle.reading.cells import CellRead
from openlifecycle.reading.labels import MARKS, a1, date_in_cell, normal, number_in, printed
from openlifecycle.reading.lookups import Context
from openlifecycle.reading.workbook import Grid
from openlifecycle.tidying.periods import Period

#: Measures whose cells are words or days, not numbers: their unit.
TEXT_MEASURES = {
    "inspection_type": "text",
    "inspection_standard": "text",
    "inspection_rating": "text",
    "inspection_pending": "text",
    "inspection_date": "date",
}
_MARK_STATUS = {"withheld": WITHHELD, "not_applicable": NOT_APPLICABLE}
#: What a row label may say of its period.
_ROW_HINTS = ("_fiscal_year", "_span", "_month_start", "_concept")


@dataclass
class Reading:
    """One cell's value after its rules: number or text, status and flags."""

    value: float | None
    text: str | None
    status: str
    flags: str = ""


def read_number(value: object, error: str | None) -> Reading | None:
    """Return what a cell of a numeric measure says; None for a blank; raise on other text.

    Raises:
        ValueError: the cell holds words that are neither a number nor a known mark.
    """
    if error is not None:
        return Reading(None, error, ERROR_CELL)
    if isinstance(value, float | int) and not isinstance(value, bool):
        return Reading(float(value), None, OBSERVED)
    if isinstance(value, str):
        mark = MARKS.get(normal(value))
        if mark == "blank":
            return None
        if mark == "zero":
            return Reading(0.0, None, OBSERVED, "dash_is_zero")
        if mark is not None:
            return Reading(None, printed(value), _MARK_STATUS[mark])
        number = number_in(value)
        if number is not None:
            return Reading(number, None, OBSERVED, "number_typed_as_text")
    raise ValueError(f"{value!r} stands where a number belongs")


def read_text(value: object, unit: str) -> Reading | None:
    """Return what a cell of a text or date measure says; None for a blank."""
    if isinstance(value, str):
        mark = MARKS.get(normal(value))
        if mark == "blank":
            return None
        if mark in _MARK_STATUS:
            return Reading(None, printed(value), _MARK_STATUS[mark])
    day = date_in_cell(value)
    if unit == "date":
        if day is None:
            # "New Facility" and the like are printed instead of a date.
            return Reading(None, printed(str(value)), OBSERVED, "words_where_date_expected")
        flag = "" if isinstance(value, dt.date) else "date_typed_as_text"
        if isinstance(value, float | int):
            flag = "date_typed_as_serial"
        return Reading(None, day.isoformat(), OBSERVED, flag)
    if day is not None:
        return Reading(None, day.isoformat(), OBSERVED, "date_where_words_expected")
    flag = "" if isinstance(value, str) else "number_where_words_expected"
    return Reading(None, printed(str(value)), OBSERVED, flag)


@dataclass(frozen=True)
class TableCells:
    """The cells of one table on their way to the collector.

    Attributes:
        grid: the sheet.
        cells: value cells with what their rows and columns say.
        table: what every cell of the table says.
        period_of: gives the period of a row context and a column context.
        zero: status of a printed zero where a zero is no value (averages of nobody).
    """

    grid: Grid
    cells: Sequence[CellRead]
    table: Context
    period_of: Callable[[Context, Context], Period]
    zero: str


_CELL: dict[str, pl.DataType] = {
    "_r": pl.UInt32(),
    "_c": pl.UInt32(),
    "value_text": pl.String(),
    "flags": pl.String(),
    "_table": pl.UInt32(),
    "_row": pl.UInt32(),
    "_column": pl.UInt32(),
    "_period": pl.UInt32(),
}


@dataclass(frozen=True)
class Span:
    """Where the observations of one table stand in the collector."""

    table: str
    hidden: bool
    start: int
    stop: int


@dataclass(frozen=True)
class Ahead:
    """A value printed for a period that begins after the day its table speaks of."""

    table: Context
    row: int
    column: int
    start: dt.date


class Collector:
    """Gathers the cells of one workbook and returns core__observation."""

    def __init__(self) -> None:
        """Start empty."""
        self.value: list[float | None] = []
        self.status: list[str] = []
        self.spans: list[Span] = []
        #: Values whose period begins after the day their table speaks of.
        self.ahead: list[Ahead] = []
        self._periods: list[Period] = []
        #: What tables, rows and columns say, each kind apart: a field is looked for only in the
        #: kinds that carry it.
        self._said: dict[str, list[Context]] = {"table": [], "row": [], "column": []}
        #: One tuple a cell: row, column, text, flags, then the numbers of table, row, column
        #: and period. One append a cell is what keeps a workbook within its budget.
        self._cells: list[tuple[int, int, str | None, str, int, int, int, int]] = []

    def period_at(self, index: int) -> Period:
        """Return the period of one observation."""
        return self._periods[self._cells[index][7]]

    def _keep(self, kind: str, context: Context) -> int:
        self._said[kind].append(context)
        return len(self._said[kind]) - 1

    def add_table(
        self, table: TableCells, refuse: Callable[[CellRead, str], None]
    ) -> list[tuple[int, int]]:
        """Take the cells of one table; return the places that became observations.

        Args:
            table: the cells and what is said of them.
            refuse: called with a cell that holds words where a number belongs, and why.
        """
        rows, errors = table.grid.rows, table.grid.errors
        start = len(self._cells)
        table_index = self._keep("table", table.table)
        row_indices: dict[int, int] = {}
        column_indices: dict[int, int] = {}
        hinted: dict[int, int] = {}
        periods: dict[tuple[int, int], int] = {}
        measure = table.table.get("measure", "")
        add_cell, add_value, add_status = (
            self._cells.append,
            self.value.append,
            self.status.append,
        )
        taken: list[tuple[int, int]] = []
        for cell in table.cells:
            r, c, by_row, by_column = cell.row, cell.column, cell.by_row, cell.by_column
            value = rows[r][c]
            text: str | None = None
            status, flags = OBSERVED, ""
            if type(value) is float and "_instant" not in by_column:
                number: float | None = value
            else:
                own = by_column.get("measure") or by_row.get("measure") or measure
                try:
                    read = _read(value, errors.get((r, c)), own)
                except ValueError as problem:
                    refuse(cell, str(problem))
                    continue
                if read is None:
                    continue
                number, text, status, flags = read.value, read.text, read.status, read.flags
            row_key, column_key = id(by_row), id(by_column)
            row_index = row_indices.get(row_key, -1)
            if row_index < 0:
                row_index = row_indices[row_key] = self._keep("row", by_row)
                hinted[row_key] = row_key if _hints(by_row) else 0
            column_index = column_indices.get(column_key, -1)
            if column_index < 0:
                column_index = column_indices[column_key] = self._keep("column", by_column)
            period_key = (hinted[row_key], column_key)
            period = periods.get(period_key, -1)
            if period < 0:
                self._periods.append(table.period_of(by_row, by_column))
                period = periods[period_key] = len(self._periods) - 1
            when = self._periods[period]
            if number == 0 or when.partial or when.ahead or "_flags" in by_row:
                status, flags = _settled(number, status, flags, when, by_row, table.zero)
                if when.ahead and status == OBSERVED:
                    self.ahead.append(Ahead(table.table, r, c, when.start))
            add_value(number)
            add_status(status)
            add_cell((r, c, text, flags, table_index, row_index, column_index, period))
            taken.append((r, c))
        self._close(table.table, start)
        return taken

    def _close(self, table: Context, start: int) -> None:
        self.spans.append(Span(table["table"], table["hidden"], start, len(self._cells)))

    def add_value(self, cell: CellRead, table: Context, period: Period, value: float) -> None:
        """Take a number that stands inside a sentence."""
        start = len(self._cells)
        self._periods.append(period)
        self.value.append(value)
        self.status.append(OBSERVED)
        numbers = (
            self._keep("table", table),
            self._keep("row", cell.by_row),
            self._keep("column", cell.by_column),
            len(self._periods) - 1,
        )
        self._cells.append((cell.row, cell.column, None, "in_sentence", *numbers))
        self._close(table, start)

    def frame(self, constants: dict[str, Any]) -> pl.DataFrame:
        """Return the observations in the columns and order of the schema."""
        base = pl.DataFrame(
            [
                pl.Series(name, values, dtype=dtype)
                for (name, dtype), values in zip(
                    _CELL.items(), zip(*self._cells, strict=True), strict=True
                )
            ]
            if self._cells
            else None,
            schema=None if self._cells else _CELL,
        ).with_columns(
            pl.Series("value", self.value, dtype=pl.Float64),
            pl.Series("status", self.status, dtype=pl.String),
        )
        periods = self._periods
        of_period: dict[str, list[Any]] = {
            "period_kind": [p.kind for p in periods],
            "period_start": [p.start for p in periods],
            "period_end": [p.end for p in periods],
            "fiscal_year": [p.fiscal_year for p in periods],
        }
        width = 1 + max((cell[1] for cell in self._cells), default=0)
        letters = pl.lit(pl.Series([a1(0, c)[:-1] for c in range(width)], dtype=pl.String))
        carried = {
            kind: {name for context in said for name in context}
            for kind, said in self._said.items()
        }
        columns: list[pl.Expr] = []
        for name, dtype in SCHEMA.items():
            if name in base.columns:
                column = pl.col(name)
            elif name == "cell":
                column = letters.gather(pl.col("_c")) + (pl.col("_r") + 1).cast(pl.String)
            elif name in of_period:
                column = pl.lit(pl.Series(of_period[name], dtype=dtype)).gather(pl.col("_period"))
            else:
                # What a column says goes before what its row says, and that before the table.
                said = [
                    pl.lit(pl.Series([context.get(name) for context in own], dtype=dtype)).gather(
                        pl.col(f"_{kind}")
                    )
                    for kind in ("column", "row", "table")
                    if name in carried[kind]
                    for own in (self._said[kind],)
                ]
                column = pl.coalesce(said) if said else pl.lit(constants.get(name), dtype=dtype)
            columns.append(column.alias(name))
        # One query for all columns: fifty small ones would cost more than reading the workbook.
        return base.select(columns)


def _settled(
    number: float | None, status: str, flags: str, when: Period, by_row: Context, zero: str
) -> tuple[str, str]:
    """Return the status and flags of a cell whose zero, period or row needs a word more."""
    said = [*by_row.get("_flags", ()), flags] if flags else [*by_row.get("_flags", ())]
    if when.partial:
        said.append("partial_period")
    if status == OBSERVED and number == 0:
        # A zero before its period began is none; an average of nobody, or of a month that has
        # only just begun, may be none.
        unsure = when.partial or zero == ZERO_AMBIGUOUS
        status = NOT_YET if when.ahead else ZERO_AMBIGUOUS if unsure else OBSERVED
    elif status == OBSERVED and when.ahead:
        # The days of a month that begins after the stated day are few: the month is under way.
        said += ["partial_period", "ahead_of_as_of"]
    return status, " ".join(said)


def _hints(context: Context) -> bool:
    """Return whether a row says anything of its own period."""
    return any(name in context for name in _ROW_HINTS)


def _read(value: object, error: str | None, measure: str) -> Reading | None:
    unit = TEXT_MEASURES.get(measure)
    return read_number(value, error) if unit is None else read_text(value, unit)
