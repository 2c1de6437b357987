"""The engine against the slow twin: definitions by Hypothesis, estimates by exact fractions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openlifecycle.lifecycle.cohorts import cohort
from tests.cohorts import twin
from tests.cohorts.tables import FIRST, LAST, THROUGH, Compiled
from tests.cohorts.twin import Arrest, Course, Stay

HORIZONS = (1, 7, 30, 90)
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
REASONS = ["Removed", "Bonded Out - IJ", " paroled", "Voluntary departure", "Transferred", "Died",
           "Beamed up", "", None]  # fmt: skip

people = st.sampled_from(["a", "b", "c", "d", None])
# few values, so that ties, exact midnights and exact horizons are common
moments = st.builds(
    lambda day, minute: datetime(2025, 9, 1) + timedelta(days=day, minutes=minute),
    st.integers(0, 125),
    st.sampled_from([0, 0, 1, 60, 719, 1439]),
)
lengths = st.sampled_from([-90, 0, 1, 60, 1440, 1441, 10080, 20000, 43200, 60000])


@st.composite
def stays(draw: Any, number: int) -> Stay:
    start = draw(moments)
    moves = draw(st.integers(0, 2))
    end = draw(st.none() | lengths.map(lambda m: start + timedelta(minutes=m)))
    first_end = draw(st.none() | lengths.map(lambda m: start + timedelta(minutes=abs(m))))
    last_end = end
    if end is None:
        last_end = draw(st.none() | lengths.map(lambda m: start + timedelta(minutes=abs(m))))
    days = st.none() | moments.map(lambda moment: moment.date())
    return Stay(
        number, draw(people), start, end, start + timedelta(minutes=30), last_end, first_end, moves,
        draw(st.sampled_from(REASONS)), draw(st.sampled_from(REASONS)), draw(days),
        draw(st.none() | days),
    )  # fmt: skip


@st.composite
def worlds(draw: Any) -> tuple[list[Stay], list[Arrest]]:
    found = [draw(stays(number)) for number in range(draw(st.integers(1, 7)))]
    arrests = []
    free = {s.id for s in found}
    for number in range(draw(st.integers(1, 6))):
        person, at = draw(people), draw(moments)
        mine = [
            s.id
            for s in found
            if s.id in free
            and person is not None
            and s.person == person
            and timedelta(hours=-120) <= s.start - at <= timedelta(hours=240)
        ]
        chosen = draw(st.none() | st.sampled_from(mine)) if mine else None
        free -= {chosen}
        departed = draw(st.none() | moments.map(lambda moment: moment.date()))
        arrests.append(Arrest(number, person, at, chosen, departed))
    return found, arrests


def first_of(entries: list[tuple[int, str | None, datetime]]) -> list[int]:
    """The first entry of each person; each entry without a key is a person."""
    taken: dict[Any, tuple[datetime, int]] = {}
    for number, person, at in entries:
        key = person if person is not None else ("nobody", number)
        taken[key] = min(taken.get(key, (at, number)), (at, number))
    return [number for _, number in taken.values()]


def courses(entry: str, found: list[Stay], arrests: list[Arrest]) -> list[Course]:
    if entry == "book_in":
        begun = [s for s in found if s.start <= THROUGH]
        first = first_of([(s.id, s.person, s.start) for s in begun])
        return [
            twin.course_of_stay(s, begun, s.start, THROUGH, "held_first_facility")
            for s in begun
            if s.id in first
        ]
    begun = [s for s in found if s.start <= THROUGH]
    made = [a for a in arrests if a.at <= THROUGH]
    first = first_of([(a.id, a.person, a.at) for a in made])
    return [twin.course_of_arrest(a, begun, THROUGH) for a in made if a.id in first]


@pytest.fixture(scope="module")
def engine() -> Compiled:
    return Compiled()


def rows_of(engine: Compiled, found: list[Stay], arrests: list[Arrest], entry: Any) -> pl.DataFrame:
    engine.fill(found, arrests)
    return cohort(
        engine.tables, entry=entry, start=FIRST, end=LAST, through=THROUGH, period="all",
        horizons=HORIZONS, fetch=lambda expression: engine.fetch(entry, expression),
    )  # fmt: skip


@pytest.mark.parametrize("entry", ["book_in", "arrest"])
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(world=worlds())
def test_everybody_is_last_seen_where_the_twin_sees_them(
    engine: Compiled, entry: str, world: tuple[list[Stay], list[Arrest]]
) -> None:
    rows = rows_of(engine, *world, entry)
    people = courses(entry, *world)
    if not people:
        assert rows.is_empty()
        return
    for days in HORIZONS:
        here = rows.filter(pl.col("horizon_days") == days, pl.col("kind") == "state")
        seen = {row["state"]: row["n_seen"] for row in here.iter_rows(named=True)}
        expected = dict.fromkeys(seen, 0)
        for course in people:
            moment = min(course.entry + timedelta(days=days), course.end)
            expected[course.state_at(moment)] += 1
        assert seen == expected
        assert here["n_people"].unique().to_list() == [len(people)]
        followed = sum(twin.followed(course, days) for course in people)
        assert here["n_followed"].unique().to_list() == [followed]
        if followed:
            assert here["share"].sum() == pytest.approx(1)
            assert (here["low"] <= here["share"] + 1e-12).all()
            assert (here["high"] >= here["share"] - 1e-12).all()
        else:
            assert here["share"].null_count() == len(here)


@pytest.mark.parametrize("entry", ["book_in", "arrest"])
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(world=worlds())
def test_first_events_are_estimated_as_the_definition_says(
    engine: Compiled, entry: str, world: tuple[list[Stay], list[Arrest]]
) -> None:
    rows = rows_of(engine, *world, entry).filter(pl.col("share").is_not_null())
    people = courses(entry, *world)
    held = {"held_first_facility", "held_after_transfer"}
    gone = {s for c in people for _, s in c.steps} - held - {"not_detained"}

    def first(course: Course, events: dict[str, str], stops: set[str]) -> tuple[int, str]:
        if course.first == "unknown":
            return 0, "stop"
        return twin.first_event(course, events, stops)

    def left(course: Course) -> tuple[int, str]:
        was = course.first
        for when, state in course.steps:
            if state not in held:
                return twin.hours(course, when), state if was in held else "stop"
            was = state
        if course.first == "unknown":
            return 0, "stop"
        return twin.watched(course), ""

    for row in rows.filter(pl.col("kind") == "left_as").iter_rows(named=True):
        exact = twin.aalen_johansen(
            [left(c) for c in people], row["state"], row["horizon_days"] * 24
        )
        assert row["share"] == pytest.approx(float(exact), abs=1e-12)
    booked = {"held_first_facility": "booked"}
    moved = {"held_after_transfer": "moved"}
    clocks = {
        "left_detention": [
            (h, "left" if k not in ("", "stop") else k) for h, k in map(left, people)
        ],
        "transferred": [first(c, moved, gone) for c in people],
        "detained": [first(c, booked, gone) for c in people],
    }
    if entry == "book_in":
        clocks["detained"] = [(0, "booked") for _ in people]
    kinds = {"left_detention": "left", "transferred": "moved", "detained": "booked"}
    for row in rows.filter(pl.col("kind") == "reached").iter_rows(named=True):
        name = row["state"]
        exact = twin.aalen_johansen(clocks[name], kinds[name], row["horizon_days"] * 24)
        assert row["share"] == pytest.approx(float(exact), abs=1e-12)


@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
@given(world=worlds())
def test_where_everybody_was_watched_the_estimate_is_the_share(
    engine: Compiled, world: tuple[list[Stay], list[Arrest]]
) -> None:
    rows = rows_of(engine, *world, "arrest")
    full = rows.filter(pl.col("n_followed") == pl.col("n_people"))
    for row in full.iter_rows(named=True):
        assert row["share"] == pytest.approx(row["n_seen"] / row["n_people"], abs=1e-12)
        assert row["naive_share"] == pytest.approx(row["share"], abs=1e-12)


def test_the_twin_can_tell_right_from_wrong() -> None:
    rows = [(2, "a"), (3, ""), (5, "b"), (5, "a")]
    assert twin.aalen_johansen(rows, "a", 4) == Fraction(1, 4)
    assert twin.aalen_johansen(rows, "a", 5) == Fraction(1, 4) + Fraction(3, 4) * Fraction(1, 2)
    assert twin.state_of_reason("beamed up") == "other_reason"
    assert date(2025, 1, 1) == FIRST
