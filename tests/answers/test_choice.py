"""The bitemporal choice against a slow and obvious twin, on small random worlds."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openlifecycle.engine.ask import ask
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.measures.question import Question
from tests.answers.world import corpus, month, release, snapshot

FIRST = date(2023, 10, 1)
STATUSES = ["observed", "observed", "observed", "not_yet", "dropped"]
EDITIONS = ["both", "both", "published", "corrected"]


def slow_answer(
    rows: list[dict[str, Any]],
    releases: list[ReleaseFacts],
    key: str,
    known_on: date | None,
    edition: str,
) -> dict[tuple[str, date], float]:
    """Answer by reading every row in turn: the latest table wins, then the latest publication."""
    order = sorted(releases, key=lambda r: (r.published_on, r.as_of, r.received_at, r.release_id))
    place = {r.release_id: i for i, r in enumerate(order)}
    published = {r.release_id: r.published_on for r in releases}
    best: dict[tuple[str, date], tuple[tuple[date, int], float]] = {}
    for row in rows:
        if row["status"] != "observed" or row["hidden"]:
            continue
        if row["edition"] not in ("both", edition):
            continue
        if known_on is not None and published[row["release_id"]] > known_on:
            continue
        whose = (row["arresting_agency"], row[key])
        stands = (row["as_of"], place[row["release_id"]])
        if whose not in best or stands > best[whose][0]:
            best[whose] = (stands, row["value"])
    return {whose: value for whose, (_, value) in best.items()}


@st.composite
def worlds(draw: st.DrawFn, monthly: bool) -> tuple[list[ReleaseFacts], list[dict[str, Any]]]:
    """Draw releases out of order and rows that restate, blank, hide and correct each other."""
    releases, rows = [], []
    for number in range(draw(st.integers(1, 4))):
        published = FIRST + timedelta(days=draw(st.integers(0, 60)))
        as_of = published - timedelta(days=draw(st.integers(0, 40)))
        one = release(f"{number:04d}", published, as_of)
        releases.append(one)
        cells = st.tuples(st.sampled_from(["ICE", "CBP"]), st.integers(0, 2))
        for agency, offset in draw(st.lists(cells, max_size=5, unique=True)):
            words = {
                "arresting_agency": agency,
                "status": draw(st.sampled_from(STATUSES)),
                "edition": draw(st.sampled_from(EDITIONS)),
                "hidden": draw(st.integers(0, 5)) == 0,
            }
            value = float(draw(st.integers(0, 9)))
            if monthly:
                start = date(2023, 10 + offset, 1)
                rows.append(month(one, start, start + timedelta(days=29), value, **words))
            else:
                day = FIRST + timedelta(days=offset)
                rows.append(snapshot(one, day, value, **words))
    return releases, rows


WORLD = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@WORLD
@given(world=worlds(monthly=True), known=st.integers(-1, 60), edition=st.sampled_from(EDITIONS[2:]))
def test_a_month_is_answered_as_the_slow_twin_answers_it(
    world: tuple[list[ReleaseFacts], list[dict[str, Any]]], known: int, edition: str
) -> None:
    _compare(world, known, edition, "book_ins", "period_start")


@WORLD
@given(
    world=worlds(monthly=False), known=st.integers(-1, 60), edition=st.sampled_from(EDITIONS[2:])
)
def test_a_snapshot_is_answered_as_the_slow_twin_answers_it(
    world: tuple[list[ReleaseFacts], list[dict[str, Any]]], known: int, edition: str
) -> None:
    _compare(world, known, edition, "detained_population", "period_end")


def _compare(
    world: tuple[list[ReleaseFacts], list[dict[str, Any]]],
    known: int,
    edition: str,
    measure: str,
    key: str,
) -> None:
    releases, rows = world
    day = FIRST + timedelta(days=known) if known >= 0 else None
    question = Question.of(measure, by="arresting_agency", as_known_on=day, edition=edition)
    with tempfile.TemporaryDirectory() as folder:
        answer = ask(corpus(Path(folder), releases, rows), question)
    found = {(r["arresting_agency"], r[key]): r["value"] for r in answer.rows.to_dicts()}
    assert found == slow_answer(rows, releases, key, day, edition)
