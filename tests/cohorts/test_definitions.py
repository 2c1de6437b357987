"""What the states mean, case by case, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from openlifecycle.errors import UnknownDimension, UsageError
from openlifecycle.lifecycle.cohorts import cohort, length_of_stay
from openlifecycle.lifecycle.outcomes import group_of, groups, states
from tests.cohorts.tables import FIRST, LAST, THROUGH, compiled, day, stay, tables
from tests.cohorts.twin import Arrest, Stay


def seen(rows: pl.DataFrame, days: int) -> dict[str, int]:
    here = rows.filter(pl.col("horizon_days") == days, pl.col("kind") == "state")
    found = {row["state"]: row["n_seen"] for row in here.iter_rows(named=True) if row["n_seen"]}
    assert sum(found.values()) == here["n_people"].max()
    return found


def ask(
    entry: Any, stays: list[Stay], arrests: tuple[Arrest, ...] = (), **more: Any
) -> pl.DataFrame:
    asked = {"start": FIRST, "end": LAST, "through": THROUGH, "period": "all"} | more
    engine = compiled()
    engine.fill(stays, list(arrests))
    question = f"{entry} {sorted(asked.items())}"
    return cohort(engine.tables, entry=entry, fetch=lambda e: engine.fetch(question, e), **asked)


def test_an_exit_exactly_at_the_horizon_counts_and_a_minute_later_does_not() -> None:
    at = stay(1, "a", day(1, 1, 8), day(1, 2, 8), "Removed")
    later = stay(2, "b", day(1, 1, 8), day(1, 2, 8, 1), "Removed")
    assert seen(ask("book_in", [at, later]), 1) == {"removed": 1, "held_first_facility": 1}


def test_a_person_is_counted_once_from_the_first_entry_and_seen_to_return() -> None:
    first = stay(1, "a", day(1, 1), day(1, 11), "Bonded Out - IJ")
    second = stay(2, "a", day(1, 21), day(1, 25), "Removed")
    rows = ask("book_in", [first, second])
    assert seen(rows, 7) == {"held_first_facility": 1}
    assert seen(rows, 30) == {"returned": 1}
    by_month = ask("book_in", [first, stay(2, "a", day(2, 3))], period="month")
    assert by_month["period"].unique().sort().to_list() == ["2025-01", "2025-02"]


def test_records_without_a_key_are_people_of_their_own() -> None:
    two = [stay(1, None, day(1, 1), day(1, 3), "Paroled"), stay(2, None, day(1, 9))]
    assert seen(ask("book_in", two), 30) == {"released_parole": 1, "held_first_facility": 1}
    arrests = (Arrest(1, None, day(1, 1), None), Arrest(2, "a", day(1, 1), None))
    assert seen(ask("arrest", two, arrests), 1) == {"unknown": 1, "not_detained": 1}


def test_overlapping_stays_are_a_return_at_the_end_of_the_first() -> None:
    first = stay(1, "a", day(1, 1), day(1, 5), "Order of recognizance")
    second = stay(2, "a", day(1, 3), day(1, 20), "Removed")
    rows = ask("book_in", [first, second])
    assert seen(rows, 1) == {"held_first_facility": 1}
    assert seen(rows, 7) == {"returned": 1}
    inside = stay(2, "a", day(1, 2), day(1, 4), "Removed")
    assert seen(ask("book_in", [first, inside]), 7) == {"released_recognizance": 1}


def test_removed_is_a_reason_and_departed_is_a_departure_after_another_exit() -> None:
    removed = stay(1, "a", day(1, 1), day(1, 5), "Removed", departed=date(2025, 1, 6))
    paroled = stay(2, "b", day(1, 1), day(1, 5), "Paroled", departed=date(2025, 1, 25))
    stale = stay(3, "c", day(1, 1), day(1, 12), "Paroled", departed=date(2025, 1, 6))
    near = stay(4, "d", day(1, 1), day(1, 11), "Paroled", departed=date(2025, 1, 6))
    rows = ask("book_in", [removed, paroled, stale, near])
    assert seen(rows, 30) == {"removed": 1, "departed": 2, "released_parole": 1}
    assert seen(rows, 7) == {"removed": 1, "released_parole": 1, "held_first_facility": 2}


def test_a_stay_that_fades_out_is_unknown_unless_its_last_stint_says_why() -> None:
    lost = stay(1, "a", day(1, 1), None, None, last_end=day(1, 5), last_reason="Transferred")
    told = stay(2, "b", day(1, 1), None, None, last_end=day(1, 5), last_reason="Removed")
    back = stay(3, "c", day(1, 9), day(1, 8), "Removed")
    rows = ask("book_in", [lost, told, back])
    assert seen(rows, 30) == {"unknown": 2, "removed": 1}


def test_a_reason_that_nobody_knows_is_counted_as_such() -> None:
    rows = ask("book_in", [stay(1, "a", day(1, 1), day(1, 2), "Beamed up"),
                           stay(2, "b", day(1, 1), day(1, 2), None)])  # fmt: skip
    assert seen(rows, 7) == {"other_reason": 1, "reason_blank": 1}


def test_arrests_book_in_before_after_or_never() -> None:
    before = stay(1, "a", day(1, 1), day(2, 20), "Removed")
    soon = stay(2, "b", day(1, 4), day(1, 30), "Removed")
    later = stay(3, "c", day(3, 1), None)
    arrests = (
        Arrest(1, "a", day(1, 2), 1),
        Arrest(2, "b", day(1, 2), 2),
        Arrest(3, "c", day(1, 2), None),
        Arrest(4, "d", day(1, 2), None, date(2025, 1, 20)),
    )
    rows = ask("arrest", [before, soon, later], arrests)
    assert seen(rows, 1) == {"held_first_facility": 1, "not_detained": 3}
    assert seen(rows, 7) == {"held_first_facility": 2, "not_detained": 2}
    assert seen(rows, 90) == {"removed": 2, "returned": 1, "departed": 1}


def test_an_arrest_of_somebody_already_held_is_detained_at_once() -> None:
    held = stay(1, "a", day(1, 1), day(4, 1), "Removed")
    rows = ask("arrest", [held], (Arrest(1, "a", day(2, 1), None),))
    assert seen(rows, 1) == {"held_first_facility": 1}
    assert seen(rows, 90) == {"removed": 1}


def test_naive_and_estimated_shares_part_where_people_entered_late() -> None:
    old = [stay(i, f"a{i}", day(1, 1), day(1, 21), "Removed") for i in range(10)]
    new = [stay(10 + i, f"b{i}", day(12, 17), None) for i in range(10)]
    rows = ask("book_in", old + new)
    held = rows.filter(
        pl.col("horizon_days") == 30, pl.col("kind") == "sum", pl.col("state") == "held"
    ).row(0, named=True)
    # ten of twenty were never watched for 30 days: all who were had left
    assert (held["n_followed"], held["naive_share"], held["share"]) == (10, 0.5, 0.0)


def test_beyond_what_anybody_was_watched_nothing_is_said() -> None:
    rows = ask("book_in", [stay(1, "a", day(12, 20))])
    late = rows.filter(pl.col("horizon_days") == 30)
    assert late["share"].null_count() == len(late)
    assert late["n_seen"].sum() > 0


def test_length_of_stay_counts_open_stays_as_open() -> None:
    ended = [stay(i, f"a{i}", day(11, 1), day(11, 3 + 2 * i), "Removed") for i in range(4)]
    held = [stay(9, "z", day(11, 1), None)]
    row = length_of_stay(
        tables(ended + held), start=FIRST, end=LAST, through=THROUGH, period="all"
    ).row(0, named=True)
    # 2, 4, 6, 8 days and one of more than 61: the curve falls to 3/5, 2/5 after 4 and 6 days
    assert (row["n_stays"], row["n_ended"], row["median_days"]) == (5, 4, 6.0)
    assert row["mean_completed_days"] == 5.0
    assert row["median_completed_days"] == 4.0
    assert row["mean_so_far_days"] == 61.0
    assert row["held_7d"] == pytest.approx(2 / 5)
    assert row["held_1d"] == 1.0
    assert row["held_90d"] is None


def test_splits_add_up_and_missing_values_are_named() -> None:
    found = [stay(i, f"a{i}", day(1, 1 + i)) for i in range(5)]
    rows = ask("book_in", found, by=("aor", "gender"))
    one = rows.filter(
        pl.col("horizon_days") == 1, pl.col("state") == "held", pl.col("kind") == "sum"
    )
    assert one["n_people"].sum() == 5
    assert one["gender"].unique().to_list() == ["(missing)"]


@pytest.mark.parametrize("name", ["birth_year", "person_key", "stay_id"])
def test_nobody_can_be_picked_out_by_a_split(name: str) -> None:
    with pytest.raises(UnknownDimension):
        ask("book_in", [stay(1, "a", day(1, 1))], by=(name,))


def test_questions_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError):
        ask("birth", [])
    with pytest.raises(UsageError):
        ask("book_in", [], start=LAST, end=FIRST)
    with pytest.raises(UsageError):
        ask("book_in", [], horizons=(0,))


def test_every_known_reason_has_one_state_and_every_state_its_words() -> None:
    assert group_of()["bonded out - ij"] == "released_bond"
    assert len(group_of()) == sum(len(g.reasons) for g in groups().values())
    assert set(groups()) < set(states())
    assert all(
        marks <= set("PDUCW") for g in groups().values() for marks in map(set, g.reasons.values())
    )


def test_the_cohort_of_a_day_after_the_records_is_empty() -> None:
    late = THROUGH + timedelta(days=2)
    rows = ask("book_in", [stay(1, "a", late)], end=date(2026, 12, 31))
    assert rows.is_empty()
