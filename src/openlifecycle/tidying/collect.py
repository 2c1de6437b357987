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
from openlifecycle.reading.labels import MARKS, a1, date_in_cell, normal, number_in, printed
from openlifecycle.reading.lookups import Context
from openlifecycle.reading.matrix import CellRead
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


@dataclass(frozen=True)
class Span:
    """Where the observations of one table stand in the collector."""

    table: str
    hidden: bool
    start: int
    stop: int


class Collector:
    """Gathers the cells of one workbook and returns core__observation."""

    def __init__(self) -> None:
        """Start empty."""
        self.value: list[float | None] = []
        self.status: list[str] = []
        self.spans: list[Span] = []
        self._kept: list[Context] = []
        self._periods: list[Period] = []
        self._table: list[int] = []
        self._row: list[int] = []
        self._column: list[int] = []
        self._period: list[int] = []
        self._cell: list[str] = []
        self._text: list[str | None] = []
        self._flags: list[str] = []

    def period_at(self, index: int) -> Period:
        """Return the period of one observation."""
        return self._periods[self._period[index]]

    def _keep(self, context: Context) -> int:
        self._kept.append(context)
        return len(self._kept) - 1

    def add_table(
        self, table: TableCells, refuse: Callable[[CellRead, str], None]
    ) -> list[tuple[int, int]]:
        """Take the cells of one table; return the places that became observations.

        Args:
            table: the cells and what is said of them.
            refuse: called with a cell that holds words where a number belongs, and why.
        """
        rows, errors = table.grid.rows, table.grid.errors
        start = len(self._cell)
        table_index = self._keep(table.table)
        indices: dict[int, int] = {}
        hinted: dict[int, int] = {}
        periods: dict[tuple[int, int], int] = {}
        measure = table.table.get("measure", "")
        zero_is = ZERO_AMBIGUOUS if table.zero == ZERO_AMBIGUOUS else OBSERVED
        taken: list[tuple[int, int]] = []
        for cell in table.cells:
            r, c, by_row, by_column = cell.row, cell.column, cell.by_row, cell.by_column
            value = rows[r][c]
            text: str | None = None
            status, flags = OBSERVED, ""
            if type(value) is not float or "_instant" in by_column:
                own = by_column.get("measure") or by_row.get("measure") or measure
                try:
                    read = _read(value, errors.get((r, c)), own)
                except ValueError as problem:
                    refuse(cell, str(problem))
                    continue
                if read is None:
                    continue
                value, text, status, flags = read.value, read.text, read.status, read.flags
            row_key, column_key = id(by_row), id(by_column)
            if row_key not in indices:
                indices[row_key] = self._keep(by_row)
                hinted[row_key] = row_key if _hints(by_row) else 0
            if column_key not in indices:
                indices[column_key] = self._keep(by_column)
            period_key = (hinted[row_key], column_key)
            period = periods.get(period_key, -1)
            if period < 0:
                self._periods.append(table.period_of(by_row, by_column))
                period = periods[period_key] = len(self._periods) - 1
            when = self._periods[period]
            if "_flags" in by_row and by_row["_flags"]:
                flags = " ".join([*by_row["_flags"], flags]).strip()
            if when.partial:
                flags = f"{flags} partial_period".strip()
            if status == OBSERVED:
                if value == 0:
                    status = NOT_YET if when.ahead else zero_is
                    status = ZERO_AMBIGUOUS if when.partial else status
                elif when.ahead:
                    flags = f"{flags} ahead_of_as_of".strip()
            self._cell.append(a1(r, c))
            self.value.append(value)
            self._text.append(text)
            self.status.append(status)
            self._flags.append(flags)
            self._table.append(table_index)
            self._row.append(indices[row_key])
            self._column.append(indices[column_key])
            self._period.append(period)
            taken.append((r, c))
        self._close(table.table, start)
        return taken

    def _close(self, table: Context, start: int) -> None:
        self.spans.append(Span(table["table"], table["hidden"], start, len(self._cell)))

    def add_value(self, cell: CellRead, table: Context, period: Period, value: float) -> None:
        """Take a number that stands inside a sentence."""
        start = len(self._cell)
        self._periods.append(period)
        self._cell.append(a1(cell.row, cell.column))
        self.value.append(value)
        self._text.append(None)
        self.status.append(OBSERVED)
        self._flags.append("in_sentence")
        self._table.append(self._keep(table))
        self._row.append(self._keep(cell.by_row))
        self._column.append(self._keep(cell.by_column))
        self._period.append(len(self._periods) - 1)
        self._close(table, start)

    def frame(self, constants: dict[str, Any]) -> pl.DataFrame:
        """Return the observations in the columns and order of the schema."""
        kept, periods = self._kept, self._periods
        names = {name for context in kept for name in context if not name.startswith("_")}
        base = pl.DataFrame(
            {
                "cell": pl.Series(self._cell, dtype=pl.String),
                "value": pl.Series(self.value, dtype=pl.Float64),
                "value_text": pl.Series(self._text, dtype=pl.String),
                "status": pl.Series(self.status, dtype=pl.String),
                "flags": pl.Series(self._flags, dtype=pl.String),
                "_table": pl.Series(self._table, dtype=pl.UInt32),
                "_row": pl.Series(self._row, dtype=pl.UInt32),
                "_column": pl.Series(self._column, dtype=pl.UInt32),
                "_period": pl.Series(self._period, dtype=pl.UInt32),
            }
        )
        of_period: dict[str, list[Any]] = {
            "period_kind": [p.kind for p in periods],
            "period_start": [p.start for p in periods],
            "period_end": [p.end for p in periods],
            "fiscal_year": [p.fiscal_year for p in periods],
        }
        columns: list[pl.Expr] = []
        for name, dtype in SCHEMA.items():
            if name in base.columns:
                column = pl.col(name)
            elif name in of_period:
                column = pl.lit(pl.Series(of_period[name], dtype=dtype)).gather(pl.col("_period"))
            elif name in names:
                said = pl.lit(pl.Series([context.get(name) for context in kept], dtype=dtype))
                column = pl.coalesce(
                    said.gather(pl.col("_column")),
                    said.gather(pl.col("_row")),
                    said.gather(pl.col("_table")),
                )
            else:
                column = pl.lit(constants.get(name), dtype=dtype)
            columns.append(column.cast(dtype).alias(name))
        # One query for all columns: fifty small ones would cost more than reading the workbook.
        return base.select(columns)


def _hints(context: Context) -> bool:
    """Return whether a row says anything of its own period."""
    return any(name in context for name in _ROW_HINTS)


def _read(value: object, error: str | None, measure: str) -> Reading | None:
    unit = TEXT_MEASURES.get(measure)
    return read_number(value, error) if unit is None else read_text(value, unit)
