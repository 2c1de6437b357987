"""Ten thousand random sequences of questions, each attacked by adding and subtracting."""

from __future__ import annotations

import pytest

from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Cube
from tests.attacks.sequences import Tally, attacked, sequences
from tests.attacks.shown import Regime, shown_cube

SEQUENCES = 10_000
SECRET = bytes(range(32))


def run(cubes: list[Cube], regime: Regime, rule: Policy, count: int) -> Tally:
    """Return what so many random sequences give away."""
    answers = [shown_cube(cube, regime, rule, SECRET) for cube in cubes]
    tally = Tally()
    for asked in sequences(cubes, count, seed=4):
        attacked(cubes, answers, asked, rule, tally=tally)
    return tally


@pytest.fixture(scope="module")
def cubes(cube: Cube, others: list[Cube]) -> list[Cube]:
    return [cube, *others]


def test_no_sequence_recovers_a_protected_number(cubes: list[Cube], rule: Policy) -> None:
    tally = run(cubes, "gate", rule, SEQUENCES)
    assert tally.sequences == SEQUENCES
    assert tally.attacked > 1_000_000, "attacked nothing"
    assert (tally.exact, tally.narrow) == (0, 0)


@pytest.mark.parametrize(("regime", "least"), [("off", 100_000), ("plain", 5_000)])
def test_without_the_gate_the_same_attacker_recovers_thousands(
    cubes: list[Cube], rule: Policy, regime: Regime, least: int
) -> None:
    assert run(cubes, regime, rule, 500).exact > least
