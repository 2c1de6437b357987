"""What must hold in every world: nobody appears or disappears between two midnights."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given, settings

from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.movements import FLOWS, movements
from openlifecycle.lifecycle.person_days import person_days
from tests.headcounts.slow import EARLIEST, counted
from tests.headcounts.ways import both_ways
from tests.headcounts.worlds import all_rules, stint_rows, table

THROUGH = datetime(2024, 3, 15, 23, 59, 59)
LATER = THROUGH + timedelta(days=5)
FIRST = date(2024, 3, 7)
DAY = timedelta(days=1)


def _flows(rows: list[dict[str, Any]], rules: HeadcountRules) -> dict[tuple[str | None, date], Any]:
    # Through a day after all of them, so that every flow is seen.
    found = movements(table(rows), rules=rules, through=LATER, by=["place"]).to_polars()
    return {(row[0], row[1]): dict(zip(FLOWS, row[2:], strict=True)) for row in found.rows()}


@settings(max_examples=12, deadline=None)
@given(stint_rows(), all_rules())
def test_change_of_headcount_is_in_minus_out(
    rows: list[dict[str, Any]], rules: HeadcountRules
) -> None:
    rules = replace(
        rules, midnight="end", stroke="leaving", unit="stints", missing_book_in="dropped"
    )
    # An open stint that the rules end at the latest book-out leaves without a book-out.
    rules = replace(rules, open_end="through")
    held = both_ways(table(rows), rules=rules, through=THROUGH, by=["place"])
    nights = {(place, day): night for place, day, night, _ in held.rows()}
    flows = _flows(rows, rules)
    for place in {row["place"] for row in rows}:
        for offset in range(9):
            day = FIRST + DAY * offset
            flow = flows.get((place, day), dict.fromkeys(FLOWS, 0))
            change = nights.get((place, day), 0) - nights.get((place, day - DAY), 0)
            assert change == flow["n_book_ins"] - flow["n_book_outs"]


@settings(max_examples=12, deadline=None)
@given(stint_rows(), all_rules())
def test_flows_as_counted_by_hand(rows: list[dict[str, Any]], rules: HeadcountRules) -> None:
    stints = replace(rules, unit="stints", missing_book_in="dropped", open_end="through")
    flows = _flows(rows, replace(rules, open_end="through"))
    kept = counted(rows, stints)
    ins = Counter((row["place"], row["book_in_at"].date()) for row in kept)
    outs = Counter(
        (row["place"], row["book_out_at"].date()) for row in kept if row["book_out_at"] is not None
    )
    assert {cell: flow["n_book_ins"] for cell, flow in flows.items() if flow["n_book_ins"]} == ins
    assert {
        cell: flow["n_book_outs"] for cell, flow in flows.items() if flow["n_book_outs"]
    } == outs
    stays = {row["stay_id"] for row in kept if row["stay_id"] is not None}
    alone = sum(row["stay_id"] is None for row in kept)
    assert sum(flow["n_initial_book_ins"] for flow in flows.values()) == len(stays) + alone
    for flow in flows.values():
        assert flow["n_book_ins"] == flow["n_initial_book_ins"] + flow["n_transfers_in"]
        assert flow["n_book_outs"] == flow["n_final_book_outs"] + flow["n_transfers_out"]


@settings(max_examples=12, deadline=None)
@given(stint_rows(), all_rules())
def test_person_days_of_stints_are_the_nights_between_their_dates(
    rows: list[dict[str, Any]], rules: HeadcountRules
) -> None:
    rules = replace(rules, midnight="end", stroke="leaving", unit="stints", open_end="through")
    rules = replace(rules, missing_book_in="dropped")
    found = person_days(
        table(rows), rules=rules, through=THROUGH, start=FIRST, period="year"
    ).to_polars()
    after = THROUGH.date() + DAY
    nights = 0
    for row in counted(rows, rules):
        assert row["book_in_at"].date() >= EARLIEST
        ends = after if row["book_out_at"] is None else min(row["book_out_at"].date(), after)
        nights += max((ends - row["book_in_at"].date()).days, 0)
    assert found["person_days"].sum() == nights
    if nights:
        assert found["days"].to_list() == [9]


@settings(max_examples=12, deadline=None)
@given(stint_rows(), all_rules())
def test_people_are_never_more_than_stints_nor_midnights_than_days(
    rows: list[dict[str, Any]], rules: HeadcountRules
) -> None:
    rules = replace(rules, midnight="end", stroke="leaving")
    both = {}
    for unit in ("people", "stints"):
        found = both_ways(
            table(rows), rules=replace(rules, unit=unit), through=THROUGH, by=["place"]
        )
        both[unit] = {(place, day): (night, any_) for place, day, night, any_ in found.rows()}
    assert both["people"].keys() == both["stints"].keys()
    for cell, (night, any_time) in both["people"].items():
        assert 0 <= night <= any_time
        assert (night, any_time) <= both["stints"][cell]
        assert (night > 0) == (both["stints"][cell][0] > 0)
