"""Linear programming over all askable tables at once: what can a protected number still be?

Unknown are the counts of all combinations of three dimensions in one fiscal year, which nobody may
ask for. Every askable table gives an interval for a sum of them. The least and the largest value of
each protected cell, and of each total less its part, are found by SciPy, not by our own solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Cube, Table, table
from tests.attacks.shown import Regime, Shown, protected, shown_cube

DIMS = ("arrest_setting", "criminality", "gender")
SECRET = bytes(range(32))
#: Programs solved in the default run, per regime.
PROGRAMS = 60


def _systems(
    cube: Cube, answers: Sequence[Shown], fine: Table, cells: np.ndarray
) -> tuple[csr_array, np.ndarray, list[tuple[np.ndarray, int]]]:
    """Return rows of the constraints and their upper ends, and protected sums with their truth."""
    position = {int(c): i for i, c in enumerate(cells)}
    inside = np.isin(fine.cell_of, cells)
    rows, ends, goals = [], [], []
    for number, one in enumerate(cube.tables):
        if one.kind != "fiscal_year" or not set(one.dims) <= set(DIMS):
            continue
        for cell in np.unique(one.cell_of[inside]):
            mine = np.zeros(len(cells))
            within = np.unique(fine.cell_of[(one.cell_of == cell) & inside])
            mine[[position[int(c)] for c in within]] = 1
            rows += [mine, -mine]
            ends += [float(answers[number].high[cell]), -float(answers[number].low[cell])]
            goals.append((mine, int(one.rows[cell]), int(one.people[cell])))
    found = [(m, n) for m, n, people in goals if 0 < people < 5]
    for one, other in combinations(goals, 2):
        for (whole, all_of_it, everyone), (part, some, few) in ((one, other), (other, one)):
            if 0 < everyone - few < 5 and all_of_it > some and (whole >= part).all():
                found.append((whole - part, all_of_it - some))
    return csr_array(np.array(rows)), np.array(ends), found


def _recovered(cube: Cube, regime: Regime, rule: Policy) -> tuple[int, int, int]:
    """Return how many protected numbers were attacked, known exactly, and known too narrowly."""
    fine = table(cube.facts, "fiscal_year", DIMS, signature=b"never askable")
    answers = shown_cube(cube, regime, rule, SECRET)
    attacked = exact = narrow = 0
    for year in np.unique(fine.period):
        cells = np.flatnonzero(fine.period == year)
        rows, ends, goals = _systems(cube, answers, fine, cells)
        for goal, true in goals:
            if attacked >= PROGRAMS:
                return attacked, exact, narrow
            low, high = (
                sign * linprog(sign * goal, A_ub=rows, b_ub=ends, bounds=(0, None)).fun
                for sign in (1, -1)
            )
            assert low - 1e-6 <= true <= high + 1e-6, "the truth is possible"
            attacked += 1
            exact += high - low < 1e-6
            below = low > max(0, true - rule.interval.below) + 1e-6
            narrow += below or high < true + rule.interval.above - 1e-6
    return attacked, exact, narrow


def test_nothing_protected_can_be_narrowed_down(cube: Cube, rule: Policy) -> None:
    attacked, exact, narrow = _recovered(cube, "gate", rule)
    assert attacked > 30
    assert (exact, narrow) == (0, 0)


@pytest.mark.parametrize(("regime", "share"), [("off", 1.0), ("plain", 0.1)])
def test_without_the_gate_it_can(cube: Cube, rule: Policy, regime: Regime, share: float) -> None:
    attacked, exact, _ = _recovered(cube, regime, rule)
    assert exact >= share * attacked > 0


def test_protected_is_from_one_to_the_minimum_cell(rule: Policy) -> None:
    assert protected(np.arange(7), rule).tolist() == [False, True, True, True, True, False, False]
