"""Heads added up from steps are those that are counted stint by stint."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openlifecycle.engine.record_head_days import MOST_KEY, Calendar, by_period, counted_once
from openlifecycle.lifecycle.head_steps import KEYLESS, added, has_steps, spans_of, steps, twice
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import headcount
from openlifecycle.lifecycle.rules import RULE_SETS, ruleset
from tests.headcounts.worlds import BEGIN, stint_rows, table

THROUGH = BEGIN + timedelta(days=8, hours=23)
FIRST, LAST = date(2024, 3, 10), date(2024, 3, 14)
NAMES = ("date", "place", "n", "key")


def from_steps(rows: list[dict[str, Any]], rules: HeadcountRules, split: list[str]) -> pl.DataFrame:
    """Return heads by day, as the engine takes them from steps."""
    spans = spans_of(table(rows), rules=rules, through=THROUGH, by=["place"])
    made = ibis.memtable(steps(spans, ["place"]).to_polars())
    changes = added(made, [*split, KEYLESS]).to_polars()
    again = twice(spans).order_by("person_key", "first", "until").to_polars()
    more = counted_once(again, split).select(changes.columns)
    every = pl.concat([changes, more], how="vertical_relaxed")
    return by_period(every, split, Calendar.of(FIRST, LAST, "day", None))


def from_stints(
    rows: list[dict[str, Any]], rules: HeadcountRules, split: list[str]
) -> list[tuple[Any, ...]]:
    """Return heads by day as they are counted stint by stint."""
    daily = headcount(
        table(rows), rules=rules, through=THROUGH, start=FIRST, end=LAST, by=split,
        counts=("midnight",), keys=True,
    ).to_polars()  # fmt: skip
    found = daily.select("date", *split, "n_midnight", "key_midnight").rows()
    return sorted(found, key=str)


def told(found: pl.DataFrame, split: list[str], number: str) -> list[tuple[Any, ...]]:
    day = pl.lit(date(1970, 1, 1)) + pl.duration(days=pl.col("period"))
    return sorted(found.select(day, *split, number, "cell_key").rows(), key=str)


@pytest.mark.parametrize("split", [[], ["place"]])
@settings(max_examples=20, deadline=None)
@given(
    rows=stint_rows(),
    free=st.tuples(st.booleans(), st.sampled_from(["one_day", "dropped"])),
)
def test_steps_count_what_stints_count(
    split: list[str], rows: list[dict[str, Any]], free: tuple[bool, str]
) -> None:
    rules = HeadcountRules(include_duplicates=free[0], end_before_start=free[1])
    found = from_steps(rows, rules, split)
    assert told(found, split, "peak") == from_stints(rows, rules, split)
    sure = HeadcountRules(
        include_duplicates=free[0], end_before_start=free[1], missing_person="counted_once"
    )
    people = sorted(told(found, split, "people"), key=str)
    assert [row[:-1] for row in people] == [row[:-1] for row in from_stints(rows, sure, split)]


def test_months_add_up_their_midnights() -> None:
    changes = pl.DataFrame(
        {
            "day": [19786, 19790, 19792],  # 4, 8 and 10 March 2024
            "change": [2, 1, -3],
            "key_change": [MOST_KEY + 7, 5, -MOST_KEY - 12],
            KEYLESS: [False, True, False],
        }
    )
    found = by_period(changes, [], Calendar.of(date(2024, 3, 7), date(2024, 3, 31), "month", None))
    assert found.select("total", "peak", "cell_key").rows() == [(2 + 3 + 3, 3, 7 + 12 + 12)]


def test_nobody_is_no_row() -> None:
    nobody = pl.DataFrame(
        schema={"day": pl.Int32, "change": pl.Int64, "key_change": pl.Int64, KEYLESS: pl.Boolean}
    )
    calendar = Calendar.of(FIRST, LAST, "month", None)
    assert by_period(nobody, [], calendar).is_empty()
    assert by_period(nobody, [], Calendar.of(LAST, FIRST, "month", None)).is_empty()


def test_conventions_that_hang_on_what_is_asked_have_no_steps() -> None:
    ready = {name: has_steps(ruleset(name).headcount) for name in RULE_SETS}
    assert ready == {name: name != "uwchr-2024" for name in RULE_SETS}
