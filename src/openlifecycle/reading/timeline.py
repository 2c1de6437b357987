"""Reads the wide time series of ICLOS: two snapshots a month, years and months over the columns.

The month names run without a gap; a year label that is missing is rolled over when the months
wrap. A column whose month does not follow the one before refuses the table: a shifted header
would put every later value in a wrong month.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from openlifecycle.reading.anchors import Anchor
from openlifecycle.reading.cells import (
    ColumnRead,
    RowRead,
    TableRead,
    has_values,
    is_number,
    is_value,
    name_of,
)
from openlifecycle.reading.headers import Match
from openlifecycle.reading.labels import MONTHS, month_end, printed
from openlifecycle.reading.layouts import Series
from openlifecycle.reading.lookups import Context
from openlifecycle.reading.sequences import fit
from openlifecycle.reading.workbook import Grid

_HEADER_WITHIN = 6
_MID = 15


def _month_row(grid: Grid, anchor: Anchor) -> int | None:
    """Return the row whose labels are month names."""
    for r in range(anchor.row + 1, min(anchor.row + _HEADER_WITHIN, anchor.bottom) + 1):
        labels = [grid.label(r, c) for c in range(anchor.column + 1, grid.width)]
        if sum(label in MONTHS for label in labels) >= 3:
            return r
    return None


@dataclass
class _Calendar:
    """Walks the heading columns left to right: year, month and half of each snapshot."""

    days: dict[int, dt.date] = field(default_factory=dict)
    year: int | None = None
    month: int = 0
    half: str = ""

    def take(self, column: int, printed_year: int | None, month: str, half: str) -> str:
        """Take one column; return why the heading is not trusted, empty when it is."""
        where = f"column {column + 1}"
        if half not in ("mid", "end"):
            return f"{where} is headed {half!r}, not mid or end"
        if month and month not in MONTHS:
            return f"{where} is headed {month!r}, which is not a month"
        if month and self.month and MONTHS[month] != self.month % 12 + 1:
            return f"{month!r} in {where} does not follow the month before"
        if (half == "mid") != bool(month) or half == self.half:
            return f"mid and end do not alternate at {where}"
        if month:
            if self.month == 12 and self.year is not None:
                self.year += 1
            self.month = MONTHS[month]
        if printed_year is not None:
            if self.year is not None and printed_year != self.year:
                return f"the year {printed_year} in {where} does not follow {self.year}"
            self.year = printed_year
        if self.year is None:
            return "the first column has no year"
        self.half = half
        first = dt.date(self.year, self.month, 1)
        self.days[column] = first.replace(day=_MID) if half == "mid" else month_end(first)
        return ""


def _year(value: object) -> int | None:
    return int(value) if is_number(value) and 2000 < value < 2100 else None  # type: ignore[call-overload,operator]


def _dates(grid: Grid, anchor: Anchor, row: int) -> tuple[dict[int, dt.date], str]:
    """Return the snapshot day of each column, and why the heading is not trusted."""
    calendar = _Calendar()
    for c in range(anchor.column + 1, grid.width):
        month, half = grid.label(row, c), grid.label(row + 1, c)
        if not month and not half:
            if any(is_value(grid.at(r, c)) for r in range(row + 2, anchor.bottom + 1)):
                return calendar.days, f"column {c + 1} carries numbers under no month"
            continue
        problem = calendar.take(c, _year(grid.at(row - 1, c)), month, half)
        if problem:
            return calendar.days, problem
    return calendar.days, "" if calendar.days else "no snapshot column"


@dataclass
class _Body:
    """The rows under the heading: a population each, or its time-in-custody bands below it."""

    matches: list[Match]
    keys: list[str] = field(default_factory=list)
    rows: list[tuple[int, Context]] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    outer: tuple[str, Context] | None = None

    def take(self, r: int, label: str, text: str, *, valued: bool) -> None:
        if len(self.matches) == 2 and not valued:
            # A population heads its bands on a row of its own, without numbers.
            context = self.matches[0](label)
            self.outer = None if context is None else (name_of(context), context)
            if context is None:
                self.keys.append(text)
            return
        if len(self.matches) == 1:
            context = self.matches[0](label)
            key = "" if context is None else name_of(context)
        else:
            inner = self.matches[1](label) if self.outer is not None else None
            context = {**self.outer[1], **inner} if self.outer and inner is not None else None
            key = f"{self.outer[0]}/{name_of(inner)}" if self.outer and inner is not None else ""
        if context is not None:
            self.keys.append(key)
            self.rows.append((r, context))
        elif valued:
            self.keys.append(text)
            self.unknown.append((r, text))


def read_timeline(grid: Grid, anchor: Anchor, series: Series) -> TableRead:
    """Return the cells of one ICLOS table, or the refusal that names what differs."""
    spec = anchor.spec
    out = TableRead(spec, title=anchor.text, row=anchor.row, column=anchor.column)
    month_row = _month_row(grid, anchor)
    if month_row is None:
        out.why = "no row of month names stands under the title"
        return out
    days, out.why = _dates(grid, anchor, month_row)
    columns = list(days)
    body = _Body([series.matcher(name) for name in spec.row])
    for r in range(month_row + 2, anchor.bottom + 1):
        label, valued = grid.label(r, anchor.column), has_values(grid, r, columns)
        if label or valued:
            text = printed(str(grid.at(r, anchor.column)))
            body.take(r, label, text, valued=valued)
    for r, text in body.unknown:
        out.refused += [(r, c) for c in columns if is_value(grid.at(r, c))]
        out.refusals.append(f"row {r + 1} {text!r} is not a known label")
    out.seen = ((), tuple(body.keys))
    found = fit([], body.keys, spec.layouts)
    out.layout = f"{spec.name}@{found.layout}"
    if not out.why and not found.exact:
        out.nearest, out.differs = out.layout, found.differs
        out.why = "the rows of this table stand in an order not seen before"
    if out.why:
        return out
    out.columns = [ColumnRead(c, {"_day": day}) for c, day in days.items()]
    out.rows = [RowRead(r, context) for r, context in body.rows]
    for r in (month_row - 1, month_row, month_row + 1):
        out.structural += [(r, c) for c in columns]
    return out
