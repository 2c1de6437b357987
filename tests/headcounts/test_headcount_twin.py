"""Any headcount of any small world equals the count made day by day and person by person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hypothesis import given, settings

from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import headcount
from tests.headcounts.slow import key_sum, slow_headcount
from tests.headcounts.ways import both_ways
from tests.headcounts.worlds import all_rules, stint_rows, table

THROUGH = datetime(2024, 3, 15, 23, 59, 59)
FIRST, LAST = date(2024, 3, 7), date(2024, 3, 15)


@settings(max_examples=40, deadline=None)
@given(stint_rows(), all_rules())
def test_engine_counts_as_the_slow_twin(rows: list[dict[str, Any]], rules: HeadcountRules) -> None:
    found = both_ways(
        table(rows), rules=rules, through=THROUGH, start=FIRST, end=LAST, by=["place"]
    )
    got = {(place, day): (night, any_time) for place, day, night, any_time in found.rows()}
    assert got == slow_headcount(rows, rules, FIRST, LAST)


@settings(max_examples=6, deadline=None)
@given(stint_rows(), all_rules())
def test_national_count_is_of_people_not_of_places(
    rows: list[dict[str, Any]], rules: HeadcountRules
) -> None:
    everywhere = [dict(row, place="one") for row in rows]
    found = both_ways(table(rows), rules=rules, through=THROUGH, start=FIRST)
    got = {("one", day): (night, any_time) for day, night, any_time in found.rows()}
    want: dict[tuple[str, date], list[int]] = {}
    for (_, day), pair in slow_headcount(everywhere, rules, FIRST, LAST).items():
        # A stint without a book-in has no place any more, but is still one of the country's.
        have = want.setdefault(("one", day), [0, 0])
        want["one", day] = [have[0] + pair[0], have[1] + pair[1]]
    if rules.unit == "stints" or rules.missing_book_in == "dropped":
        assert got == {key: tuple(pair) for key, pair in want.items()}


@settings(max_examples=6, deadline=None)
@given(stint_rows(), all_rules())
def test_window_only_cuts(rows: list[dict[str, Any]], rules: HeadcountRules) -> None:
    part = [date(2024, 3, 10), date(2024, 3, 12)]
    kept = both_ways(table(rows), rules=rules, through=THROUGH, start=FIRST)
    cut = both_ways(table(rows), rules=rules, through=THROUGH, start=part[0], end=part[1])
    inside = kept.filter((kept["date"] >= part[0]) & (kept["date"] <= part[1]))
    assert cut.sort("date").equals(inside.sort("date"))


@settings(max_examples=40, deadline=None)
@given(stint_rows(), all_rules())
def test_keys_are_sums_over_those_who_are_counted(
    rows: list[dict[str, Any]], rules: HeadcountRules
) -> None:
    found = both_ways(
        table(rows), rules=rules, through=THROUGH, start=FIRST, end=LAST, by=["place"], keys=True
    )
    got = {
        (row["place"], row["date"]): (row["key_midnight"], row["key_any_time"])
        for row in found.iter_rows(named=True)
        if row["key_midnight"] or row["key_any_time"]
    }
    assert got == slow_headcount(rows, rules, FIRST, LAST, key_sum)
    bare = both_ways(table(rows), rules=rules, through=THROUGH, start=FIRST, end=LAST, by=["place"])
    order = ["place", "date"]
    assert found.select(bare.columns).sort(order).equals(bare.sort(order))


def test_keys_are_refused_where_there_are_none_and_never_split() -> None:
    import pytest

    from openlifecycle.errors import UsageError

    stints = table([])
    with pytest.raises(UsageError):
        headcount(stints.drop("record_key"), rules=HeadcountRules(), through=THROUGH, keys=True)
    with pytest.raises(UsageError):
        headcount(stints, rules=HeadcountRules(), through=THROUGH, by=["record_key"])
