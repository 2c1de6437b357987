"""Is an unknown label a new group, or a new row of the group it stands in? The counts say.

In a list of groups (an AOR, then its technologies) a label that neither vocabulary knows could
be either. If the group above adds up only with the unknown row and what follows, it is a row:
it is refused by itself and the rest stays with the group. Otherwise all that follows up to the
next known group is refused with it.
"""

from __future__ import annotations

from openlifecycle.reading.cells import is_number
from openlifecycle.reading.headers import Header
from openlifecycle.reading.rows import Row, join
from openlifecycle.reading.workbook import Grid


def _count(grid: Grid, row: Row, column: int) -> float:
    value = grid.at(row.row, column)
    return float(value) if is_number(value) else float("nan")  # type: ignore[arg-type]


def regroup(grid: Grid, rows: list[Row], header: Header, columns: list[int], measure: str) -> None:
    """Give rows behind an unknown label back to their group where the counts show it, in place.

    Args:
        grid: the sheet.
        rows: rows as read, groups and their rows.
        header: the heading line.
        columns: where the values stand.
        measure: the measure whose rows add up to their group.
    """
    counted = [
        c
        for c, (_, context) in zip(columns, header.columns, strict=True)
        if context.get("measure") == measure
    ]
    for i, unknown in enumerate(rows):
        if not counted or unknown.key is not None or unknown.group is not None or not unknown.label:
            continue
        heads = [row for row in rows[:i] if row.key is not None and row.group is None]
        if not heads:
            continue
        group = heads[-1]
        before = [row for row in rows[:i] if row.group is group]
        after = [row for row in rows[i + 1 :] if row.group is unknown]
        parts = sum(_count(grid, row, counted[0]) for row in [*before, unknown, *after])
        if parts == _count(grid, group, counted[0]):
            for row in after:
                join(row, group)
