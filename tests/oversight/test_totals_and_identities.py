"""Every total is broken once, and every number printed in two tables once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openlifecycle.oversight import families
from openlifecycle.oversight.arithmetic import identities, totals
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import CHECKS
from openlifecycle.oversight.release import Release
from tests.oversight.frames import YEAR, month, release, row

families.load()


def found(check: str, made: Release) -> list[tuple[str, Any, Any]]:
    """Return cell, printed and computed of what one check finds."""
    return [(i.cell, i.printed, i.computed) for i in CHECKS[check].run(made, History())]


def _split(over: str, kind: dict[str, Any], table: str, measure: str, total: float) -> Release:
    """Return a release where 60 and 40 are the parts and ``total`` is printed at B1."""
    rows = [
        row(table, measure, total, "B1", **{**kind, over: "Total"}),
        row(table, measure, 60.0, "B2", **{**kind, over: "one"}),
        row(table, measure, 40.0, "B3", **{**kind, over: "another"}),
    ]
    return release(*rows)


#: Written out by hand from workbook_layouts section 8, not taken from the code.
SECTION_8 = {
    "disposition_rows": ("detained_by_disposition", "disposition", "detained"),
    "disposition_types": ("detained_by_disposition", "facility_type", "detained"),
    "fear_detained_types": ("fear_detained", "facility_type", "detained_with_fear_decision"),
    "criminality_rows": ("detained_by_criminality", "criminality", "detained"),
    "criminality_agencies": ("detained_by_criminality", "arresting_agency", "detained"),
    "book_ins_agencies": ("book_ins_by_agency_month", "arresting_agency", "book_ins"),
    "book_ins_types": ("book_ins_by_facility_type", "facility_type", "book_ins"),
    "book_ins_criminality": ("book_ins_by_facility_type", "criminality", "book_ins"),
    "releases_types": ("releases_by_facility_type", "facility_type", "final_releases"),
    "release_reasons_year": ("releases_by_reason", "release_reason", "final_releases"),
    "release_reasons_year_criminality": ("releases_by_reason", "criminality", "final_releases"),
    "release_reasons": ("releases_by_reason_month", "release_reason", "final_book_outs"),
    "release_reasons_criminality": ("releases_by_reason_month", "criminality", "final_releases"),
    "adp_criminality": ("adp_by_agency_month", "criminality", "adp"),
    "adp_agencies": ("adp_by_agency_month", "arresting_agency", "adp"),
    "adp_types": ("adp_by_facility_type_month", "facility_type", "adp"),
    "stateless_facilities": ("stateless", "facility_label", "detained_stateless"),
    "atd_status_rows": ("atd_status", "atd_status", "atd_participants"),
    "atd_technology_rows": ("atd_technology", "technology", "atd_participants"),
    "atd_technology_cost": ("atd_technology", "technology", "atd_daily_cost"),
    "atd_offices": ("atd_by_aor_technology", "aor", "atd_participants"),
    "atd_office_technologies": ("atd_by_aor_technology", "technology", "atd_participants"),
    "court_appearance": ("atd_court_appearance", "appearance", "court_hearings"),
    "time_in_custody_bands": ("iclos_detainees", "duration_band", "detained_by_time_in_custody"),
    "time_in_custody_groups": (
        "iclos_detainees", "population_group", "detained_by_time_in_custody",
    ),
    "segregation_facilities": (
        "segregation_by_facility", "facility_label", "segregation_placements",
    ),
    "vulnerable_reasons": (
        "vulnerable_placements", "placement_reason", "segregation_placements_vulnerable",
    ),
    "transgender_offices": ("transgender", "aor", "transgender_detained"),
    "transgender_orders": ("transgender", "final_order_status", "transgender_detained"),
}  # fmt: skip


@pytest.mark.parametrize("check", SECTION_8)
def test_a_total_that_its_parts_do_not_add_up_to_is_found(check: str) -> None:
    table, over, measure = SECTION_8[check]
    assert found(check, _split(over, {}, table, measure, 100.0)) == []
    assert found(check, _split(over, {}, table, measure, 103.0)) == [("B1", 103.0, 100.0)]


def test_every_total_of_the_code_is_in_this_list() -> None:
    assert set(totals._TOTALS) | {"transgender_orders"} == set(SECTION_8)


@pytest.mark.parametrize(
    ("check", "table", "measure"),
    [
        ("book_ins_months", "book_ins_by_agency_month", "book_ins"),
        ("release_reasons_months", "releases_by_reason_month", "final_releases"),
        ("parole_requested_months", "parole_requested", "parole_requests"),
        ("parole_status_months", "parole_status", "parole_decisions"),
    ],
)
def test_months_that_do_not_add_up_to_the_year_are_found(
    check: str, table: str, measure: str
) -> None:
    def made(year: float) -> Release:
        return release(
            row(table, measure, 60.0, "C1", **month(10)),
            row(table, measure, 40.0, "D1", **month(11)),
            row(table, measure, year, "O1", **YEAR),
        )

    assert found(check, made(100.0)) == []
    assert found(check, made(97.0)) == [("O1", 97.0, 100.0)]


def test_bonds_set_by_ice_or_a_judge_are_not_counted_twice() -> None:
    reasons = {
        "Total": 100,
        "Bonded Out": 60,
        "Bond Set by ICE": 35,
        "Bond Set by IJ": 25,
        "Paroled": 40,
    }
    rows = [
        row("releases_by_reason_month", "final_releases", float(n), f"C{i}",
            release_reason=reason, **month(10))
        for i, (reason, n) in enumerate(reasons.items(), start=1)
    ]  # fmt: skip
    assert found("release_reasons", release(*rows)) == []
    assert found("bond_set_within_bonded_out", release(*rows)) == []
    rows[1]["value"] = 50.0
    assert found("bond_set_within_bonded_out", release(*rows)) == [("C2", 50.0, 60.0)]


def test_whole_number_averages_may_be_off_by_rounding_and_no_more() -> None:
    def made(total: float) -> Release:
        return _split("criminality", month(10), "adp_by_agency_month", "adp", total)

    assert found("adp_criminality", made(101.0)) == []
    assert found("adp_criminality", made(102.0)) == [("B1", 102.0, 100.0)]


#: left table and measure, right table and measure, period, columns of the left and right row
_SAME: dict[str, tuple[str, str, str, str, dict[str, Any], dict[str, Any]]] = {
    "detained_total": (
        "detained_by_disposition", "detained", "detained_by_criminality", "detained", {},
        {"criminality": "Total"},
    ),
    "book_ins_total": (
        "book_ins_by_facility_type", "book_ins", "book_ins_by_agency_month", "book_ins", YEAR, {},
    ),
    "releases_total": (
        "releases_by_facility_type", "final_book_outs", "releases_by_reason_month",
        "final_book_outs", YEAR, {},
    ),
    "releases_total_year": (
        "releases_by_facility_type", "final_releases", "releases_by_reason", "final_releases",
        YEAR, {},
    ),
    "bond_releases_total": (
        "bond", "bond_final_releases", "releases_by_reason_month", "final_releases", month(10), {},
    ),
    "adp_total": (
        "adp_by_facility_type_month", "adp", "adp_by_agency_month", "adp", month(10), {},
    ),
    "adp_total_year": ("adp_by_facility_type_month", "adp", "adp_by_agency_month", "adp", YEAR, {}),
    "alos_total": (
        "alos_by_facility_type_month", "alos", "alos_by_agency_month", "alos", month(10), {},
    ),
    "alos_total_year": (
        "alos_by_facility_type_month", "alos", "alos_by_agency_month", "alos", YEAR, {},
    ),
    "alos_adult": (
        "alos_by_facility_type_month", "alos", "alos_adult_by_agency_month", "alos", month(10),
        {"facility_type": "Adult"},
    ),
    "atd_status_total": (
        "atd_status", "atd_participants", "atd_by_aor_technology", "atd_participants", {},
        {"aor": None},
    ),
    "atd_technology_total": (
        "atd_technology", "atd_participants", "atd_by_aor_technology", "atd_participants", {},
        {"technology": "Total"},
    ),
    "atd_technology_offices": (
        "atd_technology", "atd_participants", "atd_by_aor_technology", "atd_participants", {},
        {"technology": "GPS"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("check", _SAME)
def test_one_number_printed_twice_differently_is_found(check: str) -> None:
    left, one, right, other, period, splits = _SAME[check]
    office = {"aor": "ATL"} if check == "atd_technology_offices" else {}

    def made(value: float) -> Release:
        return release(
            row(left, one, value, "B1", **period, **splits),
            row(right, other, 500.0, "H1", **period, **{**splits, **office}),
        )

    assert found(check, made(500.0)) == []
    assert found(check, made(550.0)) == [("B1", 550.0, 500.0)]


def test_every_identity_of_the_code_is_in_this_list() -> None:
    assert set(identities._IDENTITIES) == set(_SAME)


def test_a_month_under_way_is_not_compared_between_pulls() -> None:
    under_way = {**month(1, 2024), "period_end": dt.date(2024, 1, 20)}
    made = release(
        row("bond", "bond_final_releases", 900.0, "B4", **under_way),
        row("releases_by_reason_month", "final_releases", 500.0, "C38", **under_way),
    )
    assert found("bond_releases_total", made) == []


_NUMBERS = st.integers(min_value=0, max_value=30)


@settings(deadline=None)  # other work on the machine is no failure
@given(st.dictionaries(st.tuples(st.sampled_from("abcT"), st.sampled_from("xyT")), _NUMBERS))
def test_parts_against_total_equals_a_slow_obvious_twin(cells: dict[tuple[str, str], int]) -> None:
    """The twin adds up with loops: one group for each criminality, parts against the T row."""
    label = {"T": "Total"}
    rows = [
        row("releases_by_reason_month", "final_releases", float(n), f"B{i}", **month(10),
            release_reason=label.get(reason, reason), criminality=label.get(crime, crime))
        for i, ((reason, crime), n) in enumerate(cells.items(), start=1)
    ]  # fmt: skip
    expected = []
    for crime in "xyT":
        parts = [n for (reason, c), n in cells.items() if c == crime and reason != "T"]
        total = cells.get(("T", crime))
        if total is not None and parts and sum(parts) != total:
            expected.append((float(total), float(sum(parts))))
    got = [(p, c) for _, p, c in found("release_reasons", release(*rows))] if rows else []
    assert sorted(got) == sorted(expected)


@settings(deadline=None)  # other work on the machine is no failure
@given(st.lists(_NUMBERS, min_size=1, max_size=12), st.integers(min_value=0, max_value=400))
def test_months_against_year_equals_a_slow_obvious_twin(months: list[int], year: int) -> None:
    rows = [
        row("book_ins_by_agency_month", "book_ins", float(n), f"B{i}",
            **{**month((8 + i) % 12 + 1, 2023 if (8 + i) % 12 + 1 >= 10 else 2024)})
        for i, n in enumerate(months, start=1)
    ]  # fmt: skip
    rows.append(row("book_ins_by_agency_month", "book_ins", float(year), "V1", **YEAR))
    expected = [] if sum(months) == year else [("V1", float(year), float(sum(months)))]
    assert found("book_ins_months", release(*rows)) == expected
