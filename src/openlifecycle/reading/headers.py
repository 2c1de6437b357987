"""The heading line of a table: where it stands, and in which column each heading's values stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from openlifecycle.reading.anchors import Anchor
from openlifecycle.reading.cells import is_number, is_value, name_of
from openlifecycle.reading.labels import printed, without_fiscal_year
from openlifecycle.reading.lookups import Context
from openlifecycle.reading.workbook import Grid

_HEADER_WITHIN = 4
Match = Callable[[str], Context | None]


@dataclass
class Header:
    """A heading line: its row, the stub columns, the value columns and their canonical names.

    ``names`` also holds the headings that no lookup knows, as printed, so that a layout can be
    compared; ``blank_rows`` is filled by the row reader with labels that have no values.
    """

    row: int
    stubs: list[int]
    columns: list[tuple[int, Context]]
    names: list[str]
    blank_rows: list[int] = field(default_factory=list)


def _column_context(value: object, label: str, match: Match) -> Context | None:
    if isinstance(value, dt.datetime | dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        return {"_month_start": day} if day.day == 1 else None
    return match(label)


def _header_at(grid: Grid, anchor: Anchor, row: int, match: Match) -> Header | None:
    out = Header(row, [], [], [])
    wanted = list(anchor.spec.stubs)
    # A stub that may be blank (the publisher left the corner empty) stands under the title.
    if wanted and "" in wanted[0] and not grid.label(row, anchor.column):
        out.stubs.append(anchor.column)
        wanted.pop(0)
    for c in range(anchor.column, anchor.right + 1):
        value, label = grid.at(row, c), grid.label(row, c)
        if is_number(value):
            return None
        if wanted and label and without_fiscal_year(label) in wanted[0]:
            out.stubs.append(c)
            wanted.pop(0)
        elif label or isinstance(value, dt.date):
            context = _column_context(value, label, match)
            if context is not None:
                out.columns.append((c, context))
            out.names.append(printed(str(value)) if context is None else name_of(context))
    return None if wanted or not out.columns else out


def _headless(grid: Grid, anchor: Anchor, match: Match) -> Header | None:
    """Return the header of a two-column list whose heading line the publisher left out."""
    row, stub, column = anchor.row, anchor.column, anchor.column + 1
    context = match(str(anchor.spec.options["headless"]))
    first = grid.at(row + 1, stub)
    if context is None or not isinstance(first, str) or not is_value(grid.at(row + 1, column)):
        return None
    return Header(row, [stub], [(column, context)], [name_of(context)])


def find_header(grid: Grid, anchor: Anchor, match: Match) -> Header | None:
    """Return the heading line of a table, or None when none stands within four rows."""
    for row in range(anchor.row + 1, min(anchor.row + _HEADER_WITHIN, anchor.bottom) + 1):
        header = _header_at(grid, anchor, row, match)
        if header is not None:
            return header
    return _headless(grid, anchor, match) if "headless" in anchor.spec.options else None


def settle_columns(grid: Grid, header: Header, anchor: Anchor, bottom: int) -> list[int]:
    """Return the column in which each heading's values stand.

    A heading merged over several columns keeps its text in the first; the publisher sometimes
    moves the values to another column under the merge (FY2022, Dec 2021 to Feb 2022).
    """
    body = range(header.row + 1, bottom + 1)

    def filled(column: int) -> bool:
        return any(is_value(grid.at(r, column)) for r in body)

    positions = [c for c, _ in header.columns]
    settled = []
    for c, limit in zip(positions, [*positions[1:], anchor.right + 1], strict=True):
        under = [] if filled(c) else [other for other in range(c + 1, limit) if filled(other)]
        settled.append(under[0] if len(under) == 1 else c)
    return settled
