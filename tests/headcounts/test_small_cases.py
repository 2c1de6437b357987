"""Headcounts, person-days and flows of cases small enough to count on fingers (March 2024)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from openlifecycle.errors import UnknownDimension, UsageError
from openlifecycle.lifecycle.daily_population import under_age
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import headcount
from openlifecycle.lifecycle.movements import movements
from openlifecycle.lifecycle.person_days import person_days
from tests.headcounts.ways import both_ways
from tests.headcounts.worlds import stint, table

THROUGH = datetime(2024, 3, 15, 23, 59, 59)
BY_DATES = HeadcountRules()
BY_MOMENTS = HeadcountRules(midnight="start", stroke="arriving", unit="stints")


def nights(rows: list[dict[str, Any]], rules: HeadcountRules = BY_DATES) -> dict[int, int]:
    """Day of March -> number counted at midnight, zeros left out."""
    found = both_ways(table(rows), rules=rules, through=THROUGH, counts=["midnight"])
    return {day.day: n for day, n in found.select("date", "n_midnight").sort("date").rows()}


def days(rows: list[dict[str, Any]], rules: HeadcountRules = BY_DATES) -> dict[int, int]:
    """Day of March -> number counted at any time of the day."""
    found = both_ways(table(rows), rules=rules, through=THROUGH, counts=["any_time"])
    return {day.day: n for day, n in found.select("date", "n_any_time").sort("date").rows()}


def test_a_day_is_counted_at_the_midnight_that_ends_it_or_starts_it() -> None:
    rows = [stint("a", "P", "4 09:00", "6 17:00")]
    assert nights(rows) == {4: 1, 5: 1}
    assert nights(rows, BY_MOMENTS) == {5: 1, 6: 1}
    assert days(rows) == {4: 1, 5: 1, 6: 1}


def test_leaving_or_arriving_on_the_stroke_of_midnight() -> None:
    leaves, arrives = (
        [stint("a", "P", "4 09:00", "6 00:00")],
        [stint("a", "P", "4 00:00", "5 12:00")],
    )
    assert nights(leaves) == {4: 1, 5: 1}, (
        "who leaves at 00:00 of the 6th was there at the 5th's end"
    )
    assert nights(leaves, BY_MOMENTS) == {5: 1}, "and was not there after the stroke"
    assert nights(arrives) == {4: 1}
    assert nights(arrives, BY_MOMENTS) == {4: 1, 5: 1}, "who arrives at 00:00 of the 4th is there"


def test_the_night_of_the_clock_change_counts_as_one() -> None:
    # 10 March 2024 has 23 hours in most of the United States; wall-clock digits are compared.
    assert nights([stint("a", "P", "9 23:30", "11 00:30")]) == {9: 1, 10: 1}


def test_overlapping_stints_of_one_person_are_one_head_and_two_stints() -> None:
    rows = [stint("a", "P", "4 09:00", "8 09:00"), stint("a", "P", "5 09:00", "6 09:00")]
    assert nights(rows) == {4: 1, 5: 1, 6: 1, 7: 1}
    assert nights(rows, replace(BY_DATES, unit="stints")) == {4: 1, 5: 2, 6: 1, 7: 1}
    assert days(rows, replace(BY_DATES, unit="stints")) == {4: 1, 5: 2, 6: 2, 7: 1, 8: 1}


def test_people_whose_tokens_fall_together_are_still_told_apart() -> None:
    # A person whose key is the name of the place: both rows have the same token, nothing else.
    rows = [stint("P", "P", "4 09:00", "6 09:00"), stint("Q", "Q", "4 09:00", "6 09:00")]
    found = both_ways(table(rows), rules=BY_DATES, through=THROUGH, by=["place"])
    cells = {(place, day.day): (n, m) for place, day, n, m in found.rows()}
    held = {4: (1, 1), 5: (1, 1), 6: (0, 1)}
    assert cells == {(place, day): held[day] for place in "PQ" for day in held}


def test_back_on_the_day_of_leaving_is_one_head_that_day() -> None:
    rows = [stint("a", "P", "4 09:00", "6 08:00"), stint("a", "P", "6 20:00", "7 09:00")]
    assert days(rows) == {4: 1, 5: 1, 6: 1, 7: 1}
    assert nights(rows) == {4: 1, 5: 1, 6: 1}


def test_records_without_a_person_key() -> None:
    rows = [stint(None, "P", "4 09:00", "5 09:00"), stint(None, "P", "4 10:00", "5 10:00")]
    assert nights(rows, replace(BY_DATES, missing_person="one_each")) == {4: 2}
    assert nights(rows, replace(BY_DATES, missing_person="counted_once")) == {4: 1}
    assert nights(rows, replace(BY_DATES, missing_person="dropped")) == {}


def test_an_open_stint_lasts_through_the_last_day_or_until_the_latest_book_out() -> None:
    rows = [stint("a", "P", "12 09:00", None), stint("b", "P", "12 09:00", "14 09:00")]
    assert nights(rows) == {12: 2, 13: 2, 14: 1, 15: 1}
    until_latest = replace(BY_DATES, open_end="latest_book_out")
    assert nights(rows, until_latest) == {12: 2, 13: 2}


def test_a_stint_that_ends_before_it_starts_is_one_day_and_no_night_or_nothing() -> None:
    rows = [stint("a", "P", "8 09:00", "5 09:00")]
    assert (days(rows), nights(rows)) == ({8: 1}, {})
    assert days(rows, replace(BY_DATES, end_before_start="dropped")) == {}


def test_duplicates_count_only_where_the_rules_say_so() -> None:
    rows = [stint("a", "P", "4 09:00", "5 09:00", is_left_out=True)]
    assert nights(rows) == {}
    assert nights(rows, replace(BY_DATES, include_duplicates=True)) == {4: 1}


def test_a_stint_without_a_book_in_is_left_out_or_held_in_no_known_place() -> None:
    rows = [
        stint("a", "P", "4 09:00", "6 09:00"),
        stint("b", "P", "4 09:00", "6 09:00", book_in_at=None),
    ]
    rules = replace(BY_MOMENTS, missing_book_in="unplaced", unit="stints")
    found = both_ways(table(rows), rules=rules, through=THROUGH, by=["place"], counts=["midnight"])
    cells = {(place, day.day): n for place, day, n in found.rows()}
    assert cells == {("P", 5): 1, ("P", 6): 1, (None, 4): 1, (None, 5): 1, (None, 6): 1}
    assert nights(rows) == {4: 1, 5: 1}


def test_zeros_fill_every_cell_of_the_window() -> None:
    rows = [stint("a", "P", "4 09:00", "5 09:00"), stint("b", None, "6 09:00", "7 09:00")]
    found = headcount(
        table(rows), rules=BY_DATES, through=THROUGH, end=date(2024, 3, 7), by=["place"], zeros=True
    )
    cells = {(place, day.day): (n, m) for place, day, n, m in found.to_polars().rows()}
    held = {("P", 4): (1, 1), ("P", 5): (0, 1), (None, 6): (1, 1), (None, 7): (0, 1)}
    assert cells == {
        (place, day): held.get((place, day), (0, 0))
        for place in ("P", None)
        for day in (4, 5, 6, 7)
    }


def test_person_days_are_midnights_and_adp_their_mean() -> None:
    rows = [stint("a", "P", "4 09:00", "6 09:00"), stint("b", "Q", "5 09:00", None)]
    window = {"rules": BY_DATES, "through": THROUGH, "start": date(2024, 2, 28)}
    found = person_days(table(rows), **window).to_polars()  # type: ignore[arg-type]
    # a: nights 4, 5; b: nights 5 to 15 = 11; February has two days in the window and nobody.
    assert found.rows() == [(date(2024, 3, 1), 15, 13, 13 / 15)]
    yearly = person_days(table(rows), **window, period="fiscal_year")  # type: ignore[arg-type]
    assert yearly.to_polars().rows() == [(date(2023, 10, 1), 17, 13, 13 / 17)]


def test_a_transfer_leaves_one_place_and_enters_another_and_no_stay_begins_or_ends() -> None:
    rows = [
        stint("a", "P", "4 09:00", "6 09:00", row_id=0, stay_id=1),
        stint("a", "Q", "6 10:00", "9 09:00", row_id=1, stay_id=1),
        stint("b", "P", "6 09:00", None, row_id=2, stay_id=2),
    ]
    found = movements(table(rows), rules=BY_DATES, through=THROUGH, by=["place"]).to_polars()
    names = ["place", "date", "n_book_ins", "n_initial_book_ins", "n_transfers_in"]
    names += ["n_book_outs", "n_final_book_outs", "n_transfers_out"]
    assert found.columns == names
    flows = {(row[0], row[1].day): row[2:] for row in found.rows()}
    assert flows == {
        ("P", 4): (1, 1, 0, 0, 0, 0),
        ("P", 6): (1, 1, 0, 1, 0, 1),
        ("Q", 6): (1, 0, 1, 0, 0, 0),
        ("Q", 9): (0, 0, 0, 1, 1, 0),
    }


def test_possibly_under_18_until_the_year_of_the_birthday_begins() -> None:
    rows = [stint("a", "P", "4 09:00", "6 09:00")]
    frame = pl.DataFrame(rows).with_columns(
        book_in_at=pl.datetime(2023, 12, 29, 9), book_out_at=pl.lit(None, pl.Datetime("us"))
    )
    for year, last in ((2006, 31), (2005, None)):
        young = under_age(_memtable(frame.with_columns(birth_year=pl.lit(year))))
        found = both_ways(young, rules=BY_DATES, through=THROUGH, counts=["any_time"])
        assert found["date"].max() == (last and date(2023, 12, last))


def test_leaving_on_the_first_day_of_age_ends_the_young_days_the_day_before() -> None:
    frame = pl.DataFrame([stint("a", "P", "4 09:00", "6 09:00")]).with_columns(
        book_in_at=pl.datetime(2023, 12, 30, 9, time_unit="us"),
        book_out_at=pl.datetime(2024, 1, 1, 8, time_unit="us"),
        birth_year=pl.lit(2006),
    )
    found = both_ways(
        under_age(_memtable(frame)), rules=BY_DATES, through=THROUGH, counts=["any_time"]
    )
    assert sorted(found["date"]) == [date(2023, 12, 30), date(2023, 12, 31)]


def test_a_book_in_of_the_year_212_is_a_missing_one() -> None:
    typed = [stint("a", "P", "4 09:00", "6 09:00", book_in_at=datetime(212, 3, 4, 9))]
    assert nights(typed) == {}


def _memtable(frame: pl.DataFrame) -> Any:
    import ibis

    return ibis.memtable(frame)


def test_unknown_columns_and_people_are_refused() -> None:
    rows = table([stint("a", "P", "4 09:00", None)])
    with pytest.raises(UnknownDimension, match="planet"):
        headcount(rows, rules=BY_DATES, through=THROUGH, by=["planet"])
    with pytest.raises(UsageError, match="never split by person"):
        headcount(rows, rules=BY_DATES, through=THROUGH, by=["person_key"])
    with pytest.raises(UsageError, match="counts midnight or any_time"):
        headcount(rows, rules=BY_DATES, through=THROUGH, counts=["noon"])
    with pytest.raises(UsageError, match="is_left_out"):
        headcount(rows.drop("is_left_out"), rules=BY_DATES, through=THROUGH)
    with pytest.raises(UsageError, match="midnight cannot be 'noon'"):
        HeadcountRules(midnight="noon")
    with pytest.raises(UsageError, match="stroke"):
        HeadcountRules.from_mapping({"midnight": "end"})
