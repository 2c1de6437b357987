"""The whole lifecycle is the same on DuckDB and on Spark, hash for hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest

from tests.engines.both_engines import ALL, Told, whole_lifecycle, write_world
from tests.engines.row_hash import row_hashes, table_hash

pytestmark = pytest.mark.xdist_group("spark")

RULES = "olc-1"


@dataclass(frozen=True)
class Size:
    """How many people there are, and more than how many stints they have."""

    persons: int
    stints: int


#: The larger says that nothing hangs on size: it takes minutes, most of them Spark's.
SIZES = [
    pytest.param(Size(10_100, 20_000), id="20_000"),
    pytest.param(Size(101_000, 200_000), id="200_000", marks=pytest.mark.heavy),
]


@dataclass(frozen=True)
class Both:
    """The lifecycle of one world on DuckDB and on Spark."""

    size: Size
    on_duck: dict[str, Told]
    on_spark: dict[str, Told]


@pytest.fixture(scope="module", params=SIZES)
def both(
    request: pytest.FixtureRequest, duck: Any, spark: Any, tmp_path_factory: pytest.TempPathFactory
) -> Both:
    """The lifecycle on both engines."""
    size: Size = request.param
    world = write_world(tmp_path_factory.mktemp("world"), size.persons, seed=3)
    mark = f"equal_{size.stints}"
    return Both(size, *(whole_lifecycle(one, world, RULES, mark) for one in (duck, spark)))


@pytest.mark.parametrize("name", ALL)
def test_so_many_stints_are_the_same_on_both(name: str, both: Both) -> None:
    assert both.on_duck["stint"].rows > both.size.stints
    assert both.on_duck[name].rows > 0
    assert both.on_spark[name] == both.on_duck[name]


def test_nothing_is_made_that_is_not_compared(both: Both) -> None:
    assert set(both.on_duck) == set(both.on_spark) == set(ALL)


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
