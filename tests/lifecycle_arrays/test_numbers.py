"""Sorting and counting of numbers, against what Python itself says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlifecycle.lifecycle.arrays.numbers import GROUP, MISSING, SECOND, grouped, in_time, seconds

MOMENTS = st.one_of(
    st.integers(-(10**17), 10**17),
    st.integers(0, 20).map(lambda at: at * SECOND // 4),
    st.just(MISSING),
)


@given(st.lists(st.one_of(st.integers(0, 3), st.integers(0, 2**GROUP - 1))))
def test_equal_numbers_come_together_and_keep_their_order(numbers: list[int]) -> None:
    found, at = grouped(np.array(numbers, np.uint64))
    assert at.tolist() == sorted(range(len(numbers)), key=numbers.__getitem__)
    assert found.tolist() == sorted(numbers)


def test_more_rows_than_a_number_has_room_for_are_sorted_too() -> None:
    numbers = np.random.default_rng(0).integers(0, 1000, (1 << (64 - GROUP)) + 1).astype(np.uint64)
    found, at = grouped(numbers)
    assert np.array_equal(found, np.sort(numbers))
    assert np.array_equal(numbers[at], found)
    assert (np.diff(at)[np.diff(found.astype(np.int64)) == 0] > 0).all()


@given(st.lists(MOMENTS))
def test_times_are_in_order_to_the_second(times: list[int]) -> None:
    at = in_time(np.array(times, np.int64)).tolist()
    told = [MISSING if times[one] == MISSING else times[one] // SECOND for one in at]
    assert sorted(at) == list(range(len(times)))
    assert told == sorted(told)


@given(st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1))
def test_seconds_are_those_of_python(pairs: list[tuple[int, int]]) -> None:
    start, end = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    want = [MISSING if MISSING in one else round((one[1] - one[0]) / SECOND) for one in pairs]
    assert seconds(start, end).tolist() == want


@pytest.mark.parametrize("gap", [0.5, 1.5, -0.5])
def test_half_a_second_goes_to_the_even_one(gap: float) -> None:
    end = np.array([round(gap * SECOND)], np.int64)
    assert seconds(np.zeros(1, np.int64), end).tolist() == [round(gap)]
