"""Hierarchies say what adds up to what, and the data agree."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from openlifecycle.api import open_store
from openlifecycle.measures.hierarchies import (
    WHOLE,
    hierarchies,
    hierarchies_of,
    hierarchy_of,
    times_of,
)
from openlifecycle.measures.loading import BadDeclaration
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.measures.registry import measure, measures


def test_facility_lies_in_office_and_in_state_up_to_the_nation() -> None:
    held = hierarchies_of(measure("record_population"))
    assert held["place by field office"] == (("facility_code", "aor", WHOLE),)
    assert held["place by state"] == (("facility_code", "state", WHOLE),)
    printed = hierarchies_of(measure("facility_adp"))
    assert ("facility_label", "aor", WHOLE) in printed["place by field office"]
    assert hierarchies_of(measure("adp"))["criminality"] == (("criminality", WHOLE),)
    assert hierarchies_of(measure("removals")) == {}


def test_time_lies_in_time_by_calendar() -> None:
    assert times_of(measure("arrests")) == ("day", "month", "quarter", "fiscal_year")
    assert times_of(measure("adp")) == ("month", "fiscal_year")


def test_every_within_of_a_record_dimension_is_a_step_of_a_hierarchy() -> None:
    steps = {pair for one in hierarchies() for chain in one.records for pair in pairwise(chain)}
    told = {(d.name, d.within) for d in record_dimensions().values() if d.within}
    assert told <= steps


def test_what_is_whole_adds_up_in_the_records(full_store: Path) -> None:
    """Each fine value stands under one coarse value in every fact table that has both."""
    open_store(full_store).ask("arrests")
    facts = list(full_store.glob("built/*/olc-1-*/fact/*.parquet")) or list(
        full_store.rglob("fact/*.parquet")
    )
    assert len(facts) > 4
    walked = 0
    for file in facts:
        have = {row[0] for row in duckdb.sql(f"DESCRIBE FROM read_parquet('{file}')").fetchall()}
        for one in hierarchies():
            for fine, coarse in (p for chain in one.records for p in pairwise(chain)):
                if not one.whole or not {fine, coarse} <= have:
                    continue
                walked += 1
                query = (
                    f"SELECT max(n) FROM (SELECT count(DISTINCT {coarse}) AS n "  # noqa: S608
                    f"FROM read_parquet('{file}') GROUP BY {fine})"
                )
                assert duckdb.sql(query).fetchall()[0][0] <= 1, (file.stem, fine, coarse)
    assert walked > 10


def test_printed_facilities_have_one_type_in_a_release(full_store: Path) -> None:
    split = ("facility_label", "facility_city", "facility_state", "facility_type_detailed")
    rows = open_store(full_store).ask("facility_adp", by=split, period="release").rows
    assert rows.height > 1000
    types = rows.group_by("release_id", *split[:3]).agg(pl.col(split[3]).n_unique())
    assert types[split[3]].max() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"records": [["person_key", "aor"]]},
        {"published": [["colour"]]},
        {"whole": False},
        {"why": "a reason for nothing"},
        {"over": 3},
    ],
)
def test_a_hierarchy_that_contradicts_itself_is_not_loaded(changes: dict[str, Any]) -> None:
    entry: dict[str, Any] = {
        "name": "x", "text": "y", "records": [["program", "border"]], "published": [],
        "whole": True,
    }  # fmt: skip
    assert hierarchy_of(entry).whole
    with pytest.raises(BadDeclaration):
        hierarchy_of({**entry, **changes})


def test_no_chain_of_any_measure_goes_in_a_circle() -> None:
    for one in measures().values():
        for chains in hierarchies_of(one).values():
            for chain in chains:
                assert len(chain) == len(set(chain))
                assert chain[-1] == WHOLE
