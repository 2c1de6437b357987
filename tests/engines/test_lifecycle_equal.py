"""The whole lifecycle is the same on DuckDB and on Spark, hash for hash."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.engines.both_engines import ALL, Told, whole_lifecycle, write_world
from tests.engines.row_hash import row_hashes, table_hash

pytestmark = pytest.mark.xdist_group("spark")

#: 2,000 people have about 4,000 stints; 101,000 have about 200,000.
SMALL, LARGE = 2_000, 101_000

Both = tuple[dict[str, Told], dict[str, Told]]


def _both(duck: Any, spark: Any, folder: Any, persons: int, rules: str) -> Both:
    world = write_world(folder, persons, seed=3)
    mark = f"w{persons}_{rules.replace('-', '_')}"
    on_duck, on_spark = (whole_lifecycle(b, world, rules, mark) for b in (duck, spark))
    return on_duck, on_spark


@pytest.fixture(scope="module")
def small(duck: Any, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return _both(duck, spark, tmp_path_factory.mktemp("small"), SMALL, "olc-1")


@pytest.fixture(scope="module")
def large(duck: Any, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return _both(duck, spark, tmp_path_factory.mktemp("large"), LARGE, "olc-1")


@pytest.mark.parametrize("name", ALL)
def test_a_small_world_is_the_same_on_both(name: str, small: Both) -> None:
    on_duck, on_spark = small
    assert on_duck[name].rows > 0
    assert on_spark[name] == on_duck[name]


@pytest.mark.heavy
@pytest.mark.parametrize("name", ALL)
def test_200_000_stints_are_the_same_on_both(name: str, large: Both) -> None:
    on_duck, on_spark = large
    assert on_duck["stint"].rows > 200_000
    assert on_spark[name] == on_duck[name]


def test_nothing_is_made_that_is_not_compared(small: Both) -> None:
    assert set(small[0]) == set(small[1]) == set(ALL)


def test_the_hash_sees_one_changed_cell_and_not_the_order_of_rows() -> None:
    frame = pl.DataFrame({"a": [1, 2, None], "b": ["x", None, ""], "c": [0.1, None, 0.2]})
    same = frame.reverse().select("c", "a", "b")
    assert table_hash(frame.to_arrow()) == table_hash(same.to_arrow())
    for changed in (
        frame.with_columns(b=pl.Series(["x", "", ""])),  # missing is not empty
        frame.with_columns(c=pl.Series([0.1, None, 0.30000000000000004 - 0.1])),  # the last bit
        frame.with_columns(a=pl.Series([1, 2, None], dtype=pl.Int32)),  # another type
        pl.concat([frame, frame.head(1)]),  # a row twice
    ):
        assert table_hash(frame.to_arrow()) != table_hash(changed.to_arrow())
    assert len(set(row_hashes(frame.to_arrow()))) == 3
