"""Cells counted before answer as those counted now: kept or prepared; and what records lack."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from openlifecycle import api
from openlifecycle.api import Session
from openlifecycle.cli.main import cli
from openlifecycle.demo.world import make_world
from openlifecycle.disclosure import records as protecting
from openlifecycle.disclosure.gate import clear_question
from openlifecycle.engine import record_head_any, record_heads, record_prepare, records
from openlifecycle.engine.backend import open_backend
from openlifecycle.engine.record_coverage import coverage
from openlifecycle.engine.record_lacks import lacks_table, read_lacks, write_lacks
from openlifecycle.engine.record_ready import Ready, shape
from openlifecycle.engine.record_rows import placed
from openlifecycle.engine.record_source import EventFolder
from openlifecycle.engine.record_store import RecordTables
from openlifecycle.engine.records import RecordCorpus, ask
from openlifecycle.lifecycle.head_steps import KEYLESS
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import record_plan
from openlifecycle.measures.registry import measures
from openlifecycle.serving import run
from tests.records_answers.small import Records

_SOME = {"where": {"gender": ["Female"]}, "start": "2024-11-10", "end": "2025-06-20"}
#: A question for some of the cells, and the one for all of them.
PARTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("arrests", {"by": ["aor"], **_SOME}, {"by": ["gender", "aor"]}),
    ("arrests_without_conviction_share", {**_SOME, "period": "quarter"},
     {"by": ["gender"], "period": "quarter"}),
    ("record_alos", _SOME, {"by": ["gender"]}),
    ("record_median_stay", _SOME, {"by": ["gender"]}),
    ("stay_survival_median", {**_SOME, "period": "fiscal_year"},
     {"by": ["gender"], "period": "fiscal_year"}),
    ("held_over_90_days", {**_SOME, "where": {"gender": ["Male"]}}, {"by": ["gender"]}),
    ("held_over_90_days", {"on": "2025-03-31", "by": ["aor"]}, {"by": ["aor"], "period": "day"}),
    ("record_population", _SOME, {"by": ["gender"]}),
    ("record_adp", {"start": "2025-01-15", "end": "2025-02-02"}, {}),
    ("record_peak_any_time", _SOME, {"by": ["gender"]}),
]  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> EventFolder:
    folder = tmp_path_factory.mktemp("ready")
    world = make_world(900, 5)
    for name, frame in world.tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return EventFolder(folder, world.through)


@pytest.fixture
def corpus(source: EventFolder) -> RecordCorpus:
    """Return the records of the world, with nothing kept."""
    for kept in source.root.glob("built/*/*/ready-*"):
        shutil.rmtree(kept)
    return RecordCorpus(source)


def _tables(corpus: RecordCorpus) -> RecordTables:
    return corpus.tables(corpus.held(record_plan(Question.of("arrests"))), "olc-1")


def _equal(one: pl.DataFrame, other: pl.DataFrame) -> None:
    # sums of fractions differ in their last bits from run to run
    assert_frame_equal(one, other, rel_tol=1e-12, abs_tol=1e-9)


@pytest.mark.parametrize(("name", "part", "whole"), PARTS, ids=lambda v: str(v)[:40])
def test_kept_cells_answer_for_some_periods_and_values(
    corpus: RecordCorpus, monkeypatch: pytest.MonkeyPatch, name: str, part: Any, whole: Any
) -> None:
    counted = ask(corpus, Question.of(name, **part))
    assert counted.frame.height
    asked = record_plan(Question.of(name, **whole))
    assert not _tables(corpus).ready.has(shape(asked))
    ask(corpus, Question.of(name, **whole))
    again = RecordCorpus(corpus._source)
    assert _tables(again).ready.has(shape(asked))
    kept = _kept(monkeypatch)
    found = ask(again, Question.of(name, **part))
    assert kept == [shape(record_plan(Question.of(name, **part)))]
    _equal(found.frame, counted.frame)
    assert (found.missing, found.sql) == (counted.missing, counted.sql)


def _kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with the shapes that were found kept."""
    said: list[str] = []
    real = Ready.found

    def found(self: Ready, what: str) -> pl.DataFrame | None:
        cells = real(self, what)
        said.extend([what] if cells is not None else [])
        return cells

    monkeypatch.setattr(Ready, "found", found)
    return said


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Prepare a few measures only, by two dimensions of places and people."""
    named = (
        "record_peak_any_time",
        "record_population",
        "record_adp",
        "transfers",
        "held_over_90_days",
    )
    found = {}
    for name in named:
        spec = measures()[name].records
        assert spec
        dims = tuple(d for d in spec.dimensions if d in ("facility_code", "gender"))
        found[name] = replace(measures()[name], records=replace(spec, dimensions=dims))
    monkeypatch.setattr(record_prepare, "measures", lambda: found)
    return found


def test_prepared_cells_are_those_that_are_counted(
    corpus: RecordCorpus, few: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = _tables(corpus)
    monkeypatch.setattr(Ready, "found", lambda self, said: None)
    asked = [
        Question.of(name, by=by, period=period)
        for name in few
        for period in ("month", "fiscal_year")
        for by in ((), ("facility_code",), ("gender",))
        if {*by} <= {*few[name].dimensions}
    ]
    counted = [ask(corpus, one).frame for one in asked]
    monkeypatch.undo()
    shutil.rmtree(tables.ready._folder)
    tables.ready._folder.mkdir()
    monkeypatch.setattr(record_prepare, "measures", lambda: few)
    record_prepare.prepare(tables, records._values, records._prepared)
    again, kept = RecordCorpus(corpus._source), _kept(monkeypatch)
    for one, frame in zip(asked, counted, strict=True):
        _equal(ask(again, one).frame, frame)
        assert shape(record_plan(one)) in kept


@pytest.mark.parametrize("prepares", [True, False])
def test_a_large_collection_is_prepared_when_it_is_opened_by_who_asks_for_that(
    source: EventFolder, monkeypatch: pytest.MonkeyPatch, prepares: bool
) -> None:
    stints = _tables(RecordCorpus(source)).held.releases["detention_stint"].rows
    done: list[Any] = []
    monkeypatch.setattr(records, "prepare", lambda tables, *_: done.append(tables))
    monkeypatch.setattr(record_prepare, "MANY_STINTS", stints + 1)
    _tables(RecordCorpus(source, prepares=prepares))
    assert not done
    monkeypatch.setattr(record_prepare, "MANY_STINTS", stints)
    corpora = RecordCorpus(source, prepares=prepares), _session(source, prepares)._records()
    tables = [_tables(corpus) for corpus in corpora]
    assert done == (tables if prepares else [])
    # rule sets that are asked for now and then are not waited for
    corpora[0].tables(tables[0].held, "exact-rows")
    assert len(done) == (2 if prepares else 0)


def test_who_asks_one_question_waits_for_no_other(
    source: EventFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_prepare, "MANY_STINTS", 1)
    monkeypatch.setattr(records, "prepare", lambda *_: pytest.fail("prepared"))
    _tables(RecordCorpus(source))
    _tables(Session(Records(source.root, source.through))._records())


def test_olc_serve_prepares(source: EventFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, Any]] = []

    def open_store(path: Path, **words: Any) -> Session:
        opened.append(words)
        return Session(Records(source.root, source.through), **words)

    monkeypatch.setattr(api, "open_store", open_store)
    monkeypatch.setattr(run, "serve", lambda app, found, started: found.close())
    done = CliRunner().invoke(cli, ["serve", "--store", str(source.root), "--port", "0"])
    assert done.exit_code == 0, done.output
    assert opened == [{"prepares": True}]


def _session(source: EventFolder, prepares: bool) -> Session:
    return Session(Records(source.root, source.through), prepares=prepares)


def test_people_at_any_time_are_the_same_in_several_parts_as_in_one(
    corpus: RecordCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = _tables(corpus)
    plan = record_plan(Question.of("record_peak_any_time"))
    days, splits = record_heads.days_of(tables, plan), [(), ("facility_code",), ("gender",)]
    read: list[tuple[int, int]] = []
    real = record_head_any.Present

    def present(tables: Any, by: Any, days: Any, part: tuple[int, int]) -> Any:
        read.append(part)
        return real(tables, by, days, part)

    monkeypatch.setattr(record_head_any, "Present", present)
    whole = record_head_any.changes_at_any_time(tables, splits, days)
    assert read == [(0, 1)]
    read.clear()
    stints = tables.held.releases["detention_stint"].rows
    monkeypatch.setattr(record_head_any, "_TOGETHER", stints // 4)
    parts = record_head_any.changes_at_any_time(tables, splits, days)
    many = len(read)
    assert many >= 4
    assert read == [(part, many) for part in range(many)]
    assert whole[0][KEYLESS].unique().sort().to_list() == [False, True]
    for split, one, several in zip(splits, whole, parts, strict=True):
        rows = [*split, KEYLESS, "day"]
        for made in (one, several):
            assert not made.select(rows).is_duplicated().any()
        assert_frame_equal(_changed(one, rows), _changed(several, rows))


def _changed(changes: pl.DataFrame, rows: list[str]) -> pl.DataFrame:
    # parts may leave a day on which what one adds another takes
    some = changes.filter((pl.col("change") != 0) | (pl.col("key_change") != 0))
    return some.select(*rows, "change", "key_change").sort(rows)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("arrests", {"by": ["state", "arrest_type"], "period": "fiscal_year"}),
        ("arrests_detained_share", {"start": "2024-11-10", "end": "2025-02-02"}),
        ("arrests_custodial_share", {"by": ["state"], "period": "day"}),
        ("record_book_outs", {"by": ["release_reason"], "end": "2025-03-31"}),
        ("record_removals", {"by": ["departure_country"]}),
        ("held_over_90_days", {"by": ["aor"]}),
    ],
)
def test_what_is_lacking_is_what_the_records_lack(
    corpus: RecordCorpus, monkeypatch: pytest.MonkeyPatch, name: str, words: Any
) -> None:
    tables, plan = _tables(corpus), record_plan(Question.of(name, **words))
    rows = placed(tables, plan)
    cells, _ = records.counted_cells(tables, rows, plan)
    by_period, missing = coverage(tables, rows, plan, cells)
    assert by_period["all_rows"].sum() > 0
    monkeypatch.setattr(tables, "lacks", lambda *_: None)
    slow = replace(plan, spec=replace(plan.spec, where=(*plan.spec.where, _anything(plan))))
    found, said = coverage(tables, rows, slow, cells)
    assert_frame_equal(by_period.sort("period"), found.sort("period"), check_column_order=False)
    assert missing == said


def test_a_record_after_the_last_moment_lacks_nothing_of_it(tmp_path: Path) -> None:
    file, last = tmp_path / "facts.duckdb", datetime(2025, 1, 2, 13)
    with duckdb.connect(str(file)) as connection:
        connection.execute('CREATE TABLE stay (unit BIGINT, "at" TIMESTAMP, aor VARCHAR)')
        for hour, aor in ((12, None), (13, "X"), (14, None)):
            connection.execute(
                "INSERT INTO stay VALUES (?, ?, ?)", [hour - 13, last.replace(hour=hour), aor]
            )
    write_lacks(file, {"stay": ("at",)}, last)
    backend = open_backend()
    backend.raw_sql(f"ATTACH '{file}' AS facts")
    lacks = read_lacks(backend, f"facts.{lacks_table('stay', 'at')}")
    asked: dict[str, Any] = {
        "granularity": "day",
        "split": ["aor"],
        "fields": ["aor"],
        "span": (None, None),
    }
    found = lacks.by_period(**asked, latest=last)
    told = found.select("all_rows", "missing_rows", "keyless_rows", "f_aor").rows()
    assert told == [(2, 1, 1, 1)]
    assert lacks.by_period(**asked, latest=last + timedelta(days=1))["all_rows"].to_list() == [3]
    assert lacks.by_period(**asked, latest=last - timedelta(days=1)).is_empty()


def _anything(plan: Any) -> Any:
    """Return a condition that all records meet, on a flag: it asks for no coverage of its own."""
    from openlifecycle.measures.record_declaration import Condition

    return Condition("is_anything", "missing", True)


def test_a_stock_is_the_people_in_the_state_at_each_midnight(corpus: RecordCorpus) -> None:
    tables = _tables(corpus)
    stays = tables.fact("stay").to_polars()
    found = ask(corpus, Question.of("held_over_90_days")).frame
    assert found.height
    for row in found.iter_rows(named=True):
        midnight = datetime.combine(row["period_end"] + timedelta(days=1), time.min)
        since = pl.col("book_in_at") + pl.duration(days=90)
        until = pl.col("book_out_at").fill_null(datetime(9999, 1, 1))
        held = stays.filter(since < midnight, until >= midnight)
        people = held.unique("unit")
        assert row["value"] == people.height
        assert row["cell_key"] == people["record_key"].sum()


def test_no_more_is_kept_than_may_be(tmp_path: Path) -> None:
    cells = pl.DataFrame({"n": [1]})
    full, empty = Ready(tmp_path, "duckdb", 0), Ready(tmp_path, "duckdb")
    full.keep("a", cells)
    assert empty.found("a") is None
    empty.keep("a", cells)
    assert empty.found("a") is not None
    assert Ready(tmp_path, "spark").found("a") is None
    empty._file("a").write_bytes(b"not cells")
    assert empty.found("a") is None


def test_what_other_code_counted_is_dropped_and_other_engines_keep_theirs(tmp_path: Path) -> None:
    cells = pl.DataFrame({"n": [1]})
    first = Ready(tmp_path, "duckdb")
    first.keep("a", cells)
    before, spark, facts = (
        tmp_path / name for name in ("ready-duckdb-0123456789abcdef", "ready-spark-0123", "fact")
    )
    for folder in (before, spark, facts):
        folder.mkdir()
        cells.write_parquet(folder / "x.parquet")
    again = Ready(tmp_path, "duckdb")
    assert not before.exists()
    assert (spark / "x.parquet").exists()
    assert (facts / "x.parquet").exists()
    assert again.found("a") is not None
    # a server of other code that still runs counts anew, and ends with no error
    shutil.rmtree(first._folder)
    first.keep("b", cells)
    assert first.found("a") is first.found("b") is None


def test_an_answer_asked_for_again_is_handed_out_as_it_was(
    corpus: RecordCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = Question.of("arrests", period="fiscal_year")
    first = clear_question(corpus, question)
    rows = first.content.rows.clone()

    def refuse(*_: Any) -> Any:
        raise AssertionError("protected anew")

    monkeypatch.setattr(protecting, "cleared", refuse)
    first.content.rows.drop_in_place("value")
    second = clear_question(corpus, question)
    assert second is not first
    assert second.verdict == first.verdict
    assert_frame_equal(second.content.rows, rows)
    with pytest.raises(AssertionError, match="protected anew"):
        clear_question(corpus, Question.of("arrests", period="quarter"))
    with pytest.raises(AssertionError, match="protected anew"):
        clear_question(RecordCorpus(corpus._source), question)
