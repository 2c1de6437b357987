"""Nothing but what the gate cleared can be published: not by type, not by force."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from openlifecycle.api import Session
from openlifecycle.disclosure import gate
from openlifecycle.disclosure.fixed_tables import ProtectedTable
from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.disclosure.verdict import Verdict, strongest
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.ask import ask
from openlifecycle.engine.corpus import Corpus
from openlifecycle.engine.records import RecordCorpus
from openlifecycle.engine.records import ask as ask_records
from openlifecycle.engine.source import Files
from openlifecycle.errors import NotCleared
from openlifecycle.measures.question import Question
from openlifecycle.publishing.chart import chart
from openlifecycle.publishing.citation import citation
from openlifecycle.publishing.cohort_text import cohort_text
from openlifecycle.publishing.files import answer_csv, answer_json, answer_parquet
from openlifecycle.publishing.record_table import record_table
from openlifecycle.publishing.table import answer_table
from tests.answers.world import release, snapshot, source
from tests.records_answers.small import arrest, session, stint

JANUARY = release("aaaa", date(2024, 1, 18), date(2024, 1, 14))


@pytest.fixture
def world(tmp_path: Path) -> Files:
    return source(tmp_path, [JANUARY], [snapshot(JANUARY, date(2024, 1, 14), 37_684)])


@pytest.fixture
def answer(world: Files) -> Answer:
    return ask(Corpus(world), Question.of("detained_population"))


@pytest.fixture
def cleared(answer: Answer, world: Files) -> Cleared[Answer]:
    return gate.clear_published(answer, world)


VERDICT = Verdict("as-published", "published", "forged")

PUBLISHING = [
    answer_table, answer_json, answer_csv, answer_parquet, chart, citation, record_table,
]  # fmt: skip


def test_a_cleared_answer_is_published_and_says_why(cleared: Cleared[Answer]) -> None:
    assert "37,684" in answer_table(cleared)
    assert b'"method": "published"' in answer_json(cleared)
    assert repr(cleared) == "<Cleared Answer: as-published, published>"


@pytest.mark.parametrize("publish", PUBLISHING, ids=lambda f: f.__name__)
def test_an_answer_that_nobody_cleared_is_refused(publish: Any, answer: Answer) -> None:
    with pytest.raises(TypeError, match="a Answer has not passed the gate: only openlifecycle"):
        publish(answer)


def test_what_only_claims_to_be_cleared_is_refused(answer: Answer) -> None:
    class Pretender:
        content = answer
        verdict = VERDICT
        __class__ = Cleared  # what isinstance believes

    assert isinstance(Pretender(), Cleared)
    with pytest.raises(TypeError, match="has not passed the gate"):
        answer_table(Pretender())  # type: ignore[arg-type]


def test_a_cleared_cannot_be_made_elsewhere(answer: Answer) -> None:
    with pytest.raises(TypeError, match="hand what you have to clear_records"):
        Cleared(answer, VERDICT)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="only openlifecycle.disclosure.gate makes a Cleared"):
        Cleared()


def test_an_empty_token_made_by_force_opens_nothing(answer: Answer) -> None:
    """Python cannot forbid making one; but what it stands for lies in the gate, not in it."""
    forged: Cleared[Answer] = object.__new__(Cleared)
    with pytest.raises(AttributeError):
        object.__setattr__(forged, "content", answer)
    with pytest.raises(AttributeError):
        object.__setattr__(forged, "_content", answer)
    for use in (answer_table, opened, lambda c: c.content, lambda c: c.verdict, repr):
        with pytest.raises(NotCleared) as refused:
            use(forged)
        assert refused.value.exit_code == 4


def test_one_cannot_inherit_from_it() -> None:
    with pytest.raises(TypeError, match="no subclasses"):
        type("Mine", (Cleared,), {})


@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy, copy.deepcopy, pickle.dumps, dataclasses.replace,
        partial(dataclasses.replace, content=None),
    ],
    ids=["copy", "deepcopy", "pickle", "replace", "replace_content"],
)  # fmt: skip
def test_it_cannot_be_copied_pickled_or_replaced(duplicate: Any, cleared: Cleared[Answer]) -> None:
    with pytest.raises(TypeError):
        duplicate(cleared)


def test_it_cannot_be_changed(cleared: Cleared[Answer], answer: Answer) -> None:
    for name in ("content", "verdict", "_content"):
        with pytest.raises(TypeError, match="cannot be changed"):
            setattr(cleared, name, answer)
        with pytest.raises(TypeError, match="cannot be changed"):
            delattr(cleared, name)
        with pytest.raises(AttributeError):
            object.__setattr__(cleared, name, answer)


def test_a_changed_answer_is_not_a_cleared_one(cleared: Cleared[Answer]) -> None:
    other = dataclasses.replace(cleared.content, rows=cleared.content.rows.head(0))
    with pytest.raises(TypeError):
        answer_table(other)  # type: ignore[arg-type]


SNIPPET = """
from openlifecycle.disclosure.gate import Cleared, clear_published
from openlifecycle.disclosure.verdict import Verdict
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.record_answer import Exact
from openlifecycle.engine.source import ObservationSource
from openlifecycle.publishing.table import answer_table


