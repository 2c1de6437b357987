"""How many counts of cohorts speak of the course of one person: all that can be asked.

A course that is guessed wrongly moves the person from one cell to another at every horizon, in
every table that holds them. What a cell shows is in cohort_cells.py: a state and a sum of states
where people were last seen and as an estimate, a first event once. Lengths of stay speak of the
time of the book-out: each figure is moved by at most as much as its noise says one person moves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import ceil, comb
from typing import Final

from openlifecycle.disclosure.policy import Policy
from openlifecycle.lifecycle.cohort_entry import PERIODS, SPLITS
from openlifecycle.lifecycle.cohorts import HORIZONS
from openlifecycle.lifecycle.length_of_stay import QUANTILES
from openlifecycle.lifecycle.outcomes import (
    DEPARTED,
    HELD_AFTER_TRANSFER,
    HELD_FIRST,
    NOT_DETAINED,
    RETURNED,
    exit_states,
    states,
)

#: A kind of cell and its name.
Cell = tuple[str, str]

#: How many numbers with noise of their own each kind of cell shows at one horizon.
NUMBERS: Final[Mapping[str, int]] = {"state": 2, "sum": 2, "reached": 1, "left_as": 1}

#: The lengths of stay that one book-out moves: stays that ended and impossible ones, two means and
#: a median, three quantiles with the two ends of their bands, a share held at each horizon.
LENGTHS: Final = 2 + 3 + 3 * len(QUANTILES) + len(HORIZONS)


def cohort_looks(policy: Policy) -> Mapping[str, int]:
    """Return by kind of entry the looks at the course of one person: half of the counts it moves.

    Args:
        policy: its cohorts say by how many dimensions each kind of period may be split.
    """
    found = {}
    for entry, splits in SPLITS.items():
        tables = sum(
            comb(len(splits), size)
            for period in PERIODS
            for size in range(policy.cohorts.splits(period) + 1)
        )
        moved = len(HORIZONS) * moved_at_a_horizon()
        found[entry] = tables * ceil((moved + (LENGTHS if entry == "book_in" else 0)) / 2)
    return found


def moved_at_a_horizon() -> int:
    """Return the most numbers of one table and horizon that differ between two courses."""
    return max(
        sum(NUMBERS[kind] for kind, _ in one ^ other)
        for one, other in combinations(dict.fromkeys(_courses()), 2)
    )


def _courses() -> Iterator[frozenset[Cell]]:
    """Yield the cells that can hold a person at a horizon, one set for each course."""
    never, held = frozenset[Cell](), frozenset([("reached", "detained")])
    moved = held | {("reached", "transferred")}
    left = [
        one | {("reached", "left_detention"), ("left_as", name)}
        for one in (held, moved)
        for name in exit_states()
    ]
    before: dict[str, list[frozenset[Cell]]] = {
        NOT_DETAINED: [never],
        HELD_FIRST: [held],
        HELD_AFTER_TRANSFER: [moved],
        DEPARTED: [never, *left],
        RETURNED: [never, *left],
    }
    for name, state in states().items():
        own = {("state", name), *(("sum", total) for total in state.sums)}
        # who left is in the state of the exit; who cannot be followed is in none before it
        mine = [one for one in left if ("left_as", name) in one]
        for one in before.get(name, [never, *mine]):
            yield one | own
