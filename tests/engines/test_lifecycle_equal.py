"""The whole lifecycle is the same on DuckDB and on Spark, hash for hash."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.engines.both_engines import ALL, Told, whole_lifecycle, write_world
from tests.engines.row_hash import row_hashes, table_hash

pytestmark = pytest.mark.xdist_group("spark")

#: So many people have about 205,000 stints. Fewer cost Spark hardly less: most of its time goes
#: into planning.
PERSONS, RULES = 101_000, "olc-1"


@pytest.fixture(scope="module")
def both(duck: Any, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Told]]:
    """The lifecycle on DuckDB and on Spark: a minute and a half."""
    world = write_world(tmp_path_factory.mktemp("world"), PERSONS, seed=3)
    return [whole_lifecycle(backend, world, RULES, "equal") for backend in (duck, spark)]


@pytest.mark.parametrize("name", ALL)
def test_200_000_stints_are_the_same_on_both(name: str, both: list[dict[str, Told]]) -> None:
    on_duck, on_spark = both
    assert on_duck["stint"].rows > 200_000
    assert on_duck[name].rows > 0
    assert on_spark[name] == on_duck[name]


def test_nothing_is_made_that_is_not_compared(both: list[dict[str, Told]]) -> None:
    assert set(both[0]) == set(both[1]) == set(ALL)


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
