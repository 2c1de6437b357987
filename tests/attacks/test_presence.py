"""What the shape of an answer tells: rows that are there or not, words of errors, lists, notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from openlifecycle.disclosure.policy import Policy
from openlifecycle.disclosure.records import COVERAGE_STEPS, cleared
from openlifecycle.engine.records import ask
from openlifecycle.errors import OpenLifecycleError
from openlifecycle.measures.question import Question
from tests.attacks.conftest import Target, answering
from tests.attacks.twins import changed

RARE = "BHUTAN"


@pytest.fixture(scope="module")
def twins(real: Target, tmp_path_factory: pytest.TempPathFactory) -> tuple[Target, Target]:
    """A world in which nobody is of a country, and one in which one person is."""
    world = real.world
    assert RARE not in world.tables["arrest"]["citizenship_country"].to_list()
    both = world.tables["arrest"]["person_key"].to_list()
    held = set(world.tables["detention_stint"]["person_key"].to_list())
    person = next(k for k in both if k in held)
    tables = changed(world, person, "citizenship_country", RARE)
    assert (tables["arrest"]["citizenship_country"] == RARE).sum() >= 1
    return real, answering(tmp_path_factory.mktemp("one"), world, tables)


def _outcome(made: Callable[[], Any]) -> str:
    """Return what is seen of a question but for numbers: its rows and notes, or its error."""
    try:
        answer = made()
    except OpenLifecycleError as error:
        return f"{type(error).__name__}: {error}"
    assert RARE not in str(answer.rows.rows()), "the rare value has a row"
    return "an answer"


QUESTIONS: list[dict[str, Any]] = [
    {"by": "citizenship_country"},
    {"by": "citizenship_country", "period": "fiscal_year"},
    {"by": ["citizenship_country", "gender"], "period": "fiscal_year"},
    {"where": {"citizenship_country": RARE}},
    {"where": {"citizenship_country": RARE.lower()}},
    {"where": {"citizenship_country": [RARE, "MEXICO"]}, "period": "fiscal_year"},
    {"where": {"citizenship_country": RARE[:-1]}},
]

MEASURES = ["arrests", "record_book_ins", "record_removals", "held_over_90_days", "record_alos"]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_one_person_of_a_rare_value_leaves_no_trace(
    twins: tuple[Target, Target], measure: str, number: int
) -> None:
    words = QUESTIONS[number]
    seen = [_outcome(lambda s=s: s.session.ask(measure, **words)) for s in twins]
    # which near values an error lists is decided with noise, so only its first words are the same
    assert seen[0].split("nearest")[0] == seen[1].split("nearest")[0]


@pytest.mark.parametrize(
    ("measure", "dim"),
    [("arrests", "citizenship_country"), ("record_book_ins", "aor"), ("detainers", "state"),
     ("record_removals", "departure_country"), ("held_over_90_days", "gender")],
)  # fmt: skip
def test_what_is_not_shown_looks_the_same_whether_or_not_somebody_is_there(
    real: Target, measure: str, dim: str
) -> None:
    """All hidden rows of all values: every column but period and value is as of nobody."""
    span: dict[str, Any] = {"start": "2022-10-01", "end": "2026-02-28", "period": "month"}
    looks: dict[Any, set[tuple[Any, ...]]] = defaultdict(set)
    counted = [0, 0]
    for value in real.session.dimensions(measure)[dim][:8]:
        rows = real.session.ask(measure, where={dim: value}, **span).rows
        question = Question.of(measure, where={dim: value}, **span)
        there = set(ask(real.corpus, question).frame["period_end"])
        for row in rows.filter(pl.col("value").is_null()).iter_rows(named=True):
            columns = ("margin", "note", "over", "not_stated", "no_key")
            looks[row["period_end"]].add(tuple(row[c] for c in columns))
            counted[row["period_end"] in there] += 1
    assert min(counted) > 0, "somebody in some, nobody in others"
    assert {end: seen for end, seen in looks.items() if len(seen) > 1} == {}


def test_rows_are_there_for_all_periods_and_values_or_only_where_shown(
    real: Target, rule: Policy
) -> None:
    for by in (["gender"], ["aor"], ["aor", "criminality"]):
        exact = ask(real.corpus, Question.of("arrests", by=by, period="fiscal_year"))
        rows = cleared(exact, rule).rows
        whole = rows["period_end"].n_unique()
        for dim in by:
            whole *= rows[dim].n_unique()
        assert rows.height == whole
        rows = cleared(exact, replace(rule, grid_rows=1)).rows
        assert rows.height > 0
        assert rows["value"].null_count() == 0


def test_lists_of_values_name_no_rare_one(twins: tuple[Target, Target]) -> None:
    for measure in ("arrests", "record_book_ins"):
        lists = [s.session.dimensions(measure)["citizenship_country"] for s in twins]
        assert RARE not in lists[1]
        assert "MEXICO" in lists[1]


@pytest.mark.parametrize("entry", ["arrest", "book_in"])
def test_cohorts_name_no_rare_value(twins: tuple[Target, Target], entry: Any) -> None:
    seen = []
    for one in twins:
        answer = one.session.cohort(
            entry, "2024-10-01", by="citizenship_country", period="fiscal_year", horizons=(30,)
        )
        assert RARE not in str(answer.rows.rows())
        seen.append(set(answer.rows["citizenship_country"]))
    # which cohorts are large enough is decided with noise; the rare country is in neither
    assert seen[0] | seen[1]


def test_what_is_missing_is_told_in_steps_of_many_records(real: Target, rule: Policy) -> None:
    """A share of records that lack a value is a multiple of a step that no few records make."""
    least, told = rule.coverage_cells * rule.minimum_cell, 0
    for measure, by in (("arrests", "state"), ("record_book_ins", "state"), ("transfers", "aor")):
        for period in ("month", "fiscal_year"):
            question = Question.of(measure, by=by, period=period)
            every = dict(ask(real.corpus, question).frame.select("period_end", "all_rows").rows())
            answer = real.session.ask(measure, by=by, period=period)
            for name in ("not_stated", "no_key"):
                for end, share in (
                    answer.rows.select("period_end", name).unique().drop_nulls().rows()
                ):
                    steps = [s for s in COVERAGE_STEPS if s * every[end] >= least]
                    assert abs(share / steps[0] - round(share / steps[0])) < 1e-6
                    told += 1
    assert told > 20
