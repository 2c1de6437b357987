"""A Question about records -> an exact answer, which only disclosure/ may turn into an Answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from openlifecycle.engine import record_heads, record_survival
from openlifecycle.engine.backend import fetch, fetch_with_query, query_of
from openlifecycle.engine.record_answer import Exact, Missing
from openlifecycle.engine.record_cells import PERIOD, REPEATS, all_hold, cells, cells_by, quantiles
from openlifecycle.engine.record_coverage import coverage
from openlifecycle.engine.record_facts import HEADS
from openlifecycle.engine.record_frames import anchored, exact_frame, valued
from openlifecycle.engine.record_marks import AGAIN, SEVERAL
from openlifecycle.engine.record_memory import exact_answers
from openlifecycle.engine.record_prepare import is_worth_it, prepare
from openlifecycle.engine.record_ready import chosen, is_whole, shape, values_shape
from openlifecycle.engine.record_rows import filtered, in_periods, placed, speaks_from
from openlifecycle.engine.record_source import RecordSource
from openlifecycle.engine.record_store import (
    Held,
    RecordTables,
    choose_collection,
    held_collections,
)
from openlifecycle.errors import UnknownRelease
from openlifecycle.lifecycle.rules import DEFAULT_RULES
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import RecordPlan, record_plan

#: Nothing is missing of what has no coverage by period.
_NO_COVERAGE: Final = {
    PERIOD: pl.Int64, "all_rows": pl.Int64, "missing_rows": pl.Int64, "keyless_rows": pl.Int64,
}  # fmt: skip


class RecordCorpus:
    """The record tables of a store, opened once per collection and rule set."""

    def __init__(self, source: RecordSource, *, prepares: bool = False) -> None:
        """Take anything that holds record releases (vault.store.Store).

        Args:
            source: the record releases.
            prepares: whether a large collection is prepared when it is opened (``record_prepare``).
        """
        self._source = source
        self._prepares = prepares
        #: one question at a time: a connection has one result
        self.lock = threading.RLock()
        self._open: dict[tuple[str, ...], RecordTables] = {}
        self._answers = exact_answers()
        #: the values of a dimension change with the tables only, and every filter asks for them
        self._values: dict[tuple[int, str, str], pl.DataFrame] = {}

    def held(self, plan: RecordPlan) -> Held:
        """Return the collection that answers a plan."""
        question = plan.question
        found = choose_collection(
            held_collections(self._source),
            event=plan.spec.event,
            named=question.collection,
            known_on=question.as_known_on,
        )
        for event in plan.spec.needs:
            if event not in found.releases:
                raise UnknownRelease(
                    f"{plan.measure.name} needs the table {event} as well, which "
                    f"{found.collection_id} does not hold",
                    next_step="take the tables of one release in together: olc take PATH...",
                )
        return found

    def tables(self, held: Held, rules: str) -> RecordTables:
        """Return the tables of a collection under a rule set, built on the first call."""
        releases = sorted(r.release_id for r in held.releases.values())
        key = (held.collection_id, rules, *releases)
        with self.lock:
            if key not in self._open:
                tables = RecordTables(self._source, held, rules)
                if self._prepares and is_worth_it(tables):
                    prepare(tables, _values, _prepared)
                self._open[key] = tables
            return self._open[key]

    def values(self, plan: RecordPlan, dimension: str) -> pl.DataFrame:
        """Return the values of a dimension with who is behind each: not to be shown.

        Returns:
            ``value``, ``n_keys``, ``n_keyless``, ``units``, ``cell_key``, over all records of the
            table that the rule set keeps, in the order of the values.
        """
        tables = self.tables(self.held(plan), plan.rules[0])
        table = HEADS if plan.spec.value == "headcount" else plan.spec.table
        key = (id(tables), table, dimension)
        with self.lock:
            if key not in self._values:
                self._values[key] = _values(tables, table, dimension)
            return self._values[key]

    def answered(self, plan: RecordPlan, held: Held, count: Callable[[], Exact]) -> Exact:
        """Return an exact answer: counted, or remembered from the last time.

        A release that came in since is another collection, or another release of it.
        """
        return self._answers.found(asked_of(plan.question, held), count)


def asked_of(question: Question, held: Held) -> tuple[Hashable, ...]:
    """Return what an answer is remembered by: what was asked, of which releases."""
    releases = sorted(r.release_id for r in held.releases.values())
    return (question, held.collection_id, *releases)


def _values(tables: RecordTables, table: str, dimension: str) -> pl.DataFrame:
    said = values_shape(table, dimension)
    kept = tables.ready.found(said)
    if kept is not None:
        return kept
    rows = tables.fact(table)
    mark = next(name for name in rows.columns if name.startswith(AGAIN))
    rows = rows.mutate(**{REPEATS: rows[mark] >= SEVERAL})
    made = cells_by(rows.filter(rows[dimension].notnull()), [dimension])
    found = pl.DataFrame(pl.from_arrow(fetch(tables.backend, made)))
    found = found.select(
        "n_keys", "n_keyless", "units", "cell_key", value=pl.col(dimension)
    ).sort("value")  # fmt: skip
    tables.ready.keep(said, found)
    return found


def ask(corpus: RecordCorpus, question: Question) -> Exact:
    """Return the exact answer to a question about records, under each rule set asked for."""
    plan = record_plan(question)
    held = corpus.held(plan)
    return corpus.answered(plan, held, lambda: _ask(corpus, plan, held))


def _ask(corpus: RecordCorpus, plan: RecordPlan, held: Held) -> Exact:
    frames, missing, queries = {}, [], []
    # the default anchors the noise of the others, so it is counted whether or not it is asked for
    for rules in dict.fromkeys((*plan.rules, DEFAULT_RULES)):
        with corpus.lock:
            frames[rules], gaps, sql = _answered(
                corpus.tables(held, rules), plan, is_asked=rules in plan.rules
            )
        missing.append(gaps)
        queries.append(sql)
    shown = [
        anchored(frames[rules], frames[DEFAULT_RULES], plan.split).with_columns(
            rule_set=pl.lit(rules)
        )
        for rules in plan.rules
    ]
    first = corpus.tables(held, plan.rules[0])
    with corpus.lock:
        begins = _begins(first, plan)
    return Exact(
        plan=plan,
        frame=pl.concat(shown, how="vertical_relaxed"),
        missing=missing[0],
        held=held,
        sql=queries[0],
        begins=begins,
        secret=first.secret,
    )


def _answered(
    tables: RecordTables, plan: RecordPlan, *, is_asked: bool
) -> tuple[pl.DataFrame, tuple[Missing, ...], str]:
    """Return frame, coverage and query of a plan under one rule set.

    Of a rule set that only anchors another nobody reads the coverage, so it is not counted.
    """
    through = tables.held.through.date()
    first = _first(tables, plan)
    if plan.spec.value == "headcount":
        made, missing, sql = record_heads.answered(tables, plan)
        empty = pl.DataFrame(schema=_NO_COVERAGE)
        return exact_frame(made, empty, plan, first=first, through=through), missing, sql
    rows = placed(tables, plan)
    found, sql = counted_cells(tables, rows, plan)
    by_period, missing = pl.DataFrame(schema=_NO_COVERAGE), ()
    if is_asked:
        by_period, missing = coverage(tables, rows, plan, found)
    made = valued(chosen(found, plan), plan)
    return exact_frame(made, by_period, plan, first=first, through=through), missing, sql


def counted_cells(tables: RecordTables, rows: Any, plan: RecordPlan) -> tuple[pl.DataFrame, str]:
    """Return the cells of a plan, kept or counted, and the query that counts them.

    Cells with other values than those asked for may be among them.
    """
    said = shape(plan)
    is_survival = plan.spec.value == "survival"
    rows = rows.filter(all_hold(rows, plan.spec.where))
    asked = filtered(rows, plan)
    counts = record_survival.lengths(tables, asked, plan) if is_survival else _cells(asked, plan)
    kept = tables.ready.found(said)
    if kept is not None:
        return in_periods(kept, tables, plan), query_of(tables.backend, counts)
    if plan.spec.value == "stock" and plan.filters:
        # what is missing is said of all values: one count of them tells it as well
        found, _ = _counted(tables, _cells(rows, plan), rows, plan)
        return found, query_of(tables.backend, counts)
    if is_survival:
        found, sql = record_survival.answered(tables, counts, asked, plan)
    else:
        found, sql = _counted(tables, counts, asked, plan)
    if is_whole(plan):
        tables.ready.keep(said, found)
    return found, sql


def _cells(rows: Any, plan: RecordPlan) -> Any:
    return cells(rows, plan.spec, plan.split)


def _counted(
    tables: RecordTables, counts: Any, rows: Any, plan: RecordPlan
) -> tuple[pl.DataFrame, str]:
    """Return the cells of the rows that a measure counts, and the query."""
    made, sql = fetch_with_query(tables.backend, counts)
    found = pl.DataFrame(pl.from_arrow(made))
    if plan.spec.value == "median":
        made = fetch(tables.backend, quantiles(rows, plan.spec, plan.split))
        middle = pl.DataFrame(pl.from_arrow(made))
        found = found.join(middle, on=[PERIOD, *plan.split], nulls_equal=True)
    return found, sql


def _prepared(tables: RecordTables, plan: RecordPlan) -> None:
    counted_cells(tables, placed(tables, plan), plan)


def _begins(tables: RecordTables, plan: RecordPlan) -> date | None:
    held = plan.spec.value in ("stock", "headcount")
    return speaks_from(tables) if held else None


def _first(tables: RecordTables, plan: RecordPlan) -> date:
    """Return the first day of the records of a plan's table."""
    said: Any = tables.held.releases[plan.spec.event].first
    if isinstance(said, datetime):
        return said.date()
    return said if isinstance(said, date) else tables.held.through.date()
