"""Every standing question is declared, and every command that is said to answer one does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from openlifecycle.cli.main import cli
from openlifecycle.errors import UsageError
from openlifecycle.measures.loading import BadDeclaration
from openlifecycle.measures.questions import (
    ANSWERED,
    IN_PART,
    NOT_ANSWERED,
    Way,
    question,
    question_of,
    questions,
)
from openlifecycle.measures.registry import measure

WAYS = [
    pytest.param(way, id=f"{q.number}: {way.command}")
    for q in questions().values()
    for way in q.ways
]

#: So rare in single rooms by month that in the world of these tests every cell is of a few people.
#: The measure is then asked of the whole country by year as well.
RARE = {"hold_room_stays_over_72_hours"}

#: Commands that compare what is real with what is invented, and so answer "no" here.
MAY_SAY_NO = {"reconcile"}


def told(words: list[str], store: Path) -> tuple[int, Any]:
    """Run a command as a person does, with --json; return its exit code and what it says."""
    done = CliRunner().invoke(cli, [*words, "--json"], env={"OPENLIFECYCLE_STORE": str(store)})
    return done.exit_code, json.loads(done.stdout) if done.exit_code in (0, 1) else done.output


@pytest.mark.parametrize("way", WAYS)
def test_the_command_answers_with_rows(way: Way, full_store: Path) -> None:
    words = way.words
    if way.measure in RARE:
        assert told(words, full_store)[0] in (0, 1)
        words = ["ask", way.measure, "--period", "fiscal_year"]
    code, said = told(words, full_store)
    assert code == 0 or (code == 1 and way.words[0] in MAY_SAY_NO), said
    rows = said["rows"] if "rows" in said else said["restated"]
    assert rows, "an answer without rows"
    if way.measure and not measure(way.measure).is_text:
        assert any(row["value"] is not None for row in rows), "every value is hidden"


def test_there_are_forty_and_one_of_them_has_no_answer_at_all() -> None:
    found = questions()
    assert list(found) == list(range(1, 41))
    assert all(q.asks.endswith("?") for q in found.values())
    assert {q.number for q in found.values() if q.status == NOT_ANSWERED} == {36}
    assert {q.number for q in found.values() if q.status == IN_PART} == {
        8, 9, 10, 13, 24, 25, 26, 30, 32, 40,
    }  # fmt: skip


def test_what_is_not_answered_says_why_and_what_would_be_needed() -> None:
    for one in questions().values():
        assert bool(one.missing) == bool(one.needs) == (one.status != ANSWERED)


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"answers": [{"run": "ask no_such_measure", "tells": "x"}]},
        {"answers": [{"run": "take everything", "tells": "x"}]},
        {"answers": []},
        {"missing": "the half of it"},
        {"needs": "a wish"},
    ],
)
def test_an_entry_that_contradicts_itself_is_not_loaded(changes: dict[str, Any]) -> None:
    answers = [{"run": "ask adp", "tells": "x"}]
    entry = {"number": 1, "theme": "people held", "asks": "How many?", "answers": answers}
    assert question_of(entry).status == ANSWERED
    with pytest.raises(BadDeclaration):
        question_of({**entry, **changes})


def test_a_number_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError) as error:
        question(41)
    assert "1 to 40" in str(error.value)


def test_the_verb_lists_all_of_them_with_a_command_to_copy() -> None:
    run = CliRunner()
    every = run.invoke(cli, ["questions"])
    assert every.exit_code == 0, every.output
    assert "40 questions: 29 answered, 10 answered in part, 1 cannot be answered." in every.output
    for one in questions().values():
        for way in one.ways:
            assert f"    $ {way.command}\n" in every.output
    last = run.invoke(cli, ["questions", "36"])
    assert "needs:" in last.output
    assert "$" not in last.output
    (told_36,) = json.loads(run.invoke(cli, ["questions", "36", "--json"]).output)
    assert told_36["status"] == NOT_ANSWERED
    assert run.invoke(cli, ["questions", "99"]).exit_code == 2
