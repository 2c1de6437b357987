"""Both published headcounts, cell for cell, from the released rows through our rule sets."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import ibis
import polars as pl
import pytest

from openlifecycle.lifecycle.build import Events, build
from openlifecycle.lifecycle.daily_population import (
    POPULATIONS,
    daily_population,
    facility_names,
)
from openlifecycle.lifecycle.headcounts import headcount
from openlifecycle.lifecycle.person_days import person_days
from openlifecycle.lifecycle.rules import ruleset
from tests.headcounts.ways import both_ways
from tests.lifecycle_parity.inputs import STINTS, read_ddp, read_uwchr

THROUGH = datetime(2026, 3, 10, 23, 59, 59)
CELL = ["facility_code", "date"]


def _stints(rows: pl.DataFrame, rules: str, folder: Path) -> ibis.Table:
    rows.write_parquet(folder / "stints.parquet")
    table = ibis.duckdb.connect().read_parquet(folder / "stints.parquet")
    events = Events("us_ice.records@parity", THROUGH, {"detention_stint": table})
    return build(events, ruleset(rules)).tables["stint"]


@pytest.fixture(scope="module")
def ddp_daily(parity_dir: Path) -> pl.DataFrame:
    table = pl.read_csv(parity_dir / "expected/ddp_daily_nonzero.csv.gz", try_parse_dates=True)
    assert table.height == 61_695
    return table.rename({"detention_facility_code": "facility_code"}).sort(CELL)


@pytest.fixture(scope="module")
def ddp_stints(parity_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> ibis.Table:
    rows = read_ddp(parity_dir / "input/detentions.csv.gz", STINTS)
    return _stints(rows, "ddp-2026-03", tmp_path_factory.mktemp("ddp"))


def test_daily_population_of_ddp(ddp_daily: pl.DataFrame, ddp_stints: ibis.Table) -> None:
    rules = ruleset("ddp-2026-03").headcount
    first = ddp_daily["date"].min()
    found = daily_population(ddp_stints, rules=rules, through=THROUGH, start=first).to_polars()
    labels = facility_names(ddp_stints).to_polars()
    found = found.join(labels, on="facility_code", how="left", nulls_equal=True)
    found = found.rename({"facility_label": "detention_facility"}).select(ddp_daily.columns)
    assert found.sort(CELL).equals(ddp_daily)


def test_zero_rows_are_the_cells_that_ddp_completes(
    ddp_daily: pl.DataFrame, ddp_stints: ibis.Table
) -> None:
    rules = ruleset("ddp-2026-03").headcount
    found = headcount(
        ddp_stints,
        rules=rules,
        through=THROUGH,
        start=ddp_daily["date"].min(),
        by=["facility_code"],
        zeros=True,
    ).to_polars()
    assert found.height == found["facility_code"].n_unique() * found["date"].n_unique()
    held = found.filter(pl.col("n_any_time") > 0).sort(CELL)
    assert held["n_any_time"].equals(ddp_daily["n_detained"], check_names=False)


def test_headcount_of_uwchr(parity_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    want = pl.read_csv(
        parity_dir / "expected/uw_headcount.csv.gz",
        separator="|",
        try_parse_dates=True,
        null_values=["NA"],
    ).rename({"detention_facility_code": "facility_code", "n": "n_midnight"})
    assert want.height == 63_098
    rows = read_uwchr(parity_dir / "input/uwchr.csv.gz")
    stints = _stints(rows, "uwchr-2024", tmp_path_factory.mktemp("uw"))
    rules = ruleset("uwchr-2024").headcount
    found = both_ways(
        stints, rules=rules, through=THROUGH, by=["facility_code"], counts=["midnight"]
    )
    got = found.select(want.columns)
    assert got.sort(CELL).equals(want.sort(CELL))


def test_person_days_are_the_sum_of_the_published_midnights(
    ddp_daily: pl.DataFrame, ddp_stints: ibis.Table
) -> None:
    rules = ruleset("ddp-2026-03").headcount
    found = person_days(
        ddp_stints,
        rules=rules,
        through=THROUGH,
        start=ddp_daily["date"].min(),
        by=["facility_code"],
        period="fiscal_year",
    ).to_polars()
    night = pl.col("n_detained_at_midnight")
    year = pl.col("date").dt.offset_by("3mo").dt.year()
    want = ddp_daily.group_by("facility_code", year).agg(night.sum()).filter(night > 0)
    assert found.height == want.height
    assert found["person_days"].sum() == want["n_detained_at_midnight"].sum() == 73_928


def test_our_default_differs_where_the_published_rules_are_left_on_purpose(
    ddp_daily: pl.DataFrame, ddp_stints: ibis.Table
) -> None:
    """What the two published choices do to one input, counted."""
    first = ddp_daily["date"].min()
    people = ddp_stints.mutate(is_left_out=False)
    ours = both_ways(
        people, rules=ruleset("olc-1").headcount, through=THROUGH, start=first, by=["facility_code"]
    )
    theirs = ddp_daily.select(POPULATIONS[:2]).sum().row(0)
    # Distinct people are counted, so copies of a stint change nothing; a stint that ends on a day
    # before it starts is no day of anybody.
    assert theirs[1] == ours["n_midnight"].sum()
    assert theirs[0] - ours["n_any_time"].sum() == 1
