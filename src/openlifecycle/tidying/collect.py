"""Cells to observations: columnar from the start, one Python list per column and no row dicts.

What a table, a row and a column say is stored once each and gathered by index at the end, so
that a workbook of 8,000 cells costs a few milliseconds.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import polars as pl

from openlifecycle.model.observation import (
    NOT_YET,
    OBSERVED,
    SCHEMA,
    ZERO_AMBIGUOUS,
)
from openlifecycle.reading.cells import ColumnRead, RowRead
from openlifecycle.reading.labels import a1
from openlifecycle.reading.lookups import Context
from openlifecycle.reading.workbook import Cell, Grid
from openlifecycle.tidying.periods import Period
from openlifecycle.tidying.readings import TEXT_MEASURES, read_cell

#: What a row label may say of its period.
_ROW_HINTS = frozenset({"_fiscal_year", "_span", "_month_start", "_concept"})


@dataclass(frozen=True)
class TableCells:
    """The cells of one table on their way to the collector.

    Attributes:
        grid: the sheet.
        rows: rows of values with what they say.
        columns: columns of values with what they say.
        table: what every cell of the table says.
        period_of: gives the period of a row context and a column context.
        zero: status of a printed zero where a zero is no value (averages of nobody).
    """

    grid: Grid
    rows: Sequence[RowRead]
    columns: Sequence[ColumnRead]
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
        self, table: TableCells, refuse: Callable[[int, int, str], None]
    ) -> list[tuple[int, int]]:
        """Take the cells of one table; return the places that became observations.

        Args:
            table: the cells and what is said of them.
            refuse: called with the place of a cell that holds words where a number belongs, and
                why.
        """
        start = len(self._cells)
        columns = _Columns(self, table)
        table_index = self._keep("table", table.table)
        for row in table.rows:
            place = (table_index, self._keep("row", row.says))
            plain, special = columns.of(row)
            if not self._add_plain(table, row, plain, place):
                self._add_each(table, row, plain.columns, place, refuse)
            self._add_each(table, row, special, place, refuse)
        self.spans.append(
            Span(table.table["table"], table.table["hidden"], start, len(self._cells))
        )
        return [(cell[0], cell[1]) for cell in self._cells[start:]]

    def _add_plain(
        self, table: TableCells, row: RowRead, plain: _Plain, place: tuple[int, int]
    ) -> bool:
        """Take a row of nothing but numbers in one step; return False where it is not one."""
        cells = table.grid.rows[row.row]
        if plain.get is None or plain.last >= len(cells):
            return False
        values = plain.get(cells)
        if set(map(type, values)) != {float} or (table.zero and 0.0 in values):
            return False
        count = len(values)
        flags = " ".join(row.says.get("_flags", ()))
        self.value.extend(cast("tuple[float, ...]", values))
        self.status.extend([OBSERVED] * count)
        self._cells.extend(
            zip(
                [row.row] * count,
                plain.places,
                [None] * count,
                [flags] * count,
                [place[0]] * count,
                [place[1]] * count,
                plain.indices,
                plain.periods,
                strict=True,
            )
        )
        return True

    def _add_each(
        self,
        table: TableCells,
        row: RowRead,
        columns: Sequence[_Column],
        place: tuple[int, int],
        refuse: Callable[[int, int, str], None],
    ) -> None:
        """Take a row's cells one by one: blanks, marks, words and zeros that need a word more."""
        r, says = row.row, row.says
        cells, errors = table.grid.rows[r], table.grid.errors
        flagged = bool(says.get("_flags"))
        for column in columns:
            c = column.column
            value = cells[c] if c < len(cells) else ""
            text: str | None = None
            status, flags = OBSERVED, ""
            if type(value) is float and not column.words:
                number: float | None = value
            elif value == "" and (not errors or (r, c) not in errors):
                continue
            else:
                measure = column.measure or says.get("measure") or table.table["measure"]
                try:
                    read = read_cell(value, errors.get((r, c)), measure)
                except ValueError as problem:
                    refuse(r, c, str(problem))
                    continue
                if read is None:
                    continue
                number, text, status, flags = read.value, read.text, read.status, read.flags
            when = column.when
            if number == 0 or when.partial or when.ahead or flagged:
                status, flags = _settled(number, status, flags, when, says, table.zero)
                if when.ahead and status == OBSERVED:
                    self.ahead.append(Ahead(table.table, r, c, when.start))
            self.value.append(number)
            self.status.append(status)
            self._cells.append((r, c, text, flags, *place, column.index, column.period))

    def add_period(self, period: Period) -> int:
        """Return the number of a period."""
        self._periods.append(period)
        return len(self._periods) - 1

    def add_value(
        self, place: tuple[int, int], table: Context, period: Period, value: float
    ) -> None:
        """Take a number that stands inside a sentence."""
        start = len(self._cells)
        self.value.append(value)
        self.status.append(OBSERVED)
        numbers = (
            self._keep("table", table),
            self._keep("row", {}),
            self._keep("column", {}),
            self.add_period(period),
        )
        self._cells.append((*place, None, "in_sentence", *numbers))
        self.spans.append(Span(table["table"], table["hidden"], start, len(self._cells)))

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
        letters = pl.Series([a1(0, c)[:-1] for c in range(width)], dtype=pl.String)
        carried = {
            kind: {name for context in said for name in context}
            for kind, said in self._said.items()
        }
        # Taking by index outside a query is a tenth of its cost inside one; only what two kinds
        # of context carry, and the cell reference, need an expression.
        taken: list[pl.Series] = []
        columns: list[pl.Expr] = []
        for name, dtype in SCHEMA.items():
            if name == "cell":
                row = (pl.col("_r") + 1).cast(pl.String)
                columns.append(pl.concat_str(pl.col("_letters"), row).alias(name))
                continue
            if name in of_period:
                taken.append(pl.Series(name, of_period[name], dtype=dtype)[base["_period"]])
            elif name not in base.columns:
                # What a column says goes before what its row says, and that before the table.
                kinds = [kind for kind in ("column", "row", "table") if name in carried[kind]]
                for i, kind in enumerate(kinds):
                    said = [context.get(name) for context in self._said[kind]]
                    alias = f"{name}@{i}" if len(kinds) > 1 else name
                    taken.append(pl.Series(alias, said, dtype=dtype)[base[f"_{kind}"]])
                if not kinds:
                    columns.append(pl.lit(constants.get(name), dtype=dtype).alias(name))
                    continue
                if len(kinds) > 1:
                    said_by = [pl.col(f"{name}@{i}") for i in range(len(kinds))]
                    columns.append(pl.coalesce(said_by).alias(name))
                    continue
            columns.append(pl.col(name))
        taken.append(letters[base["_c"]].alias("_letters"))
        return base.hstack(taken).select(columns)


