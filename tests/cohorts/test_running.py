"""Sums of many short runs are those of adding row by row; a cohort says the same each time."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openlifecycle.lifecycle.cohorts import cohort
from openlifecycle.lifecycle.running import Runs, added
from tests.cohorts.tables import FIRST, LAST, THROUGH, day, stay, tables
from tests.cohorts.twin import Stay


@pytest.mark.parametrize("lengths", [[1] * 40 + [3, 7, 2], [50, 1, 60], [5], []])
def test_runs_are_added_row_by_row_to_the_last_bit(lengths: list[int]) -> None:
    keys = np.repeat(np.arange(len(lengths)), lengths)
    values = np.random.default_rng(1).random(len(keys)) + 0.1
    runs = Runs(keys)
    sums: list[float] = []
    products: list[float] = []
    last: int | None = None
    for key, value in zip(keys.tolist(), values.tolist(), strict=True):
        same, last = key == last, key
        sums.append(sums[-1] + value if same else value)
        products.append(products[-1] * value if same else value)
    assert runs.so_far(values).tolist() == sums
    assert runs.so_far(values, np.multiply).tolist() == products
    assert runs.so_far(np.stack((values, values), axis=1))[:, 1].tolist() == sums
    whole = np.arange(len(keys))
    assert runs.counted(whole).tolist() == runs.so_far(whole.astype(float)).tolist()
    assert runs.summed(whole).tolist() == [whole[keys == k].sum() for k in range(len(lengths))]
    first = [i == 0 or keys[i] != keys[i - 1] for i in range(len(keys))]
    before = [9.0 if new else one for new, one in zip(first, [0.0, *values[:-1]], strict=False)]
    assert runs.before(values, 9.0).tolist() == before


def test_what_adding_loses_is_carried_along_and_large_keys_stay_whole() -> None:
    parts = [0.1] * 10
    assert np.cumsum(parts)[-1] < 1
    assert added(np.array([one]) for one in parts).tolist() == [1.0]
    large = 2**62 + 1
    assert added(np.array([one]) for one in (large, -1, 1)).tolist() == [large]


def _january() -> list[Stay]:
    """One person whose whole course is seen, alone in January; others in other months."""
    return [
        stay(1, "a", day(1, 2), day(4, 10), "Bonded Out", moves=1, first_end=day(1, 12),
             departed=date(2025, 5, 30)),
        stay(2, "a", day(8, 1), day(8, 9), "Removed"),
        stay(3, "b", day(2, 3), day(2, 20), "Removed"),
    ]  # fmt: skip


def test_events_stay_at_their_hours_where_nobodys_watching_ends() -> None:
    found = cohort(tables(_january()), entry="book_in", start=FIRST, end=LAST, through=THROUGH)
    seen = found.filter(pl.col("period") == "2025-01", pl.col("kind") == "state", n_seen=1)
    assert dict(seen.select("horizon_days", "state").iter_rows()) == {
        1: "held_first_facility",
        7: "held_first_facility",
        30: "held_after_transfer",
        90: "held_after_transfer",
        180: "departed",
    } | {365: seen.filter(horizon_days=365)["state"].item()}


def test_a_cohort_is_the_same_each_time_to_the_last_bit() -> None:
    rng = np.random.default_rng(5)
    reasons = ["Removed", "Bonded Out", "Paroled", "Order of recognizance", None]
    stays = []
    for number in range(400):
        begin = day(int(rng.integers(1, 12)), int(rng.integers(1, 28)), int(rng.integers(24)))
        end = day(12, int(rng.integers(1, 28)), int(rng.integers(24)))
        some = rng.random() < 0.7
        stays.append(
            stay(number + 1, f"p{rng.integers(300)}", begin, end if some else None,
                 reasons[rng.integers(5)] if some else None, moves=int(rng.integers(2)))
        )  # fmt: skip
    asked = {"start": FIRST, "end": LAST, "through": THROUGH, "by": ["aor"]}
    one, again = (cohort(tables(stays), entry="book_in", **asked) for _ in range(2))  # type: ignore[arg-type]
    assert_frame_equal(one, again, check_exact=True)
