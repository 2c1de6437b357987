"""Reads a table of labelled rows under labelled columns, by its labels.

The header row is the first below the title that carries the stub label; each value column is
the column of its header cell (or, where a merged header covers more than one column and its own
is blank, the one column under the merge that carries numbers). A label that a closed vocabulary
does not know refuses its row; an order of known labels that no layout knows refuses the table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.reading.anchors import Anchor
from openlifecycle.reading.labels import (
    MARKS,
    normal,
    number_in,
    printed,
    without_fiscal_year,
    without_footnote,
)
from openlifecycle.reading.layouts import Series, TableSpec
from openlifecycle.reading.lookups import PRINTED, Context
from openlifecycle.reading.sequences import fit
from openlifecycle.reading.workbook import Grid

_HEADER_WITHIN = 4
Match = Callable[[str], Context | None]


@dataclass(slots=True)
class CellRead:
    """One value cell: where it stands and what its row and column say."""

    row: int
    column: int
    by_row: Context
    by_column: Context


@dataclass
class TableRead:
    """What came of one table: its cells, or why it was refused."""

    spec: TableSpec
    layout: str = ""
    title: str = ""
    row: int = 0
    column: int = 0
    groups: dict[str, str] = field(default_factory=dict)
    cells: list[CellRead] = field(default_factory=list)
    structural: list[tuple[int, int]] = field(default_factory=list)
    refused: list[tuple[int, int]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    why: str = ""
    nearest: str = ""
    differs: tuple[str, ...] = ()
    seen: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def captured(self) -> bool:
        """Return whether the table was read."""
        return not self.why


def name_of(context: Context) -> str:
    """Return the canonical name of a label in a layout.

    It is the label's own ``_name``, else the first value that it gives; a label that gives a
    measure and a dimension is named by the dimension.
    """
    if "_name" in context:
        return str(context["_name"])
    if "measure" in context:
        for field_name, value in context.items():
            if field_name in DIMENSIONS:
                return f"{field_name} {value}"
    return str(next(iter(context.values()), "void"))


@dataclass
class _Header:
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


def _header_at(grid: Grid, anchor: Anchor, row: int, match: Match) -> _Header | None:
    spec = anchor.spec
    stubs: list[int] = []
    columns: list[tuple[int, Context]] = []
    names: list[str] = []
    wanted = list(spec.stubs)
    # A stub that may be blank (the publisher left the corner empty) stands under the title.
    if wanted and "" in wanted[0] and not grid.label(row, anchor.column):
        stubs.append(anchor.column)
        wanted.pop(0)
    for c in range(anchor.column, anchor.right + 1):
        value = grid.at(row, c)
        label = grid.label(row, c)
        if wanted and label and without_fiscal_year(label) in wanted[0]:
            stubs.append(c)
            wanted.pop(0)
        elif label or isinstance(value, dt.date):
            context = _column_context(value, label, match)
            if context is None:
                names.append(printed(str(value)))
            else:
                columns.append((c, context))
                names.append(name_of(context))
        elif isinstance(value, float | int) and not isinstance(value, bool):
            return None
    if wanted or not columns:
        return None
    return _Header(row, stubs, columns, names)


def find_header(grid: Grid, anchor: Anchor, match: Match) -> _Header | None:
    """Return the header row of a table, or None when none stands within four rows."""
    for row in range(anchor.row + 1, min(anchor.row + _HEADER_WITHIN, anchor.bottom) + 1):
        header = _header_at(grid, anchor, row, match)
        if header is not None:
            return header
    return None


def _headless(grid: Grid, anchor: Anchor, match: Match) -> _Header | None:
    """Return the header of a two-column list whose heading line the publisher left out."""
    row, stub, column = anchor.row, anchor.column, anchor.column + 1
    context = match(str(anchor.spec.options["headless"]))
    first = grid.at(row + 1, stub)
    if context is None or not isinstance(first, str) or not is_value(grid.at(row + 1, column)):
        return None
    return _Header(row, [stub], [(column, context)], [name_of(context)])


def is_value(value: object) -> bool:
    """Return whether a cell holds a number, a number typed as text, or a mark for one."""
    if isinstance(value, str):
        return value != "" and (normal(value) in MARKS or number_in(value) is not None)
    return isinstance(value, float | int) and not isinstance(value, bool)


def has_values(grid: Grid, row: int, columns: list[int]) -> bool:
    """Return whether any of a row's value columns carries a value or an error."""
    return any(is_value(grid.at(row, c)) or (row, c) in grid.errors for c in columns)


