"""Controlled rounding: every figure a multiple of the base, and every sum still a sum.

Each cell goes to one of its two adjacent multiples where that can be (zero-restricted: a multiple
stays as it is), with the smallest total deviation; ties fall by the secret key. Where the sums or
the audit do not allow it, all cells may go one multiple further, and the answer says so. The
attacker is told the base and the steps; he then knows of each cell that it lies less than
``(steps + 1) * base`` from its figure, and all that follows over the sums.

Rules: Cox (1987), "A constructive procedure for unbiased controlled rounding", JASA 82; steps and
existence intervals as in the manual of Tau-Argus, "Controlled rounding". The attacker of the
audit does not know which of two adjacent multiples this programme would rather take: among the
few cells below the base it is the nearer one. What has to withstand even that takes suppression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import shake_256
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.disclosure.audit import Audit, Needs, attack
from openlifecycle.disclosure.audit_model import Floats, in_whole_numbers, model, part_of, solved
from openlifecycle.disclosure.suppress_rules import SuppressionRules, needs
from openlifecycle.disclosure.tables import Ints, Place, System, Table, frame, linked
from openlifecycle.errors import NotCleared

#: Multiples beyond the adjacent ones that a cell may go at most.
MOST_STEPS: Final = 2

#: Other ties that are tried before cells may go further.
TIES: Final = 3

#: Seconds after which a search gives up; the answer does not depend on it unless it is reached.
SEARCH_SECONDS: Final = 60.0

#: A table of more cells is not rounded with the very smallest deviation, but close to it.
EXACT_CELLS: Final = 1_000

#: How close, as a share of the deviation.
GAP: Final = 0.05


@dataclass(frozen=True)
class RoundedTable:
    """A table that may leave: every figure a multiple of the base.

    Attributes:
        table: the true table; never to be published.
        cells: the figure at each place.
        base: what all figures are multiples of.
        steps: how many multiples beyond the adjacent ones a cell may have gone; published.
        audit: what an attacker can infer of each protected cell, over all linked tables.
        policy: name of the policy.
    """

    table: Table = field(repr=False)
    cells: Mapping[Place, int]
    base: int
    steps: int
    audit: Audit = field(repr=False)
    policy: str

    @property
    def name(self) -> str:
        """Return what is counted."""
        return self.table.measure

    @property
    def rows(self) -> pl.DataFrame:
        """Return the cells as rows."""
        return frame(self.table, self.cells)

    @property
    def proved(self) -> bool:
        """Return whether the audit proves every protected cell protected."""
        return self.audit.proved

    @property
    def deviation(self) -> int:
        """Return by how much a figure may be off at most."""
        return (self.steps + 1) * self.base - 1


def rounded(table: Table, policy: SuppressionRules, key: bytes) -> RoundedTable:
    """Return the table rounded to the policy's base.

    Args:
        table: the true table.
        policy: rounding base, minimum cell, zeros and width of the intervals.
        key: the secret by which ties fall; the same key and table give the same figures.

    Raises:
        NotCleared: when no rounding protects every small cell.
    """
    return rounded_linked((table,), policy, key)[0]


def rounded_linked(
    tables: Sequence[Table], policy: SuppressionRules, key: bytes
) -> tuple[RoundedTable, ...]:
    """Return several tables of the same records, rounded together; see ``rounded``.

    Raises:
        NotCleared: when no rounding protects every small cell.
    """
    system = linked(tables)
    wanted = needs(tables, system, policy)
    base = policy.rounding_base
    for steps in range(MOST_STEPS + 1):
        for tie in range(TIES):
            figures = nearest(system, wanted, base, steps, key + bytes([steps, tie]))
            if figures is None:
                break
            audit = attack(system, *known(system, figures, base, steps), wanted)
            if audit.proved:
                shown = [
                    {place: int(figures[system.index[table.key(place)]]) for place in table.places}
                    for table in tables
                ]
                return tuple(
                    RoundedTable(table, cells, base, steps, audit, policy.name)
                    for table, cells in zip(tables, shown, strict=True)
                )
    raise NotCleared(
        f"no rounding to multiples of {base} leaves every small cell uncertain: not released",
        where=", ".join(sorted({table.measure for table in tables})),
        next_step="ask for a coarser split or a longer period, or suppress instead of rounding",
    )


def known(system: System, figures: Ints, base: int, steps: int) -> tuple[Ints, Ints]:
    """Return how far below and above its true value each cell may lie for who sees its figure."""
    off = (steps + 1) * base - 1
    lowest = np.maximum(figures - off, 0)
    return system.values - lowest, figures + off - system.values


def nearest(system: System, wanted: Needs, base: int, steps: int, key: bytes) -> Ints | None:
    """Return the additive multiples of the base that deviate least in sum, or None.

    Args:
        system: cells and sums.
        wanted: the protected cells; a figure that by itself would tell too much is not taken.
        base: the base.
        steps: multiples beyond the adjacent ones that may be taken.
        key: how ties fall.
    """
    low = np.maximum(system.values // base - steps, 0)
    high = -(-system.values // base) + steps
    # From the figure alone the attacker knows figure - off .. figure + off.
    off = (steps + 1) * base - 1
    cells, value = wanted.cells, system.values[wanted.cells]
    least = -(-(value + wanted.above - off) // base)
    # An end at 0 is far enough down for whoever needs no more.
    most = (value - wanted.below + off) // base
    low[cells] = np.maximum(low[cells], least)
    high[cells] = np.minimum(high[cells], most)
    if (low > high).any():
        return None
    part = part_of(system, np.ones(len(low), dtype=np.bool_))
    count, start = len(low), system.values // base
    # One variable for the lower adjacent multiple, one for the step to the upper one, one for each
    # further step up and down; each further costs a whole base, so none is taken for nothing.
    first = np.where(start * base == system.values, base, base - 2 * (system.values % base))
    noise = ties(system, key)
    cost = np.concatenate([np.zeros(count), first + noise, base + noise, base - noise])
    lower = np.concatenate([start, np.zeros(3 * count)]).astype(np.float64)
    room = np.ones(count)
    upper = np.concatenate(
        [start, room, np.maximum(high - start - 1, 0), np.maximum(start - low, 0)]
    ).astype(np.float64)
    _keep_within(lower, upper, low - start, high - start)
    solver = model(part, cost, lower, upper, (1, 1, 1, -1))
    in_whole_numbers(solver, SEARCH_SECONDS)
    solver.setOptionValue("mip_rel_gap", GAP if count > EXACT_CELLS else 0.0)
    solution = solved(solver)
    if solution is None:
        return None
    steps_taken = np.rint(solution).astype(np.int64).reshape(4, count)
    return np.asarray(base * (steps_taken[:3].sum(axis=0) - steps_taken[3]))


def _keep_within(lower: Floats, upper: Floats, low: Ints, high: Ints) -> None:
    """Narrow the steps so that a cell stays between its lowest and highest multiple, in place.

    Args:
        lower: least steps: start, first up, further up, down.
        upper: most steps.
        low: lowest multiple, counted from the start.
        high: highest.
    """
    count = len(low)
    lower[count : 2 * count] = np.clip(low, 0, 1)
    upper[count : 2 * count] = np.clip(high, 0, 1)
    lower[2 * count : 3 * count] = np.maximum(low - 1, 0)
    lower[3 * count :] = np.maximum(-high, 0)


def ties(system: System, key: bytes) -> Floats:
    """Return a number from -0.4 to 0.4 for each cell, by the key and what the cell says.

    Deviations are whole, so this decides only among cells that deviate alike.
    """
    drawn = [
        int.from_bytes(shake_256(key + repr(name).encode()).digest(4), "big")
        for name in system.keys
    ]
    return np.asarray(np.array(drawn, dtype=np.float64) / 2**32 * 0.8 - 0.4)
