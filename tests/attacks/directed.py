"""Directed attacks: one number less another one, chosen so that what is left is of few people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Bools, Cube, Table
from tests.attacks.facts import Ints
from tests.attacks.outsider import balanced
from tests.attacks.shown import Shown, protected, too_narrow

#: Which (total, part) tables an attack subtracts.
Pairs = Callable[[Table, Table], bool]

PLACES = frozenset(
    {"aor", "state", "facility_code", "last_facility_code", "last_state", "last_aor"}
)

#: The attacks that subtract inside one release and rule set.
SUBTRACTIONS: dict[str, Pairs] = {
    "fiscal year less months": lambda total, part: (
        (total.kind, part.kind) == ("fiscal_year", "month") and total.dims == part.dims
    ),
    "quarter less months": lambda total, part: (
        (total.kind, part.kind) == ("quarter", "month") and total.dims == part.dims
    ),
    "month less days": lambda total, part: (
        (total.kind, part.kind) == ("month", "day") and total.dims == part.dims
    ),
    "nation less places": lambda total, part: (
        total.kind == part.kind and not total.dims and set(part.dims) <= PLACES
    ),
    "place less finer place": lambda total, part: (
        total.kind == part.kind and bool(total.dims) and set(total.dims) <= PLACES
        and len(part.dims) == len(total.dims) + 1 and set(part.dims) <= PLACES
    ),
    "total less part": lambda total, part: (
        total.kind == part.kind and len(part.dims) == len(total.dims) + 1
        and not set(part.dims) <= PLACES
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What an attack came to; two add up to the attack on both.

    Attributes:
        attacked: protected numbers that its differences are.
        recovered: those known exactly, or more narrowly than policy lets.
        guesses: for each the nearest of 1 .. k-1, and the truth, at most k-1.
    """

    attacked: int
    recovered: int
    guesses: tuple[Ints, Ints]

    def __add__(self, other: Result) -> Result:
        estimate, true = zip(self.guesses, other.guesses, strict=True)
        return Result(
            self.attacked + other.attacked,
            self.recovered + other.recovered,
            (np.concatenate(estimate), np.concatenate(true)),
        )

    @property
    def right(self) -> float:
        """Return how often the guess is the truth; each number is held as likely beforehand."""
        estimate, true = self.guesses
        return balanced(estimate == true, true) if len(true) else 0.0


def subtract(
    cube: Cube, answers: Sequence[Shown], pairs: Pairs, policy: Policy, *, exact_only: bool = False
) -> Result:
    """Subtract every shown part from its shown total, for all tables that an attack pairs."""
    attacked = recovered = 0
    right: list[tuple[Ints, Ints]] = []
    for number, part in enumerate(cube.tables):
        for other, up in cube.above[number].items():
            total = cube.tables[other]
            if not pairs(total, part):
                continue
            both = answers[other].seen[up] & answers[number].seen
            both &= protected(total.n[up] - part.n, policy) & (total.rows[up] > part.rows)
            low, high = between(answers[other], answers[number], up)
            rest = total.rows[up] - part.rows
            hit = both & (low == high) & (low == rest) if exact_only else (
                both & too_narrow(low, high, rest, policy))  # fmt: skip
            attacked += int(both.sum())
            recovered += int(hit.sum())
            guess = answers[other].value[up] - answers[number].value
            right.append((guess[both], rest[both]))
    return Result(attacked, recovered, guessed(right, policy))


def between(total: Shown, part: Shown, up: Ints) -> tuple[Ints, Ints]:
    """Return what can be left of totals less parts, by method and parameters."""
    return np.maximum(0, total.low[up] - part.high), total.high[up] - part.low


def guessed(pairs: Sequence[tuple[Ints, Ints]], policy: Policy) -> tuple[Ints, Ints]:
    """Return the numbers from 1 to k-1 nearest to estimates, and the truth, at most k-1."""
    last = policy.minimum_cell - 1  # people; somebody may have more records
    none = np.zeros(0, np.int64)
    estimate = np.clip(np.concatenate([none, *(e for e, _ in pairs)]), 1, last)
    return estimate, np.minimum(np.concatenate([none, *(t for _, t in pairs)]), last)


def compare(
    cubes: tuple[Cube, Cube], answers: tuple[Sequence[Shown], Sequence[Shown]], policy: Policy,
    *, exact_only: bool = False,
) -> Result:  # fmt: skip
    """Subtract the same cell under two rule sets, or of two releases."""
    attacked = recovered = 0
    right: list[tuple[Ints, Ints]] = []
    named = {(t.kind, t.dims): i for i, t in enumerate(cubes[1].tables)}
    for first, one in enumerate(cubes[0].tables):
        second = named[one.kind, one.dims]
        two = cubes[1].tables[second]
        at, bt = answers[0][first], answers[1][second]
        here, there = _same_cells(cubes, one, two)
        apart = one.rows[here] - two.rows[there]
        both = at.seen[here] & bt.seen[there]
        both &= protected(np.abs(one.n[here] - two.n[there]), policy)
        low, high = at.low[here] - bt.high[there], at.high[here] - bt.low[there]
        attacked += int(both.sum())
        recovered += int((both & _narrow(low, high, apart, policy, exact_only)).sum())
        guess = np.abs(at.value[here] - bt.value[there])
        right.append((guess[both], np.abs(apart)[both]))
    return Result(attacked, recovered, guessed(right, policy))


def _same_cells(cubes: tuple[Cube, Cube], one: Table, two: Table) -> tuple[Ints, Ints]:
    """Return the places of the cells that both tables have, matched by their values in words."""
    cells: list[dict[tuple[object, ...], int]] = []
    for cube, made in zip(cubes, (one, two), strict=True):
        words = [np.array(cube.facts.values[d], object)[made.codes[d]] for d in made.dims]
        columns = zip(made.period.tolist(), *(w.tolist() for w in words), strict=True)
        cells.append({cell: i for i, cell in enumerate(columns)})
    shared = [c for c in cells[0] if c in cells[1]]
    return (np.array([cells[0][c] for c in shared], np.int64),
            np.array([cells[1][c] for c in shared], np.int64))  # fmt: skip


def _narrow(low: Ints, high: Ints, true: Ints, policy: Policy, exact_only: bool) -> Bools:
    right = (low <= true) & (true <= high)
    if exact_only:
        return right & (low == high)
    room = policy.interval
    return right & ((low > true - room.below) | (high < true + room.above))