def settle_columns(grid: Grid, header: _Header, anchor: Anchor, bottom: int) -> list[int]:
    """Return the column in which each header's values stand.

    A header merged over several columns keeps its text in the first; the publisher sometimes
    moves the values to another column under the merge (FY2022, Dec 2021 to Feb 2022).
    """
    positions = [c for c, _ in header.columns]
    own = {
        c: any(is_value(grid.at(r, c)) for r in range(header.row + 1, bottom + 1))
        for c in positions
    }
    settled = []
    for i, c in enumerate(positions):
        limit = positions[i + 1] if i + 1 < len(positions) else anchor.right + 1
        if not own[c]:
            under = [
                other
                for other in range(c + 1, limit)
                if any(is_value(grid.at(r, other)) for r in range(header.row + 1, bottom + 1))
            ]
            if len(under) == 1:
                c = under[0]
        settled.append(c)
    return settled


@dataclass
class _Row:
    row: int
    key: str | None
    context: Context
    label: str


def _rows(
    grid: Grid, anchor: Anchor, header: _Header, columns: list[int], series: Series
) -> tuple[list[_Row], int]:
    """Return the rows under a header (key None where a label is unknown) and where they end."""
    spec = anchor.spec
    matches = [series.matcher(name) for name in spec.row]
    attribute = spec.options.get("attribute_stub")
    reader = _two_stubs if len(header.stubs) == 2 and not attribute else _one_stub
    rows: list[_Row] = []
    outer: _Row | None = None
    end = header.row
    for r in range(header.row + 1, anchor.bottom + 1):
        labels = [grid.label(r, c) for c in header.stubs]
        valued = has_values(grid, r, columns)
        # Words in the value columns: the heading line of another table begins.
        if not valued and any(grid.label(r, c) for c in columns):
            break
        if not any(labels) and not valued:
            continue
        row, outer = reader(grid, r, labels, outer, matches, header.stubs)
        if not valued and spec.options.get("rows") == "open":
            if row.key is not None and "open:" not in spec.row[0]:
                header.blank_rows.append(r)
            continue
        if row.key is None and not valued:
            outer = None if len(matches) == 2 and row.label and outer is row else outer
            continue
        if attribute and (code := _text(grid, r, header.stubs[1])):
            row.context = {**row.context, attribute: code}
        rows.append(row)
        end = r
    return rows, end


def _text(grid: Grid, r: int, c: int) -> str:
    value = grid.at(r, c)
    return printed(value) if isinstance(value, str) else ""


def _one_stub(
    grid: Grid, r: int, labels: list[str], outer: _Row | None, matches: list[Match], stubs: list[int]
) -> tuple[_Row, _Row | None]:
    label, text = labels[0], _text(grid, r, stubs[0])
    if not label:
        return _Row(r, None, {}, ""), outer
    context = _as_printed(matches[0](label), without_footnote(text))
    if len(matches) == 1:
        return _Row(r, None if context is None else name_of(context), context or {}, text), outer
    if context is not None:
        row = _Row(r, name_of(context), {**context, **_total(matches)}, text)
        return row, row
    inner = matches[1](label)
    if inner is None:
        row = _Row(r, None, {}, text)
        return row, row
    if outer is None or outer.key is None:
        return _Row(r, None, {}, f"{outer.label if outer else '(no group)'} / {text}"), outer
    return _Row(r, f"{outer.key}/{name_of(inner)}", {**outer.context, **inner}, text), outer


def _as_printed(context: Context | None, text: str) -> Context | None:
    if context is None or PRINTED not in context.values():
        return context
    return {field: text if value == PRINTED else value for field, value in context.items()}


def _total(matches: list[Match]) -> Context:
    """Return what the inner label of an outer row says: the total over the inner dimension."""
    return matches[1]("total") or {}


def _two_stubs(
    grid: Grid, r: int, labels: list[str], outer: _Row | None, matches: list[Match], stubs: list[int]
) -> tuple[_Row, _Row | None]:
    first, second = labels
    if first:
        context = matches[0](first)
        outer = _Row(r, None if context is None else name_of(context), context or {}, _text(grid, r, stubs[0]))
    if outer is None:
        return _Row(r, None, {}, _text(grid, r, stubs[1])), outer
    # The grand total row leaves the inner label blank.
    inner = matches[1](second or "total")
    text = f"{outer.label} / {_text(grid, r, stubs[1])}"
    if outer.key is None or inner is None:
        return _Row(r, None, {}, text), outer
    return _Row(r, f"{outer.key}/{name_of(inner)}", {**outer.context, **inner}, text), outer


def _order(names: list[str], contexts: list[Context], field: str) -> list[str]:
    """Return one collapsed name for a run of consecutive years or months, else the names."""
    values = [context.get(field) for context in contexts]
    if len(values) < len(names) or any(value is None for value in values):
        return names
    if field == "_month_start":
        steps = [v.year * 12 + v.month for v in values]  # type: ignore[union-attr]
    else:
        steps = [int(v) for v in values]  # type: ignore[arg-type]
    pairs = set(b - a for a, b in zip(steps, steps[1:], strict=False))
    if pairs <= {1}:
        return [f"{field}s ascending"]
    if pairs == {-1}:
        return [f"{field}s descending"]
    return names


