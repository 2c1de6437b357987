"""Which values of a dimension may be named, and the filter of a question in their spelling.

A value is named where enough people are behind it, truly and after perturbation. One that may not
be named is answered like one that does not exist, so that asking does not tell which it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from openlifecycle.disclosure.minimum_cell import people_behind, shows_count
from openlifecycle.disclosure.perturbation import noise
from openlifecycle.disclosure.policy import Policy, policy
from openlifecycle.engine.records import RecordCorpus
from openlifecycle.errors import UnknownDimension
from openlifecycle.lifecycle.rules import DEFAULT_RULES
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import RecordPlan, record_plan
from openlifecycle.measures.registry import nearest

#: An error names this many values where none is near.
_NAMED = 8


def nameable(
    corpus: RecordCorpus, plan: RecordPlan, dimension: str, rules: Policy | None = None
) -> tuple[str, ...]:
    """Return the values of a dimension that stand for enough people to be listed.

    They are the same under every rule set: those that may be named under the default one.
    """
    rules = rules or policy()
    default = replace(plan, rules=(DEFAULT_RULES,))
    found = corpus.values(default, dimension)
    secret = corpus.tables(corpus.held(default), DEFAULT_RULES).secret
    units = found["units"].to_numpy().astype(np.int64)
    keys = found["cell_key"].to_numpy().astype(np.int64)
    # values are of the whole table, whatever places its records in time
    held = "heads/" if plan.spec.value == "headcount" else ""
    purpose = f"values/{held}{plan.spec.table}/{dimension}".encode()
    people = people_behind(pl.col("n_keys"), pl.col("n_keyless"))
    drawn = pl.lit(pl.Series(units + noise(keys, units, secret, rules, purpose)))
    return tuple(str(v) for v in found.filter(shows_count(people, drawn, rules))["value"])


def resolved(corpus: RecordCorpus, question: Question, rules: Policy | None = None) -> Question:
    """Return the question with its filter values as recorded, whatever the case of the letters.

    Raises:
        UnknownDimension: no value of that name may be named, whether or not the records have it.
    """
    if not question.where:
        return question
    plan = record_plan(question)
    where = []
    for dim, values in question.where:
        known = nameable(corpus, plan, dim, rules)
        present: dict[str, list[str]] = {}
        for spelling in known:
            present.setdefault(spelling.casefold(), []).append(spelling)
        for value in values:
            if value.casefold() not in present:
                raise UnknownDimension(
                    f"{dim} has no value {value!r} in {plan.measure.name} that may be named",
                    nearest=nearest(value, known) or ", ".join(known[:_NAMED]),
                    next_step=f"olc dimensions {plan.measure.name}",
                )
        where.append((dim, tuple(s for v in values for s in present[v.casefold()])))
    return replace(question, where=tuple(where))
