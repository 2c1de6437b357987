"""Fixed tables as the gate sees them: cells, what adds up to what, and which tables share cells.

A cell is known by what it says, not by where it stands: the table of offices by months and the
table of offices by categories share the cell of each office. So several published tables are one
system of sums (``linked``), and an attacker gets no more from laying them side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from openlifecycle.disclosure.hierarchy import Hierarchy
from openlifecycle.errors import UsageError

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Where a cell stands in its table: one node of each dimension.
Place = tuple[str, ...]

#: What a cell says, in whatever table: the measure, and the nodes that are not the whole.
Key = tuple[str, tuple[tuple[str, str], ...]]

#: How many dimensions one table may have; more cannot be laid out or checked by a reader.
MOST_DIMENSIONS: Final = 3


@dataclass(frozen=True)
class Cell:
    """One number and the people behind it.

    Attributes:
        value: the count or the magnitude, at least 0.
        units: how many people are behind it.
        largest: the largest parts that single people add, largest first; without them every
            person adds the same (a count of people: 1).
    """

    value: int
    units: int
    largest: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table over one to three dimensions in which sums are sums.

    Attributes:
        measure: what is counted. Cells of one measure and the same nodes are one cell.
        dimensions: the hierarchies, in the order of the places.
        cells: every cell, totals included.
    """

    measure: str
    dimensions: tuple[Hierarchy, ...]
    cells: Mapping[Place, Cell]

    def __post_init__(self) -> None:
        """Refuse a table with a missing or negative cell, or with a sum that is none.

        Raises:
            UsageError: with the place.
        """
        if not 1 <= len(self.dimensions) <= MOST_DIMENSIONS:
            raise UsageError(
                f"a table has one to {MOST_DIMENSIONS} dimensions, not {len(self.dimensions)}",
                where=self.measure,
                next_step="split it by fewer dimensions",
            )
        for place in self.places:
            cell = self.cells.get(place)
            if cell is None or cell.value < 0 or cell.units < 0:
                raise UsageError(
                    f"no count of at least 0 at {' / '.join(place)}",
                    where=self.measure,
                    next_step="give every cell, totals included",
                )
        for whole, parts in self.sums():
            if self.cells[whole].value != sum(self.cells[part].value for part in parts):
                raise UsageError(
                    f"{' / '.join(whole)} is not the sum of its parts",
                    where=self.measure,
                    next_step="leave totals out where people are counted in several parts",
                )

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Return every place of the table, in reading order."""
        return tuple(product(*(dimension.nodes for dimension in self.dimensions)))

    def sums(self) -> Iterable[tuple[Place, tuple[Place, ...]]]:
        """Yield each place that is a sum with its parts, along every dimension."""
        for at, dimension in enumerate(self.dimensions):
            others = (
                [d.nodes for d in self.dimensions[:at]],
                [d.nodes for d in self.dimensions[at + 1 :]],
            )
            for node, parts in dimension.parts.items():
                for before in product(*others[0]):
                    for after in product(*others[1]):
                        yield (
                            (*before, node, *after),
                            tuple((*before, part, *after) for part in parts),
                        )

    def key(self, place: Place) -> Key:
        """Return what the cell says: a node that is the whole of its dimension says nothing."""
        return self.measure, tuple(
            sorted(
                (dimension.name, node)
                for dimension, node in zip(self.dimensions, place, strict=True)
                if node != dimension.root
            )
        )


def frame(table: Table, cells: Mapping[Place, int | None]) -> pl.DataFrame:
    """Return cells as rows: one column a dimension, and ``value``, null where there is none."""
    places = table.places
    columns: dict[str, list[str]] = {
        dimension.name: [place[at] for place in places]
        for at, dimension in enumerate(table.dimensions)
    }
    values = pl.Series("value", [cells[place] for place in places], dtype=pl.Int64)
    return pl.DataFrame(columns).with_columns(values)


def summed(measure: str, dimensions: Sequence[Hierarchy], leaves: Mapping[Place, Cell]) -> Table:
    """Return the table whose totals are added up from its leaves; a missing leaf is nobody.

    People behind a sum are the sum of the people behind its parts: true where nobody stands in
    two leaves. The largest contributions of a sum are the largest of its parts.
    """
    dimensions = tuple(dimensions)
    values: dict[Place, int] = {}
    units: dict[Place, int] = {}
    largest: dict[Place, list[int]] = {}
    for place, cell in leaves.items():
        ways = [d.above(node) for d, node in zip(dimensions, place, strict=True)]
        for whole in product(*ways):
            values[whole] = values.get(whole, 0) + cell.value
            units[whole] = units.get(whole, 0) + cell.units
            largest.setdefault(whole, []).extend(cell.largest)
    cells = {
        place: Cell(
            values.get(place, 0),
            units.get(place, 0),
            tuple(sorted(largest.get(place, ()), reverse=True)[:5]),
        )
        for place in product(*(d.nodes for d in dimensions))
    }
    return Table(measure, dimensions, cells)


@dataclass(frozen=True)
class System:
    """Every cell of the tables once, and every sum: rows of coefficients that add up to 0.

    Attributes:
        keys: what each cell says.
        values: the true values.
        units: people behind each.
        largest: the largest contribution of one person to each.
        cell: cell of each coefficient, row by row.
        sign: the coefficient: 1 for the whole, -1 for a part.
        starts: where each row begins in ``cell``, and one past the last.
    """

    keys: tuple[Key, ...]
    values: Ints
    units: Ints
    largest: Ints
    cell: Ints
    sign: Ints
    starts: Ints

    @cached_property
    def row(self) -> Ints:
        """Return the row of each coefficient."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @cached_property
    def index(self) -> dict[Key, int]:
        """Return the number of each cell."""
        return {key: number for number, key in enumerate(self.keys)}

    def gaps(self, values: Ints) -> Ints:
        """Return by how much each sum is off under other values; all 0 when they add up."""
        totals = np.zeros(len(self.starts) - 1, dtype=np.int64)
        np.add.at(totals, self.row, self.sign * values[self.cell])
        return totals


