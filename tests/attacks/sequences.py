"""Random sequences of questions: drill down, step back, filter, change the period, the rules.

A sequence is what one curious reader might ask in a sitting. After each one an attacker makes all
its answers agree (intervals.py) and looks for protected numbers. Everything is in memory and each
answer is some cells of a table of the cube, so that ten thousand sequences take seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Bools, Cube, Table
from tests.attacks.intervals import Known, narrowed, recovered
from tests.attacks.shown import Shown, protected

#: Fewest and most questions of a sequence.
LENGTH = (4, 10)


@dataclass(frozen=True)
class Asked:
    """One question: some cells of a table, counted by one of the cubes (rule sets, releases)."""

    cube: int
    table: int
    cells: Bools


@dataclass
class Tally:
    """What all sequences came to."""

    sequences: int = 0
    questions: int = 0
    attacked: int = 0
    exact: int = 0
    narrow: int = 0


def sequences(cubes: Sequence[Cube], count: int, seed: int) -> Iterator[list[Asked]]:
    """Yield random sequences over cubes that have the same tables.

    Args:
        cubes: the same measure by other rule sets or of other releases; the first is the house's.
        count: how many sequences.
        seed: of the draws.
    """
    draws = np.random.default_rng(seed)
    around = _neighbours(cubes[0])
    for _ in range(count):
        at = int(draws.integers(len(cubes[0].tables)))
        asked = []
        other = int(draws.integers(len(cubes)))
        for _ in range(int(draws.integers(LENGTH[0], LENGTH[1] + 1))):
            which = other if draws.random() < 0.3 else 0
            asked.append(Asked(which, at, _filtered(cubes[which].tables[at], draws)))
            if draws.random() < 0.8:  # else the same table again, filtered otherwise
                at = int(draws.choice(around[at]))
        yield asked


def _neighbours(cube: Cube) -> list[list[int]]:
    """Return for each table those one step away: a dimension more or less, another period."""
    named = {(t.kind, frozenset(t.dims)): i for i, t in enumerate(cube.tables)}
    made = []
    for one in cube.tables:
        mine = frozenset(one.dims)
        near = [
            i for (kind, dims), i in named.items()
            if (kind == one.kind and len(dims ^ mine) == 1) or (kind != one.kind and dims == mine)
        ]  # fmt: skip
        made.append(near)
    return made


def _filtered(one: Table, draws: np.random.Generator) -> Bools:
    """Return the cells of a question: whole periods from a first to a last, perhaps one value."""
    cells = np.ones(len(one), bool)
    if draws.random() < 0.5:
        ends = np.sort(draws.choice(one.period, 2))
        cells &= (one.period >= ends[0]) & (one.period <= ends[1])
    if one.dims and draws.random() < 0.4:
        codes = one.codes[one.dims[int(draws.integers(len(one.dims)))]]
        cells &= codes == draws.choice(codes)
    return cells


def attacked(
    cubes: Sequence[Cube], answers: Sequence[Sequence[Shown]], asked: list[Asked], policy: Policy,
    *, tally: Tally,
) -> None:  # fmt: skip
    """Attack one sequence and add what it gave away to the tally."""
    known = [Known() for _ in cubes]
    for one in asked:
        known[one.cube].asked(one.table, answers[one.cube][one.table], one.cells)
    tally.sequences += 1
    tally.questions += len(asked)
    for cube, mine in zip(cubes, known, strict=True):
        narrowed(cube, mine)
        found = recovered(cube, mine, policy)
        tally.attacked += found.attacked
        tally.exact += found.exact
        tally.narrow += found.narrow
    for cube, mine in zip(cubes[1:], known[1:], strict=True):
        for number in set(known[0].low) & set(mine.low):
            _compared((cubes[0], cube), (known[0], mine), number, policy, tally)


def _compared(
    cubes: tuple[Cube, Cube], known: tuple[Known, Known], number: int, policy: Policy, tally: Tally
) -> None:
    """Compare one table by two rule sets or of two releases, cell by cell."""
    tables = [c.tables[number] for c in cubes]
    _, *places = np.intersect1d(tables[0].label, tables[1].label, return_indices=True)
    value = [k.value[number][p] for k, p in zip(known, places, strict=True)]
    low = [k.low[number][p] for k, p in zip(known, places, strict=True)]
    high = [k.high[number][p] for k, p in zip(known, places, strict=True)]
    n, rows = ([getattr(t, w)[p] for t, p in zip(tables, places, strict=True)]
               for w in ("n", "rows"))  # fmt: skip
    both = (value[0] >= 0) & (value[1] >= 0) & protected(np.abs(n[0] - n[1]), policy)
    apart = rows[0] - rows[1]
    bottom, top = low[0] - high[1], high[0] - low[1]
    right = (bottom <= apart) & (apart <= top)
    tally.attacked += int(both.sum())
    tally.exact += int((both & right & (bottom == top)).sum())
    # either may be the larger one, so the room is asked for on both sides of zero
    room = (bottom > apart - policy.interval.below) | (top < apart + policy.interval.above)
    tally.narrow += int((both & right & (bottom < top) & room).sum())
