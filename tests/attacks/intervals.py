"""The attacker who adds and subtracts: intervals of all cells of some answers, made to agree.

Sums are of records, so they are exact: a total holds what its parts hold. Each pass narrows a
total by its parts and each part by the total and the other parts, until nothing moves. What one
total less one part leaves is looked at as well, whether or not it is a cell of any answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Bools, Cube
from tests.attacks.facts import Ints
from tests.attacks.shown import UNKNOWN, Shown, protected, too_narrow

_PASSES = 4


@dataclass
class Known:
    """What is known of the cells of the tables asked.

    Attributes:
        low: by table, the fewest records of each cell.
        high: by table, the most.
        value: by table, the number shown; -1 where none is.
    """

    low: dict[int, Ints] = field(default_factory=dict)
    high: dict[int, Ints] = field(default_factory=dict)
    value: dict[int, Ints] = field(default_factory=dict)

    def asked(self, number: int, answer: Shown, cells: Bools) -> None:
        """Take in an answer: some cells of a table."""
        if number not in self.low:
            size = len(answer.value)
            self.low[number] = np.zeros(size, np.int64)
            self.high[number] = np.full(size, UNKNOWN)
            self.value[number] = np.full(size, -1)
        self.low[number][cells] = answer.low[cells]
        self.high[number][cells] = answer.high[cells]
        known = cells & answer.seen
        self.value[number][known] = answer.value[known]


@dataclass(frozen=True)
class Recovered:
    """How many protected numbers an attacker had before him and learned.

    Attributes:
        attacked: cells of too few people, and totals less a part that leave too few.
        exact: those whose number he knows.
        narrow: those that he knows more narrowly than policy lets, though not exactly.
    """

    attacked: int
    exact: int
    narrow: int


def narrowed(cube: Cube, known: Known) -> None:
    """Make the intervals of all answers agree, in place."""
    pairs = _pairs(cube, known)
    for _ in range(_PASSES):
        before = sum(int(v.sum()) for v in known.low.values())
        before -= sum(int(np.minimum(v, 10**6).sum()) for v in known.high.values())
        for parent, child, up in pairs:
            _one_pass(known, parent, child, up)
        after = sum(int(v.sum()) for v in known.low.values())
        after -= sum(int(np.minimum(v, 10**6).sum()) for v in known.high.values())
        if after == before:
            return


def _pairs(cube: Cube, known: Known) -> list[tuple[int, int, Ints]]:
    return [(p, c, cube.above[c][p]) for c in known.low for p in cube.above[c] if p in known.low]


def _one_pass(known: Known, parent: int, child: int, up: Ints) -> None:
    size = len(known.low[parent])
    low, high = known.low[child], known.high[child]
    lows, highs = _sum(up, low, size), _sum(up, high, size)
    top, bottom = known.high[parent], known.low[parent]
    np.maximum(bottom, lows, out=bottom)
    np.minimum(top, highs, out=top)
    np.maximum(low, bottom[up] - (highs[up] - high), out=low)
    np.minimum(high, top[up] - (lows[up] - low), out=high)


def _sum(up: Ints, values: Ints, size: int) -> Ints:
    # exact: sums stay below 2**53
    return np.bincount(up, values, minlength=size).astype(np.int64)


def recovered(cube: Cube, known: Known, policy: Policy) -> Recovered:
    """Return what the intervals give away of protected cells and differences.

    Args:
        cube: the truth.
        known: what the attacker has, narrowed.
        policy: what is protected, and how narrow is too narrow.
    """
    attacked = exact = narrow = 0
    for number, low in known.low.items():
        one, high = cube.tables[number], known.high[number]
        kept = protected(one.n, policy) & (high < UNKNOWN)
        hit = kept & too_narrow(low, high, one.rows, policy)
        attacked += int(kept.sum())
        exact += int((hit & (low == high)).sum())
        narrow += int((hit & (low < high)).sum())
    for pair in _pairs(cube, known):
        kept, hit, sure = _difference(cube, known, policy, pair)
        attacked += int(kept.sum())
        exact += int((hit & sure).sum())
        narrow += int((hit & ~sure).sum())
    return Recovered(attacked, exact, narrow)


def _difference(
    cube: Cube, known: Known, policy: Policy, pair: tuple[int, int, Ints]
) -> tuple[Bools, Bools, Bools]:
    parent, child, up = pair
    total, part = cube.tables[parent], cube.tables[child]
    both = (known.value[parent][up] >= 0) & (known.value[child] >= 0)
    people, rest = total.n[up] - part.n, total.rows[up] - part.rows
    low = np.maximum(0, known.low[parent][up] - known.high[child])
    high = known.high[parent][up] - known.low[child]
    if total.signature == part.signature:  # the same people would have the same number
        apart = known.value[parent][up] != known.value[child]
        low = np.where(apart & (people > 0), np.maximum(low, 1), low)
    kept = both & protected(people, policy) & (rest > 0)
    return kept, kept & too_narrow(low, high, rest, policy), low == high
