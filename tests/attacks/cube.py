"""Everything askable about records of one kind: each table of the lattice with all its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import numpy.typing as npt

from openlifecycle.disclosure.lattice import signature as gate_signature
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import record_plan
from tests.attacks.facts import KINDS, Facts, Ints


@dataclass(frozen=True)
class Table:
    """One askable table, exact.

    Attributes:
        kind: period kind.
        dims: dimensions split by, in name order.
        period: number of the period of each cell.
        codes: by dimension the value of each cell.
        n: distinct people (records without a key are people of their own).
        people: people that are surely there: records without a key may all be of one.
        rows: records.
        largest: most records of one person.
        key: cell key.
        cell_of: the cell that each record lies in.
        label: number that stands for period and values of each cell; ascending.
        signature: the attributes that define its cells; tables of one signature share noise.
    """

    kind: str
    dims: tuple[str, ...]
    period: Ints
    codes: dict[str, Ints]
    n: Ints
    people: Ints
    rows: Ints
    largest: Ints
    key: Ints
    cell_of: Ints
    label: Ints
    signature: bytes

    def __len__(self) -> int:
        """Return the number of cells that hold a record."""
        return len(self.n)


def table(facts: Facts, kind: str, dims: Sequence[str], *, signature: bytes = b"") -> Table:
    """Return the exact table of a period kind by dimensions; with the gate's signature if none."""
    dims = tuple(sorted(dims))
    label = labels(facts, facts.periods[kind], {d: facts.codes[d] for d in dims})
    found, first, cell_of = np.unique(label, return_index=True, return_inverse=True)
    rows = np.bincount(cell_of)
    order = np.lexsort((facts.unit, cell_of))
    cell, unit = cell_of[order], facts.unit[order]
    new = np.ones(len(cell), bool)
    new[1:] = (cell[1:] != cell[:-1]) | (unit[1:] != unit[:-1])
    starts = np.flatnonzero(new)
    times = np.diff(np.append(starts, len(cell)))
    key, largest = np.zeros(len(found), np.int64), np.zeros(len(found), np.int64)
    np.add.at(key, cell[new], facts.key[order][new])
    np.maximum.at(largest, cell[new], times)
    return Table(
        kind=kind, dims=dims, period=facts.periods[kind][first],
        codes={d: facts.codes[d][first] for d in dims}, n=np.bincount(cell[new]),
        people=_surely(cell[new], unit[new]), rows=rows,
        largest=largest, key=key, cell_of=cell_of, label=found,
        signature=signature or signed(facts.measure, kind, dims),
    )  # fmt: skip


def _surely(cell: Ints, unit: Ints) -> Ints:
    """Return the people of each cell; those of whom no key is known (below 0) as one."""
    keyless = np.bincount(cell, unit < 0).astype(np.int64)
    return np.bincount(cell) - keyless + (keyless > 0)


def signed(measure: str, kind: str, dims: Sequence[str]) -> bytes:
    """Return what the gate says defines the cells of a table."""
    return gate_signature(record_plan(Question.of(measure, by=list(dims), period=kind)))


def labels(facts: Facts, period: Ints, codes: dict[str, Ints]) -> Ints:
    """Return a number for each period and combination of values."""
    made = period.astype(np.int64)
    for dim in sorted(codes):
        made = made * len(facts.values[dim]) + codes[dim]
    return made


@dataclass(frozen=True)
class Cube:
    """All tables of a lattice.

    Attributes:
        facts: the records.
        limits: by period kind, how many dimensions may be named at once.
    """

    facts: Facts
    limits: dict[str, int]

    @cached_property
    def tables(self) -> list[Table]:
        """Return every askable table."""
        names = sorted(self.facts.codes)
        return [
            table(self.facts, kind, dims)
            for kind in KINDS
            if kind in self.limits
            for size in range(self.limits[kind] + 1)
            for dims in combinations(names, size)
        ]

    def closed(self, dims: Sequence[str]) -> frozenset[str]:
        """Return dimensions with the coarser ones that they decide."""
        return frozenset(dims) | {c for d in dims for c in self.facts.within[d]}

    @cached_property
    def above(self) -> list[dict[int, Ints]]:
        """Return for each table the tables that it refines, with the parent of each cell."""
        made: list[dict[int, Ints]] = []
        shut = [self.closed(t.dims) for t in self.tables]
        for i, child in enumerate(self.tables):
            up: dict[int, Ints] = {}
            first = _first_row(child)
            for j, parent in enumerate(self.tables):
                finer = KINDS.index(child.kind) <= KINDS.index(parent.kind)
                if i != j and finer and set(parent.dims) <= shut[i]:
                    up[j] = parent.cell_of[first]
            made.append(up)
        return made


def _first_row(one: Table) -> Ints:
    first = np.zeros(len(one), np.int64)
    first[one.cell_of[::-1]] = np.arange(len(one.cell_of))[::-1]
    return first


Bools = npt.NDArray[np.bool_]
