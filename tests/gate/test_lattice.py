"""The lattice: what may be asked at once, what is told instead, and which table a count is in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openlifecycle.disclosure.lattice import (
    at_once,
    coarser,
    numerator_signature,
    reduced,
    refusal,
    signature,
    within,
)
from openlifecycle.disclosure.policy import policy
from openlifecycle.errors import NotCleared
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import RecordPlan, record_plan


def _plan(measure: str, *by: str, **words: Any) -> RecordPlan:
    return record_plan(Question.of(measure, by=list(by), **words))


@pytest.mark.parametrize(
    ("measure", "by", "period", "passes"),
    [
        ("arrests", (), "month", True),
        ("arrests", ("aor",), "month", True),
        ("arrests", ("aor", "gender"), "month", True),
        ("arrests", ("aor", "gender", "state"), "month", False),
        ("arrests", ("aor", "gender"), "fiscal_year", True),
        ("arrests", ("aor", "gender", "state"), "fiscal_year", False),
        ("arrests", ("aor",), "quarter", True),
        ("arrests", ("aor", "gender"), "quarter", False),
        ("arrests", ("aor",), "day", True),
        ("arrests", ("aor", "gender"), "day", False),
        # the coarser of two is implied by the finer one
        ("arrests", ("criminality", "conviction", "aor"), "month", True),
        # a condition on a dimension uses one up, unless the split is by it
        ("arrests_without_conviction_share", ("aor",), "month", True),
        ("arrests_without_conviction_share", ("aor", "gender"), "month", False),
        ("arrests_without_conviction_share", ("aor", "criminality"), "month", True),
        ("arrests_without_conviction_share", ("aor",), "quarter", False),
        ("arrests_without_conviction_share", (), "quarter", True),
        # a flag of the lifecycle is no dimension
        ("arrests_detained_share", ("aor", "gender"), "month", True),
        # a further look at what is counted anyhow
        ("people_arrested", ("aor",), "month", True),
        ("people_arrested", ("aor", "gender"), "month", False),
        ("record_alos", ("aor",), "month", True),
        ("record_alos", ("aor", "gender"), "month", False),
        ("record_median_stay", ("aor", "gender"), "month", False),
        ("record_adp", ("facility_code", "gender"), "month", True),
        ("record_population_peak", ("aor", "gender"), "month", False),
        # by day, people who are held are split by place
        ("record_population", ("facility_code",), "day", True),
        ("record_population", ("gender",), "day", False),
        ("record_population", ("gender",), "month", True),
        ("held_over_90_days", ("state",), "day", True),
        ("held_over_90_days", ("citizenship_country",), "day", False),
        ("held_over_90_days", (), "day", True),
    ],
)
def test_what_may_be_asked(measure: str, by: tuple[str, ...], period: str, passes: bool) -> None:
    plan = _plan(measure, *by, period=period)
    if passes:
        assert within(plan, policy()) is plan
    else:
        with pytest.raises(NotCleared) as error:
            within(plan, policy())
        assert error.value.exit_code == 4
        assert error.value.where.startswith("policy public-foia: ")


def test_split_and_filter_count_together() -> None:
    two = _plan("arrests", "aor", where={"gender": "Male"})
    assert within(two, policy()) is two
    with pytest.raises(NotCleared):
        within(_plan("arrests", "aor", where={"gender": "Male", "state": "TX"}), policy())


def test_a_refusal_says_what_would_pass() -> None:
    with pytest.raises(NotCleared) as error:
        within(_plan("arrests", "aor", "gender", period="quarter"), policy())
    assert error.value.what == "arrests is not told by quarter and aor, gender"
    assert error.value.where == (
        "policy public-foia: 1 at once by quarter, split and filter together"
    )
    assert error.value.nearest == "arrests by aor"
    assert error.value.next_step == "ask by month or by fiscal year, or name one of aor, gender"
    with pytest.raises(NotCleared) as error:
        within(_plan("arrests_without_conviction_share", "aor", period="quarter"), policy())
    assert "of which the measure itself uses one" in error.value.where
    assert error.value.nearest == "arrests_without_conviction_share"
    assert error.value.next_step == (
        "ask by month or by fiscal year, or leave the split and filter out"
    )
    with pytest.raises(NotCleared) as error:
        within(_plan("arrests", "aor", "gender", "state"), policy())
    assert error.value.next_step == "name one of aor, gender, state"
    with pytest.raises(NotCleared) as error:
        within(_plan("record_population", "gender", period="day"), policy())
    assert "split by place only by day, not by gender" in error.value.where


def test_the_limits_are_those_of_the_policy() -> None:
    none = policy().tightened({"dimensions": dict.fromkeys(policy().dimensions, 0)})
    plan = _plan("arrests", "aor")
    with pytest.raises(NotCleared):
        within(plan, none)
    assert within(_plan("arrests"), none)
    assert within(_plan("arrests_without_conviction_share"), none)
    spec = plan.spec
    assert refusal(spec, "day", ["aor"], policy()) == ""
    assert refusal(spec, "day", ["aor"], replace(policy(), dimensions={"day": 0})) != ""


def test_implied_dimensions() -> None:
    assert coarser("facility_code") == {"state"}
    assert coarser("state") == frozenset()
    assert coarser("not a dimension") == frozenset()
    assert reduced(["state", "facility_code", "gender"]) == {"facility_code", "gender"}
    spec = _plan("stays_ended_in_other_circuit_share").spec
    assert at_once(spec, []) == 1


def test_the_same_table_by_another_route_has_one_signature() -> None:
    table = signature(_plan("arrests", "aor", "gender"))
    assert table == signature(_plan("arrests", "gender", "aor"))
    assert table == signature(_plan("arrests", "gender", where={"aor": "Dallas"}))
    assert table == signature(_plan("people_arrested", "gender", "aor"))
    # the numerator of a share is the table by its condition
    share = _plan("arrests_without_conviction_share", "aor")
    assert numerator_signature(share) == signature(_plan("arrests", "aor", "conviction"))
    # its denominator leaves out whose criminality is not stated, and no split does
    assert signature(share) == b"arrest, arrested_at/month/aor/criminality is not missing"
    # an implied dimension adds nothing
    fine = _plan("record_book_ins", "facility_code")
    assert signature(fine) == signature(_plan("record_book_ins", "facility_code", "state"))
    # a facility need not stay with one office
    assert signature(fine) != signature(_plan("record_book_ins", "facility_code", "aor"))
    # a mean leaves out the stays that have no length
    assert signature(_plan("record_alos", "aor")) != signature(_plan("record_book_outs", "aor"))


@pytest.mark.parametrize(
    "other",
    [
        ("arrests", (), {}),
        ("arrests", ("gender",), {}),
        ("arrests", ("aor", "gender"), {}),
        ("arrests", ("aor",), {"period": "fiscal_year"}),
        ("arrests_detained_share", ("aor",), {"numerator": True}),
        ("hours_to_book_in", ("aor",), {}),
        ("detainers", ("aor",), {}),
        ("record_book_ins", ("aor",), {}),
        ("record_book_outs", ("aor",), {}),
        ("record_population", ("aor",), {}),
        ("held_over_90_days", ("aor",), {}),
        ("held_over_180_days", ("aor",), {}),
    ],
)
def test_another_table_has_another_signature(other: tuple[str, tuple[str, ...], Any]) -> None:
    measure, by, words = other
    numerator = words.pop("numerator", False)
    plan = _plan(measure, *by, **words)
    found = numerator_signature(plan) if numerator else signature(plan)
    assert found != signature(_plan("arrests", "aor"))