@dataclass(slots=True)
class _Column:
    """One column as the inner loop needs it: its number, its period, and whether it holds words."""

    column: int
    index: int
    period: int
    when: Period
    words: bool
    odd: bool
    measure: str


@dataclass(slots=True)
class _Plain:
    """Columns of numbers whose period is over: a row of them can be taken in one step."""

    columns: list[_Column]
    get: Callable[[Sequence[Cell]], tuple[Cell, ...]] | None
    last: int
    places: list[int]
    indices: list[int]
    periods: list[int]


class _Columns:
    """The columns of a table, with their periods for each kind of row."""

    def __init__(self, collector: Collector, table: TableCells) -> None:
        self._collector, self._table = collector, table
        self._index = {id(c): collector._keep("column", c.says) for c in table.columns}
        self._shared: tuple[_Plain, list[_Column]] | None = None

    def of(self, row: RowRead) -> tuple[_Plain, list[_Column]]:
        """Return the plain and the other columns; rows that say nothing of periods share them."""
        if row.columns is not None or _hints(row.says):
            # A row of its own periods, often of one cell: nothing to take in one step.
            own = self._table.columns if row.columns is None else row.columns
            return _NONE_PLAIN, self._make(row.says, own)
        if self._shared is None:
            self._shared = _split(self._make({}, self._table.columns))
        return self._shared

    def _make(self, says: Context, columns: Sequence[ColumnRead]) -> list[_Column]:
        out = []
        for column in columns:
            when = self._table.period_of(says, column.says)
            number = self._collector.add_period(when)
            measure = column.says.get("measure", "")
            words = measure in TEXT_MEASURES
            # Attributes of a facility are often blank: they would make every row a mixed one.
            odd = words or when.partial or when.ahead or "_instant" in column.says
            index = self._index[id(column)]
            out.append(_Column(column.column, index, number, when, words, odd, measure))
        return out


_NONE_PLAIN = _Plain([], None, -1, [], [], [])


def _split(columns: list[_Column]) -> tuple[_Plain, list[_Column]]:
    """Return the columns whose rows can be taken in one step, and the others."""
    plain = [column for column in columns if not column.odd]
    places = [column.column for column in plain]
    return (
        _Plain(
            plain,
            operator.itemgetter(*places) if len(places) > 1 else None,
            max(places, default=-1),
            places,
            [column.index for column in plain],
            [column.period for column in plain],
        ),
        [column for column in columns if column.odd],
    )


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
    return not _ROW_HINTS.isdisjoint(context)
