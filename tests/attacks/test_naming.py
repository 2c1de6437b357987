"""With what probability protected values are named by somebody who asks everything askable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Cube
from tests.attacks.insider import Insider, cases
from tests.attacks.outsider import estimate
from tests.attacks.shown import Shown, shown_cube

PAIRS = [("gender", "criminality"), ("aor", "gender"), ("aor", "criminality"),
         ("arrest_method", "gender")]  # fmt: skip
PERSONAL = ("gender", "citizenship_country", "criminality", "arrest_method", "aor", "case_status")
PEOPLE, SECRETS = 300, 3


def answers(cube: Cube, rule: Policy, number: int) -> Sequence[Shown]:
    return shown_cube(cube, "gate", rule, bytes([number]) * 32)


@pytest.mark.parametrize("dims", PAIRS)
def test_averaging_everything_tells_an_outsider_little(
    cube: Cube, rule: Policy, dims: tuple[str, str]
) -> None:
    found = [estimate(cube, answers(cube, rule, n), dims, rule) for n in range(1, 4)]
    assert min(one.attacked for one in found) > 20
    # what he knew before he asked is not what the answers told him
    assert np.mean([one.uniform for one in found]) <= rule.naming.outsider
    gained = np.mean([one.empirical - one.blind for one in found])
    assert gained <= 0.1


@pytest.mark.parametrize("dim", PERSONAL)
def test_an_insider_names_no_more_than_the_policy_states(
    cube: Cube, rule: Policy, dim: str
) -> None:
    found = cases(cube, dim, PEOPLE, seed=1)
    right, edge = [], []
    for number in range(1, SECRETS + 1):
        outcome = Insider(cube, answers(cube, rule, number), rule).concludes(found)
        assert (outcome.ratio > -1e5).all(), "the truth is never impossible"
        right.append(outcome.right().mean())
        edge.append(outcome.certain().mean())
    assert np.mean(right) <= rule.naming.insider
    assert np.mean(right) > 0.55, "the attacker knows nothing: the attack is broken"
