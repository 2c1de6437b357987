"""Heads counted on arrays are those of the expression, wherever arrays count."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import ibis
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openlifecycle.engine.record_daily import MOST, heads_by_day, on_arrays
from openlifecycle.lifecycle.arrays import heads, heads_again
from openlifecycle.lifecycle.arrays.heads import allows
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.rules import RULE_SETS, ruleset
from tests.headcounts.ways import both_ways
from tests.headcounts.worlds import BEGIN, SCHEMA, all_rules, stint, stint_rows, table

THROUGH = datetime(2024, 3, 15, 23, 59, 59)
SPLITS = [[], ["place"], ["number"], ["place", "number", "flag", "began"]]
STARTS = [None, date(2024, 3, 7), date(2024, 3, 11), date(2024, 3, 17)]
ENDS = [None, date(2024, 3, 9), date(2024, 3, 12), date(2025, 1, 1)]
COUNTS = [["midnight"], ["any_time"], ["midnight", "any_time"], ["any_time", "midnight"]]

_asked = st.fixed_dictionaries(
    {
        "rules": all_rules(),
        "by": st.sampled_from(SPLITS),
        "start": st.sampled_from(STARTS),
        "end": st.sampled_from(ENDS),
        "counts": st.sampled_from(COUNTS),
        "keys": st.booleans(),
    }
)


def wide(rows: list[dict[str, Any]]) -> Any:
    """Return stints that can be split by columns of every kind, with missing values."""
    frame = pl.DataFrame(rows, schema=SCHEMA).with_columns(
        number=pl.when(pl.col("row_id") % 3 > 0).then(pl.col("row_id") % 3).cast(pl.Int16),
        flag=pl.when(pl.col("row_id") % 5 > 0).then(pl.col("row_id") % 2 == 0),
        began=pl.col("book_in_at").dt.date(),
    )
    return ibis.memtable(frame)


def crowd(many: int = 300) -> list[dict[str, Any]]:
    """Return stints of few people in few places: ties, missing values and all that goes wrong."""
    draw = random.Random(4)

    def moment() -> datetime:
        minute = draw.choice([0, 0, 1, 720, 1439])
        return BEGIN + timedelta(days=draw.randint(0, 9), minutes=minute)

    return [
        {
            "row_id": nr,
            "person_key": (who := draw.choice(["a", "b", "c", "d", "e", None])),
            "place": draw.choice(["P", "Q", "R", None]),
            "book_in_at": draw.choice([moment(), moment(), moment(), None, datetime(212, 5, 1)]),
            "book_out_at": draw.choice([moment(), moment(), None]),
            "is_left_out": draw.random() < 0.1,
            "record_key": 1_000 * ord(who) if who else 7 + nr,
        }
        for nr in range(many)
    ]


@pytest.mark.parametrize("by", SPLITS, ids=str)
@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("missing", ["one_each", "counted_once"])
def test_a_crowd_is_counted_alike_under_every_rule_set(
    rules: str, missing: str, by: list[str]
) -> None:
    how = replace(ruleset(rules).headcount, missing_person=missing)
    both_ways(wide(crowd(60)), rules=how, through=THROUGH, by=by, keys=True)


@pytest.mark.parametrize("by", SPLITS, ids=str)
def test_a_crowd_of_one_hash_is_told_apart(by: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads_again, "_tokens", lambda person: np.zeros(len(person), np.uint64))
    both_ways(wide(crowd()), rules=HeadcountRules(), through=THROUGH, by=by, keys=True)


@pytest.mark.parametrize("by", SPLITS, ids=str)
def test_a_crowd_whose_numbers_would_be_too_large_is_put_in_order_column_by_column(
    by: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_order = heads_again._in_order
    monkeypatch.setattr(heads_again, "_in_order", lambda g, f, u, _: in_order(g, f, u, 2**31))
    both_ways(wide(crowd()), rules=HeadcountRules(), through=THROUGH, by=by, keys=True)


@settings(max_examples=25, deadline=None)
@given(stint_rows(), _asked)
def test_any_world_and_question_is_counted_alike(
    rows: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    both_ways(wide(rows), through=THROUGH, **asked)


@settings(max_examples=10, deadline=None)
@given(stint_rows(), _asked)
def test_places_at_which_nobody_comes_or_leaves_may_be_left_out(
    rows: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, "_PLACES", -1_000)
        both_ways(wide(rows), through=THROUGH, **asked)


def test_people_may_be_numbers_and_cells_codes() -> None:
    rows = [stint(name, "P", "4 09:00", out) for name in "ab" for out in ("6 09:00", "8 09:00")]
    rows += [stint(None, None, "4 09:00", None)]
    frame = pl.DataFrame(rows, schema=SCHEMA)
    numbered = frame.with_columns(pl.col("person_key").replace_strict({"a": 5, "b": -(2**40)}))
    counted = both_ways(ibis.memtable(numbered), rules=HeadcountRules(), through=THROUGH)
    assert counted.sort("date")["n_midnight"].to_list() == [3, 3, 3, 3] + [1] * 8
    backend = ibis.duckdb.connect()
    backend.raw_sql("CREATE TYPE place AS ENUM ('Q', 'P')")
    backend.create_table("given", table(rows))
    backend.raw_sql("CREATE TABLE coded AS SELECT * REPLACE (place::place AS place) FROM given")
    asked: dict[str, Any] = {"rules": HeadcountRules(), "through": THROUGH, "by": ["place"]}
    by_code, by_text = (
        heads_by_day(backend, backend.table(name), rows=5, **asked) for name in ("coded", "given")
    )
    assert by_code.schema == by_text.schema
    order = ["place", "date"]
    assert by_code.sort(order).equals(by_text.sort(order))


def test_fractions_are_left_to_the_expression() -> None:
    frame = pl.DataFrame([stint("a", "P", "4 09:00", None)], schema=SCHEMA)
    odd = ibis.memtable(frame.with_columns(share=pl.lit(0.5)))
    assert allows(odd, ["place"])
    assert not allows(odd, ["share"])
    backend = ibis.duckdb.connect()
    asked: dict[str, Any] = {"rules": HeadcountRules(), "through": THROUGH, "by": ["share"]}
    assert heads_by_day(backend, odd, rows=1, **asked).height == 12


def test_arrays_do_not_go_beyond_the_memory_that_was_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = ibis.duckdb.connect()
    stints = table([stint("a", "P", "4 09:00", None)])
    assert on_arrays(backend, stints, ["place"], MOST)
    assert not on_arrays(backend, stints, ["place"], MOST + 1)
    monkeypatch.setenv("OPENLIFECYCLE_MEMORY", "2GB")
    assert not on_arrays(backend, stints, ["place"], 1)
