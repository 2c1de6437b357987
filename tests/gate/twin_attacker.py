"""A second attacker, written for the tests alone: other sums, another solver, or no solver.

It reads a protected table as a reader would (places, numbers, gaps), writes down the sums from the
hierarchies by itself and solves with scipy; for tiny tables it tries every table there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog

from openlifecycle.disclosure.hierarchy import Hierarchy, apart, flat, stepped
from openlifecycle.disclosure.tables import Cell, summed


@dataclass(frozen=True)
class Width:
    below: int = 2
    above: int = 2


@dataclass(frozen=True)
class Share:
    contributors: int = 1
    share: float = 0.5


@dataclass(frozen=True)
class Rules:
    """The numbers of the public policy, typed here."""

    name: str = "typed in a test"
    minimum_cell: int = 5
    interval: Width = field(default_factory=Width)
    dominance: Share = field(default_factory=Share)
    group_share: float = 0.9
    zeros: str = "hidden"
    rounding_base: int = 5


def name_of(table, place):
    """What a cell says, so that cells of several tables can be told to be one."""
    return frozenset(
        (d.name, node) for d, node in zip(table.dimensions, place, strict=True) if node != d.root
    )


def sums_of(tables):
    """Every sum as (whole, parts), told by what the cells say."""
    for table in tables:
        for place in product(*(d.nodes for d in table.dimensions)):
            for at, dimension in enumerate(table.dimensions):
                parts = dimension.parts.get(place[at], ())
                if parts:
                    yield (
                        name_of(table, place),
                        [name_of(table, (*place[:at], p, *place[at + 1 :])) for p in parts],
                    )


def intervals(protected, cells, bounds_of=None):
    """The interval of each cell by linear programming, as {name: (low, high or None)}.

    Args:
        protected: ProtectedTables laid side by side.
        cells: names to attack.
        bounds_of: how far a number may be off (rounding); without it shown numbers are exact.
    """
    shown = {}
    for one in protected:
        for place, value in one.cells.items():
            shown[name_of(one.table, place)] = value
    names = list(shown)
    at = {name: number for number, name in enumerate(names)}
    bounds = []
    for name in names:
        value = shown[name]
        if value is None:
            bounds.append((0, None))
        elif bounds_of is None:
            bounds.append((value, value))
        else:
            bounds.append(bounds_of(value))
    rows = []
    for whole, parts in sums_of([one.table for one in protected]):
        row = np.zeros(len(names))
        row[at[whole]] += 1
        for part in parts:
            row[at[part]] -= 1
        rows.append(row)
    found = {}
    for name in cells:
        ends = []
        for way in (1, -1):
            cost = np.zeros(len(names))
            cost[at[name]] = way
            answer = linprog(
                cost,
                A_eq=np.array(rows).reshape(-1, len(names)),
                b_eq=np.zeros(len(rows)),
                bounds=bounds,
            )
            assert answer.status in (0, 3), answer.message  # solved, or without bound
            ends.append(None if answer.status == 3 else round(way * answer.fun, 6))
        found[name] = tuple(ends)
    return found


def every_table(sums, known, unknown, most):
    """Every whole-number table that agrees with the known cells, by trying them all."""
    for values in product(range(most + 1), repeat=len(unknown)):
        trial = {**known, **dict(zip(unknown, values, strict=True))}
        if all(trial[whole] == sum(trial[p] for p in parts) for whole, parts in sums):
            yield trial


def hierarchies():
    """Random dimensions: flat, two levels, or labels that are not added up."""
    names = ("place", "time", "kind")
    ways = st.lists(st.integers(1, 3), min_size=1, max_size=3)

    def tree(name, sizes):
        return stepped(
            name, [(f"{name}{i}", f"{name}{i}{j}") for i, n in enumerate(sizes) for j in range(n)]
        )

    def one(name) -> st.SearchStrategy[Hierarchy]:
        labels = st.integers(1, 4).map(lambda n: [f"{name}{i}" for i in range(n)])
        return st.one_of(
            labels.map(lambda ls: flat(name, ls)),
            ways.map(lambda sizes: tree(name, sizes)),
            labels.map(lambda ls: apart(name, ls)),
        )

    return st.integers(1, 3).flatmap(lambda n: st.tuples(*(one(name) for name in names[:n])))


@st.composite
def random_tables(draw):
    """A random table of counts of people, half of its cells small."""
    dimensions = draw(hierarchies())
    places = list(product(*(d.nodes if d.root is None else d.leaves for d in dimensions)))
    values = draw(
        st.lists(
            st.one_of(st.integers(0, 6), st.integers(0, 60)),
            min_size=len(places),
            max_size=len(places),
        )
    )
    cells = {p: Cell(v, v) for p, v in zip(places, values, strict=True)}
    return summed("people", dimensions, cells)
