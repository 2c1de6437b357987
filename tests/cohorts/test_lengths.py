"""Lengths of stay leave moved by what noise in people moves them, and never about a few."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from openlifecycle.disclosure import cohort_noise
from openlifecycle.disclosure.cohort_lengths import cleared_lengths
from openlifecycle.disclosure.cohort_noise import Draw
from openlifecycle.disclosure.policy import policy
from openlifecycle.lifecycle.cohorts import length_counts, length_of_stay
from tests.cohorts.tables import FIRST, LAST, THROUGH, day, stay, tables
from tests.cohorts.twin import Stay

HORIZONS = (7, 30)
DRAW = Draw(replace(policy(), shown_from=5, statistic_minimum=10), bytes(range(32)), "book_in/all")


def keyed(rows: Any) -> Any:
    return rows.mutate(record_key=rows.entry_id + 1000)


def counted(stays: list[Stay]) -> tuple[pl.DataFrame, pl.DataFrame]:
    return length_counts(
        tables(stays), start=FIRST, end=LAST, through=THROUGH, period="all", keyed=keyed
    )


def cleared(stays: list[Stay], draw: Draw = DRAW) -> pl.DataFrame:
    return cleared_lengths(*counted(stays), ["period"], HORIZONS, draw, 1)


def spread(people: int, open_ones: int = 0) -> list[Stay]:
    """Return a stay a person: one day, two days, ..., and open ones."""
    start = day(1, 1)
    ended = [
        stay(nr, f"p{nr}", start, start + timedelta(days=nr + 1), "Removed") for nr in range(people)
    ]
    return [*ended, *(stay(9000 + nr, f"o{nr}", start) for nr in range(open_ones))]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohort_noise, "noise", lambda keys, *_: keys * 0)
    monkeypatch.setattr(cohort_noise, "uniforms", lambda keys, *_: np.full(len(keys), 0.5))


def test_who_is_behind_the_stays_of_each_kind() -> None:
    two = [stay(1, "a", day(1, 1), day(1, 2), "Removed"), stay(2, "a", day(2, 1))]
    rest = [stay(3, None, day(3, 1), day(3, 2), "Removed"), stay(4, None, day(4, 1))]
    _, people = counted([*two, *rest])
    one = people.row(0, named=True)
    assert (one["n_keys"], one["n_without_key"], one["units"], one["largest"]) == (1, 2, 3, 2)
    # a person has the secret number of one of the records here, which is the least
    assert one["key"] == 1001 + 1003 + 1004
    assert (one["units_ended"], one["key_ended"], one["largest_ended"]) == (2, 1001 + 1003, 1)
    assert (one["units_open"], one["key_open"]) == (2, 1001 + 1004)
    assert one["units_impossible"] == 0


def test_without_noise_the_numbers_are_those_of_the_estimate(silent: None) -> None:
    stays = spread(60, 12)
    shown = cleared(stays).row(0, named=True)
    exact = length_of_stay(
        tables(stays), start=FIRST, end=LAST, through=THROUGH, period="all", horizons=HORIZONS
    ).row(0, named=True)
    assert shown["n_stays"] == 72
    assert shown["n_ended"] == 60
    for name in ("median_days", "lower_quartile_days", "mean_completed_days"):
        assert shown[name] == pytest.approx(exact[name], abs=0.5)
    assert shown["held_7d"] == pytest.approx(exact["held_7d"], abs=0.02)


def test_ten_people_make_a_median_and_nine_do_not(silent: None) -> None:
    assert cleared(spread(9)).is_empty()
    assert cleared(spread(10))["median_days"].to_list() == [5.0]


def test_people_and_not_stays_are_behind_it(silent: None) -> None:
    start = day(1, 1)
    many = [
        stay(
            nr, f"p{nr % 4}", start + timedelta(days=nr), start + timedelta(days=nr + 1), "Removed"
        )
        for nr in range(40)
    ]
    assert cleared(many).is_empty()


def test_records_without_a_key_may_all_be_of_one_person(silent: None) -> None:
    start = day(1, 1)
    alone = [stay(nr, None, start, start + timedelta(days=nr + 1), "Removed") for nr in range(30)]
    assert cleared(alone).is_empty()
    assert not cleared([*alone, *spread(4)]).is_empty()


def test_one_person_makes_no_mean(silent: None) -> None:
    start = day(1, 1)
    short = [stay(nr, f"p{nr}", start, start + timedelta(hours=1), "Removed") for nr in range(20)]
    long = stay(99, "z", start, start + timedelta(days=300), "Removed")
    assert cleared([*short, long])["mean_completed_days"].to_list() == [None]
    assert cleared(short)["mean_completed_days"].to_list() != [None]


def test_noise_of_five_people_moves_a_mean_by_five_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohort_noise, "uniforms", lambda keys, *_: np.full(len(keys), 0.5))
    means = {}
    for e in (0, 5):
        monkeypatch.setattr(cohort_noise, "noise", lambda keys, *_, e=e: keys * 0 + e)
        means[e] = cleared(spread(100))["mean_completed_days"][0]
    # 1 to 100 days: mean 50.5, standard deviation 28.9, of which the first digit is 30
    assert means[0] == pytest.approx(50.5, abs=0.1)
    assert means[5] == pytest.approx(50.5 + 5 * 30 / 105, abs=0.1)


def test_a_median_has_no_more_digits_than_the_noise_leaves_it() -> None:
    shown = cleared(spread(40))
    # the quartiles are 20 days apart, so one person moves the median by about one day
    assert shown["median_days"][0] == round(shown["median_days"][0])
    again = cleared(spread(40)[::-1])
    assert again.equals(shown)
    moved = {cleared(spread(40), replace(DRAW, table=f"t{n}"))["median_days"][0] for n in range(6)}
    assert len(moved) > 1


def test_the_ends_of_a_band_lie_round_their_value() -> None:
    for n in range(12, 60, 7):
        shown = cleared(spread(n, 5), replace(DRAW, table=f"t{n}"))
        for one in shown.iter_rows(named=True):
            assert one["median_low_days"] <= one["median_days"]
            assert one["median_high_days"] is None or (
                one["median_days"] <= one["median_high_days"]
            )
