"""No person key, no secret, and no number about fewer than five people comes out anywhere."""

from __future__ import annotations

import importlib
import inspect
import json
import logging
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import openlifecycle as ol
from openlifecycle.cli.verbs import VERBS
from openlifecycle.disclosure.fixed_declared import fixed_tables
from openlifecycle.disclosure.gate import Cleared
from openlifecycle.errors import NotCleared, OpenLifecycleError
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.question import Question
from openlifecycle.measures.registry import measures
from tests.privacy.conftest import Held, olc, olc_here

#: Fields by which one person could be told from another, or asked for.
IDENTIFYING = {
    "person_key", "row_id", "row", "stay_id", "stay_key", "stint_key", "birth_year", "member",
    "sheet", "episode", "entry_on", "final_order_on", "departed_on", "msc_conviction_on",
}  # fmt: skip

RECORD_MEASURES = [name for name, one in measures().items() if one.records]


def no_key_in(text: str, held: Held) -> None:
    """Fail where any pseudonym, record key or secret stands in a text; each is one word."""
    words = set(re.findall(r"[\w@.-]+", text)) | set(re.findall(r"[\w+/=]+", text))
    found = (held.keys | held.secrets) & words
    assert not found, f"{len(found)} person keys, record keys or secrets came out"


def commands(store: Path) -> list[list[str]]:
    """Return every verb, with and without --json, over every release."""
    from openlifecycle.vault.store import Store

    releases = [one.release_id for one in Store.open(store).record_releases()]
    asked = [
        ["releases"], ["verify"], ["measures"], ["questions"], ["check", "--all"],
        *(["receipt", one] for one in releases),
        *(["observations", one] for one in releases),
        *(["explain", one, "A8"] for one in releases),
        ["changes", *releases[:2]],
        *(["dimensions", name] for name in RECORD_MEASURES[:3]),
        ["reconcile"],
        ["cohort", "arrest", "--from", "2025-01"],
        ["cohort", "book_in", "--from", "2025-01", "--lengths"],
        ["table"],
        *(["table", name, "--fiscal-year", "2025"] for name in fixed_tables()),
    ]  # fmt: skip
    return [words + more for words in asked for more in ([], ["--json"])]


def test_every_verb_is_walked(held: Held) -> None:
    walked = {words[0] for words in commands(held.path)} | {"ask", "take", "demo"}
    walked.add("serve")  # test_served.py walks what it answers
    assert walked == set(VERBS), "a new verb: add it to the walk"


