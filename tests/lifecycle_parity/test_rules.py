"""Rule sets leave no choice open, and each choice is told in words with its source."""

from __future__ import annotations

import copy
from datetime import date
from importlib import resources
from typing import Any

import pytest
import yaml

from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.rules import RULE_SETS, BadRuleSet, read_ruleset, ruleset
from openlifecycle.model.places import circuits, states
from openlifecycle.model.thresholds import threshold


@pytest.fixture
def body() -> dict[str, Any]:
    file = resources.files("openlifecycle.lifecycle") / "rulesets" / "olc-1.yml"
    return copy.deepcopy(yaml.safe_load(file.read_text("utf-8")))


def test_every_rule_set_reads_and_tells_its_sources() -> None:
    for name in RULE_SETS:
        rules = ruleset(name)
        assert rules.name == name
        assert all(rule.words and rule.source for rule in rules.rules)
        assert rules.rule_of("links.arrest_hours").id


def test_an_unknown_name_says_the_nearest() -> None:
    with pytest.raises(UsageError) as refused:
        ruleset("ddp-2026")
    assert "ddp-2026-03" in refused.value.nearest


def test_an_open_choice_is_refused(body: dict[str, Any]) -> None:
    del body["stays"]["longest_tie"]
    with pytest.raises(BadRuleSet, match="longest_tie"):
        read_ruleset("olc-1", body)


def test_an_unknown_value_is_refused(body: dict[str, Any]) -> None:
    body["stints"]["same_day"] = "first"
    with pytest.raises(BadRuleSet, match="not one of last, overlap, none"):
        read_ruleset("olc-1", body)


def test_a_choice_without_words_is_refused(body: dict[str, Any]) -> None:
    body["rules"] = [rule for rule in body["rules"] if rule["id"] != "O3"]
    with pytest.raises(BadRuleSet, match=r"stints\.bond"):
        read_ruleset("olc-1", body)


def test_states_and_circuits_are_those_of_the_code() -> None:
    # 28 U.S.C. 41: eleven numbered circuits and the District of Columbia.
    assert sorted(circuits(), key=lambda c: (len(c), c)) == [
        *map(str, range(1, 10)),
        "10",
        "11",
        "DC",
    ]
    assert circuits()["5"] == ("LA", "MS", "TX")
    assert sum(len(members) for members in circuits().values()) == 55  # 50, DC, GU, MP, PR, VI
    assert states()["FM"].circuit == ""


def test_the_hold_room_limit_is_the_one_of_the_day() -> None:
    limit = threshold("hold_room_hours")
    assert limit.on(date(2025, 6, 23)) == 12
    assert limit.on(date(2025, 6, 24)) == 72
    assert limit.on(date(2000, 1, 1)) is None
    assert limit.unsure_from == date(2026, 6, 24)
