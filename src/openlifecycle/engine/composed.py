"""Answers that no single printed table gives: ratios, the schedule of releases, public counts.

Each is a table of the same columns as a printed answer, so that notes, caveats and the way back to
a cell are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from openlifecycle.engine.answer import Answer
from openlifecycle.engine.corpus import Corpus
from openlifecycle.engine.derive import CARRIED
from openlifecycle.engine.notes import annotate
from openlifecycle.engine.quotients import quotient
from openlifecycle.engine.references import reference_rows
from openlifecycle.engine.schedule import schedule_rows
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.measures.plan import Plan
from openlifecycle.measures.question import Question

#: Derivations that are answered here.
COMPOSED: Final = ("ratio", "schedule", "reference")


def answered(corpus: Corpus, plan: Plan, ask: Callable[[Question], Answer]) -> Answer:
    """Return the answer to a composed measure.

    Args:
        corpus: the releases of the store.
        plan: what is asked.
        ask: how a part of a ratio is asked; its rows are printed aggregates.
    """
    releases: Mapping[str, ReleaseFacts] = corpus.releases
    if plan.measure.derivation == "ratio":
        return quotient(corpus, plan, ask)
    if plan.measure.derivation == "schedule":
        table, query = schedule_rows(plan, list(corpus.releases.values())), "published_on"
    else:
        table, facts = reference_rows(plan)
        releases, query = {**corpus.releases, facts.release_id: facts}, facts.name
    return annotate(shaped(table), plan, f"-- {plan.measure.derivation}: {query}", releases)


def shaped(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return rows as the engine's queries give them: what a row does not say is missing."""
    schema = {name: _TYPES.get(name, pl.String()) for name in CARRIED}
    filled = [_EMPTY | row for row in rows]
    return pl.DataFrame(filled, schema=schema, orient="row")


_TYPES: Final[dict[str, Any]] = {
    "period_start": pl.Date(), "period_end": pl.Date(), "as_of": pl.Date(),
    "published_on": pl.Date(), "fiscal_year": pl.Int32(), "value": pl.Float64(),
    "restated": pl.Int64(),
}  # fmt: skip
_EMPTY: Final[dict[str, Any]] = dict.fromkeys(CARRIED) | {
    "restated": 0, "edition": "both", "layout": "", "rule_version": "",
}  # fmt: skip
