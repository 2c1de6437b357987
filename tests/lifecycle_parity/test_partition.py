"""A lifecycle built in parts is the lifecycle built at once, whoever shares a missing key."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import ibis
import polars as pl
import pytest

from openlifecycle.engine.backend import keep_step
from openlifecycle.lifecycle.build import Events, build
from openlifecycle.lifecycle.partition import build_partitioned
from openlifecycle.lifecycle.rules import RULE_SETS, ruleset
from tests.lifecycle_parity.inputs import ARRESTS, STINTS, read_ddp

THROUGH = datetime(2026, 3, 10, 23, 59, 59)  # noqa: DTZ001  (wall clock)


@pytest.fixture(scope="module")
def files(parity_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("parity")
    found = {"detention_stint": folder / "stints.parquet", "arrest": folder / "arrests.parquet"}
    read_ddp(parity_dir / "input/detentions.csv.gz", STINTS).write_parquet(found["detention_stint"])
    read_ddp(parity_dir / "input/arrests.csv.gz", ARRESTS).write_parquet(found["arrest"])
    return found


@pytest.mark.parametrize("name", RULE_SETS)
def test_parts_make_the_whole(files: dict[str, Path], tmp_path: Path, name: str) -> None:
    made = build_partitioned(files, ruleset(name), tmp_path, 3, "1GB", through=THROUGH)
    backend = ibis.duckdb.connect()
    tables = {event: backend.read_parquet(file, table_name=event) for event, file in files.items()}
    events = Events("parity", THROUGH, tables)
    whole = build(events, ruleset(name), keep=lambda step, table: keep_step(backend, table, step))
    assert set(made) == set(whole.tables)
    for table, expression in whole.tables.items():
        key = [column for column in ("row_id", "stay_id") if column in expression.columns]
        one, parts = expression.to_polars().sort(key), pl.read_parquet(made[table]).sort(key)
        assert one.height > 1000
        assert one.equals(parts.select(one.columns)), table
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in made.values()
    )


def test_a_bucket_that_nobody_falls_into_adds_nothing(
    files: dict[str, Path], tmp_path: Path
) -> None:
    few = tmp_path / "few.parquet"
    pl.read_parquet(files["detention_stint"]).head(2).write_parquet(few)
    made = build_partitioned(
        {"detention_stint": few}, ruleset("olc-1"), tmp_path / "out", 8, "500MB", through=THROUGH
    )
    assert pl.read_parquet(made["stint"]).height == 2
