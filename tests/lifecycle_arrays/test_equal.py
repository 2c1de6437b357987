"""Arrays make of a world what the room's expressions make of it, to the last cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import ibis
import numpy as np
import polars as pl
import pytest
from polars.selectors import enum
from polars.testing import assert_frame_equal

from openlifecycle.demo.world import make_world
from openlifecycle.engine.backend import fetch, keep_step, open_backend
from openlifecycle.lifecycle.arrays import build as arrays_build
from openlifecycle.lifecycle.arrays import people
from openlifecycle.lifecycle.arrays.build import allows, build_arrays
from openlifecycle.lifecycle.arrests import REPROCESSED
from openlifecycle.lifecycle.build import Events, build
from openlifecycle.lifecycle.rules import RULE_SETS, RuleSet, ruleset

Frames = Mapping[str, pl.DataFrame]
NOON, MOMENT = datetime(2025, 3, 3, 12), pl.Datetime("us")
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
        HOUSE,
        stints=replace(HOUSE.stints, exact="provenance", same_day="last", order=("gender",)),
        stays=replace(HOUSE.stays, order=("facility_code first",)),
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
        # texts of which there are few are held as codes; in a file they are texts
        left, right = (
            one.with_columns(enum().cast(pl.String)).sort(key) for one in (got[name], rows)
        )
        assert_frame_equal(left, right, check_column_order=False, check_exact=True)


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


def shared(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    """Let the first hash be one of so few that people share it."""
    hashed: Any = people.hashes

    def few(keys: pl.Series, seed: int) -> Any:
        return hashed(keys, seed) % many if seed == 0 else hashed(keys, seed)

    monkeypatch.setattr(people, "hashes", few)


@pytest.mark.parametrize("many", [1, 7, 300])
def test_people_who_share_a_hash_stay_apart(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    events, through = world()
    events = {name: table.head(3_000) for name, table in events.items()}
    want = expressions(events, HOUSE, through)
    shared(monkeypatch, many)
    same(arrays(events, HOUSE, through), want)


def test_an_arrest_is_not_linked_through_a_shared_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    shared(monkeypatch, 1)
    events = told([("a", 0)], [("b", 1)])
    assert linked(events) == {0: None}


def test_two_people_who_share_a_hash_are_not_in_one_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    shared(monkeypatch, 1)
    events = told([], [("a", 0), ("b", 0), ("a", 0.1), ("b", 0.1), ("c", 0)])
    through = NOON + timedelta(days=90)
    found = arrays(events, HOUSE, through)
    same(found, expressions(events, HOUSE, through))
    assert found["stay"].height == 5
    assert found["stint"]["is_left_out"].sum() == 0


def test_of_stays_equally_near_the_earlier_is_that_of_the_arrest() -> None:
    # the later stay stands first in the table
    assert linked(told([("a", 24)], [("a", 25), ("a", 23)])) == {0: 1}
    # and of arrests equally near the one of the earlier episode is that of the stay
    assert linked(told([("a", 60), ("a", 0)], [("a", 30)]))[1] == 0


@pytest.mark.parametrize(("hours", "episodes"), [(24, 1), (24.001, 2)])
def test_a_gap_of_exactly_24_hours_is_one_episode(hours: float, episodes: int) -> None:
    events = told([("a", 0), ("a", hours)], [])
    assert arrays(events, HOUSE, NOON + timedelta(days=90))["arrest"]["episode"].max() == episodes


@pytest.mark.parametrize("apart", [0, 1, 0.9])
@pytest.mark.parametrize("stints", [3, 31, 32, 33, 34, 35, 90])
def test_of_many_stints_in_a_day_those_alike_are_found(stints: int, apart: float) -> None:
    """Only the first and the last are at one facility; of some a day ends in between."""
    ends = 12 if apart == 0.9 else 13
    at = [("a", ends + (one - stints + 2) * apart / 3600) for one in range(stints)]
    events = told([], at)
    codes = [f"F{one % (stints - 1)}TX" for one in range(stints)]
    table = events["detention_stint"].with_columns(
        facility_code=pl.Series(codes), stay_book_in_at=pl.lit(NOON).cast(MOMENT)
    )
    through = NOON + timedelta(days=90)
    want = expressions({"detention_stint": table}, HOUSE, through)
    assert want["stint"]["is_left_out"].sum() == (apart != 0.9)
    same(arrays({"detention_stint": table}, HOUSE, through), want)


def test_a_reprocessed_arrest_is_not_the_first_of_those_at_one_time() -> None:
    events = told([("a", 0), ("a", 0), ("b", 0)], [])
    method = pl.Series([REPROCESSED, "Located", None])
    events["arrest"] = events["arrest"].with_columns(arrest_method=method)
    through = NOON + timedelta(days=90)
    found = arrays(events, HOUSE, through)
    same(found, expressions(events, HOUSE, through))
    assert found["arrest"]["is_first_of_episode"].to_list() == [False, True, True]


def test_many_parts_make_what_one_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    events, through = world()
    whole = arrays(events, HOUSE, through)
    monkeypatch.setattr(arrays_build, "_TOGETHER", 500)
    same(arrays(events, HOUSE, through), whole)


def told(arrests: list[tuple[str, float]], stays: list[tuple[str, float]]) -> Frames:
    """Arrests and stays of some people, so many hours after noon of a day."""
    rows = world()[0]

    def moved(name: str, who: list[tuple[str, float]], columns: Mapping[str, float]) -> Any:
        empty = rows[name].select(KEY_COLUMNS[name]).clear(len(who))
        times = {
            column: pl.Series([NOON + timedelta(hours=at + more) for _, at in who], dtype=MOMENT)
            for column, more in columns.items()
        }
        key = pl.Series([key for key, _ in who], dtype=pl.String)
        return empty.with_columns(row_id=pl.int_range(pl.len()), person_key=key, **times)

    return {
        "arrest": moved("arrest", arrests, {"arrested_at": 0}),
        "detention_stint": moved(
            "detention_stint", stays,
            {"stay_book_in_at": 0, "book_in_at": 0, "stay_book_out_at": 0.5, "book_out_at": 0.5},
        ),
    }  # fmt: skip


def linked(events: Frames) -> dict[int, int | None]:
    """Return the stay of each arrest; arrays and expressions must say the same."""
    through = NOON + timedelta(days=90)
    found = arrays(events, HOUSE, through)
    same(found, expressions(events, HOUSE, through))
    return dict(found["link__arrest_stay"].select("row_id", "stay_id").iter_rows())


def test_rule_sets_with_other_choices_are_left_to_expressions() -> None:
    assert [name for name in RULE_SETS if allows(ruleset(name))] == ["olc-1"]