def collapsed(names: list[str], contexts: list[Context]) -> list[str]:
    """Return header or row names with runs of years or months collapsed to one name."""
    for hint in ("_month_start", "_fiscal_year"):
        if contexts and all(hint in context for context in contexts):
            out = _order(names, contexts, hint)
            return _relative_years(names, contexts) if out is names else out
    return names


def _relative_years(names: list[str], contexts: list[Context]) -> list[str]:
    """Return names in which the fiscal year is its distance from the first row's."""
    first = contexts[0].get("_fiscal_year")
    if not isinstance(first, int):
        return names
    return [
        f"year {context['_fiscal_year'] - first:+d}/{name.partition('/')[2]}"
        for name, context in zip(names, contexts, strict=True)
    ]


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
    match = series.matcher(spec.column)
    header = find_header(grid, anchor, match)
    if header is None and spec.options.get("headless"):
        header = _headless(grid, anchor, match)
    if header is None:
        return _refuse(out, "no header row with the labels of this table stands under the title")
    columns = [c for c, _ in header.columns]
    rows, end = _rows(grid, anchor, header, columns, series)
    settled = settle_columns(grid, header, anchor, end)
    if settled != columns:
        rows, end = _rows(grid, anchor, header, settled, series)
    known = [row for row in rows if row.key is not None]
    names = collapsed(header.names, [context for _, context in header.columns])
    open_rows = spec.options.get("rows") == "open"
    keys = [str(row.key) for row in known]
    body = None if open_rows else collapsed(keys, [row.context for row in known])
    out.seen = (tuple(names), tuple(body or ()))
    found = fit(names, body, spec.layouts)
    out.layout = f"{spec.name}@{found.layout}"
    if not found.exact:
        out.nearest, out.differs = out.layout, found.differs
        return _refuse(out, "the labels of this table stand in an order not seen before")
    problem = _open_rows_problem(spec, known) if open_rows else ""
    problem = problem or _stray(grid, anchor, header, settled, rows, end)
    if problem:
        return _refuse(out, problem)
    _collect(grid, header, settled, rows, out)
    return out


def _refuse(out: TableRead, why: str) -> TableRead:
    out.why = why
    return out


def _open_rows_problem(spec: TableSpec, rows: list[_Row]) -> str:
    """Return why an open list is not trusted: a total row missing or a label twice."""
    keys = [row.key for row in rows]
    twice = sorted({str(k) for k in keys if keys.count(k) > 1})
    if twice and not spec.options.get("same_label_twice"):
        return f"a row label stands twice: {', '.join(twice)}"
    place = spec.options.get("total")
    if place == "first" and (not keys or keys[0] != "Total"):
        return "the list does not begin with its Total row"
    if place == "last" and (not keys or keys[-1] != "Total"):
        return "the list does not end with its Total row"
    return ""


def _stray(
    grid: Grid, anchor: Anchor, header: _Header, columns: list[int], rows: list[_Row], end: int
) -> str:
    """Return where a number stands inside the table without a header or a label."""
    left, right = min(header.stubs), max(columns) + 1
    claimed = set(columns)
    for row in rows:
        if row.label or row.key is not None:
            continue
        # A stray last line of an open list is refused by itself; where a label is without
        # numbers too, the numbers may have slipped, and no row of the table is trusted.
        loose = anchor.spec.options.get("rows") == "open" and row is rows[-1]
        if not loose or header.blank_rows:
            return f"numbers stand in row {row.row + 1} without a row label"
    for r in range(header.row + 1, end + 1):
        for c in range(left, min(right, anchor.right) + 1):
            value = grid.at(r, c)
            if c not in claimed and isinstance(value, float | int):
                return f"a number stands in row {r + 1}, column {c + 1}, under no header"
    return ""


def _collect(
    grid: Grid, header: _Header, columns: list[int], rows: list[_Row], out: TableRead
) -> None:
    contexts = [context for _, context in header.columns]
    for row in rows:
        if row.key is None:
            cells = [(row.row, c) for c in columns if is_value(grid.at(row.row, c))]
            out.refused += cells
            out.refusals.append(f"row {row.row + 1} {row.label!r} is not a known label")
            continue
        for c, context in zip(columns, contexts, strict=True):
            value = grid.at(row.row, c)
            if value == "" and (row.row, c) not in grid.errors:
                continue
            if not is_value(value) and (row.row, c) not in grid.errors:
                out.refused.append((row.row, c))
                out.refusals.append(f"row {row.row + 1} {row.label!r} holds {value!r} for a value")
                continue
            out.cells.append(CellRead(row.row, c, row.context, context))
