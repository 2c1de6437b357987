"""Complementary suppression, one small cell after the other, each by a linear program.

For a protected cell, the cheapest way to move it as far as it must be able to move tells which
cells have to be unknown besides. What is suppressed once costs nothing to the next cell. Then the
same is asked again, in other orders, of the suppressed cells alone: what no cell needs is shown
again (the clean-up). Method: Fischetti and Salazar-Gonzalez (2001), section 4.3, after Kelly,
Golden and Assad (1992), "Cell suppression: disclosure protection for sensitive tabular data",
Networks 22.
"""

from __future__ import annotations

from typing import Final

import highspy
import numpy as np

from openlifecycle.disclosure.audit import Needs
from openlifecycle.disclosure.audit_model import (
    NEAR,
    Floats,
    model,
    part_of,
    solved,
    whole,
)
from openlifecycle.disclosure.tables import Bools, Ints, System

#: Clean-ups in other orders; measured: a fourth seldom shows a cell again.
CLEAN_UPS: Final = 3

#: How much more the largest cell costs than the smallest. Cells are the loss that readers see, so
#: each costs nearly the same; among equals the smaller goes.
SIZE_WEIGHT: Final = 0.05


def loss(system: System) -> Floats:
    """Return what suppressing each cell costs."""
    size = np.log1p(system.values.astype(np.float64))
    return np.asarray(1.0 + SIZE_WEIGHT * size / max(1.0, size.max(initial=0.0)))


class Sequence:
    """One pass over the protected cells: what is suppressed so far, and who is protected by it."""

    def __init__(self, system: System, needs: Needs, allowed: Bools, start: Bools) -> None:
        """Start with nothing suppressed but the protected cells and those given.

        Args:
            system: cells and sums.
            needs: the protected cells.
            allowed: which cells may be suppressed; the protected ones always are.
            start: which are suppressed already.
        """
        self.needs = needs
        self.mask = allowed | start
        self.mask[needs.cells] = True
        self.part = part_of(system, self.mask)
        count = len(self.part.cells)
        local = np.cumsum(self.mask) - 1
        self.here = local[needs.cells]
        self.values = system.values[self.part.cells]
        self.suppressed = start[self.part.cells]
        self.suppressed[self.here] = True
        self.furthest_up, self.furthest_down = np.zeros((2, count), dtype=np.int64)
        cost = np.where(self.suppressed, 0.0, loss(system)[self.part.cells])
        self.upper = np.concatenate(
            [np.full(count, highspy.kHighsInf), self.values.astype(np.float64)]
        )
        self.solver = model(
            self.part, np.concatenate([cost, cost]), np.zeros(2 * count), self.upper, (1, -1)
        )

    def run(self, order: Ints) -> Bools | None:
        """Return the cells of the system to suppress, or None when some cell cannot be protected.

        Args:
            order: positions in ``needs`` in the order in which they are looked at.
        """
        for at in order.tolist():
            cell = int(self.here[at])
            above, below = int(self.needs.above[at]), int(self.needs.below[at])
            if self.furthest_up[cell] < above and not self._move(cell, above, 0):
                return None
            if self.furthest_down[cell] < below and not self._move(cell, 0, below):
                return None
        chosen = np.zeros(len(self.mask), dtype=np.bool_)
        chosen[self.part.cells[self.suppressed]] = True
        return chosen

    def _move(self, cell: int, up: int, down: int) -> bool:
        """Suppress the cheapest cells that let one cell move; return False when none do."""
        count = len(self.values)
        at = np.array([cell, cell + count], dtype=np.int32)
        steps = np.array([up, down], dtype=np.float64)
        self.solver.changeColsBounds(2, at, steps, steps)
        solution = solved(self.solver)
        self.solver.changeColsBounds(2, at, np.zeros(2), self.upper[at])
        if solution is None:
            return False
        offsets = solution[:count] - solution[count:]
        new = np.flatnonzero((np.abs(offsets) > NEAR) & ~self.suppressed)
        if len(new):
            self.suppressed[new] = True
            free = np.concatenate([new, new + count]).astype(np.int32)
            self.solver.changeColsCost(len(free), free, np.zeros(len(free)))
        self._note(whole(offsets))
        return True

    def _note(self, offsets: Ints | None) -> None:
        """Keep how far the same move, or its mirror image, takes every other cell."""
        if offsets is None:
            return
        for way in (offsets, -offsets):
            if (self.values + way >= 0).all():
                np.maximum(self.furthest_up, way, out=self.furthest_up)
                np.maximum(self.furthest_down, -way, out=self.furthest_down)


def complementary(system: System, needs: Needs, allowed: Bools) -> Bools | None:
    """Return which cells to suppress so that every protected cell can move far enough.

    Args:
        system: cells and sums.
        needs: the protected cells.
        allowed: which other cells may be suppressed.

    Returns:
        One flag a cell, the protected ones among them; None when some cell cannot be protected
        whatever is suppressed.
    """
    # Cells that need most first: what they open, the others use.
    order = np.argsort(-(needs.below + needs.above), kind="stable")
    nothing = np.zeros(len(allowed), dtype=np.bool_)
    best = Sequence(system, needs, allowed, nothing).run(order)
    if best is None:
        return None
    for turn in range(CLEAN_UPS):
        order = np.random.default_rng(turn).permutation(order) if turn else order[::-1]
        again = Sequence(system, needs, best, nothing).run(order)
        # A subset of what protected everyone always protects everyone again.
        best = best if again is None else again
    return best
