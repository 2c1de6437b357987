"""Policies: read whole or not at all, in words and numbers, and only ever tightened."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
import yaml

from openlifecycle.disclosure.policy import (
    AGREEMENT,
    BadPolicy,
    Policy,
    policies,
    policy,
    read_policy,
)
from openlifecycle.disclosure.policy_order import STRICTER
from openlifecycle.errors import NotCleared, UsageError

TEXT = (resources.files("openlifecycle.disclosure") / "policies/public-foia.yml").read_text("utf-8")


def _changed(change: Callable[[dict[str, Any]], object]) -> str:
    body = yaml.safe_load(TEXT)
    change(body)
    return yaml.safe_dump(body)


def test_the_two_policies_and_their_minimum_cells() -> None:
    assert policies() == ("agreement", "public-foia")
    assert policy().minimum_cell == 5
    # CMS: no cell of 1 to 10
    assert policy(AGREEMENT).minimum_cell == 11
    # so far above that a count of just the minimum cell is seldom shown
    assert (policy().shown_from, policy().statistic_minimum) == (12, 12)
    assert (policy(AGREEMENT).shown_from, policy(AGREEMENT).statistic_minimum) == (18, 20)


@pytest.mark.parametrize("name", ["public-foia", "agreement"])
def test_every_rule_has_the_owners_words_and_a_source(name: str) -> None:
    found = policy(name)
    for rule, words in found.words.items():
        assert hasattr(found, rule)
        assert len(words.passes) > 15, rule
        assert len(words.fails) >= 14, rule
        assert len(words.source) >= 14, rule
    assert any(words.review for words in found.words.values())
    assert len({policy(), policy(), policy(AGREEMENT)}) == 2


def test_an_unknown_policy_is_refused_with_the_known() -> None:
    with pytest.raises(UsageError) as error:
        policy("no-such")
    assert error.value.nearest == "agreement, public-foia"


COHORTS = {"variance": 132, "most": 60, "shown_from": 14, "month": 1, "fiscal_year": 1, "all": 0}


def _entry(rule: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda body: body["rules"][rule].update(value=value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda b: b.update(minimum_cells=3), "unknown"),
        (lambda b: b.pop("title"), "missing"),
        (lambda b: b.update(title="  "), "no text"),
        (lambda b: b["rules"].update(secret=1), "unknown"),
        (lambda b: b["rules"].pop("interval"), "missing"),
        (lambda b: b["rules"]["interval"].update(word="x"), "interval: unknown"),
        (lambda b: b["rules"]["interval"].pop("source"), "interval: missing"),
        (lambda b: b["rules"]["interval"].update({"pass": 3}), "interval: 3 is no text"),
        (_entry("interval", {"below": 2}), "interval: missing"),
        (_entry("interval", {"below": 2, "above": 2, "beside": 2}), "interval: unknown"),
        (_entry("interval", 2), "interval: 2 is not a list"),
        (_entry("minimum_cell", 0), "minimum_cell: 0 is not"),
        (_entry("minimum_cell", True), "minimum_cell: True is not"),
        (_entry("minimum_cell", 5.5), "minimum_cell: 5.5 is not"),
        (_entry("minimum_cell", 13), "below the minimum cell of 13"),
        (_entry("shown_from", 4), "from 4 on, which is below the minimum cell of 5"),
        (_entry("cohorts", COHORTS | {"shown_from": 4}), "cohorts are shown from 4 on, which is"),
        (_entry("statistic_minimum", 4), "statistics need 4"),
        (_entry("group_share", 1.5), "group_share: 1.5 is not a share"),
        (_entry("group_share", 0), "group_share: 0 is not a number"),
        (_entry("group_share", True), "group_share: True is not a number"),
        (_entry("group_share", "most"), "is not a number"),
        (_entry("zeros", "shown"), "zeros are hidden"),
        (_entry("places", "state"), "is not a list of names"),
        (_entry("places", [1]), "is not a list of names"),
        (_entry("differencing_pair", None), "no text"),
        (
            _entry("dimensions", {"month": False, "quarter": 1, "fiscal_year": 1, "day": 1}),
            "False is not",
        ),
    ],
)
def test_a_file_that_says_more_or_less_or_nonsense_is_refused(
    change: Callable[[dict[str, Any]], object], says: str
) -> None:
    with pytest.raises(BadPolicy, match=says):
        read_policy(_changed(change), "changed")


def test_what_is_unchanged_reads_as_it_was() -> None:
    assert read_policy(_changed(lambda b: None), "public-foia") == policy()
    none = {"month": 2, "quarter": 1, "fiscal_year": 2, "day": 0}
    assert read_policy(_changed(_entry("dimensions", none)), "x").dimensions["day"] == 0


def _with(policy_: Policy, name: str, step: float) -> dict[str, Any]:
    """Return the rule of a number, moved by a step."""
    rule, _, part = name.partition(".")
    value = getattr(policy_, rule)
    if not part:
        return {rule: value + step if isinstance(value, float) else value + int(step)}
    if hasattr(value, "items"):
        return {rule: {**value, part: value[part] + int(step)}}
    parts = {field: getattr(value, field) for field in value.__dataclass_fields__}
    step = step if isinstance(parts[part], float) else int(step)
    return {rule: {**parts, part: parts[part] + step}}


NUMBERS = sorted(set(STRICTER) - {"places"})


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_may_be_tightened_and_none_loosened(name: str) -> None:
    step = 1.0
    rule, _, part = name.partition(".")
    of = getattr(policy(), rule)
    now = of if not part else of[part] if hasattr(of, "items") else getattr(of, part)
    if isinstance(now, float) and now <= 1:
        step = 0.005
    stricter = step if STRICTER[name] == "higher" else -step
    # where the public policy has the lowest number that there is, a lower one is no number
    with pytest.raises(UsageError, match=f"{name}: .* is looser than|is not a"):
        policy().tightened(_with(policy(), name, -stricter))
    if name.startswith("naming."):
        # a promise that the noise does not keep is refused, as stricter a promise it may be
        with pytest.raises(NotCleared):
            policy().tightened({"naming": {"outsider": 0.5, "insider": 0.7, "edge": 0.08}})
        with pytest.raises(NotCleared, match="just 5 people is shown"):
            policy().tightened({"naming": {"outsider": 0.5, "insider": 0.96, "edge": 0.06}})
        return
    if not now:  # none at all: nothing is stricter
        with pytest.raises(UsageError, match="is not a whole number"):
            policy().tightened(_with(policy(), name, stricter))
        return
    made = policy().tightened(_with(policy(), name, stricter))
    assert made.name == "public-foia, tightened"
    assert made != policy()


def test_tightening_by_nothing_changes_nothing_but_the_name() -> None:
    made = policy().tightened({})
    assert made.minimum_cell == 5
    assert policy().tightened(policy()) == policy()


def test_a_higher_minimum_cell_takes_what_hangs_on_it_along() -> None:
    made = policy().tightened({"minimum_cell": 20})
    # 15 more people, 15 more to be shown
    assert (made.shown_from, made.statistic_minimum) == (27, 20)
    seven = policy().tightened({"minimum_cell": 7})
    assert (seven.shown_from, seven.statistic_minimum) == (14, 12)
    # the noise of cohorts is wider: three steps up for each
    assert (made.cohorts.shown_from, seven.cohorts.shown_from) == (14 + 3 * 15, 14 + 3 * 2)
    with pytest.raises(UsageError, match="below the minimum cell"):
        policy().tightened({"minimum_cell": 20, "shown_from": 19})


def test_the_policy_for_agreements_is_stricter_than_the_public_one() -> None:
    assert policy().tightened(policy(AGREEMENT)) == policy(AGREEMENT)
    with pytest.raises(UsageError, match="minimum_cell: 5 is looser than 11"):
        policy(AGREEMENT).tightened(policy())


def test_places_may_only_be_taken_away() -> None:
    assert policy().tightened({"places": ["state"]}).places == ("state",)
    with pytest.raises(UsageError, match="places"):
        policy().tightened({"places": ["state", "gender"]})


def test_words_and_rules_that_are_none_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match="differencing_pair"):
        policy().tightened({"differencing_pair": "something else"})
    with pytest.raises(UsageError, match="no rule 'cell'") as error:
        policy().tightened({"cell": 3})
    assert "minimum_cell" in error.value.nearest
    with pytest.raises(UsageError, match="minimum_cell: 'ten'"):
        policy().tightened({"minimum_cell": "ten"})
