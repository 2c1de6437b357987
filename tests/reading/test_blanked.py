"""Zeros that the publisher printed when a fiscal year rolled over, and zeros that are values."""

from __future__ import annotations

import datetime as dt
from typing import Any

from openlifecycle.tidying.tidy import read_release
from tests.reading.sheets import to_bytes, workbook


def bond(values: list[int]) -> list[list[Any]]:
    months = [*(dt.date(2021, month, 1) for month in (10, 11, 12)), dt.date(2022, 1, 1)]
    return [
        ["Bonded Out Releases Count and ALOS - Prior 13 months plus Current Month"],
        [],
        [None, *months],
        ["Total ICE Final Releases", *values],
        ["ICE Final Releases with Bond Posted", *[v // 10 for v in values]],
        ["Bond Posted Releases (%)", *[0.1 if v else 0 for v in values]],
        ["Average Bond Amount ($)", *[5000 if v else 0 for v in values]],
        ["ALOS (Days)", *[40 if v else 0 for v in values]],
    ]


def semiannual(last: list[int]) -> list[list[Any]]:
    """Nine tables of FY2020 and FY2021; ``last`` is what they print for FY2021."""
    rows: list[list[Any]] = []
    people = ("United States Armed Forces Noncitizen", "United States Citizen", "Parents of USC")
    printed = iter(last)
    for who in people:
        for event in ("Arrests", "Bookins", "Removals"):
            rows += [
                [f"{who} {event} FY2020 - FY2021"],
                ["Fiscal Year", event],
                ["FY2020", 0 if who == "United States Citizen" else 9],
                ["FY2021 ", next(printed)],
                [],
            ]
    return rows


def statuses(name: str, rows: list[list[Any]], column: str) -> dict[Any, set[str]]:
    tidied = read_release(to_bytes(workbook(**{name: rows})))
    frame = tidied.observations.filter(sheet=name)
    out: dict[Any, set[str]] = {}
    for key, status in frame.select(column, "status").iter_rows():
        out.setdefault(key, set()).add(status)
    return out


def test_a_bond_month_of_zeros_before_a_month_with_values_was_dropped() -> None:
    got = statuses("Monthly Bond Statistics", bond([0, 0, 900, 80]), "period_start")
    assert got[dt.date(2021, 10, 1)] == {"dropped"}
    assert got[dt.date(2021, 11, 1)] == {"dropped"}
    assert got[dt.date(2021, 12, 1)] == {"observed"}


def test_a_bond_month_of_zeros_after_the_last_value_is_not_yet_there() -> None:
    got = statuses("Monthly Bond Statistics", bond([900, 800, 700, 0]), "period_start")
    assert got[dt.date(2022, 1, 1)] == {"not_yet"}


def test_a_prior_year_of_zeros_was_dropped_even_if_one_value_was_left_standing() -> None:
    """The FY2026 workbook left the book-ins of parents of US citizens standing for FY2025."""
    got = statuses("Semiannual", semiannual([0, 0, 0, 0, 0, 0, 0, 18277, 0]), "fiscal_year")
    assert got[2021] == {"dropped", "observed"}


def test_a_zero_in_company_of_values_is_a_value() -> None:
    """Removals of US citizens: 0 in FY2020 and FY2021 beside other values."""
    got = statuses("Semiannual", semiannual([5, 4, 3, 1, 0, 0, 7, 8, 9]), "fiscal_year")
    assert got == {2020: {"observed"}, 2021: {"observed"}}
