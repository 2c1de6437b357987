"""Dates, numbers, marks and codes: what is read, what is null, and what is said of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.reading.records.marks import marked
from tests.records_reading.books import ARRESTS, arrest, columns_of, read, write_book, write_text

MOMENT = dt.datetime(2022, 3, 28, 21, 38)
TEXTS = {
    "2022-03-28 21:38:00": MOMENT,
    "2022-03-28T21:38:00Z": MOMENT,
    "2022-03-28 21:38": MOMENT,
    "03/28/2022 21:38": MOMENT,
    "3/28/2022 9:38 PM": MOMENT,
    "03/28/2022 21:38:00": MOMENT,
    "2022-03-28": dt.datetime(2022, 3, 28),
    "03/28/2022": dt.datetime(2022, 3, 28),
    "0212-05-03 00:00:00": dt.datetime(212, 5, 3),
    "5/3/0212": dt.datetime(212, 5, 3),
    "1899-12-31 10:00:00": dt.datetime(1899, 12, 31, 10),
    " 2022-03-28 21:38:00 ": MOMENT,
    "44648.90138888889": MOMENT,  # a cell that lost its date style
    "1985": None,  # a year, or a day of 1905: not guessed
    "02/30/2022": None,
    "28/03/2022": None,  # these releases put the month first
    "soon": None,
    "b(6), b(7)c": None,
    "NA": None,
}


def test_printed_moments(tmp_path: Path) -> None:
    rows = [arrest(Apprehension_Date=text) for text in TEXTS]
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": rows}))
    assert dict(zip(TEXTS, events["arrested_at"].to_list(), strict=True)) == TEXTS
    column = columns_of(frame)["Apprehension Date"]
    assert (column["unparsable"], column["redacted"]) == (4, 1)
    assert column["unparsable_rows"] == ["row 21", "row 22", "row 23"]
    assert column["clock"] == "office"


def test_impossible_dates_are_kept_flagged_and_counted(tmp_path: Path) -> None:
    rows = [
        arrest(Apprehension_Date=dt.datetime(2024, 1, 1) + dt.timedelta(days=n)) for n in (1, 2)
    ]
    rows[0] |= {"Final Order Date": "0212-05-03", "Departed Date": "01/02/1897"}
    rows[1] |= {"Departed Date": dt.datetime(2031, 1, 1)}
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": rows}))
    assert events["date_flags"].to_list() == [
        "final_order_on:year_below_1000,departed_on:before_1900",
        "departed_on:after_release",
    ]
    assert events["final_order_on"][0] == dt.date(212, 5, 3)
    assert frame.receipt["totals"]["date_flags"] == {
        "departed_on": {"after_release": 1, "before_1900": 1},
        "final_order_on": {"year_below_1000": 1},
    }


def test_a_misprinted_year_does_not_move_the_end_of_the_release(tmp_path: Path) -> None:
    days = [dt.datetime(2024, 1, 1, 12) + dt.timedelta(days=n) for n in range(300)]
    rows = [arrest(Apprehension_Date=day) for day in [*days, dt.datetime(2204, 5, 6)]]
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": rows}))
    assert frame.through == dt.datetime(2024, 10, 26, 23, 59, 59)
    assert "1 later events" in frame.through_why
    assert events["date_flags"].drop_nulls().to_list() == ["arrested_at:after_release"]


def test_a_gap_alone_is_no_misprint(tmp_path: Path) -> None:
    days = [dt.datetime(2023, 1, 1), dt.datetime(2023, 1, 2), dt.datetime(2024, 6, 1)]
    rows = [arrest(Apprehension_Date=day) for day in days]
    frame, _ = read(write_book(tmp_path / "a.xlsx", {"S": rows}))
    assert frame.through == dt.datetime(2024, 6, 1, 23, 59, 59)


MARKS = (
    *("b(6), b(7)c", "b(6), b(7)C", "(b)(6)", "(B)(7)(C)", "b(6); b(7)(C)", "(b)(6), (b)(7)(C)"),
    *("b6", "B6, B7C", "(b)(6)(b)(7)(C)", "[(b)(6)]", "[REDACTED]", "Redacted", "XXXX", "***"),
    *("(b) (6)", "b(6) and b(7)(C)", "(b)(7)(E)", "█████"),
)
NO_MARKS = ("BRAZIL", "B", "b1 visa", "B2 VISITOR", "[8B] a category", "XX", "-", "6", "7")


def test_redaction_marks_in_all_spellings(tmp_path: Path) -> None:
    rows = [arrest(State=text) for text in (*MARKS, *NO_MARKS)]
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": rows}))
    states = events["arrest_state"].to_list()
    assert states == [None] * len(MARKS) + list(NO_MARKS)
    assert columns_of(frame)["State"]["redacted"] == len(MARKS)
    assert columns_of(frame)["Birth Date"]["redacted"] == len(rows)


def test_marks_are_found_every_time() -> None:
    texts = ["(b)(6)", *(f"text {n}" for n in range(50))]
    frame = pl.DataFrame({"a": texts, "b": texts[::-1]})
    for _ in range(200):
        assert marked(frame, ["a", "b"], {}) == {"a": (True, False), "b": (True, False)}


def test_a_redacted_key_is_no_key(tmp_path: Path) -> None:
    rows = [arrest("b(6), b(7)c"), arrest("b6a9f0"), arrest("")]
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": rows}))
    assert events["person_key"].to_list() == [None, "b6a9f0", None]
    assert columns_of(frame)["Anonymized Identifier"]["redacted"] == 1


@pytest.mark.parametrize(("text", "year"), [("1985", 1985), (1985, 1985), ("1985.0", 1985)])
def test_years_of_birth(tmp_path: Path, text: object, year: int) -> None:
    _, events = read(write_book(tmp_path / "a.xlsx", {"S": [arrest(Birth_Year=text)]}))
    assert events["birth_year"].to_list() == [year]


def test_numbers_that_are_none_are_counted(tmp_path: Path) -> None:
    rows = [arrest(Birth_Year=text) for text in ("nineteen", "1985.5", "inf", "b(6)", 1990)]
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": rows}))
    assert events["birth_year"].to_list() == [None, None, None, None, 1990]
    column = columns_of(frame)["Birth Year"]
    assert (column["unparsable"], column["redacted"]) == (3, 1)


def test_unknown_codes_are_kept_and_told_by_class(tmp_path: Path) -> None:
    rows = [arrest(Gender="Nonbinary") for _ in range(6)] + [arrest(Gender="Doe, Jane")]
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": rows}))
    assert events["gender"].to_list() == ["Nonbinary"] * 6 + ["Doe, Jane"]
    told = [f for f in frame.findings if f["rule"] == "unknown_value"]
    assert [(f["field"], f["count"]) for f in told] == [("gender", 6), ("gender", 1)]
    assert "'Nonbinary'" in told[0]["what"]
    assert "Jane" not in str(frame.findings)  # a rare value could be one person's cell


def test_a_day_field_drops_its_time_and_says_so(tmp_path: Path) -> None:
    row = arrest(Departed_Date=dt.datetime(2024, 1, 2, 23, 59))
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": [row]}))
    assert events["departed_on"].to_list() == [dt.date(2024, 1, 2)]
    assert columns_of(frame)["Departed Date"]["with_time"] == 1


def test_moments_that_are_days_are_told(tmp_path: Path) -> None:
    header = ["Apprehension Date", "Apprehension Method", "Arrest Created By"]
    header += ["Case ID", "Subject ID", "Alien File Number", "Anonymized Identifier"]
    rows = [["05/06/2015", "Located", "OFFICE", "1", "2", "(b)(6)", "syn-1"]] * 3
    frame, _ = read(write_text(tmp_path / "a.csv", [header, *rows]))
    assert "days_only" in {finding["rule"] for finding in frame.findings}


def test_text_is_stripped_and_numbers_in_text_fields_keep_their_digits(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "apprehension_date": [dt.datetime(2024, 1, 1)],
            "apprehension_method": ["  Located "],
            "case_threat_level": [2.0],
            "birth_year": [1985.0],
            "unique_identifier": ["syn-1"],
            "gender": pl.Series(["Male"], dtype=pl.Categorical),
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    _, events = read(tmp_path / "a.parquet")
    assert events.select(
        "arrest_method", "case_threat_level", "birth_year", "gender"
    ).row(0) == ("Located", "2", 1985, "Male")  # fmt: skip


def test_the_header_is_known_whatever_its_case(tmp_path: Path) -> None:
    header = [name.upper() for name in ARRESTS]
    values = ["" for _ in header]
    values[0], values[-1] = "2024-01-01 00:00:00", "syn-1"
    frame, events = read(write_text(tmp_path / "a.csv", [header, values]))
    assert frame.form == "original"
    assert events["person_key"].to_list() == ["syn-1"]