def test_no_person_key_comes_out_of_any_command(
    held: Held, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answered = 0
    for words in commands(held.path):
        said = olc_here(*words, store=held.path)
        answered += bool(said)
        no_key_in(said, held)
    assert answered == len(commands(held.path)), "a command that says nothing is not looked at"
    no_key_in(caplog.text, held)


@pytest.mark.heavy  # a minute, for starting a process for each
def test_no_person_key_comes_out_of_any_command_that_a_person_starts(held: Held) -> None:
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


#: Columns from which noise, or what lies behind it, could be worked out.
EXACT = {
    "cell_key", "anchor_key", "in_cell_key", "record_key", "units", "in_units", "people", "rows",
    "in_rows", "largest", "all_rows", "missing_rows", "keyless_rows", "person", "unit_key", "total",
}  # fmt: skip


@pytest.mark.parametrize("name", RECORD_MEASURES)
def test_no_answer_counts_fewer_than_five_people(
    name: str, held: Held, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session = ol.open(held.path)
    answered = 0
    for split in splits(measures()[name]):
        try:
            answer = session.ask(name, by=split)
        except NotCleared as refusal:
            no_key_in(str(refusal) + json.dumps(refusal.as_dict()), held)
            continue
        answered += 1
        no_key_in(json.dumps(answer.as_dict(), default=str) + answer.text(), held)
        no_key_in(answer.file("csv").decode() + answer.citation() + repr(answer), held)
        assert not (IDENTIFYING | EXACT) & set(answer.rows.columns)
        if answer.measure.is_count:
            small = answer.rows.filter(pl.col("value") < 5)
            assert small.is_empty(), f"{name} by {split}: {small.height} cells below 5"
        hidden = answer.rows.filter(pl.col("note").fill_null("").str.contains("below minimum cell"))
        assert hidden["value"].null_count() == hidden.height
        assert answer.verdict.method == "perturbation"
    assert answered, "a measure that answers nothing is not looked at"
    no_key_in(caplog.text, held)


#: Rooms whose functions a person, a page or a program of another house may call.
OUTWARD = ("api", "cli", "disclosure", "oversight", "publishing", "remote", "serving")


def public_functions() -> Iterator[tuple[str, Any]]:
    """Yield every public function and method of the rooms that face outward."""
    for room in OUTWARD:
        top = importlib.import_module(f"openlifecycle.{room}")
        names = [top.__name__] + [
            f"{top.__name__}.{one.name}"
            for one in pkgutil.iter_modules(getattr(top, "__path__", []))
        ]
        for name in names:
            module = importlib.import_module(name)
            for said, thing in inspect.getmembers(module):
                if said.startswith("_") or getattr(thing, "__module__", "") != name:
                    continue
                if inspect.isclass(thing):
                    methods = inspect.getmembers(thing, inspect.isfunction)
                    yield from ((f"{name}.{said}.{m}", f) for m, f in methods if m[0] != "_")
                elif inspect.isfunction(thing):
                    yield f"{name}.{said}", thing


def test_no_public_function_takes_a_person() -> None:
    walked = 0
    for name, function in public_functions():
        asked = set(inspect.signature(function).parameters) & (IDENTIFYING - {"row", "sheet"})
        assert not asked, f"{name} asks for {asked}"
        walked += 1
    assert walked > 150


def everything_said(thing: Any, depth: int = 4) -> str:
    """Return all that a result says, frames written out whole."""
    if isinstance(thing, pl.DataFrame):
        return thing.write_csv()
    if isinstance(thing, Cleared):
        return everything_said(thing.content, depth) + repr(thing.verdict)
    if depth and isinstance(thing, Mapping):
        return " ".join(everything_said(v, depth - 1) for v in (*thing, *thing.values()))
    if depth and isinstance(thing, list | tuple | set | frozenset):
        return " ".join(everything_said(v, depth - 1) for v in thing)
    if depth and hasattr(thing, "__dataclass_fields__"):
        parts = [getattr(thing, name) for name in thing.__dataclass_fields__]
        return " ".join(everything_said(part, depth - 1) for part in parts)
    return repr(thing)


def test_no_session_method_gives_a_person(held: Held) -> None:
    session = ol.open(held.path)
    release = session.source.record_releases()[0].release_id
    calls: dict[str, list[Any]] = {
        "ask": [partial(session.ask, name, sensitivity=True) for name in RECORD_MEASURES[:6]],
        "answer": [lambda: session.answer(Question.of(RECORD_MEASURES[0], by="gender"))],
        "cohort": [
            lambda: session.cohort("arrest", "2024-10-01", period="fiscal_year"),
            lambda: session.cohort("book_in", "2024-10-01", by="aor", lengths=True),
        ],
        "table": [partial(session.table, name, 2025) for name in fixed_tables()],
        "measures": [session.measures],
        "dimensions": [lambda: [session.dimensions(name) for name in RECORD_MEASURES]],
        "values": [lambda: session.values(RECORD_MEASURES[0], "citizenship_country")],
        "releases": [session.releases],
        "catalogue": [session.catalogue],
        "facility_lists": [lambda: session.facility_lists().rows],
        "collections": [session.collections],
        "state": [session.state],
        "rows_at_most": [
            lambda: session.rows_at_most(Question.of(RECORD_MEASURES[0], by="gender"))
        ],
        "receipt": [lambda: session.receipt(release).as_dict()],
        "findings": [lambda: session.findings(release).rows],
        "facilities": [lambda: session.facilities(release).rows],
        "observations": [lambda: session.observations(release)],
        "observations_file": [lambda: session.observations_file(release, "csv")],
        "changes": [lambda: session.changes(release, release)],
        "explain": [lambda: session.explain(release, "'Arrests'!A8")],
    }
    public = {name for name, _ in inspect.getmembers(type(session), inspect.isfunction)}
    assert {name for name in public if not name.startswith("_")} == set(calls)
    for name, tries in calls.items():
        for call in tries:
            try:
                said = f"{name}: {everything_said(call())}"
            except OpenLifecycleError as refusal:
                said = str(refusal) + json.dumps(refusal.as_dict())
            no_key_in(said, held)
