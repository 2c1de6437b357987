"""Reads a table of labelled rows under labelled columns, by its labels.

The header row is the first below the title that carries the stub label; each value column is
the column of its heading (or, where a merged heading covers more than one column and its own
is blank, the one column under the merge that carries numbers). A label that a closed vocabulary
does not know refuses its row; an order of known labels that no layout knows refuses the table.
"""

from __future__ import annotations

from openlifecycle.reading.anchors import Anchor
from openlifecycle.reading.cells import ColumnRead, RowRead, TableRead, is_number, is_value
from openlifecycle.reading.groups import regroup
from openlifecycle.reading.headers import Header, find_header, settle_columns
from openlifecycle.reading.layouts import Series, TableSpec
from openlifecycle.reading.rows import Row, collapsed, read_rows
from openlifecycle.reading.sequences import fit
from openlifecycle.reading.workbook import Grid


def read_matrix(grid: Grid, anchor: Anchor, series: Series) -> TableRead:
    """Return the cells of one matrix table, or the refusal that names what differs."""
    spec = anchor.spec
    out = TableRead(
        spec,
        title=anchor.text,
        row=anchor.row,
        column=anchor.column,
        groups=dict(anchor.groups),
    )
    header = find_header(grid, anchor, series.matcher(spec.column))
    if header is None:
        out.why = "no header row with the labels of this table stands under the title"
        return out
    columns = [c for c, _ in header.columns]
    rows, end = read_rows(grid, anchor, header, columns, series)
    settled = settle_columns(grid, header, anchor, end)
    if settled != columns:
        header.blank_rows.clear()
        rows, end = read_rows(grid, anchor, header, settled, series)
    if "blocks_add_up" in spec.options:
        regroup(grid, rows, header, settled, spec.options["blocks_add_up"])
    if not _fits(header, rows, out):
        return out
    out.why = _open_rows_problem(spec, rows) or _stray(grid, anchor, header, settled, rows, end)
    if out.captured:
        _collect(grid, header, settled, rows, out)
    return out


def _fits(header: Header, rows: list[Row], out: TableRead) -> bool:
    """Compare the labels with the known layouts; say what differs where none fits."""
    spec = out.spec
    known = [row for row in rows if row.key is not None]
    names = collapsed(header.names, [context for _, context in header.columns])
    body = None
    if spec.options.get("rows") != "open":
        body = collapsed([str(row.key) for row in known], [row.context for row in known])
    out.seen = (tuple(names), tuple(body or ()))
    found = fit(names, body, spec.layouts)
    out.layout = f"{spec.name}@{found.layout}"
    if not found.exact:
        out.nearest, out.differs = out.layout, found.differs
        out.why = "the labels of this table stand in an order not seen before"
    return found.exact


def _open_rows_problem(spec: TableSpec, rows: list[Row]) -> str:
    """Return why an open list is not trusted: a total row missing or a label twice."""
    if spec.options.get("rows") != "open":
        return ""
    keys = [row.key for row in rows if row.key is not None]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice and not spec.options.get("same_label_twice"):
        return f"a row label stands twice: {', '.join(twice)}"
    place = spec.options.get("total")
    if place == "first" and (not keys or keys[0] != "Total"):
        return "the list does not begin with its Total row"
    if place == "last" and (not keys or keys[-1] != "Total"):
        return "the list does not end with its Total row"
    return ""


def _stray(
    grid: Grid, anchor: Anchor, header: Header, columns: list[int], rows: list[Row], end: int
) -> str:
    """Return where a number stands inside the table without a heading or a label."""
    claimed = set(columns)
    for row in rows:
        if row.label or row.key is not None:
            continue
        # A stray last line of an open list is refused by itself; where a label is without
        # numbers too, the numbers may have slipped, and no row of the table is trusted.
        loose = anchor.spec.options.get("rows") == "open" and row is rows[-1]
        if not loose or header.blank_rows:
            return f"numbers stand in row {row.row + 1} without a row label"
    right = min(max(columns) + 1, anchor.right)
    for r in range(header.row + 1, end + 1):
        for c in range(min(header.stubs), right + 1):
            if c not in claimed and is_number(grid.at(r, c)):
                return f"a number stands in row {r + 1}, column {c + 1}, under no header"
    return ""


def _collect(
    grid: Grid, header: Header, columns: list[int], rows: list[Row], out: TableRead
) -> None:
    out.columns = [
        ColumnRead(c, context) for c, (_, context) in zip(columns, header.columns, strict=True)
    ]
    for row in rows:
        if row.key is not None:
            out.rows.append(RowRead(row.row, row.context))
            continue
        out.refused += [(row.row, c) for c in columns if is_value(grid.at(row.row, c))]
        label = repr(row.label) if row.label else "without a label"
        out.refusals.append(f"row {row.row + 1} {label} is not a known label")