def honest(answer: Answer, store: ObservationSource) -> str:
    return answer_table(clear_published(answer, store))


def uncleared(answer: Answer) -> str:
    return answer_table(answer)


def exact_as_published(exact: Exact, store: ObservationSource) -> str:
    return answer_table(clear_published(exact, store))


def forged(answer: Answer, verdict: Verdict) -> Cleared[Answer]:
    return Cleared(answer, verdict)


class Mine(Cleared[Answer]):
    pass


def changed(cleared: Cleared[Answer], answer: Answer) -> None:
    cleared.content = answer
"""


def test_the_type_checker_finds_each_way_round(tmp_path: Path) -> None:
    file = tmp_path / "attempt.py"
    file.write_text(SNIPPET)
    lines = SNIPPET.splitlines()
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent",
         f"--cache-dir={tmp_path}", str(file)],
        capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    found = [line.split(": error: ") for line in done.stdout.splitlines() if ": error: " in line]
    said = {lines[int(place.rsplit(":", 1)[1]) - 1].strip(): what for place, what in found}
    assert set(said) == {
        "return answer_table(answer)",
        "return answer_table(clear_published(exact, store))",
        "return Cleared(answer, verdict)",
        "class Mine(Cleared[Answer]):",
        "cleared.content = answer",
    }, done.stdout
    assert 'expected "Cleared[Answer]"' in said["return answer_table(answer)"]
    assert 'expected "Never"' in said["return Cleared(answer, verdict)"]


def test_what_is_counted_from_records_does_not_pass_as_published(
    world: Files, tmp_path: Path
) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    asked = session(folder, arrest=[arrest(f"p{i}", "2025-03-01 10:00") for i in range(9)])
    exact = ask_records(RecordCorpus(asked.source), Question.of("arrests"))  # type: ignore[arg-type]
    passed = gate.clear_records(exact).content
    for given in ((passed, None), (ask(Corpus(world), Question.of("detained_population")), passed)):
        with pytest.raises(NotCleared, match="is counted from records"):
            gate.clear_published(given[0], world, given[1])
    with pytest.raises(TypeError):
        answer_table(exact)  # type: ignore[arg-type]


def test_rows_that_no_workbook_has_do_not_pass_as_its_cells() -> None:
    fine = pl.DataFrame({"release_id": ["x"], "cell": ["A1"]})
    assert gate.clear_observations(fine).content is fine
    with pytest.raises(NotCleared, match="they have person_key"):
        gate.clear_observations(fine.with_columns(person_key=pl.lit("p")))


def _heights(*frames: pl.DataFrame) -> list[int]:
    return [frame.height for frame in frames]


def test_what_is_made_of_cleared_things_is_cleared_and_keeps_the_strongest_verdict(
    cleared: Cleared[Answer],
) -> None:
    cells = gate.clear_observations(pl.DataFrame({"cell": ["A1", "A2"]}))
    made = gate.combined(_heights, cells, cells)
    assert made.content == [2, 2]
    assert made.verdict.method == "published"
    with pytest.raises(TypeError):
        gate.combined(_heights, cells, pl.DataFrame())  # type: ignore[arg-type]
    smuggled = 1
    for function in (lambda frame: smuggled, partial(_heights, 1), print):
        with pytest.raises(TypeError, match="brings no data along"):
            gate.combined(function, cells)
    with pytest.raises(ValueError, match="made of nothing"):
        gate.combined(_heights)


def test_the_strongest_verdict_forgets_nothing() -> None:
    noisy = Verdict("public-foia", "perturbation", "noise", margin="within 14")
    small = Verdict("as-published", "published", "as is", exposed=True, not_drawn="n", instead="w")
    both = strongest((small, noisy))
    assert (both.policy, both.method, both.margin) == ("public-foia", "perturbation", "within 14")
    assert (both.words, both.exposed, both.not_drawn) == ("as is; noise", True, "n")
    assert both.instead == "w"
    assert both.as_dict()["exposed_group"] is True


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Forty people arrested and held in March 2025, and three of another office."""
    rows = [(f"p{i}", "Atlanta Area of Responsibility") for i in range(40)]
    rows += [(f"q{i}", "Boston Area of Responsibility") for i in range(3)]
    return session(
        tmp_path_factory.mktemp("records"),
        arrest=[arrest(p, "2025-03-01 10:00", aor=aor) for p, aor in rows],
        detention_stint=[stint(p, "2025-03-01 12:00", "2025-03-20 12:00") for p, _ in rows],
    )


