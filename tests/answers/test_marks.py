"""A kind of question is compiled once; its days and values are written in as Ibis writes them."""

from __future__ import annotations

from datetime import date

import duckdb
import ibis
import pytest

from openlifecycle.api import Session
from openlifecycle.engine import marks
from openlifecycle.engine.corpus import Corpus
from openlifecycle.measures.plan import Plan, plan
from openlifecycle.measures.question import Question


def planned(where: str = "ICE", on: str = "2024-10-03") -> Plan:
    return plan(Question.of("detained_population", where={"arresting_agency": where}, on=on))


@pytest.mark.parametrize("value", ["ICE", "O'HARE", "' OR ''='", "OLC_DAY('on')", "\\1"])
def test_a_value_is_written_as_ibis_writes_it_and_is_never_a_part_of_the_query(value: str) -> None:
    rows = ibis.table({"agency": "string"}, name="rows")
    held = marks.values("arresting_agency")
    marked = ibis.to_sql(rows.filter(rows.agency.isin([held])), dialect="duckdb")
    plain = ibis.to_sql(rows.filter(rows.agency.isin([value])), dialect="duckdb")
    asked = planned(value)
    assert marks.written(" ".join(str(marked).split()), asked) == " ".join(str(plain).split())
    (said,) = duckdb.sql(marks.written("SELECT OLC_VALUES('arresting_agency')", asked)).fetchall()
    assert said == (value,)


@pytest.mark.parametrize(
    ("mark", "stands_for"),
    [
        (marks.day("on"), date(2024, 10, 3)),
        (marks.day("near"), date(2024, 8, 19)),  # 45 days before, counted on a calendar
        (marks.day("month"), date(2024, 10, 1)),
        (marks.year("on"), 2025),  # the fiscal year begins in October
    ],
)
def test_a_mark_stands_for_the_day_that_is_asked_for(mark: object, stands_for: object) -> None:
    query = marks.written(str(ibis.to_sql(mark, dialect="duckdb")), planned())
    assert duckdb.sql(query).fetchall() == [(stands_for,)]


def test_a_question_on_another_day_is_compiled_already(
    corpus_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus_session.ask("adp", by="criminality", start="2024-01-01", as_known_on="2025-01-31")
    monkeypatch.setattr(Corpus, "compile", None)
    other = {"start": "2023-02-03", "as_known_on": "2024-06-30"}
    found = corpus_session.ask("adp", by="criminality", **other)  # type: ignore[arg-type]
    assert "OLC_" not in found.sql
    assert "MAKE_DATE(2024, 6, 30)" in found.sql
    assert found.rows["period_end"].min() >= date(2023, 2, 3)
    assert max(r.published_on for r in found.releases if r.published_on) <= date(2024, 6, 30)