def linked(tables: Sequence[Table]) -> System:
    """Return the one system of several tables of the same records.

    Raises:
        UsageError: when two tables tell different numbers in the same cell.
    """
    index: dict[Key, int] = {}
    held: list[Cell] = []
    rows: dict[tuple[int, tuple[int, ...]], None] = {}
    for table in tables:
        here: dict[Place, int] = {}
        for place in table.places:
            cell, key = table.cells[place], table.key(place)
            number = here[place] = index.setdefault(key, len(index))
            if number == len(held):
                held.append(cell)
            elif held[number].value != cell.value:
                raise UsageError(
                    f"two tables tell {held[number].value} and {cell.value} at {key}",
                    where=table.measure,
                    next_step="make the tables from the same records",
                )
        for whole, parts in table.sums():
            numbers = tuple(sorted(here[part] for part in parts))
            # The total of a table with one row is that row; it is one cell, and tells no sum.
            rows[here[whole], numbers] = None
    starts = np.cumsum([0] + [1 + len(parts) for _, parts in rows])
    return System(
        keys=tuple(index),
        values=np.array([c.value for c in held], dtype=np.int64),
        units=np.array([c.units for c in held], dtype=np.int64),
        largest=np.array([largest(c) for c in held], dtype=np.int64),
        cell=np.array([n for w, parts in rows for n in (w, *parts)], dtype=np.int64),
        sign=np.array([s for _, parts in rows for s in (1, *[-1] * len(parts))], dtype=np.int64),
        starts=starts.astype(np.int64),
    )


def largest(cell: Cell) -> int:
    """Return how much one person adds at most: without a list, an even share rounded up."""
    if cell.largest:
        return cell.largest[0]
    return -(-cell.value // cell.units) if cell.units else 0
