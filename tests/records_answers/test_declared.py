"""Record measures are declared fully, asked strictly, and say where they come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from openlifecycle.api import Session
from openlifecycle.errors import UnknownDimension, UnknownRelease, UsageError
from openlifecycle.measures.loading import BadDeclaration
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.measures.record_plan import record_plan
from openlifecycle.measures.record_registry import _measure, record_measures
from openlifecycle.measures.registry import measure, measures
from tests.records_answers.small import arrest, exact, session, stint

#: Columns of an exact frame that are drawn from the secret of the store.
KEYS = ("cell_key", "in_cell_key", "anchor_key", "in_anchor_key")


def test_each_says_question_population_source_rules_and_caveats() -> None:
    for one in record_measures().values():
        assert one.question.endswith("?"), one.name
        assert one.numerator, one.name
        assert one.population, one.name
        assert one.defined_by, one.name
        assert one.caveats, one.name
        assert one.records, one.name
        assert one.records.parameter, one.name
        assert one.disclosure == "records: perturbed"
        if one.records.value in {"share", "mean", "median", "survival"}:
            assert one.denominator != "none", one.name
            assert not one.additive, one.name


def test_every_dimension_and_caveat_is_used() -> None:
    used = {d for m in record_measures().values() for d in m.dimensions}
    assert used == set(record_dimensions()) - {"detainer_type"} | {"detainer_type"}


def test_dimensions_lie_within_coarser_ones_without_a_circle() -> None:
    known = record_dimensions()
    for one in known.values():
        seen = [one.name]
        while known[seen[-1]].within:
            seen.append(known[seen[-1]].within)
            assert len(seen) == len(set(seen)), seen


def _entry(**changes: object) -> dict[str, object]:
    entry: dict[str, object] = {
        "name": "x", "question": "How many?", "numerator": "n", "unit": "events",
        "population": "p", "value": "rows", "table": "arrest", "at": "arrested_at",
        "periods": ["month"], "dimensions": ["aor"], "caveats": [], "defined_by": "us",
    }  # fmt: skip
    return {**entry, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"caveats": ["no_such"]},
        {"table": "person"},
        {"value": "list"},
        {"at": "arrested_at", "value": "stock"},
        {"value": "share"},
        {"dimensions": ["person_key"]},
        {"dimensions": ["lift_reason"]},
        {"periods": ["decade"]},
        {"where": [{"field": "aor", "like": "A%"}]},
        {"statistic": "mean"},
        {"needs": ["court_case"]},
        {"tier": 9},
    ],
)
def test_a_declaration_that_contradicts_itself_is_not_loaded(changes: dict[str, object]) -> None:
    assert _measure(_entry(), {}, "f").name == "x"
    with pytest.raises(BadDeclaration):
        _measure(_entry(**changes), {}, "f")


def test_a_measure_that_is_printed_has_no_rule_set() -> None:
    from openlifecycle.measures.plan import plan

    for words in ({"rules": "olc-1"}, {"sensitivity": True}, {"collection": "abc"}):
        with pytest.raises(UsageError, match="printed by the agency"):
            plan(Question.of("book_ins", **words))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"edition": "corrected"}, "one edition"),
        ({"totals": True}, "no totals"),
        ({"by": "aro"}, "aor"),
        ({"by": "person_key"}, "not split by"),
        ({"period": "release"}, "not counted by release"),
        ({"rules": "ddp-2026"}, "ddp-2026-03"),
    ],
)
def test_what_cannot_be_asked_of_records_is_refused(words: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as error:
        record_plan(Question.of("arrests", **words))  # type: ignore[arg-type]
    assert said in str(error.value)
    assert error.value.exit_code == 2


def test_rules_and_sensitivity_are_not_asked_together() -> None:
    with pytest.raises(UsageError):
        Question.of("arrests", rules="olc-1", sensitivity=True)


def test_the_printed_measures_have_kept_their_kind() -> None:
    kinds = [m.kind for m in measures().values()]
    assert kinds.count("published") == 69
    assert measure("book_ins").kind == "published"
    assert measure("record_book_ins").kind == "records"


TABLES = {
    "arrest": [arrest(f"p{i}", "2025-01-10 12:00", aor="AAA") for i in range(80)],
    "detention_stint": [
        stint(f"p{i}", "2025-01-10 13:00", "2025-03-01 12:00") for i in range(40)
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Eighty arrests and forty stays: enough to be shown, whichever noise the folder draws."""
    return session(tmp_path_factory.mktemp("declared"), **TABLES)


def test_a_table_that_the_collection_lacks_is_named(asked: Session, tmp_path: Path) -> None:
    with pytest.raises(UnknownRelease, match="detainer"):
        asked.ask("detainers")
    alone = session(tmp_path, arrest=[arrest("p", "2025-01-10 12:00")])
    with pytest.raises(UnknownRelease, match="detention_stint"):
        alone.ask("arrests_detained_share")
    with pytest.raises(UnknownRelease):
        asked.ask("arrests", collection="ffff")
    with pytest.raises(UnknownRelease):  # nothing was known before the release ended
        asked.ask("arrests", as_known_on="2025-06-29")
    assert len(asked.ask("arrests", as_known_on="2025-06-30")) == 1


