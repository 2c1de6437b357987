"""The linear model behind the audit and the suppression, solved by HiGHS.

Everything is told as deviations from the true values: a published cell deviates by 0, an unknown
one by whatever keeps every sum a sum. No deviation at all is always a solution, so no first
solution has to be looked for, and each next question starts from the answer to the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np
import numpy.typing as npt

from openlifecycle.disclosure.tables import Bools, Ints, System

Floats = npt.NDArray[np.float64]

#: A bound that stands for none; sums of many of them still fit into 64 bits.
FAR: Final = 1 << 40

#: How far from a whole number a solution may lie and still be read as it.
NEAR: Final = 1e-6

#: Seconds after which a search among whole numbers gives up, and nothing is proved.
SEARCH_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Part:
    """The sums among some cells, the others taken as known.

    Attributes:
        cells: the cells, as numbers of the system.
        index: cell of each coefficient, counted among ``cells``.
        sign: the coefficients.
        starts: where each row begins, and one past the last.
    """

    cells: Ints
    index: Ints
    sign: Ints
    starts: Ints

    def adds_up(self, offsets: Ints) -> bool:
        """Return whether every sum is still a sum after the deviations: whole-number arithmetic."""
        if not len(self.index):
            return True
        return not np.add.reduceat(self.sign * offsets[self.index], self.starts[:-1]).any()


def part_of(system: System, mask: Bools) -> Part:
    """Return the sums among the masked cells; sums without any of them are left out."""
    keep = mask[system.cell]
    counts = np.bincount(system.row[keep], minlength=len(system.starts) - 1)
    counts = counts[counts > 0]
    local = np.cumsum(mask) - 1
    return Part(
        cells=np.flatnonzero(mask).astype(np.int64),
        index=local[system.cell[keep]].astype(np.int64),
        sign=system.sign[keep],
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


def model(
    part: Part, cost: Floats, lower: Floats, upper: Floats, ways: tuple[int, ...] = (1,)
) -> highspy.Highs:
    """Return a silent HiGHS that minimises the cost over the steps of each cell of the part.

    Args:
        part: the sums, which the steps together have to keep.
        cost: cost of a step, for all cells one way, then for all cells the next way.
        lower: least steps, as long as ``cost``.
        upper: most steps.
        ways: which ways each cell may step: (1,) for a deviation of any sign, (1, -1) for steps
            up and steps down that both cost.
    """
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(part.starts) - 1
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
    lp.row_lower_ = lp.row_upper_ = np.zeros(lp.num_row_)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    copies, count = len(ways), len(part.index)
    index = np.repeat(part.index, copies) + np.tile(np.arange(copies), count) * len(part.cells)
    lp.a_matrix_.start_ = (part.starts * copies).astype(np.int32)
    lp.a_matrix_.index_ = index.astype(np.int32)
    lp.a_matrix_.value_ = (np.repeat(part.sign, copies) * np.tile(ways, count)).astype(np.float64)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("presolve", "off")  # presolve would throw the last solution away
    solver.passModel(lp)
    return solver


def in_whole_numbers(solver: highspy.Highs, seconds: float = SEARCH_SECONDS) -> None:
    """Let the solver search whole numbers only, for so long at most."""
    solver.setOptionValue("presolve", "on")
    solver.setOptionValue("time_limit", seconds)
    count = solver.getNumCol()
    kinds = np.full(count, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), kinds)


def bounded(limits: Ints) -> Floats:
    """Return limits as HiGHS wants them: infinity where there is none."""
    return np.where(limits >= FAR, highspy.kHighsInf, limits.astype(np.float64))


def solved(solver: highspy.Highs) -> Floats | None:
    """Return the best solution, or None when there is none (or it was not found)."""
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(solver.getSolution().col_value, dtype=np.float64)


def whole(solution: Floats) -> Ints | None:
    """Return a solution in whole numbers, or None when it lies between them."""
    rounded = np.rint(solution)
    if np.abs(solution - rounded).max(initial=0.0) > NEAR:
        return None
    return rounded.astype(np.int64)
