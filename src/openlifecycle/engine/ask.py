"""Question -> Answer: the one public verb of the engine."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from openlifecycle.engine import choose, composed, derive, held_derive, marks
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.corpus import Corpus, columns_of
from openlifecycle.engine.notes import annotate
from openlifecycle.engine.steps import Ordered, Step
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
    query = corpus.compiled(marks.kind_of(made), made.measure, lambda: steps_of(made))
    sql = marks.written(query, made)
    held = corpus.held(made.measure)
    if held is None:
        table = fetched(corpus, sql)
    else:
        table = held_derive.table_of(held, made, columns_of(made.measure))
    return annotate(table, made, sql, corpus.releases)


def fetched(corpus: Corpus, sql: str) -> pl.DataFrame:
    """Return what DuckDB answers to the query of a plan."""
    table = pl.from_arrow(corpus.fetch(sql))
    if not isinstance(table, pl.DataFrame):
        raise TypeError("a query returns a table")
    # DuckDB makes a timestamp of a day plus an interval, which Ibis believes to be a day.
    return table.with_columns(pl.col("period_start").cast(pl.Date))


def steps_of(made: Plan) -> list[Step]:
    """Return the steps from the rows that can answer a measure to the answer, as Ibis takes them.

    ``held_derive.table_of`` takes the same over columns in memory.
    """
    narrowed, time = choose.filtered(made), choose.within(made)
    found = choose.candidates(made)
    if made.listed:
        found += [*choose.latest(made), *narrowed]
    else:
        found += [*narrowed, *choose.latest(made)]
    if made.measure.derivation == "interval_mean":
        found += [*derive.derived(made), *time]
    else:
        # before the arithmetic: no need to add up what is not asked for
        found += [*time, *derive.derived(made)]
    return [*found, Ordered(("period_start", "period_end", *made.split, "sheet", "cell"))]


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