def test_an_answer_names_collection_release_rules_and_coverage(asked: Session) -> None:
    answer = asked.ask("arrests_detained_share", rules="ddp-2026-03")
    facts = answer.records
    assert facts is not None
    assert [name for name, _ in facts.rules] == ["ddp-2026-03"]
    assert any("240" in words for _, words, _ in facts.rules_words), facts.rules_words
    assert {r.series for r in answer.releases} == {"us_ice.arrests", "us_ice.detentions"}
    assert answer.rows["rule_set"].to_list() == ["ddp-2026-03"]
    assert facts.collection in answer.citation()
    # none of eighty lacks a key; the share is said in steps of a fifth, of 16 records
    assert answer.rows["no_key"].to_list() == [0.0]
    share, off = answer.rows.select("value", "margin").row(0)
    assert abs(share - 40 / 80) <= 2 * off  # 14 is twice what counts stay within 95 times of 100
    walk = answer.explain()
    assert walk["rule_set"] == "ddp-2026-03"
    assert walk["records"]["collection"] == facts.collection
    assert any(r["id"] for r in walk["records"]["rules"])


def test_the_command_line_asks_records_too(asked: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from openlifecycle.cli.main import cli

    monkeypatch.setattr("openlifecycle.api.open_store", lambda path=None: asked)
    run = CliRunner()
    told = run.invoke(cli, ["ask", "arrests", "--by", "aor", "--rules", "exact-rows"])
    assert told.exit_code == 0, told.output
    assert "rules exact-rows" in told.output
    assert "Not told: anything about fewer than 5 people" in told.output
    every = run.invoke(cli, ["ask", "arrests", "--sensitivity", "--format", "csv"])
    assert every.output.count("2025-01-31") == 5
    walked = run.invoke(cli, ["explain", "arrests_detained_share"])
    assert walked.exit_code == 0, walked.output
    assert "rules    olc-1" in walked.output
    listed = run.invoke(cli, ["dimensions", "arrests"])
    assert "AAA" in listed.output
    page = run.invoke(cli, ["measures", "arrests_custodial_share"])
    assert "arrest_setting in Custodial, At-large" in page.output
    assert "defined by" in page.output
    # wholly before the first record, and after the last day that the records speak of
    for day in ("2020-01-01", "2024-12-31", "2025-07-01"):
        none = run.invoke(cli, ["ask", "arrests", "--on", day])
        assert none.exit_code == 1, day
        assert "speak of 2025-01-10 through 2025-06-30, and not of this time" in none.output
    # within them a period without anybody is told like one of few
    few = run.invoke(cli, ["ask", "arrests", "--on", "2025-05-05"])
    assert few.exit_code == 0, few.output
    assert re.search(r"^2025-05 +<12$", few.output, re.MULTILINE), few.output
    wrong = run.invoke(cli, ["ask", "arrests", "--by", "aoor"])
    assert wrong.exit_code == 2


def test_a_second_session_reads_what_the_first_one_built(
    asked: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.ask("arrests")
    monkeypatch.setattr(
        "openlifecycle.engine.record_store.build_into",
        lambda *_, **__: pytest.fail("built again what was built already"),
    )
    assert len(Session(asked.source).ask("arrests")) == 1


def test_a_build_that_was_cut_short_is_made_again(asked: Session) -> None:
    whole = asked.ask("arrests").rows
    assert whole["value"][0] is not None
    root = asked.source.places.root  # type: ignore[attr-defined]
    for mark in root.glob("built/*/olc-1-*/built"):
        mark.unlink()
    # with the noise of the gate too: the same people have the same keys when built again
    assert Session(asked.source).ask("arrests").rows.equals(whole)
    assert list(root.glob("built/*/olc-1-*/built"))


def test_unknown_dimension_is_named_for_headcounts_too(asked: Session) -> None:
    with pytest.raises(UnknownDimension):
        asked.ask("record_population", by="arrest_method")


def test_many_stints_are_built_in_parts_with_the_same_answers(
    asked: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for many in ("MANY_STINTS", "MANY_ON_ARRAYS"):
        monkeypatch.setattr(f"openlifecycle.engine.record_build.{many}", 3)
    parts = session(tmp_path, **TABLES)
    for name in ("arrests", "arrests_detained_share", "record_population", "record_alos"):
        # another folder draws other keys (test_keys compares those as well)
        frames = [exact(one, name).frame.drop(KEYS) for one in (asked, parts)]
        assert frames[0].equals(frames[1]), name


def test_the_table_says_how_far_a_value_may_be_off(asked: Session) -> None:
    counted = asked.ask("arrests", on="2025-01-10")
    text = counted.text()
    # policies/public-foia.yml: noise of variance 14 is within 7 in 95 of 100 draws
    assert counted.rows["margin"].to_list() == [7.0]
    assert re.search(r"^2025-01 +\d+ +7 +0\.0 %  partial$", text, re.MULTILINE), text
    assert " ".join(text.split()).count("may be off by up to its margin 95 times of 100") == 1
    assert counted.explain()["margin"] == 7.0
    share = asked.ask("arrests_detained_share", on="2025-01-10")
    ((value, off, over),) = share.rows.select("value", "margin", "over").rows()
    line = next(one for one in share.text().splitlines() if one.startswith("2025-01"))
    words = line.replace(" %", "%").split()
    assert words[1:] == [f"{100 * value:.1f}%", words[2], f"{over}", "0.0%", "partial"]
    # rounded up: what is said to be off is no less than it may be
    assert 0 <= float(words[2].rstrip("%")) - 100 * off < 0.1 + 1e-9


def test_an_answer_that_shows_nothing_has_no_margins(asked: Session) -> None:
    text = asked.ask("arrests", on="2025-05-05").text()
    assert "margin" not in text.split("Disclosure:")[0]
