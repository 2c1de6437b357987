"""Ten thousand random sequences of questions, each attacked by adding and subtracting."""

from __future__ import annotations

import pytest

from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Cube
from tests.attacks.sequences import Tally, attacked, sequences
from tests.attacks.shown import Regime, shown_cube

SEQUENCES = 10_000
SECRET = bytes(range(32))


def run(cubes: list[Cube], regime: Regime, rule: Policy, count: int, seed: int = 4) -> Tally:
    """Return what so many random sequences give away; the first cube is of the house's rules."""
    anchors = [None, *([cubes[0]] * (len(cubes) - 1))]
    pairs = zip(cubes, anchors, strict=True)
    answers = [shown_cube(cube, regime, rule, SECRET, anchor) for cube, anchor in pairs]
    tally = Tally()
    for asked in sequences(cubes, count, seed):
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


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(10))
def test_nor_does_any_of_a_hundred_thousand(cubes: list[Cube], rule: Policy, seed: int) -> None:
    tally = run(cubes, "gate", rule, SEQUENCES, seed=100 + seed)
    assert (tally.exact, tally.narrow) == (0, 0)
