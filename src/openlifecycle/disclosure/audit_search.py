"""Looking for tables that an attacker cannot tell from the true one, in one connected part.

Many cells are proved at once: all that are still open are pulled, some up and some down, and every
table found is looked through for all of them. For what stays open the nearest table in which one
cell is far enough is looked for: it differs in few cells, and so mostly by whole numbers. What
still stays open is pulled one by one as far as it goes. Each step changes a few numbers of one
model, so the solver goes on from where it stands.
"""

from __future__ import annotations

from typing import Final

import highspy
import numpy as np

from openlifecycle.disclosure.audit_model import (
    FAR,
    Floats,
    Part,
    bounded,
    in_whole_numbers,
    model,
    solved,
    whole,
)
from openlifecycle.disclosure.tables import Ints

#: Pulls on all open cells together, at most.
TOGETHER: Final = 12


class Search:
    """One connected part of the unknown cells, and what has been found in it."""

    def __init__(self, part: Part, down: Ints, up: Ints) -> None:
        """Take the sums and the bounds; nothing is found yet."""
        self.part, self.down, self.up = part, down, up
        self.found_down = np.zeros(len(part.cells), dtype=np.int64)
        self.found_up = np.zeros(len(part.cells), dtype=np.int64)
        self.every = np.arange(len(part.cells), dtype=np.int32)

    def run(self, below: Ints, above: Ints) -> tuple[Ints, Ints]:
        """Return how far down and up each cell was found to reach.

        Args:
            below: how far down is asked, 0 for cells that are not; a cell that cannot get there
                is taken as far as it can get. FAR asks for the very end.
            above: how far up.
        """
        below, above = np.minimum(below, self.down), np.minimum(above, self.up)
        if max(below.max(), above.max()) < FAR:
            self._pull_together(below, above)
            self._step_singly(below, above)
        self._pull_singly(below, above)
        return self.found_down, self.found_up

    def _open(self, below: Ints, above: Ints) -> list[tuple[int, int, int]]:
        """Return what is still asked for: cell, way (1 up, -1 down) and how far."""
        ways = ((1, above, self.found_up), (-1, below, self.found_down))
        return [
            (int(cell), way, int(asked[cell]))
            for way, asked, found in ways
            for cell in np.flatnonzero(found < asked)
        ]

    def _pull_together(self, below: Ints, above: Ints) -> None:
        """Pull all open cells at once, none further than asked, until that finds no more."""
        # Cells that nobody asks for may go anywhere; those asked for no further than asked, so
        # that one of them does not use up what the others need.
        asked = (below > 0) | (above > 0)
        low, high = np.where(asked, below, self.down), np.where(asked, above, self.up)
        solver = model(self.part, np.zeros(len(low)), -bounded(low), bounded(high))
        draw = np.random.default_rng(len(low))
        for _ in range(TOGETHER):
            wanted = self._open(below, above)
            pull = np.zeros(len(low))
            for cell, way, _far in wanted:
                # Open both ways: either, so that about half go up while the others go down.
                pull[cell] = way if pull[cell] == 0 else draw.choice((-1.0, 1.0))
            solver.changeColsCost(len(pull), self.every, -pull)
            if not wanted or not self._note(solved(solver)):
                return
            if len(self._open(below, above)) == len(wanted):
                return

    def _step_singly(self, below: Ints, above: Ints) -> None:
        """Look for the nearest table in which each open cell is as far as asked."""
        count = len(self.every)
        room = np.concatenate([bounded(self.up), bounded(self.down)])
        nothing = np.zeros(2 * count)
        solver = model(self.part, nothing + 1, nothing, room, (1, -1))
        for cell, way, far in self._open(below, above):
            if (self.found_up if way > 0 else self.found_down)[cell] >= far:
                continue  # an earlier step has taken it there
            at = np.array([cell, cell + count], dtype=np.int32)
            steps = np.array([far, 0.0] if way > 0 else [0.0, far])
            solver.changeColsBounds(2, at, steps, steps)
            solution = solved(solver)
            if solution is not None:
                self._note(solution[:count] - solution[count:])
            solver.changeColsBounds(2, at, np.zeros(2), room[at])

    def _pull_singly(self, below: Ints, above: Ints) -> None:
        """Pull each open cell by itself as far as asked, or as far as it goes."""
        solver = model(self.part, np.zeros(len(self.down)), -bounded(self.down), bounded(self.up))
        for cell, way, far in self._open(below, above):
            if (self.found_up if way > 0 else self.found_down)[cell] < far:
                self._pull_one(solver, cell, way, far)

    def _pull_one(self, solver: highspy.Highs, cell: int, way: int, limit: int) -> None:
        """Pull one cell up (1) or down (-1) to the limit, by whole numbers if need be."""
        low = -bounded(self.down[cell : cell + 1])
        high = bounded(self.up[cell : cell + 1])
        at = np.array([cell], dtype=np.int32)
        stop = bounded(np.array([limit], dtype=np.int64))
        ends = (low, stop) if way > 0 else (-stop, high)
        solver.changeColsBounds(1, at, *ends)
        cost = np.zeros(len(self.every))
        cost[cell] = -way
        solver.changeColsCost(len(cost), self.every, cost)
        solution = solved(solver)
        if solver.getModelStatus() == highspy.HighsModelStatus.kUnbounded:
            (self.found_up if way > 0 else self.found_down)[cell] = FAR
        elif not self._note(solution):
            self._search_whole(cell, way, *ends)
        solver.changeColsBounds(1, at, low, high)

    def _search_whole(self, cell: int, way: int, low: Floats, high: Floats) -> None:
        """Pull one cell among whole numbers only: the linear program ended between them."""
        lower, upper = -bounded(self.down), bounded(self.up)
        lower[cell], upper[cell] = low[0], high[0]
        cost = np.zeros(len(self.every))
        cost[cell] = -way
        solver = model(self.part, cost, lower, upper)
        in_whole_numbers(solver)
        self._note(solved(solver))

    def _note(self, solution: Floats | None) -> bool:
        """Keep how far a table reaches, and its mirror image; return whether it is one.

        Only whole numbers within the bounds that keep every sum count: this is the proof.
        """
        offsets = None if solution is None else whole(solution)
        if offsets is None:
            return False
        is_table = False
        for way in (offsets, -offsets):
            inside = (way <= self.up).all() and (-way <= self.down).all()
            if inside and self.part.adds_up(way):
                np.maximum(self.found_up, way, out=self.found_up)
                np.maximum(self.found_down, -way, out=self.found_down)
                is_table = True
        return is_table
