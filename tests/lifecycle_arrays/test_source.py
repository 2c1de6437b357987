"""Of a wide table little is held; a narrow one is read once."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openlifecycle.lifecycle.arrays.source import Source
from openlifecycle.lifecycle.rules import ruleset


@pytest.mark.parametrize("others", [0, 4, 5, 40])
def test_only_so_few_columns_are_held_beside_those_that_are_wanted(
    others: int, tmp_path: Path
) -> None:
    table = pl.DataFrame({"row_id": [1, 2], "person_key": ["a", None]})
    table = table.with_columns(pl.lit(one).alias(f"other_{one}") for one in range(others))
    table.write_parquet(tmp_path / "table.parquet")
    scan = pl.scan_parquet(tmp_path / "table.parquet")
    found = Source.of("detention_stint", scan, {"person_key"}, ruleset("olc-1"))
    assert found.held.width == (table.width if others <= 4 else 2)
    assert ("SCAN" in found.rows.explain().upper()) == (others > 4)
    assert_frame_equal(found.rows.collect(), table)


@pytest.mark.parametrize("others", [0, 40])
def test_rows_stand_in_the_order_of_record_numbers(others: int) -> None:
    table = pl.DataFrame({"row_id": [3, 1, 2], "person_key": ["c", "a", "b"]})
    table = table.with_columns(pl.lit(one).alias(f"other_{one}") for one in range(others))
    found = Source.of("detention_stint", table.lazy(), {"person_key"}, ruleset("olc-1"))
    assert found.held["person_key"].to_list() == ["a", "b", "c"]
    assert_frame_equal(found.rows.collect(), table.sort("row_id"))
