"""Values that may be named, and filters: who asks for a rare one learns nothing of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from openlifecycle.api import Session
from openlifecycle.disclosure.gate import clear_question, opened
from openlifecycle.disclosure.policy import AGREEMENT, policy
from openlifecycle.disclosure.values import nameable, resolved
from openlifecycle.errors import UnknownDimension
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import record_plan
from tests.records_answers.small import arrest, session

#: People behind each value: noise of 14 at most, so 26 are always named and 4 never.
PEOPLE = {"RARE": 4, "Texas": 26, "TEXAS": 40, "Ohio": 60}


@pytest.fixture
def asked(tmp_path: Path) -> Session:
    rows = [
        arrest(f"{state}{n}", "2025-01-10 12:00", arrest_state=state)
        for state, people in PEOPLE.items()
        for n in range(people)
    ]
    return session(tmp_path, arrest=rows)


def test_values_of_enough_people_are_named_the_same_under_any_rule_set(asked: Session) -> None:
    corpus = asked._records()  # noqa: SLF001
    plan = record_plan(Question.of("arrests", by="state"))
    named = nameable(corpus, plan, "state")
    assert sorted(named) == ["Ohio", "TEXAS", "Texas"]
    assert nameable(corpus, replace(plan, rules=("exact-rows",)), "state") == named
    # 26 people are 32 at least or not named, under a policy that shows from 41 on
    high = policy().tightened({"shown_from": 41, "statistic_minimum": 41})
    assert "Texas" not in nameable(corpus, plan, "state", high)
    assert set(nameable(corpus, plan, "state", policy(AGREEMENT))) <= set(named)


def test_a_stricter_policy_is_never_answered_from_what_was_made_under_another(
    asked: Session,
) -> None:
    corpus, question = asked._records(), Question.of("arrests", by="state")  # noqa: SLF001
    before = clear_question(corpus, question)
    strict = clear_question(corpus, question, policy().tightened({"shown_from": 41}))
    again = clear_question(corpus, question)
    shown = [opened(one).rows["value"].drop_nulls() for one in (before, strict, again)]
    assert shown[0].min() < 41 <= shown[1].min()
    assert shown[2].equals(shown[0])
    assert again is not before
    assert (before.verdict.policy, strict.verdict.policy) == (
        "public-foia",
        "public-foia, tightened",
    )


def test_a_filter_means_every_spelling_of_its_letters(asked: Session) -> None:
    corpus = asked._records()  # noqa: SLF001
    question = Question.of("arrests", where={"state": ["texas", "Ohio"]})
    (found,) = resolved(corpus, question).where
    assert found[0] == "state"
    assert sorted(found[1]) == ["Ohio", "TEXAS", "Texas"]
    whole = Question.of("arrests")
    assert resolved(corpus, whole) is whole


def test_a_rare_value_is_refused_like_one_that_nobody_has(asked: Session) -> None:
    said = []
    for value in ("RARE", "ZZZZ"):
        with pytest.raises(UnknownDimension) as refused:
            resolved(asked._records(), Question.of("arrests", where={"state": value}))  # noqa: SLF001
        said.append(str(refused.value).replace(value, "..."))
    assert said[0] == said[1]
    assert "Ohio" in said[0]
    # a value that is nearly one is told which
    with pytest.raises(UnknownDimension) as refused:
        resolved(asked._records(), Question.of("arrests", where={"state": "Ohioo"}))  # noqa: SLF001
    assert "Ohio" in refused.value.nearest
