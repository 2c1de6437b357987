"""Which values of a dimension may be named, and the filter of a question in their spelling."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from openlifecycle.disclosure.minimum_cell import hides_statistic, people_behind
from openlifecycle.engine.records import RecordCorpus
from openlifecycle.errors import UnknownDimension
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import RecordPlan, record_plan
from openlifecycle.measures.registry import nearest

#: An error names this many values where none is near.
_NAMED = 8


def nameable(corpus: RecordCorpus, plan: RecordPlan, dimension: str) -> tuple[str, ...]:
    """Return the values of a dimension that stand for enough people to be listed."""
    found = corpus.values(plan, dimension)
    few = hides_statistic(people_behind(pl.col("n_keys"), pl.col("n_keyless")))
    return tuple(str(v) for v in found.filter(~few)["value"])


def resolved(corpus: RecordCorpus, question: Question) -> Question:
    """Return the question with its filter values as recorded, whatever the case of the letters.

    Raises:
        UnknownDimension: the records have no such value; the nearest that may be named is.
    """
    if not question.where:
        return question
    plan = record_plan(question)
    where = []
    for dim, values in question.where:
        present: dict[str, list[str]] = {}
        for spelling in corpus.values(plan, dim)["value"]:
            present.setdefault(str(spelling).casefold(), []).append(str(spelling))
        for value in values:
            if value.casefold() not in present:
                known = nameable(corpus, plan, dim)
                raise UnknownDimension(
                    f"{dim} has no value {value!r} in {plan.measure.name}",
                    nearest=nearest(value, known) or ", ".join(known[:_NAMED]),
                    next_step=f"olc dimensions {plan.measure.name}",
                )
        where.append((dim, tuple(s for v in values for s in present[v.casefold()])))
    return replace(question, where=tuple(where))
