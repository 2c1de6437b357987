"""Reads the wide time series of ICLOS: two snapshots a month, years and months over the columns.

The month names run without a gap; a year label that is missing is rolled over when the months
wrap. A column whose month does not follow the one before refuses the table: a shifted header
would put every later value in a wrong month.
"""

from __future__ import annotations

import datetime as dt

from openlifecycle.reading.anchors import Anchor
from openlifecycle.reading.labels import MONTHS, month_end, printed
from openlifecycle.reading.layouts import Series
from openlifecycle.reading.matrix import CellRead, TableRead, has_values, is_value, name_of
from openlifecycle.reading.sequences import fit
from openlifecycle.reading.workbook import Grid

_HEADER_WITHIN = 6
_MID = 15


def _year(value: object) -> int | None:
    is_year = isinstance(value, float | int) and not isinstance(value, bool) and 2000 < value < 2100
    return int(value) if is_year else None  # type: ignore[call-overload,no-any-return]


def _month_row(grid: Grid, anchor: Anchor) -> int | None:
    """Return the row whose labels are month names."""
    for r in range(anchor.row + 1, min(anchor.row + _HEADER_WITHIN, anchor.bottom) + 1):
        labels = [grid.label(r, c) for c in range(anchor.column + 1, grid.width)]
        if sum(label in MONTHS for label in labels) >= 3:
            return r
    return None


def _dates(grid: Grid, anchor: Anchor, row: int) -> tuple[dict[int, dt.date], str]:
    """Return the snapshot day of each column, or why the header is not trusted."""
    days: dict[int, dt.date] = {}
    year: int | None = None
    month = 0
    half = ""
    for c in range(anchor.column + 1, grid.width):
        label, printed_year = grid.label(row, c), _year(grid.at(row - 1, c))
        part = grid.label(row + 1, c)
        if not label and not part:
            if any(is_value(grid.at(r, c)) for r in range(row + 2, anchor.bottom + 1)):
                return days, f"column {c + 1} carries numbers under no month"
            continue
        if part not in ("mid", "end"):
            return days, f"column {c + 1} is headed {part!r}, not mid or end"
        if label:
            if label not in MONTHS:
                return days, f"column {c + 1} is headed {label!r}, which is not a month"
            if month and MONTHS[label] != month % 12 + 1:
                return days, f"{label!r} in column {c + 1} does not follow the month before"
            if month == 12 and year is not None:
                year += 1
            month = MONTHS[label]
        if printed_year is not None:
            if year is not None and printed_year != year:
                return days, f"the year {printed_year} in column {c + 1} does not follow {year}"
            year = printed_year
        if year is None:
            return days, "the first column has no year"
        if (part == "mid") != bool(label) or part == half:
            return days, f"mid and end do not alternate at column {c + 1}"
        half = part
        first = dt.date(year, month, 1)
        days[c] = first.replace(day=_MID) if part == "mid" else month_end(first)
    return days, "" if days else "no snapshot column"


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
    contexts = {c: {"_day": day} for c, day in days.items()}
    matches = [series.matcher(name) for name in spec.row]
    outer: tuple[str, dict[str, str]] | None = None
    keys: list[str] = []
    rows: list[tuple[int, dict[str, str]]] = []
    for r in range(month_row + 2, anchor.bottom + 1):
        label, valued = grid.label(r, anchor.column), has_values(grid, r, columns)
        if not label and not valued:
            continue
        context, key = None, ""
        if len(matches) == 1 or not valued:
            context = matches[0](label)
            key = name_of(context) if context is not None else ""
            # A population heads its duration bands on a row of its own.
            if len(matches) == 2:
                outer = (key, context) if context is not None else None
                if context is None:
                    keys.append(printed(str(grid.at(r, anchor.column))))
                continue
        elif outer is not None:
            inner = matches[1](label)
            if inner is not None:
                context, key = {**outer[1], **inner}, f"{outer[0]}/{name_of(inner)}"
        if context is None:
            if valued:
                out.refused += [(r, c) for c in columns if is_value(grid.at(r, c))]
                text = printed(str(grid.at(r, anchor.column)))
                out.refusals.append(f"row {r + 1} {text!r} is not a known label")
                keys.append(text)
            continue
        keys.append(key)
        rows.append((r, context))
    out.seen = ((), tuple(keys))
    found = fit([], keys, spec.layouts)
    out.layout = f"{spec.name}@{found.layout}"
    if not out.why and not found.exact:
        out.nearest, out.differs = out.layout, found.differs
        out.why = "the rows of this table stand in an order not seen before"
    if out.why:
        return out
    for r, context in rows:
        for c in columns:
            if is_value(grid.at(r, c)):
                out.cells.append(CellRead(r, c, context, contexts[c]))
    for r in (month_row - 1, month_row, month_row + 1):
        out.structural += [(r, c) for c in columns]
    return out
