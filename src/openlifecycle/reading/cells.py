"""What a reader hands on: rows and columns of values with what their labels say, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass, field

from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.reading.labels import MARKS, normal, number_in
from openlifecycle.reading.layouts import TableSpec
from openlifecycle.reading.lookups import Context
from openlifecycle.reading.workbook import Grid

Place = tuple[int, int]


@dataclass(slots=True)
class RowRead:
    """One labelled row of values: where it stands and what it says.

    ``columns`` is set where the row has values of its own meaning in some columns only.
    """

    row: int
    says: Context
    columns: list[ColumnRead] | None = None


@dataclass(slots=True)
class ColumnRead:
    """One column of values: where it stands and what it says."""

    column: int
    says: Context


@dataclass
class TableRead:
    """What came of one table: its cells, or why it was refused.

    Attributes:
        spec: the table.
        layout: the known layout that it fits, or the nearest where it was refused.
        title: its title as printed; row and column say where that stands.
        groups: what the title says of the whole table (fiscal year, quarter, month).
        rows, columns: where the values stand; a cell is blank or belongs to one of each.
        structural: numeric cells that are labels (ZIP codes, years in a heading).
        refused: cells that were not read; refusals says why, by name.
        why: why the table was refused as a whole; empty when it was read.
        differs: how its labels differ from the nearest layout's.
        seen: its column names and row names, for drafting a layout.
    """

    spec: TableSpec
    layout: str = ""
    title: str = ""
    row: int = 0
    column: int = 0
    groups: dict[str, str] = field(default_factory=dict)
    rows: list[RowRead] = field(default_factory=list)
    columns: list[ColumnRead] = field(default_factory=list)
    structural: list[Place] = field(default_factory=list)
    refused: list[Place] = field(default_factory=list)
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


def is_number(value: object) -> bool:
    """Return whether a cell holds a number (truth values are not numbers here)."""
    return isinstance(value, float | int) and not isinstance(value, bool)


def is_value(value: object) -> bool:
    """Return whether a cell holds a number, a number typed as text, or a mark for one."""
    if isinstance(value, str):
        return value != "" and (normal(value) in MARKS or number_in(value) is not None)
    return is_number(value)


def has_values(grid: Grid, row: int, columns: list[int]) -> bool:
    """Return whether any of a row's value columns carries a value or an error."""
    cells = grid.rows[row]
    for c in columns:
        if c < len(cells) and cells[c] != "" and is_value(cells[c]):
            return True
    return bool(grid.errors) and any((row, c) in grid.errors for c in columns)
