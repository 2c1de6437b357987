"""Each check that compares a release with an earlier one is broken once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from openlifecycle.oversight import families
from openlifecycle.oversight.check import answered_no, check_series
from openlifecycle.oversight.finding import Issue
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import CHECKS
from openlifecycle.oversight.release import Release
from tests.oversight.frames import YEAR, facility, month, release, row
from tests.oversight.test_checks_within_a_release import CASES
from tests.oversight.test_totals_and_identities import _SAME, SECTION_8

families.load()
LATER = dt.date(2024, 2, 10)


def run(check: str, before: Release, now: Release) -> list[Issue]:
    """Return what one check finds in a release after an earlier one."""
    history = History()
    history.add(before)
    return list(CHECKS[check].run(now, history))


def one(table: str, measure: str, value: float, **columns: Any) -> Release:
    """Return a release of one number, taken as of 20 January."""
    return release(row(table, measure, value, "J20", **columns), name=f"of {value}")


def by_type(adult: float, family: float) -> Release:
    """Return releases to date by facility type."""
    kind = {**YEAR, "unit": "events"}
    return release(
        row("releases_by_facility_type", "final_releases", adult + family, "J29",
            facility_type="Total", **kind),
        row("releases_by_facility_type", "final_releases", adult, "J30", facility_type="Adult",
            **kind),
        row("releases_by_facility_type", "final_releases", family, "J31",
            facility_type="Family", **kind),
    )  # fmt: skip


def jails(count: int, **columns: Any) -> Release:
    """Return this many facilities with these columns."""
    return release(*(r for n in range(8, 8 + count) for r in facility(n, **columns)))


def minimums(count: int, *, other: int = 0) -> Release:
    """Return facilities with a guaranteed minimum, some of them with another than usual."""
    rows = [
        row("facilities", "guaranteed_minimum", 100.0 + (n < other), f"W{8 + n}", unit="beds",
            facility_label=f"Jail {n}", facility_zip=f"{10000 + n}")
        for n in range(count)
    ]  # fmt: skip
    return release(*rows)


def dispositions(day: dt.date, first: float = 1.0) -> Release:
    """Return a disposition table of six numbers as of a day."""
    rows = [
        row("detained_by_disposition", "detained", first + n, f"B{10 + n}", as_of=day,
            disposition=f"d{n}")
        for n in range(6)
    ]  # fmt: skip
    return release(*rows, as_of=day, published_on=day, name=f"of {day}")


EVENTS = {"unit": "events", **month(10)}
TO_DATE = {"unit": "events", **YEAR}
IN_TABLE = ("parole_requested", "parole_requests")
BOOK_INS = ("book_ins_by_agency_month", "book_ins")

#: check -> (before, a release that continues it, a release that does not)
CASES_BETWEEN: dict[str, tuple[Release, Release, Release]] = {
    "restated": (
        one(*IN_TABLE, 364.0, **EVENTS), one(*IN_TABLE, 370.0, **EVENTS),
        one(*IN_TABLE, 475.0, **EVENTS),
    ),
    "book_ins_fell": (
        one(*BOOK_INS, 30324.0, **EVENTS), one(*BOOK_INS, 30330.0, **EVENTS),
        one(*BOOK_INS, 28682.0, **EVENTS),
    ),
    "year_to_date_fell": (
        one(*BOOK_INS, 207572.0, **TO_DATE), one(*BOOK_INS, 209000.0, **TO_DATE),
        one(*BOOK_INS, 189847.0, **TO_DATE),
    ),
    "year_to_date_leapt": (
        by_type(13489.0, 1542.0), by_type(14800.0, 1700.0), by_type(2024.0, 15373.0),
    ),
    "blanked_to_zero": (
        one(*IN_TABLE, 409.0, **EVENTS), one(*IN_TABLE, 409.0, **EVENTS),
        one(*IN_TABLE, 0.0, **EVENTS),
    ),
    "concept_changed": (
        one("releases_by_reason_month", "final_releases", 10028.0, **EVENTS),
        one("releases_by_reason_month", "final_releases", 10030.0, **EVENTS),
        one("releases_by_reason_month", "final_book_outs", 20375.0, **EVENTS),
    ),
    "facility_list_leapt": (jails(100), jails(110), jails(160)),
    "facility_mandays_fell": (jails(30), jails(30, people=21.0), jails(30, people=18.0)),
    "facility_type_changed": (jails(30), jails(30), jails(30, type="DIGSA")),
    "guaranteed_minimum_changed": (minimums(30), minimums(30, other=5), minimums(30, other=7)),
    "level_leapt": (
        one("atd_technology", "atd_participants", 4449.0, technology="GPS"),
        one("atd_technology", "atd_participants", 6000.0, technology="GPS"),
        one("atd_technology", "atd_participants", 188934.0, technology="GPS"),
    ),
    "facility_office_changed": (
        jails(3, aor="ATL"), jails(3, aor="ATL"), jails(3, aor="BOS"),
    ),
    "exchanged_since": (
        by_type(13489.0, 1542.0), by_type(15373.0, 2024.0), by_type(2024.0, 15373.0),
    ),
    "table_repeated": (
        dispositions(dt.date(2024, 1, 20)), dispositions(LATER, first=2.0), dispositions(LATER),
    ),
}  # fmt: skip


@pytest.mark.parametrize("check", CASES_BETWEEN)
def test_a_release_that_continues_the_last_is_left_alone(check: str) -> None:
    before, good, _ = CASES_BETWEEN[check]
    assert run(check, before, good) == []


@pytest.mark.parametrize("check", CASES_BETWEEN)
def test_a_breach_with_the_last_release_is_found(check: str) -> None:
    before, _, broken = CASES_BETWEEN[check]
    issues = run(check, before, broken)
    assert len(issues) >= 1
    assert all(issue.cell for issue in issues)


def test_a_facility_in_another_town_than_three_releases_before_is_found() -> None:
    history = History()
    for _ in range(3):
        history.add(jails(2))
    moved = release(*facility(8, city="ELSEWHERE", zip="99999"), *facility(9))
    assert [i.printed for i in CHECKS["facility_elsewhere"].run(moved, history)] == ["ELSEWHERE"]
    assert list(CHECKS["facility_elsewhere"].run(jails(2), history)) == []


def test_twice_as_much_or_half_as_much_is_an_error_and_less_a_warning() -> None:
    before = one(*IN_TABLE, 364.0, **EVENTS)
    factor = [
        run("restated", before, one(*IN_TABLE, n, **EVENTS))[0].severity for n in (475.0, 900.0)
    ]
    assert factor == ["warning", "error"]


def test_the_same_table_under_the_same_date_is_late_only_after_three_weeks() -> None:
    first = dispositions(dt.date(2024, 1, 20))
    again = release(*dispositions(dt.date(2024, 1, 20)).observations.to_dicts(), name="again")
    assert run("table_repeated", first, again) == []
    months_later = release(
        *dispositions(dt.date(2024, 1, 20)).observations.to_dicts(),
        name="months later", published_on=dt.date(2024, 3, 20),
    )  # fmt: skip
    assert len(run("table_repeated", first, months_later)) == 1


def test_a_month_not_yet_closed_may_be_restated() -> None:
    december = {"unit": "events", **month(12)}
    before = one(*IN_TABLE, 100.0, **december)
    assert run("restated", before, one(*IN_TABLE, 400.0, **december)) == []


def test_a_series_is_checked_in_order_and_each_release_against_those_before() -> None:
    releases = [one(*BOOK_INS, 207572.0, **TO_DATE), one(*BOOK_INS, 189847.0, **TO_DATE)]
    (_, first), (_, second) = check_series(releases)
    assert not answered_no(first)
    assert answered_no(second)
    assert {f["check"] for f in second} == {"year_to_date_fell"}
    assert second[0]["printed"] == 189847.0
    assert second[0]["computed"] == 207572.0


def test_counts_of_a_few_people_do_not_come_to_look_exchanged() -> None:
    assert run("exchanged_since", by_type(1.0, 3.0), by_type(3.0, 1.0)) == []


def test_a_new_price_is_found_once_and_then_known() -> None:
    def priced(cost: float) -> Release:
        return release(
            row("atd_technology", "atd_participants", 1000.0, "B10", technology="SmartLINK"),
            row("atd_technology", "atd_daily_cost", cost, "C10", technology="SmartLINK"),
        )

    assert len(run("technology_price", priced(960.0), priced(1200.0))) == 1
    assert run("technology_price", priced(1200.0), priced(1200.0)) == []


def test_every_check_is_broken_somewhere() -> None:
    broken = {*CASES, *CASES_BETWEEN, *SECTION_8, *_SAME, "facility_elsewhere"}
    broken |= {"bond_set_within_bonded_out", "book_ins_months", "release_reasons_months"}
    broken |= {"parole_requested_months", "parole_status_months"}
    assert set(CHECKS) == broken
