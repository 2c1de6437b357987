"""Reads a list of facilities: one facility a row, attributes and measures in columns.

The header row is the one that carries the attribute labels, wherever it stands. A row is a
facility when its AOR cell holds a known code; text below the list is a footer. A row with
numbers and no known AOR is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from openlifecycle.reading.cells import (
    ColumnRead,
    RowRead,
    TableRead,
    is_number,
    is_value,
    name_of,
)
from openlifecycle.reading.labels import normal, number_in, printed, without_footnote, zip_code
from openlifecycle.reading.layouts import Series, TableSpec
from openlifecycle.reading.lookups import Context
from openlifecycle.reading.sequences import fit
from openlifecycle.reading.workbook import Grid

_ATTRIBUTE: Final = "_attribute"
_REQUIRED: Final = {"facility_label", "aor"}
#: Attributes whose vocabulary is closed; a value outside it is kept as printed and flagged.
_CLOSED: Final = ("facility_type_detailed", "facility_gender")


@dataclass
class _Head:
    row: int
    attributes: dict[str, int]
    values: list[tuple[int, Context]]
    names: list[str]


def _head(grid: Grid, series: Series, spec: TableSpec) -> _Head | None:
    match = series.matcher(spec.column)
    for r in sorted({r for r, _, text in grid.texts if normal(text) in ("aor", "field office")}):
        attributes: dict[str, int] = {}
        values: list[tuple[int, Context]] = []
        names: list[str] = []
        for c in range(len(grid.rows[r])):
            label = grid.label(r, c)
            if not label:
                continue
            context = match(label)
            if context is None:
                names.append(printed(str(grid.at(r, c))))
                continue
            names.append(name_of(context))
            if _ATTRIBUTE in context:
                attributes[context[_ATTRIBUTE]] = c
            else:
                values.append((c, context))
        if len(names) > 4:
            return _Head(r, attributes, values, names)
    return None


def _attributes(
    grid: Grid, r: int, head: _Head, series: Series
) -> tuple[Context, list[str], list[tuple[int, int]]]:
    """Return what a row says of its facility, the flags, and the cells that said it."""
    context: Context = {}
    flags: list[str] = []
    used: list[tuple[int, int]] = []
    for name, c in head.attributes.items():
        value = grid.at(r, c)
        if value == "":
            continue
        used.append((r, c))
        if name == "facility_zip":
            code = zip_code(value)
            if code is None:
                flags.append("zip_unreadable")
            elif not isinstance(value, str) and value < 10_000:  # type: ignore[operator]
                flags.append("zip_zeros_restored")
            context[name] = code if code is not None else printed(str(value))
            continue
        text = printed(str(value))
        if name == "facility_label" and without_footnote(text) != text:
            flags.append("footnote_mark_removed")
            text = without_footnote(text)
        if name in _CLOSED and series.lookups[name].get(normal(text)) is None:
            flags.append(f"{name}_not_in_vocabulary")
        if text:
            context[name] = text
    return context, flags, used


def read_listing(grid: Grid, spec: TableSpec, series: Series) -> TableRead | None:
    """Return the facilities of a sheet, None when the sheet has no facility header at all."""
    head = _head(grid, series, spec)
    if head is None:
        return None
    out = TableRead(spec, title="facility list", row=head.row, column=0)
    out.seen = (tuple(head.names), ())
    found = fit(head.names, None, spec.layouts)
    out.layout = f"{spec.name}@{found.layout}"
    if not found.exact or not set(head.attributes) >= _REQUIRED:
        out.nearest, out.differs = out.layout, found.differs
        out.why = "the columns of the facility list stand in an order not seen before"
        return out
    known_aor = series.lookups["aor_code"]
    columns = [c for c, _ in head.values]
    problem = _unheaded(grid, head, columns)
    if problem:
        out.why = problem
        return out
    out.columns = [ColumnRead(c, context) for c, context in head.values]
    for r in range(head.row + 1, len(grid.rows)):
        numbers = [c for c in columns if _spells_number(grid.at(r, c))]
        aor = grid.label(r, head.attributes["aor"])
        name = grid.label(r, head.attributes["facility_label"])
        if known_aor.get(aor) is None or not name:
            if numbers:
                everything = [*columns, *head.attributes.values()]
                out.refused += [(r, c) for c in everything if is_value(grid.at(r, c))]
                out.refusals.append(
                    f"row {r + 1} {name!r} has {aor!r} for an AOR, which is not a known code"
                )
            continue
        _row(grid, r, head, series, out)
    return out


def _spells_number(value: object) -> bool:
    """Return whether a cell holds a number, typed as text or not: marks alone are no facility."""
    if isinstance(value, str):
        return number_in(value) is not None
    return is_number(value)


def _unheaded(grid: Grid, head: _Head, columns: list[int]) -> str:
    """Return where numbers stand in a column of the list that has no header."""
    known = set(columns) | set(head.attributes.values())
    last = max(known)
    for r, c in grid.numbers:
        if r > head.row and c not in known and c <= last + 1:
            return f"a number stands in row {r + 1}, column {c + 1}, under no header"
    return ""


def _row(grid: Grid, r: int, head: _Head, series: Series, out: TableRead) -> None:
    context, flags, used = _attributes(grid, r, head, series)
    context["_flags"] = flags
    out.structural += used
    out.rows.append(RowRead(r, context))
