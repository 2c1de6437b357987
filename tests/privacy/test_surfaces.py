"""No person key, and no number about fewer than five people, comes out of any surface."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

import openlifecycle as ol
from openlifecycle.cli.verbs import VERBS
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.registry import measures
from tests.privacy.conftest import Held, olc

#: Fields by which one person could be told from another, or asked for.
IDENTIFYING = {
    "person_key", "row_id", "row", "stay_id", "stay_key", "stint_key", "birth_year", "member",
    "sheet", "episode", "entry_on", "final_order_on", "departed_on", "msc_conviction_on",
}  # fmt: skip

RECORD_MEASURES = [name for name, one in measures().items() if one.records]


def no_key_in(text: str, held: Held) -> None:
    """Fail where any pseudonym stands in a text; keys are one word each."""
    found = held.keys & set(re.findall(r"[\w@.-]+", text))
    assert not found, f"{len(found)} person keys came out"


def commands(store: Path) -> list[list[str]]:
    """Return every verb, with and without --json, over every release."""
    from openlifecycle.vault.store import Store

    releases = [one.release_id for one in Store.open(store).record_releases()]
    asked = [
        ["releases"], ["verify"], ["measures"], ["check", "--all"],
        *(["receipt", one] for one in releases),
        *(["observations", one] for one in releases),
        *(["explain", one, "A8"] for one in releases),
        ["changes", *releases[:2]],
        *(["dimensions", name] for name in RECORD_MEASURES[:3]),
        ["reconcile"],
        ["cohort", "arrest", "--from", "2025-01"],
        ["cohort", "book_in", "--from", "2025-01", "--lengths"],
    ]  # fmt: skip
    return [words + more for words in asked for more in ([], ["--json"])]


def test_every_verb_is_walked(held: Held) -> None:
    walked = {words[0] for words in commands(held.path)} | {"ask", "take", "demo"}
    assert walked == set(VERBS), "a new verb: add it to the walk"


def test_no_person_key_comes_out_of_any_command(held: Held) -> None:
    for words in commands(held.path):
        done = olc(*words, store=held.path)
        no_key_in(done.stdout + done.stderr, held)


def test_a_person_key_cannot_be_asked_for(held: Held) -> None:
    key = sorted(held.keys)[0]
    for name in RECORD_MEASURES:
        declared = measures()[name]
        assert not IDENTIFYING & set(declared.dimensions), name
    for words in (
        ["ask", RECORD_MEASURES[0], "--where", f"person_key={key}"],
        ["ask", RECORD_MEASURES[0], "--by", "person_key"],
        ["ask", RECORD_MEASURES[0], "--by", "birth_year"],
        ["explain", RECORD_MEASURES[0], "--row", "0"],
    ):
        done = olc(*words, store=held.path)
        if words[0] == "ask":
            assert done.returncode == 2, done.stdout
        no_key_in((done.stdout + done.stderr).replace(key, "", 2), held)


def splits(one: Measure) -> list[tuple[str, ...]]:
    return [(), *((d,) for d in one.dimensions)]


@pytest.mark.parametrize("name", RECORD_MEASURES)
def test_no_answer_counts_one_to_four_people(name: str, held: Held) -> None:
    session = ol.open(held.path)
    for split in splits(measures()[name]):
        answer = session.ask(name, by=split)
        told = answer.as_dict()
        no_key_in(json.dumps(told, default=str) + answer.text(), held)
        no_key_in(answer.file("csv").decode() + answer.citation(), held)
        assert not IDENTIFYING & set(answer.rows.columns)
        # an average of midnights may lie below 5 where the fullest of them does not
        if answer.measure.is_count and answer.measure.records.statistic != "mean":
            shown = answer.rows["value"].drop_nulls()
            small = shown.filter((shown > 0) & (shown < 5))
            assert small.is_empty(), f"{name} by {split}: {small.len()} cells of 1 to 4"


def test_no_public_function_takes_a_person() -> None:
    for kind in (ol.open, type(ol.open).__call__):
        assert not _asks_for_a_person(kind)
    from openlifecycle.api import Answer, Session
    from openlifecycle.disclosure.cohorts import CohortQuestion

    for face in (Session, Answer, CohortQuestion):
        for method_name, method in inspect.getmembers(face, inspect.isfunction):
            assert not _asks_for_a_person(method), method_name


def _asks_for_a_person(function: Any) -> bool:
    try:
        names = set(inspect.signature(function).parameters)
    except ValueError:
        return False
    return bool(names & (IDENTIFYING - {"row"}))
