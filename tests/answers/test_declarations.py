"""Every measure is declared fully enough to be quoted from its own words."""

from __future__ import annotations

import pytest

from openlifecycle.errors import UnknownDimension, UnknownMeasure, UsageError
from openlifecycle.measures.plan import plan
from openlifecycle.measures.question import Question, iso_date, where_of
from openlifecycle.measures.registry import measure, measures

ASKED_FOR = [
    "detained_population",
    "detained_share_by_agency",
    "share_without_conviction",
    "book_ins",
    "final_releases",
    "final_book_outs",
    "removals",
    "removals_with_family_detention",
    "removals_with_famu_identifier",
    "adp",
    "alos",
    "interval_adp",
    "facility_interval_adp",
    "iclos",
    "detained_by_time_in_custody",
    "facility_adp",
    "facility_adp_by_classification",
    "facility_adp_by_threat_level",
    "facility_adp_mandatory",
    "facility_alos",
    "guaranteed_minimum",
    "facility_inspections",
    "facility_count",
    "atd_participants",
    "atd_length_in_program",
    "atd_daily_cost",
    "court_appearance",
    "court_appearance_share",
    "bond_final_releases",
    "bond_posted_share",
    "bond_average_amount",
    "bond_alos",
    "parole_requests",
    "parole_decisions",
    "days_fear_decision_to_release",
    "detained_with_fear_decision",
    "segregation_placements",
    "vulnerable_placements",
    "vulnerable_consecutive_days",
    "vulnerable_people",
    "transgender_book_ins",
    "transgender_detained",
    "detained_stateless",
    "special_population_arrests",
    "special_population_book_ins",
    "special_population_removals",
    "tps_arrests",
    "tps_book_ins",
    "tps_removals",
    "famu_released",
    "detained_with_fear_claim",
    "mean_days_in_custody",
]


@pytest.mark.parametrize("name", ASKED_FOR)
def test_the_measure_is_declared_with_question_population_source_and_caveats(name: str) -> None:
    found = measure(name)
    assert found.question.endswith("?")
    assert found.numerator
    assert found.population
    assert found.sources
    assert found.caveats
    assert found.disclosure.startswith("published aggregate")
    assert found.disclosure.endswith("exposed group") == found.exposed


def test_means_and_shares_name_their_denominator() -> None:
    for found in measures().values():
        if found.unit in {"days", "fraction", "US dollars"}:
            assert found.denominator != "none", found.name
            assert not found.additive, f"{found.name}: a mean cannot be added up"


def test_the_two_concepts_of_leaving_detention_name_each_other() -> None:
    releases, book_outs = measure("final_releases"), measure("final_book_outs")
    assert releases.after is not None
    assert releases.after.measure == "final_book_outs"
    assert book_outs.before is not None
    assert book_outs.before.measure == "final_releases"


def test_removals_carry_both_definition_changes() -> None:
    days = [c.effective.isoformat() for c in measure("removals").changes if c.breaks]
    assert days == ["2023-05-12", "2024-10-01"]


def test_an_unknown_measure_names_the_nearest() -> None:
    with pytest.raises(UnknownMeasure) as error:
        plan(Question.of("detained_populaton"))
    assert "detained_population" in error.value.nearest
    assert error.value.exit_code == 2


def test_an_unknown_dimension_names_the_nearest() -> None:
    with pytest.raises(UnknownDimension) as error:
        plan(Question.of("book_ins", by="arresting_agencies"))
    assert "arresting_agency" in error.value.nearest


def test_a_combination_that_was_never_printed_is_refused_with_those_that_were() -> None:
    with pytest.raises(UsageError) as error:
        plan(Question.of("detained_population", by="criminality,disposition"))
    assert "criminality + arresting_agency" in error.value.nearest
    assert "disposition + facility_type" in error.value.nearest


def test_an_average_is_not_added_up_over_facilities() -> None:
    with pytest.raises(UsageError, match="cannot be added up"):
        plan(Question.of("facility_alos", by="aor"))


def test_a_period_that_is_not_printed_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError) as error:
        plan(Question.of("removals", period="month"))
    assert "fiscal_year" in error.value.nearest


def test_a_month_by_facility_type_falls_back_on_nothing() -> None:
    assert plan(Question.of("book_ins", by="facility_type")).granularity == "fiscal_year"
    with pytest.raises(UsageError):
        plan(Question.of("book_ins", by="facility_type", period="month"))


@pytest.mark.parametrize("word", ["03/04/2025", "2025-3-4", "20250304", "2025-02-30", "today", ""])
def test_a_date_that_two_people_read_differently_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        iso_date(word)


def test_one_day_and_a_time_are_not_asked_together() -> None:
    with pytest.raises(UsageError):
        Question.of("book_ins", on="2024-01-01", start="2023-01-01")
    with pytest.raises(UsageError):
        Question.of("book_ins", start="2024-01-01", end="2023-01-01")


def test_a_filter_value_may_contain_commas_and_signs() -> None:
    assert where_of(["release_reason=A, B=C"]) == {"release_reason": ["A, B=C"]}
    with pytest.raises(UsageError):
        where_of(["arresting_agency"])