def test_an_answer_from_records_says_policy_method_and_margin(records: Session) -> None:
    found = records.ask("arrests", start="2025-03-01", end="2025-03-31")
    assert (found.verdict.policy, found.verdict.method) == ("public-foia", "perturbation")
    assert found.verdict.margin.startswith("counts: 95 times of 100 within ")
    assert 40 - 14 <= float(found.value) <= 43 + 14
    assert records.dimensions("arrests")["aor"] == ("Atlanta Area of Responsibility",)


def test_a_question_is_refused_before_anything_is_counted(tmp_path: Path) -> None:
    nothing = RecordCorpus(None)  # type: ignore[arg-type]
    question = Question.of("arrests", by=["aor", "gender", "citizenship_country", "arrest_method"])
    with pytest.raises(NotCleared) as refused:
        gate.clear_question(nothing, question)
    assert refused.value.exit_code == 4
    assert refused.value.next_step


def test_a_cohort_is_published_as_it_left_the_gate(records: Session) -> None:
    found = records.cohort("book_in", "2025-03-01", "2025-03-31")
    assert (found.verdict.policy, found.verdict.method) == ("public-foia", "perturbation")
    assert found.verdict.margin
    assert found.text()
    assert found.to_polars().equals(found.rows)
    assert found.as_dict()["collection_id"] == found.collection_id
    assert found.releases
    assert found.through.date() == date(2025, 6, 30)
    assert found.caveats
    assert found.disclosure
    assert found.question.entry == "book_in"
    assert isinstance(found.notes, tuple)
    with pytest.raises(TypeError):
        cohort_text(found.cleared.content)  # type: ignore[arg-type]


def test_a_walk_to_a_cell_leaves_as_published() -> None:
    walk = [{"value": 37_684}]
    assert gate.clear_walk(walk).content == walk


@dataclasses.dataclass(frozen=True)
class Audit:
    proved: bool
    words: str = "no cell can be inferred"
    would_pass: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Table:
    audit: Audit
    name: str = "arrests by AOR"
    policy: str = "public-foia"
    rows: pl.DataFrame = dataclasses.field(default_factory=lambda: pl.DataFrame({"n": [5, None]}))


def test_a_fixed_table_leaves_only_when_its_protection_is_proved() -> None:
    table: ProtectedTable = Table(Audit(True))
    passed = gate.clear_table(table)
    assert passed.content.rows["n"].to_list() == [5, None]
    assert passed.verdict.method == "suppression"
    for audit, says in (
        (Audit(False, would_pass=("by state", "by year")), "by state; by year"),
        (Audit(False), "a coarser split, or a longer period"),
    ):
        with pytest.raises(NotCleared) as refused:
            gate.clear_table(Table(audit))
        assert refused.value.exit_code == 4
        assert refused.value.next_step == says
