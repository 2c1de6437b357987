"""Columns in memory answer as the query that an answer shows does on DuckDB, to the last bit."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from openlifecycle.api import Session, open_store
from openlifecycle.demo.unpack import starter_store
from openlifecycle.engine import corpus as corpus_module
from openlifecycle.engine import held_derive, marks
from openlifecycle.engine.ask import ask, fetched, steps_of
from openlifecycle.engine.corpus import Corpus, columns_of
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.engine.steps import expression_of
from openlifecycle.measures.plan import Plan, plan
from openlifecycle.measures.question import Question
from tests.answers.varied import PRINTED, varied
from tests.answers.world import corpus, month, release, snapshot, to_date

DAY = date(2023, 10, 1)


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Return a session on the starter set, its rows read."""
    store = tmp_path_factory.mktemp("starter") / "store"
    starter_store(store)
    session = open_store(store)
    session.ask("detained_population")
    return session


def put_together(read: Corpus, made: Plan) -> str:
    return read.compiled(marks.kind_of(made), made.measure, lambda: steps_of(made))


def of_query(read: Corpus, made: Plan) -> pl.DataFrame:
    return fetched(read, marks.written(put_together(read, made), made))


def of_columns(read: Corpus, made: Plan) -> pl.DataFrame:
    held = read.held(made.measure)
    assert held is not None
    return held_derive.table_of(held, made, columns_of(made.measure))


def test_every_measure_is_answered_as_its_query_is_on_the_starter_set(starter: Session) -> None:
    with_rows = set()
    for made in varied(starter._corpus, each=3):
        found = of_columns(starter._corpus, made)
        assert_frame_equal(found, of_query(starter._corpus, made), check_exact=True)
        with_rows |= {made.measure.name} if found.height else set()
    assert len(with_rows) > len(PRINTED) / 2, "most of these questions have no rows"


def test_a_query_of_steps_is_what_ibis_compiles_of_the_whole(starter: Session) -> None:
    read = starter._corpus
    whole_country = plan(Question.of("interval_adp"))
    for made in [whole_country, *varied(read, each=1, seed=2)]:
        whole = read.compile(expression_of(read.rows(made.measure), steps_of(made)))
        assert put_together(read, made) == whole


#: By kind of row, questions that are answered from it.
ASKED: dict[str, list[dict[str, Any]]] = {
    "month": [{"measure": "book_ins", "by": "arresting_agency", "totals": True}],
    "snapshot": [
        {"measure": "detained_population", "by": "arresting_agency", "totals": True},
        {"measure": "detained_population", "on": "2023-11-20"},
    ],
    "to_date": [
        {"measure": "adp", "period": "fiscal_year", "by": "arresting_agency", "totals": True},
        {"measure": "interval_adp", "by": "arresting_agency", "totals": True},
    ],
}


@st.composite
def worlds(draw: st.DrawFn, kind: str) -> tuple[list[ReleaseFacts], list[dict[str, Any]]]:
    """Draw rows of one kind that tie, differ in the fifth decimal, lack a value, a day, a name."""
    releases, rows = [], []
    for number in range(draw(st.integers(1, 3))):
        one = release(f"{number:04d}", DAY + timedelta(days=draw(st.integers(90, 92))))
        releases.append(one)
        places = st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["B1", "B10", "B2", "C2"]))
        for sheet, cell in draw(st.lists(places, min_size=2, max_size=8, unique=True)):
            words: dict[str, Any] = {
                "sheet": sheet,
                "cell": cell,
                "as_of": draw(st.sampled_from([None, DAY, one.as_of])),
                "arresting_agency": draw(st.sampled_from([None, "Total", "ICE", "Ice"])),
                "edition": draw(st.sampled_from(["both", "both", "published", "corrected"])),
                "correction_id": draw(st.sampled_from(["", None, "E1"])),
            }
            value: Any = draw(st.sampled_from([None, 0.00005, 0.00004, 0.00015, 0.1, 0.2]))
            begin = DAY + timedelta(days=30 * draw(st.integers(0, 1)))
            end = begin + timedelta(days=29)
            if kind == "month":
                rows.append(month(one, begin, end, value, **words))
            elif kind == "snapshot":
                rows.append(snapshot(one, end, value, **words))
            else:
                rows.append(to_date(one, 2024, end, value, **words))
    return releases, rows


@pytest.mark.parametrize("kind", ASKED)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(data=st.data(), edition=st.sampled_from(["published", "corrected"]))
def test_small_odd_worlds_are_answered_as_their_queries_are(
    data: st.DataObject, edition: str, kind: str
) -> None:
    releases, rows = data.draw(worlds(kind))
    known = data.draw(st.sampled_from([None, DAY + timedelta(days=91)]))
    with tempfile.TemporaryDirectory() as folder:
        read = corpus(Path(folder), releases, rows)
        read.refresh()
        for words in ASKED[kind]:
            made = plan(Question.of(edition=edition, as_known_on=known, **words))
            assert_frame_equal(of_columns(read, made), of_query(read, made), check_exact=True)


def test_of_too_many_rows_duckdb_answers_the_same(
    starter: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = Question.of("adp", by="criminality", where={"arresting_agency": "ICE"})
    held = ask(starter._corpus, question)
    monkeypatch.setattr(corpus_module, "MOST_ROWS", 0)
    monkeypatch.setattr(held_derive, "table_of", None)
    other = Corpus(starter.source)
    assert_frame_equal(ask(other, question).rows, held.rows, check_exact=True)
