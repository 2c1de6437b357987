"""Rule set ddp-2026-03 against what the Deportation Data Project's own code answered, each cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import ibis
import polars as pl
import pytest

from openlifecycle.lifecycle.build import Events, Lifecycle, build
from openlifecycle.lifecycle.rules import ruleset
from tests.lifecycle_parity.compare import differences
from tests.lifecycle_parity.inputs import ARRESTS, STINTS, expected, read_ddp
from tests.lifecycle_parity.published import DDP_ARRESTS, DDP_STAYS, DDP_STINTS

THROUGH = datetime(2026, 3, 10, 23, 59, 59)  # noqa: DTZ001  (wall clock)
Say = Callable[[str, object], None]


@pytest.fixture(scope="module")
def lifecycle(parity_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Lifecycle:
    folder = tmp_path_factory.mktemp("parity")
    backend = ibis.duckdb.connect()
    tables = {}
    for name, file, names in (
        ("detention_stint", "detentions", STINTS),
        ("arrest", "arrests", ARRESTS),
    ):
        read_ddp(parity_dir / "input" / f"{file}.csv.gz", names).write_parquet(folder / file)
        tables[name] = backend.read_parquet(folder / file, table_name=name)
    return build(Events("parity", THROUGH, tables), ruleset("ddp-2026-03"))


def same(ours: pl.DataFrame, theirs: pl.DataFrame, key: list[str], say: Say) -> None:
    """Fail with the first cells that differ; tell how much was compared."""
    found = differences(ours, theirs, key)
    assert not found, f"{len(found)} cells differ:\n" + "\n".join(found[:20])
    say("compared", f"{theirs.height} rows, {theirs.height * theirs.width} cells")


def test_every_stint_and_flag_is_as_published(
    lifecycle: Lifecycle, parity_dir: Path, record_property: Say
) -> None:
    theirs = expected(parity_dir / "expected" / "ddp_stints.csv.gz")
    ours = lifecycle.tables["stint"].to_polars().select(**DDP_STINTS)
    assert theirs.shape == (5148, 19)
    same(ours, theirs, ["file_original", "row_original"], record_property)


def test_every_stay_is_as_published(
    lifecycle: Lifecycle, parity_dir: Path, record_property: Say
) -> None:
    theirs = expected(parity_dir / "expected" / "ddp_stays.csv.gz")
    # City, state and county came from a list of facilities in which all of them were C, S and K.
    listed = {
        f"{name}_{which}": pl.when(pl.col(f"{which}_facility_code").is_not_null()).then(
            pl.lit(letter)
        )
        for which in ("first", "longest", "last")
        for name, letter in (("city", "C"), ("state", "S"), ("county", "K"))
    }
    names = {c: DDP_STAYS.get(c, c) for c in theirs.columns if c not in listed}
    ours = lifecycle.tables["stay"].to_polars().select(**names, **listed)
    assert theirs.shape == (1900, 60)
    same(ours, theirs, ["stay_ID"], record_property)


def test_every_arrest_episode_is_as_published(
    lifecycle: Lifecycle, parity_dir: Path, record_property: Say
) -> None:
    theirs = expected(parity_dir / "expected" / "ddp_arrests.csv.gz")
    ours = lifecycle.tables["arrest"].to_polars().select(**DDP_ARRESTS)
    assert theirs.shape == (2009, 11)
    same(ours, theirs, ["file_original", "row_original"], record_property)


def test_every_arrest_has_the_published_stay(
    lifecycle: Lifecycle, parity_dir: Path, record_property: Say
) -> None:
    theirs = expected(parity_dir / "expected" / "ddp_join.csv.gz")
    links, arrests, stays = (
        lifecycle.tables[name].to_polars() for name in ("link__arrest_stay", "arrest", "stay")
    )
    joined = links.join(arrests, "row_id").join(stays, "stay_id", how="left", suffix="_stay")
    linked = pl.col("stay_id").is_not_null()
    # R17: what both say is the stay's whenever there is one, even where it is missing there.
    shared = {
        name: pl.when(linked).then(f"{name}_stay").otherwise(name)
        for name in ("final_program", "case_status", "gender", "birth_year")
    }
    ours = joined.select(
        unique_identifier="person_key",
        apprehension_date_time="arrested_at",
        file_original_arrest="member",
        sheet_original_arrest="sheet",
        row_original_arrest="row",
        has_detention_stay=linked,
        stay_ID="stay_key",
        stay_book_in_date_time="book_in_at",
        **shared,
    )
    assert theirs.shape == (1933, 12)
    same(ours, theirs, ["file_original_arrest", "row_original_arrest"], record_property)
