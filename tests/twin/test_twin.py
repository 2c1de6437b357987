"""The engine against the slow twin: the same stays, episodes and links on small mixed-up worlds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import ibis
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openlifecycle.engine.backend import fetch, keep_step, open_backend
from openlifecycle.lifecycle.arrays.build import build_arrays
from openlifecycle.lifecycle.build import Events, build
from openlifecycle.lifecycle.rules import RULE_SETS, ruleset
from openlifecycle.model.events import EVENTS
from tests.twin import plain

THROUGH = datetime(2026, 3, 10, 23, 59, 59)
#: Midnights, their neighbours, the hours that daylight-saving time skips and repeats, window ends.
MOMENTS = [
    datetime(2025, 3, 8, 23, 59),
    datetime(2025, 3, 9),
    datetime(2025, 3, 9, 1, 59),
    datetime(2025, 3, 9, 2, 30),
    datetime(2025, 3, 9, 3),
    datetime(2025, 3, 10),
    datetime(2025, 3, 10, 0, 0, 1),
    datetime(2025, 3, 14, 2, 30),
    datetime(2025, 3, 19, 2, 30),
    datetime(2025, 3, 19, 2, 30, 1),
    datetime(2025, 11, 2, 1, 30),
    datetime(2025, 11, 2, 2, 30),
    datetime(2025, 11, 3, 1, 30),
]
_TYPES = {"text": pl.String, "moment": pl.Datetime("us"), "day": pl.Date,
          "integer": pl.Int64, "number": pl.Float64, "flag": pl.Boolean}  # fmt: skip

moments = st.sampled_from(MOMENTS)
maybe = st.one_of(st.none(), moments)
people = st.sampled_from([None, *(f"p{n}" for n in range(1, 13))])
flags = st.sampled_from(
    [None, None, None, "book_in_at:before_1900", "stay_book_in_at:a,book_out_at:after_release"]
)
bonds = st.sampled_from([None, None, 1500.0, 2500.0, 2500.5])


@st.composite
def a_stint(draw: st.DrawFn) -> plain.Row:
    begun = draw(st.one_of(st.just(None), moments, moments, moments))
    inside = draw(st.one_of(st.just(begun), st.just(begun), maybe))
    out = draw(maybe)
    return {
        "person_key": draw(people),
        "dropped_variant": draw(st.sampled_from([0, 0, 0, 1])),
        "stay_book_in_at": begun,
        "stay_book_out_at": out,
        "stay_book_out_on": out.date() if out else None,
        "book_in_at": inside,
        "book_out_at": draw(maybe),
        "facility_label": "SYNTHETIC",
        "facility_code": draw(st.sampled_from([None, "FACAATX", "FACBBLA", "HOLDCTX"])),
        "aor": draw(st.sampled_from([None, "Dallas", "Denver"])),
        "release_reason": draw(st.sampled_from(["Transferred", "Removed", None])),
        "gender": "Male",
        "initial_bond_set_amount": draw(bonds),
        "initial_bond_set_on": None,
        "bond_posted_amount": draw(bonds),
        "bond_posted_on": None,
        "departed_on": draw(st.sampled_from([None, None, *(m.date() for m in MOMENTS)])),
        "date_flags": draw(flags),
    }


@st.composite
def an_arrest(draw: st.DrawFn) -> plain.Row:
    return {
        "person_key": draw(people),
        "dropped_variant": 0,
        "arrested_at": draw(st.one_of(st.none(), moments, moments, moments)),
        "arrest_method": draw(st.sampled_from(["Located", "ERO Reprocessed Arrest", None])),
        "arrest_state": draw(st.sampled_from([None, "TEXAS"])),
        "criminality": draw(st.sampled_from(["1 Convicted Criminal", "2 Pending"])),
        "duty_site": None,
        "date_flags": draw(st.sampled_from([None, None, None, "arrested_at:before_1900"])),
    }


@st.composite
def a_removal(draw: st.DrawFn) -> plain.Row:
    day = draw(maybe)
    return {
        "person_key": draw(people),
        "dropped_variant": 0,
        "departed_on": day.date() if day else None,
        "date_flags": None,
    }


@st.composite
def a_detainer(draw: st.DrawFn) -> plain.Row:
    return {
        "person_key": draw(people),
        "dropped_variant": 0,
        "prepared_at": draw(maybe),
        "date_flags": None,
    }


def numbered(rows: list[plain.Row]) -> list[plain.Row]:
    """Give the rows their place in a release of two files."""
    cut = len(rows) // 2
    placed = []
    for number, row in enumerate(rows):
        place = {"row_id": number, "member": "a.xlsx" if number < cut else "b.xlsx"}
        placed.append({"release_id": "r", "sheet": "s", "row": number + 8} | place | row)
    return placed


def twice(draw_rows: st.SearchStrategy[plain.Row]) -> st.SearchStrategy[list[plain.Row]]:
    """Rows of which some come again, as released tables have them."""
    rows = st.lists(draw_rows, min_size=1, max_size=60)
    again = st.lists(st.integers(0, 59), max_size=20)
    return st.tuples(rows, again).map(
        lambda both: numbered(both[0] + [dict(both[0][i % len(both[0])]) for i in both[1]])
    )


def frame(name: str, rows: list[plain.Row]) -> pl.DataFrame:
    """Return the rows as an event table, in another order."""
    kinds: dict[str, Any] = {field.name: _TYPES[field.kind] for field in EVENTS[name].columns}
    schema = {column: kinds[column] for column in rows[0]}
    return pl.DataFrame(rows[::-1], schema=schema)


def engine(records: dict[str, list[plain.Row]], rules: str, *, arrays: bool) -> dict[str, Any]:
    """Return the lifecycle tables that the engine makes of the records, as rows.

    With ``arrays``, stints, stays and arrests are made on arrays and the others rest on them.
    """
    backend = open_backend("duckdb")
    frames = {name: frame(name, rows) for name, rows in records.items()}
    given = {n: frames[n].lazy() for n in ("detention_stint", "arrest")} if arrays else {}
    ready = build_arrays(given, ruleset(rules), THROUGH)
    made = build(
        Events("c", THROUGH, {name: ibis.memtable(rows) for name, rows in frames.items()}),
        ruleset(rules),
        keep=lambda name, step: keep_step(backend, step, name),
        made={name: ibis.memtable(rows.collect()) for name, rows in ready.items()},
    ).tables
    return {
        name: pl.DataFrame(pl.from_arrow(fetch(backend, rows))).rows(named=True)
        for name, rows in made.items()
    }


WORLDS = st.tuples(twice(a_stint()), twice(an_arrest()), twice(a_removal()), twice(a_detainer()))
Worlds = tuple[list[plain.Row], list[plain.Row], list[plain.Row], list[plain.Row]]


WAYS = [
    *(pytest.param(rules, False, id=rules) for rules in RULE_SETS),
    pytest.param("olc-1", True, id="olc-1 on arrays"),
]


@pytest.mark.parametrize(("rules", "arrays"), WAYS)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=WORLDS)
def test_the_engine_says_what_the_slow_twin_says(rules: str, arrays: bool, world: Worlds) -> None:
    same_as_the_twin(rules, world, arrays=arrays)


@pytest.mark.heavy
@pytest.mark.parametrize(("rules", "arrays"), WAYS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=WORLDS)
def test_it_does_so_of_many_worlds(rules: str, arrays: bool, world: Worlds) -> None:
    same_as_the_twin(rules, world, arrays=arrays)


def same_as_the_twin(rules: str, world: Worlds, *, arrays: bool) -> None:
    """Fail where the engine and the twin say different things of a world."""
    own = ruleset(rules)
    stints, arrests, removals, detainers = world
    records = {
        "detention_stint": stints, "arrest": arrests, "removal": removals, "detainer": detainers
    }  # fmt: skip
    found = engine(records, rules, arrays=arrays)
    stints, arrests = plain.believable(stints, own), plain.believable(arrests, own)
    by_row = {row["row_id"]: row for row in stints}

    marks = plain.stints(stints, own)
    assert {r["row_id"]: r["is_left_out"] for r in found["stint"]} == {
        row: mark["left_out"] for row, mark in marks.items()
    }

    held = plain.stays(stints, own, THROUGH)
    members: dict[int, set[int]] = {}
    for row in found["stint"]:
        if row["stay_id"] is not None:
            members.setdefault(row["stay_id"], set()).add(row["row_id"])
    assert members == {stay: what["rows"] for stay, what in held.items()}
    assert {s["stay_id"] for s in found["stay"]} == set(held)
    for stay in found["stay"]:
        what = held[stay["stay_id"]]
        first, longest = by_row[what["first"]], what["longest"]
        assert stay["n_stints"] == len(what["rows"])
        assert stay["n_transfers"] == what["transfers"]
        assert stay["person_key"] == what["person_key"]
        assert stay["first_facility_code"] == first["facility_code"]
        assert stay["first_book_in_at"] == first["book_in_at"]
        assert stay["longest_book_in_at"] == by_row.get(longest, {}).get("book_in_at")
        ends_before = stay["book_out_at"] is not None and stay["book_in_at"] is not None
        ends_before = ends_before and stay["book_out_at"] < stay["book_in_at"]
        assert stay["is_negative"] == ends_before  # no stay ends before it starts without a flag

    told = plain.arrests(arrests, own)
    assert {r["row_id"]: r["is_left_out"] for r in found["arrest"]} == {
        row: mark["left_out"] for row, mark in told.items()
    }
    standing = [row for row in arrests if not told[row["row_id"]]["left_out"]]
    starts = {s["stay_id"]: s["book_in_at"] for s in found["stay"]}
    expected = plain.arrest_links(standing, held, starts, own)
    links = {r["row_id"]: r["stay_id"] for r in found["link__arrest_stay"]}
    assert links == {row["row_id"]: expected.get(row["row_id"]) for row in standing}

    left = {r["stay_id"]: (r["row_id"], r["departed_on"]) for r in found["link__stay_removal"]}
    assert left == plain.departures(held, by_row, removals, own)
    kept = [row for row in found["detainer"] if not row["is_left_out"]]
    followed = {r["row_id"]: r["stay_id"] for r in found["link__detainer_stay"]}
    assert followed == plain.detainer_links(kept, held, starts, own)


def test_a_gap_of_exactly_24_hours_is_one_episode() -> None:
    first = MOMENTS[0]
    for hours, episodes in ((24, 1), (24.001, 2)):
        rows = numbered(
            [
                {"person_key": "p", "dropped_variant": 0, "arrest_method": None,
                 "arrest_state": None, "criminality": None, "duty_site": None, "arrested_at": at}
                for at in (first, first + timedelta(hours=hours))
            ]
        )  # fmt: skip
        told = plain.arrests(rows, ruleset("olc-1"))
        assert sum(not mark["left_out"] for mark in told.values()) == episodes
