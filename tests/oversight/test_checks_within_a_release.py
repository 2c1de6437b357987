"""Each check that needs one release only is silent on a good one and finds its breach once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from openlifecycle.oversight import families
from openlifecycle.oversight.finding import Issue
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import CHECKS
from openlifecycle.oversight.release import Release
from tests.oversight.frames import AS_OF, YEAR, facility, month, release, row

families.load()


def run(check: str, made: Release) -> list[Issue]:
    """Return what one check finds in a release with nothing before it."""
    return list(CHECKS[check].run(made, History()))


def criminality(share: float) -> Release:
    """Return 80 of 100 arrested by ICE, with this share printed."""
    counts = {"ICE": 80.0, "CBP": 20.0, "Total": 100.0}
    rows = [
        row("detained_by_criminality", "detained", n, f"{c}20", arresting_agency=a,
            criminality="Total")
        for (a, n), c in zip(counts.items(), "BDF", strict=True)
    ]  # fmt: skip
    printed = {"arresting_agency": "ICE", "criminality": "Total", "unit": "fraction"}
    return release(*rows, row("detained_by_criminality", "detained_share", share, "C20", **printed))


def court(share: float) -> Release:
    """Return 99 of 100 hearings attended, with this share printed."""
    kind = {**YEAR, "hearing_type": "Total Hearings"}
    return release(
        row("atd_court_appearance", "court_hearings", 99.0, "F9", appearance="Attended", **kind),
        row("atd_court_appearance", "court_hearings", 100.0, "F11", appearance="Total", **kind),
        row("atd_court_appearance", "court_hearings_share", share, "G9", appearance="Attended",
            **kind),
    )  # fmt: skip


def bond(*months: tuple[float, float, float]) -> Release:
    """Return months of (releases, with bond, printed share)."""
    rows = []
    for number, (letter, (whole, part, share)) in enumerate(zip("BCDEFG", months, strict=False)):
        period = month(number + 1)
        rows += [
            row("bond", "bond_final_releases", whole, f"{letter}4", **period),
            row("bond", "bond_posted_releases", part, f"{letter}5", **period),
            row("bond", "bond_posted_share", share, f"{letter}6", unit="fraction", **period),
        ]
    return release(*rows)


def quarter(unique: float) -> Release:
    """Return 50 placements of this many people."""
    reason = {"placement_reason": "Total"}
    measure = "segregation_placements_vulnerable"
    return release(
        row("vulnerable_placements", measure, 50.0, "B9", **month(10), **reason),
        row("vulnerable_unique_detainees", "segregation_unique_detainees", unique, "A11",
            **month(10)),
    )  # fmt: skip


def facilities(count: int = 1, **columns: Any) -> Release:
    """Return good facilities and, first, one with these columns."""
    rows = facility(8, **columns)
    for number in range(9, 8 + count):
        rows += facility(number)
    return release(*rows)


def mandays(odd: float | None = None, stated: str = "2024-01-15") -> Release:
    """Return 120 facilities whose populations are mandays over 105 days (to 14 January)."""
    rows = []
    for number in range(8, 128):
        people = (number * 7 + 1) / 105
        rows += facility(number, people=odd if odd and number == 50 else people, mandatory=0.0)
    dates = [
        {"kind": "facility_pull", "date": stated, "text": stated, "sheet": "Sheet", "cell": "A6"}
    ]
    return release(*rows, dates=dates, as_of=dt.date(2024, 1, 15))


def measure(value: float, **columns: Any) -> Release:
    """Return a release of one number."""
    return release(row("anything", "something", value, "B2", **columns))


def average(year: float) -> Release:
    """Return months of 100 and 120, and this average of the year."""
    table = "adp_by_agency_month"
    return release(
        row(table, "adp", 100.0, "B5", **month(10)),
        row(table, "adp", 120.0, "C5", **month(11)),
        row(table, "adp", year, "N5", **YEAR),
    )


def nation(adp: float) -> Release:
    """Return ten facilities of 20.5 people each, and a national average."""
    rows = [r for number in range(8, 18) for r in facility(number)]
    return release(*rows, row("adp_by_agency_month", "adp", adp, "N5", **YEAR))


def twice(label: str) -> Release:
    """Return two facilities in one town, one with this name."""
    return release(*facility(8, label="JAIL", city="TOWN"), *facility(9, label=label, city="TOWN"))


def custody(total: float) -> Release:
    """Return 1,000 people held, and this many by time in custody."""
    groups = {"population_group": "Total", "duration_band": "Total"}
    return release(
        row("detained_by_disposition", "detained", 1000.0, "D10", disposition="Total"),
        row("iclos_detainees", "detained_by_time_in_custody", total, "AB48", **groups),
    )


def flows(adult: float, family: float) -> Release:
    """Return 10,000 adults held for 50 days and 300 people in families held for 20."""
    rows = []
    kinds = {"Adult": (10_000.0, 50.0, adult), "Family": (300.0, 20.0, family)}
    for number, (kind, (held, stay, came)) in enumerate(kinds.items(), start=5):
        split = {**YEAR, "facility_type": kind}
        rows += [
            row("adp_by_facility_type_month", "adp", held, f"N{number}", **split),
            row("alos_by_facility_type_month", "alos", stay, f"N{number + 9}", **split),
            row("book_ins_by_facility_type", "book_ins", came, f"E{number}", **split),
        ]
    return release(*rows)


def ordered(*months: int) -> Release:
    """Return a row of months in this order from column B on."""
    return release(
        *(
            row("book_ins_by_agency_month", "book_ins", 1.0, f"{letter}5", **month(number))
            for letter, number in zip("JKL", months, strict=True)
        )
    )


def offices(*names: str) -> Release:
    """Return ATD offices in this order."""
    return release(
        *(
            row("atd_by_aor_technology", "atd_participants", 5.0, f"B{i}", aor=name,
                technology="Total")
            for i, name in enumerate(names, start=19)
        )
    )  # fmt: skip


def technologies(last: tuple[str, str]) -> Release:
    """Return six offices that list GPS above SmartLINK, and one in this order."""
    rows, number = [], 20
    for office in ("ATL", "BAL", "BOS", "BUF", "CHI", "DAL", "DEN"):
        for name in last if office == "DEN" else ("GPS", "SmartLINK"):
            split = {"aor": office, "technology": name}
            rows.append(
                row("atd_by_aor_technology", "atd_participants", 5.0, f"B{number}", **split)
            )
            number += 1
    return release(*rows)


def dated(kind: str, date: str | None, text: str = "", **more: Any) -> Release:
    """Return a release of 25 January 2024 with one stated date, and others on 20 January."""
    stated = [{"kind": kind, "date": date, "text": text or date, "sheet": "Sheet", "cell": "A6"}]
    stated.append(
        {"kind": "atd_report", "date": "2024-01-20", "text": "x", "sheet": "Sheet", "cell": "A9"}
    )
    return release(row("atd_status", "atd_participants", 1.0, "B7"), dates=stated, **more)


def inspected(last: str, before: str = "2022-05-01") -> Release:
    """Return one facility with two inspection dates."""
    named = {"unit": "date", "facility_label": "JAIL"}
    return release(
        row("facilities", "inspection_date", None, "AA8", value_text=last, inspection="Last",
            **named),
        row("facilities", "inspection_date", None, "AE8", value_text=before,
            inspection="Second to Last", **named),
    )  # fmt: skip


def words(measure: str, text: str) -> Release:
    """Return ten facilities whose inspection column holds this text."""
    return release(
        *(
            row(
                "facilities",
                measure,
                None,
                f"X{i}",
                value_text=text,
                inspection="Last",
                unit="text",
            )
            for i in range(8, 18)
        )
    )


def sheet_year(year: int, **columns: Any) -> Release:
    """Return the disposition table on a sheet of this fiscal year."""
    rows = [
        row("detained_by_disposition", "detained", 1.0, "D10", fiscal_year=year,
            disposition="Total", **columns)
    ]  # fmt: skip
    return release(*rows)


def priced(cost: float) -> Release:
    """Return 1,000 people on SmartLINK at this daily cost."""
    return release(
        row("atd_technology", "atd_participants", 1000.0, "B10", technology="SmartLINK"),
        row("atd_technology", "atd_daily_cost", cost, "C10", technology="SmartLINK"),
    )


_HIDDEN = {"hidden": True}
GOOD_BOND = ((2000.0, 100.0, 0.05), (2000.0, 120.0, 0.06), (2000.0, 80.0, 0.04))

#: check -> (a release that holds, a release that does not, the cell that is named)
CASES: dict[str, tuple[Release, Release, str]] = {
    "criminality_share": (criminality(0.8), criminality(0.7), "C20"),
    "court_share": (court(0.99), court(0.9), "G9"),
    "bond_share": (bond(*GOOD_BOND), bond(*GOOD_BOND[:2], (2000.0, 80.0, 0.06)), "D6"),
    "bond_share_repeated": (bond(*GOOD_BOND), bond(*GOOD_BOND[:2], (2000.0, 80.0, 0.06)), "D6"),
    "bond_share_collapsed": (bond(*GOOD_BOND), bond(*GOOD_BOND[:2], (2000.0, 4.0, 0.002)), "D5"),
    "bond_posted_within_total": (bond(*GOOD_BOND), bond((20.0, 30.0, 1.5)), "B5"),
    "unique_detainees_within_placements": (quarter(50.0), quarter(51.0), "A11"),
    "facility_levels": (facilities(), facilities(levels=21.0), "J8"),
    "facility_threats": (facilities(), facilities(threats=17.5), "R8"),
    "facility_mandatory": (facilities(), facilities(mandatory=26.0), "N8"),
    "facility_without_population": (facilities(), facilities(people=None), "I8"),
    "facility_stay_is_population": (
        facilities(30),
        release(*(r for n in range(8, 38) for r in facility(n, alos=20.5))),
        "I8",
    ),
    "facility_days": (mandays(), mandays(odd=700 / 91), "J50"),
    "facility_pull_date": (mandays(), mandays(stated="2024-02-05"), "A6"),
    "technology_price": (priced(960.0), priced(2459.0), "C10"),
    "fraction_range": (measure(0.5, unit="fraction"), measure(1.2, unit="fraction"), "B2"),
    "count_whole": (measure(3.0, unit="events"), measure(3.5, unit="events"), "B2"),
    "after_as_of": (measure(3.0, **month(12)), measure(3.0, **month(3, 2024)), "B2"),
    "average_within_months": (average(110.0), average(130.0), "N5"),
    "facility_list_against_nation": (nation(205.0), nation(300.0), "I8"),
    "facility_twice": (twice("PRISON"), twice("JAIL"), "I9"),
    "time_in_custody_total": (custody(1100.0), custody(1900.0), "AB48"),
    "exchanged_labels": (flows(24_000.0, 1_700.0), flows(1_700.0, 24_000.0), "E5"),
    "months_in_order": (ordered(10, 11, 12), ordered(10, 12, 11), "L5"),
    "labels_in_order": (offices("ATL", "BAL", "BOS"), offices("ATL", "BOS", "BAL"), "B21"),
    "technologies_in_order": (
        technologies(("GPS", "SmartLINK")),
        technologies(("SmartLINK", "GPS")),
        "B33",
    ),
    "date_wrong_year": (
        dated("facility_pull", "2024-01-15"),
        dated("facility_pull", "2023-01-15"),
        "A6",
    ),
    "date_months_old": (
        dated("facility_pull", "2024-01-15"),
        dated("facility_pull", "2023-09-15"),
        "A6",
    ),
    "date_in_future": (
        dated("facility_pull", "2024-01-15"),
        dated("facility_pull", "2024-02-15"),
        "A6",
    ),
    "date_placeholder": (
        dated("transgender_as_of", "2024-01-15"),
        dated("transgender_as_of", None, "xx/xx/xxxx"),
        "A6",
    ),
    "dates_disagree": (dated("atd_title", "2024-01-20"), dated("atd_title", "2023-12-20"), "A6"),
    "inspection_after_as_of": (inspected("2023-12-01"), inspected("2024-12-01"), "AA8"),
    "inspection_twice": (inspected("2023-12-01"), inspected("2022-05-02"), "AA8"),
    "gender_column": (facilities(3), facilities(3, gender="IGSA"), "H8"),
    "inspection_column": (
        words("inspection_type", "Regular"),
        words("inspection_type", "PBNDS 2011"),
        "X8",
    ),
    "error_cells": (measure(3.0), measure(3.0, status="error_cell", value_text="#N/A"), "B2"),
    "sheet_of_another_year": (sheet_year(2024), sheet_year(2023), "D10"),
    "hidden_sheet": (sheet_year(2024), sheet_year(2020, **_HIDDEN), "D10"),
}


@pytest.mark.parametrize("check", CASES)
def test_a_release_that_holds_is_left_alone(check: str) -> None:
    assert run(check, CASES[check][0]) == []


@pytest.mark.parametrize("check", CASES)
def test_a_breach_is_found_at_its_cell(check: str) -> None:
    _, broken, cell = CASES[check]
    issues = run(check, broken)
    assert issues, f"{check} found nothing"
    assert cell in [issue.cell for issue in issues]
    assert all(issue.what and not issue.what.endswith(".") for issue in issues)


def test_rows_of_hidden_sheets_are_not_summed_with_the_current_year() -> None:
    made = release(
        row("detained_by_disposition", "detained", 100.0, "D10", disposition="Total"),
        row("detained_by_disposition", "detained", 100.0, "D11", disposition="Other"),
        row("detained_by_disposition", "detained", 7.0, "D11", disposition="Other",
            sheet="Old", **_HIDDEN),
    )  # fmt: skip
    assert run("disposition_rows", made) == []


def test_corrections_are_not_consulted() -> None:
    printed = row("detained_by_disposition", "detained", 90.0, "D10", disposition="Total")
    part = row("detained_by_disposition", "detained", 100.0, "D11", disposition="Other")
    corrected = {**printed, "edition": "corrected", "value": 100.0, "correction_id": "E0"}
    made = release({**printed, "edition": "published", "correction_id": "E0"}, corrected, part)
    assert [i.printed for i in run("disposition_rows", made)] == [90.0]


def test_a_stale_date_on_a_frozen_sheet_of_an_earlier_year_is_no_breach() -> None:
    current = row("atd_status", "atd_participants", 5.0, "B7", sheet="ATD FY24 YTD")
    frozen = row("atd_status", "atd_participants", 4.0, "B7", sheet="ATD EOFY23 ", fiscal_year=2023)
    stated = [
        {"kind": "atd_report", "date": "2023-09-30", "text": "9.30.2023", "sheet": s, "cell": "A16"}
        for s in ("ATD EOFY23 ",)
    ]
    made = release(current, frozen, dates=stated)
    assert run("date_months_old", made) == []
    assert made.as_of == AS_OF
