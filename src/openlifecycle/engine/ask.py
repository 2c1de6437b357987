"""Question -> Answer: the one public verb of the engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from openlifecycle.engine import choose, composed, derive, marks
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.corpus import Corpus
from openlifecycle.engine.notes import annotate
from openlifecycle.errors import UnknownDimension
from openlifecycle.measures.plan import Plan, plan
from openlifecycle.measures.question import Question
from openlifecycle.measures.registry import nearest


def ask(corpus: Corpus, question: Question) -> Answer:
    """Return the answer to a question, from the rows of the corpus as they now stand."""
    corpus.refresh()
    planned = plan(question)
    if planned.measure.derivation in composed.COMPOSED:
        return composed.answered(corpus, planned, lambda part: ask(corpus, part))
    made = _with_present_values(corpus, planned)
    query = corpus.compiled(
        marks.kind_of(made), lambda: expression_of(corpus.rows(made.measure), made)
    )
    sql = marks.written(query, made)
    table = pl.from_arrow(corpus.fetch(sql))
    if not isinstance(table, pl.DataFrame):
        raise TypeError("a query returns a table")
    # DuckDB makes a timestamp of a day plus an interval, which Ibis believes to be a day.
    table = table.with_columns(pl.col("period_start").cast(pl.Date))
    return annotate(table, made, sql, corpus.releases)


def expression_of(rows: Any, made: Plan) -> Any:
    """Return the Ibis expression of a plan, over the rows that can answer its measure."""
    found = choose.candidates(rows, made)
    if not made.listed:
        found = choose.filtered(found, made)
    chosen = choose.latest(found, made)
    if made.listed:
        chosen = choose.filtered(chosen, made)
    if made.measure.derivation != "interval_mean":
        # before the arithmetic: no need to add up what is not asked for
        return _ordered(derive.derived(choose.within(chosen, made), made), made)
    return _ordered(choose.within(derive.derived(chosen, made), made), made)


def _ordered(rows: Any, made: Plan) -> Any:
    return rows.order_by(
        [rows.period_start, rows.period_end, *(rows[d] for d in made.split), rows.sheet, rows.cell]
    )


def _with_present_values(corpus: Corpus, made: Plan) -> Plan:
    """Return the plan with filter values as printed, or raise with the nearest.

    One facility is printed in capitals in one release and in title case in the next, so a value
    stands for every spelling that differs in case only.
    """
    found: list[tuple[str, tuple[str, ...]]] = []
    for dim, values in made.question.where:
        present: dict[str, list[str]] = {}
        for spelling in corpus.values(made.measure, dim):
            present.setdefault(spelling.casefold(), []).append(spelling)
        for value in values:
            if value.casefold() not in present:
                known = [spellings[0] for spellings in present.values()]
                raise UnknownDimension(
                    f"{dim} has no value {value!r} in {made.measure.name}",
                    nearest=nearest(value, known) or ", ".join(known[:8]),
                    next_step=f"olc dimensions {made.measure.name}",
                )
        found.append((dim, tuple(s for v in values for s in present[v.casefold()])))
    if not found:
        return made
    return replace(made, question=replace(made.question, where=tuple(found)))
