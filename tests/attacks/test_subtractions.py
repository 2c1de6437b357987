"""One answer less another one: periods, places, parts, rule sets, releases."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from openlifecycle.demo.world import make_world
from openlifecycle.disclosure.policy import Policy
from openlifecycle.engine.records import RecordCorpus
from tests.attacks.conftest import MEASURE, PERSONS
from tests.attacks.cube import Cube
from tests.attacks.directed import SUBTRACTIONS, compare, subtract
from tests.attacks.facts import facts
from tests.attacks.shown import Shown, shown_cube
from tests.records_answers.small import Records

SECRET = bytes(range(32))


@pytest.fixture(scope="module")
def gated(cube: Cube, rule: Policy) -> Sequence[Shown]:
    return shown_cube(cube, "gate", rule, SECRET)


@pytest.mark.parametrize("attack", sorted(SUBTRACTIONS))
def test_no_subtraction_recovers_a_protected_number(
    cube: Cube, gated: Sequence[Shown], rule: Policy, attack: str
) -> None:
    exact = shown_cube(cube, "off", rule, SECRET)
    open_ = subtract(cube, exact, SUBTRACTIONS[attack], rule, exact_only=True)
    assert open_.attacked == open_.recovered > 100
    closed = subtract(cube, gated, SUBTRACTIONS[attack], rule)
    assert closed.recovered == 0
    if closed.attacked > 100:
        assert closed.right <= rule.naming.outsider


def test_all_subtractions_together_have_something_to_attack(
    cube: Cube, gated: Sequence[Shown], rule: Policy
) -> None:
    found = [subtract(cube, gated, pairs, rule) for pairs in SUBTRACTIONS.values()]
    assert sum(one.attacked for one in found) > 150
    plain = shown_cube(cube, "plain", rule, SECRET)
    before = [subtract(cube, plain, p, rule, exact_only=True) for p in SUBTRACTIONS.values()]
    assert sum(one.recovered for one in before) > 1_000


@pytest.mark.parametrize("attack", ["place less finer place", "total less part"])
def test_what_subtractions_say_is_guessed_no_better_than_policy_states(
    cube: Cube, rule: Policy, attack: str
) -> None:
    """Few differences are protected under one secret: ten are added up."""
    answers = [shown_cube(cube, "gate", rule, bytes([n]) * 32) for n in range(1, 11)]
    found = [subtract(cube, one, SUBTRACTIONS[attack], rule) for one in answers]
    added = sum(found[1:], found[0])
    assert added.attacked == sum(one.attacked for one in found) > 40
    assert added.recovered == 0
    assert added.right <= rule.naming.outsider


def test_rule_sets_are_not_two_looks(
    cube: Cube, others: list[Cube], gated: Sequence[Shown], rule: Policy
) -> None:
    exact = shown_cube(cube, "off", rule, SECRET)
    for other in others:
        there = shown_cube(other, "off", rule, SECRET)
        assert compare((cube, other), (exact, there), rule, exact_only=True).recovered > 100
        there = shown_cube(other, "gate", rule, SECRET, anchor=cube)
        found = compare((cube, other), (gated, there), rule)
        assert found.attacked > 50
        assert found.recovered == 0
        assert found.right <= rule.naming.outsider


def test_releases_are_not_two_looks(
    cube: Cube, gated: Sequence[Shown], rule: Policy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A release of half a year earlier, as --as-known-on would choose it: the same people."""
    folder = tmp_path_factory.mktemp("earlier")
    world = make_world(PERSONS, seed=7)
    early = world.tables["arrest"].filter(pl.int_range(pl.len()) % 40 != 0)  # late entries
    early.write_parquet(folder / "arrest.parquet")
    world.tables["detention_stint"].write_parquet(folder / "detention_stint.parquet")
    corpus = RecordCorpus(Records(folder, world.through))
    other = Cube(facts(corpus, MEASURE), dict(rule.dimensions))
    exact = shown_cube(cube, "off", rule, SECRET)
    there = shown_cube(other, "off", rule, SECRET)
    assert compare((cube, other), (exact, there), rule, exact_only=True).recovered > 1_000
    found = compare((cube, other), (gated, shown_cube(other, "gate", rule, SECRET)), rule)
    assert found.attacked > 300
    assert found.recovered == 0
    assert found.right <= rule.naming.outsider
