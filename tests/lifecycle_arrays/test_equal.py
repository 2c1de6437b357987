"""Arrays make of a world what the room's expressions make of it, to the last cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import ibis
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openlifecycle.demo.world import make_world
from openlifecycle.engine.backend import fetch, keep_step, open_backend
from openlifecycle.lifecycle.arrays import people
from openlifecycle.lifecycle.arrays.build import allows, build_arrays
from openlifecycle.lifecycle.build import Events, build
from openlifecycle.lifecycle.rules import RULE_SETS, RuleSet, ruleset

Frames = Mapping[str, pl.DataFrame]
#: What a table is put in order by.
KEYS = {"stint": "row_id", "stay": "stay_id", "arrest": "row_id", "link__arrest_stay": "row_id",
        "link__stay_removal": "stay_id"}  # fmt: skip
KEY_COLUMNS = {
    "detention_stint": [
        "row_id", "person_key", "stay_book_in_at", "stay_book_out_at", "book_in_at", "book_out_at",
        "facility_code", "dropped_variant",
    ],
    "arrest": ["row_id", "person_key", "arrested_at", "arrest_method", "member", "sheet", "row"],
}  # fmt: skip
HOUSE = ruleset("olc-1")
#: Every choice that arrays know, each away from the default one at least once.
CHOICES: dict[str, RuleSet] = {
    "house": HOUSE,
    "ties": replace(
        HOUSE,
        stays=replace(
            HOUSE.stays,
            longest_tie="first",
            open_end="through_day",
            missing_code="whole",
            order=("book_in_at last", "facility_code last", "book_out_at first"),
        ),
    ),
    "copies": replace(
        HOUSE, stints=replace(HOUSE.stints, exact="provenance", same_day="last", order=("gender",))
    ),
    "no copies": replace(
        HOUSE,
        stints=replace(HOUSE.stints, exact="none", same_day="none"),
        others=replace(HOUSE.others, impossible_dates="kept"),
    ),
    "arrests": replace(
        HOUSE,
        arrests=replace(
            HOUSE.arrests, keep="all", duplicate="every", gap_hours=1, state="as_released"
        ),
        links=replace(HOUSE.links, arrest_hours=(-24 * 30, 24 * 30), second_choice="none"),
    ),
}


@cache
def world() -> tuple[dict[str, pl.DataFrame], Any]:
    """A world with more of a mess than released ones have, and its last moment."""
    made = make_world(persons=3_000, seed=5)
    tables = {name: made.tables[name] for name in KEY_COLUMNS}
    return {name: _worse(table) for name, table in tables.items()}, made.through


def _worse(table: pl.DataFrame) -> pl.DataFrame:
    """Give every hundredth record no person, no time or no place, and shuffle them."""
    draw = np.random.default_rng(7)
    names = {"person_key", "stay_book_in_at", "book_in_at", "book_out_at", "facility_code", "aor",
             "arrested_at", "arrest_method", "duty_site", "arrest_state"}  # fmt: skip
    lost = {
        name: table[name].set(pl.Series(draw.random(table.height) < 0.01), None)
        for name in sorted(names & set(table.columns))
    }
    return table.with_columns(**lost).sample(fraction=1, shuffle=True, seed=1)


def expressions(
    events: Frames, rules: RuleSet, through: Any, made: Frames | None = None
) -> dict[str, pl.DataFrame]:
    """What the room's expressions make of the events on DuckDB, given what arrays made."""
    backend = open_backend("duckdb")
    found = build(
        Events("c", through, {name: ibis.memtable(rows) for name, rows in events.items()}),
        rules,
        keep=lambda name, step: keep_step(backend, step, name),
        made={name: ibis.memtable(rows) for name, rows in (made or {}).items()},
    )
    return {
        name: pl.DataFrame(pl.from_arrow(fetch(backend, table)))
        for name, table in found.tables.items()
    }


def arrays(events: Frames, rules: RuleSet, through: Any) -> dict[str, pl.DataFrame]:
    """What is made on arrays, and on top of it the links that are not."""
    lazy = build_arrays({name: rows.lazy() for name, rows in events.items()}, rules, through)
    made = {name: rows.collect() for name, rows in lazy.items()}
    return expressions(events, rules, through, made) | made


def same(got: Frames, want: Frames) -> None:
    """Fail where two lifecycles differ in a table, a column, a type or a cell."""
    assert set(got) == set(want)
    for name, rows in want.items():
        key = KEYS[name]
        assert_frame_equal(
            got[name].sort(key), rows.sort(key), check_column_order=False, check_exact=True
        )


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("narrow", [False, True], ids=["all columns", "key columns"])
def test_arrays_make_what_expressions_make(choice: str, narrow: bool) -> None:
    events, through = world()
    if narrow:
        events = {name: table.select(KEY_COLUMNS[name]) for name, table in events.items()}
    rules = CHOICES[choice]
    assert allows(rules)
    want = expressions(events, rules, through)
    assert want["stint"].height > 6_000
    # the world has what the rules speak of
    assert (want["stint"]["is_left_out"].sum() > 100) == (choice != "no copies")
    assert want["link__arrest_stay"]["stay_id"].null_count() > 10
    assert want["stay"]["longest_book_in_at"].null_count() > 0
    same(arrays(events, rules, through), want)


@pytest.mark.parametrize("name", KEY_COLUMNS)
@pytest.mark.parametrize("rows", [0, 1, None])
def test_one_table_alone_and_tables_of_few_records(name: str, rows: int | None) -> None:
    events, through = world()
    events = {name: events[name].head(rows) if rows is not None else events[name]}
    same(arrays(events, HOUSE, through), expressions(events, HOUSE, through))


def test_two_tables_without_a_record_make_tables_without_a_row() -> None:
    events, through = world()
    events = {name: table.clear() for name, table in events.items()}
    same(arrays(events, HOUSE, through), expressions(events, HOUSE, through))


def test_people_who_share_a_hash_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    events, through = world()
    hashed, tried = people.hashes, []

    def few(keys: pl.Series, seed: int) -> Any:
        tried.append(seed)
        found = hashed(keys, seed)
        return found % 50 if seed == people.SEEDS[0] else found  # everybody shares one

    want = arrays(events, HOUSE, through)
    monkeypatch.setattr(people, "hashes", few)
    same(arrays(events, HOUSE, through), want)
    assert set(people.SEEDS[:2]) <= set(tried)


def test_an_arrest_is_not_linked_through_a_shared_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    events, through = world()
    # one person in each table, and not the same one
    alone = {name: table.drop_nulls("person_key").head(1) for name, table in events.items()}
    assert alone["arrest"]["person_key"].item() != alone["detention_stint"]["person_key"].item()
    hashed = people.hashes
    monkeypatch.setattr(
        people, "hashes",
        lambda keys, seed: hashed(keys, seed) * (0 if seed == people.SEEDS[0] else 1),
    )  # fmt: skip
    same(arrays(alone, HOUSE, through), expressions(alone, HOUSE, through))


def test_rule_sets_with_other_choices_are_left_to_expressions() -> None:
    assert [name for name in RULE_SETS if allows(ruleset(name))] == ["olc-1"]
