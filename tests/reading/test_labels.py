"""One test for each rule of reading a label, a mark, a number or a date (reading/labels.py)."""

from __future__ import annotations

import datetime as dt

import pytest

from openlifecycle.reading.labels import (
    a1,
    date_in_cell,
    fiscal_month,
    fiscal_year_in,
    fiscal_year_of,
    month_end,
    normal,
    number_in,
    position,
    us_dates_in,
    without_fiscal_year,
    without_footnote,
    zip_code,
)


@pytest.mark.parametrize("printed", ["ICE  ", " ice", "ICE\xa0", "\xa0Ice\t"])
def test_spaces_and_case_do_not_tell_labels_apart(printed: str) -> None:
    assert normal(printed) == "ice"


def test_double_spaces_fall_together() -> None:
    assert normal("Fiscal Year (FY)  2022 Quarter 2 Data") == "fiscal year (fy) 2022 quarter 2 data"


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("SOUTH TEXAS FAMILY RESIDENTIAL CENTER1", "SOUTH TEXAS FAMILY RESIDENTIAL CENTER"),
        ("KARNES COUNTY RESIDENTIAL CENTER2", "KARNES COUNTY RESIDENTIAL CENTER"),
        ("Clinton County Jail***", "Clinton County Jail"),
        ("CASA GUADALUPE #2", "CASA GUADALUPE #2"),
        ("JFK INTERNATIONAL AP - T7", "JFK INTERNATIONAL AP - T7"),
    ],
)
def test_footnote_marks_come_off_and_names_keep_their_digits(printed: str, name: str) -> None:
    assert without_footnote(printed) == name


@pytest.mark.parametrize(
    ("printed", "year"),
    [
        ("FY19", 2019),
        ("FY2021 YTD", 2021),
        ("EOFY2020", 2020),
        ("EOYFY2020", 2020),
        ("FY22 ", 2022),
        ("FY 2021 YTD", 2021),
        ("FY24 YEAR END", 2024),
        ("ICE FACILITIES DATA", None),
    ],
)
def test_every_spelling_of_a_fiscal_year_is_read(printed: str, year: int | None) -> None:
    assert fiscal_year_in(printed) == year


def test_a_fiscal_year_begins_in_october() -> None:
    assert fiscal_year_of(dt.date(2023, 9, 30)) == 2023
    assert fiscal_year_of(dt.date(2023, 10, 1)) == 2024
    assert fiscal_month(2024, 10) == dt.date(2023, 10, 1)
    assert fiscal_month(2024, 9) == dt.date(2024, 9, 1)
    assert month_end(dt.date(2024, 2, 3)) == dt.date(2024, 2, 29)


def test_a_heading_is_the_same_in_every_fiscal_year() -> None:
    assert without_fiscal_year("FY23 ALOS") == without_fiscal_year("fy2026 alos") == "fy alos"


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,234", 1234), ("12.5", 12.5), (" 7\xa0", 7), ("41%", 0.41), ("$5,000", 5000), ("-3", -3)],
)
def test_numbers_typed_as_text_are_read(text: str, number: float) -> None:
    assert number_in(text) == pytest.approx(number)


@pytest.mark.parametrize("text", ["1,23", "12 34", "FY22", "#65", "", "1.2.3", "N/A"])
def test_what_only_looks_like_a_number_is_not_read(text: str) -> None:
    assert number_in(text) is None


@pytest.mark.parametrize(
    ("value", "code"), [(939.0, "00939"), (1301.0, "01301"), ("07105", "07105")]
)
def test_a_zip_gets_its_lost_zeros_back(value: object, code: str) -> None:
    assert zip_code(value) == code


def test_what_is_no_zip_is_not_made_one() -> None:
    assert zip_code("N/A") is None
    assert zip_code(123456.0) is None


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("11/21/2019", dt.date(2019, 11, 21)),
        ("2/6/2020 ", dt.date(2020, 2, 6)),
        (39042.0, dt.date(2006, 11, 21)),
        (44307.0, dt.date(2021, 4, 21)),
        (dt.date(2018, 5, 3), dt.date(2018, 5, 3)),
        ("New Facility", None),
        ("13/45/2021", None),
        (8.0, None),
    ],
)
def test_dates_are_read_as_dates_texts_and_serials(value: object, day: dt.date | None) -> None:
    assert date_in_cell(value) == day


def test_dates_with_dots_and_impossible_dates_are_told_apart() -> None:
    assert us_dates_in("report, 9.23.2023") == [(dt.date(2023, 9, 23), "9.23.2023")]
    assert us_dates_in("as of 13/45/2021") == [(None, "13/45/2021")]


@pytest.mark.parametrize(
    ("place", "name"), [((0, 0), "A1"), ((9, 26), "AA10"), ((922, 16383), "XFD923")]
)
def test_references_are_excels_own(place: tuple[int, int], name: str) -> None:
    assert a1(*place) == name
    assert position(name) == place
