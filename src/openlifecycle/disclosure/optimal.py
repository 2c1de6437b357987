"""The fewest cells that protect a small table: an exact integer program, solved by cuts.

One yes-or-no variable a cell says whether it is suppressed. A choice is tried by the attacker's
linear program for each protected cell; where he gets too close, the dual values of his program
name an inequality that every choice good enough must keep, and this one does not. Model and cuts:
Fischetti and Salazar-Gonzalez (2001), sections 3 and 4.1 (capacity constraints, strengthened).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import highspy
import numpy as np

from openlifecycle.disclosure.audit import Needs, hidden, reach
from openlifecycle.disclosure.audit_model import (
    NEAR,
    Floats,
    Part,
    in_whole_numbers,
    model,
    part_of,
    solved,
)
from openlifecycle.disclosure.suppress_sequence import loss
from openlifecycle.disclosure.tables import Bools, System

#: A table is small up to so many protected cells times cells; measured at half a second at most.
SMALL: Final = 16_000

#: Rounds of cutting; a table that takes more is not small, whatever its size.
ROUNDS: Final = 12

#: Branches of one round's integer program. A limit in seconds would make the answer depend on
#: how busy the machine is.
BRANCHES: Final = 10


def is_small(system: System, needs: Needs) -> bool:
    """Return whether the exact program is worth trying."""
    return len(system.keys) * len(needs.cells) <= SMALL


def fewest(system: System, needs: Needs, allowed: Bools) -> Bools | None:
    """Return the cheapest suppression that leaves every protected cell its interval.

    Args:
        system: cells and sums.
        needs: the protected cells; they are always suppressed.
        allowed: which other cells may be.

    Returns:
        One flag a cell, or None when there is none or it was not found within the limits.
    """
    mask = allowed.copy()
    mask[needs.cells] = True
    part = part_of(system, mask)
    local = np.cumsum(mask) - 1
    protected = local[needs.cells]
    choose = _chooser(loss(system)[part.cells], protected)
    values = system.values[part.cells].astype(np.float64)
    for _ in range(ROUNDS):
        picked = solved(choose)
        if picked is None:
            return None
        suppressed = picked > 0.5
        chosen = np.zeros(len(mask), dtype=np.bool_)
        chosen[part.cells[suppressed]] = True
        narrow = ~reach(system, *hidden(system, chosen), needs).enough(needs)
        if not narrow.any():
            return chosen
        wanted = zip(protected[narrow], needs.below[narrow], needs.above[narrow], strict=True)
        cuts = _cuts(part, values, suppressed, wanted)
        if not cuts:
            return None  # narrow only among whole numbers: no cut says so
        for coefficients, least in cuts:
            at = np.flatnonzero(coefficients > NEAR).astype(np.int32)
            choose.addRow(least, highspy.kHighsInf, len(at), at, coefficients[at])
    return None


def _chooser(cost: Floats, protected: np.ndarray) -> highspy.Highs:
    """Return the integer program that picks cells; the protected ones are picked already."""
    lower = np.zeros(len(cost))
    lower[protected] = 1.0
    nothing = np.zeros(0, dtype=np.int64)
    solver = model(
        Part(nothing, nothing, nothing, np.zeros(1, np.int64)), cost, lower, lower * 0 + 1
    )
    in_whole_numbers(solver)
    solver.setOptionValue("mip_max_nodes", BRANCHES)
    return solver


def _cuts(
    part: Part, values: Floats, suppressed: Bools, protected: Iterable[tuple[int, int, int]]
) -> list[tuple[Floats, float]]:
    """Return what the choice fails to keep: coefficients of the cells, and their least sum."""
    cuts = []
    upper = np.where(suppressed, highspy.kHighsInf, 0.0)
    attacker = model(part, np.zeros(len(values)), np.where(suppressed, -values, 0.0), upper)
    every = np.arange(len(values), dtype=np.int32)
    for cell, below, above in protected:
        # No further than asked: so the attack has an end even where nothing bounds the cell.
        attacker.changeColBounds(int(cell), -float(below), float(above))
        for way, need in ((1.0, float(above)), (-1.0, float(below))):
            cost = np.zeros(len(values))
            cost[cell] = -way
            attacker.changeColsCost(len(cost), every, cost)
            attacker.run()
            if -attacker.getObjectiveValue() < need - NEAR:
                cuts.append(_cut(part, values, cost, attacker, need))
        attacker.changeColBounds(int(cell), -values[cell], highspy.kHighsInf)
    return cuts


def _cut(
    part: Part, values: Floats, cost: Floats, attacker: highspy.Highs, need: float
) -> tuple[Floats, float]:
    """Return the inequality that the dual values of an attack name.

    A cell with reduced cost r lets the protected one move by at most |r| times its own room: its
    value downwards (r > 0), any amount upwards (r < 0). No cell need give more than the whole.
    """
    row = np.repeat(np.arange(len(part.starts) - 1), np.diff(part.starts))
    price = np.asarray(attacker.getSolution().row_dual)
    reduced = cost - np.bincount(part.index, weights=part.sign * price[row], minlength=len(values))
    room = np.where(reduced > NEAR, reduced * values, np.where(reduced < -NEAR, need, 0.0))
    return np.minimum(room, need), need
