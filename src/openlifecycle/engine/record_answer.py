"""What the engine counts of records: exact, with the people behind each cell, and not to be shown.

Only ``disclosure/`` makes an Answer of it. It has no method that prints, draws or writes, and its
``repr`` shows neither a figure nor the secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from openlifecycle.engine.record_store import Held
from openlifecycle.measures.record_plan import RecordPlan


@dataclass(frozen=True)
class Missing:
    """How much of a field is missing behind an answer.

    Attributes:
        field: the field, or ``person key``, or ``time``.
        missing: records without it.
        rows: records looked at.
    """

    field: str
    missing: int
    rows: int


@dataclass(frozen=True)
class Exact:
    """An answer before disclosure control.

    Attributes:
        plan: what was asked.
        frame: one row per rule set, period and split: ``value``; ``people`` surely behind it, or
            for a share ``people_in`` and ``people_out`` as well; ``rows`` counted or divided by;
            ``missing_rows`` of ``all_rows`` of the period that lack a value of the split; and for
            the gate ``cell_key``, ``units``, ``largest`` and their like (docs/decisions/0011).
        missing: coverage of the fields that the answer needs.
        held: the collection.
        sql: the query of the first rule set.
        begins: of counts of people held, the first day that the records can speak of.
        secret: the secret of the store, for the noise of the gate; in nothing that is printed.
    """

    plan: RecordPlan
    frame: pl.DataFrame = field(repr=False)
    missing: tuple[Missing, ...]
    held: Held
    sql: str
    begins: date | None = None
    secret: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True)
class RecordFacts:
    """What an answer from records says of itself besides its rows.

    Attributes:
        collection: id of the collection.
        layout: layout family of its releases.
        through: the last day that it speaks of.
        through_why: how that is known.
        rules: the rule sets, by name, with their titles.
        rules_words: the rules that the figure depends on, in words.
        coverage: share missing of the fields that the answer needs, where it may be said.
        synthetic: whether the releases are of a synthetic world.
    """

    collection: str
    layout: str
    through: date
    through_why: str
    rules: tuple[tuple[str, str], ...]
    rules_words: tuple[tuple[str, str, str], ...]
    coverage: tuple[dict[str, Any], ...]
    synthetic: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "collection": self.collection,
            "layout": self.layout,
            "through": self.through.isoformat(),
            "through_why": self.through_why,
            "rule_sets": [{"name": n, "title": t} for n, t in self.rules],
            "rules": [{"id": i, "words": w, "source": s} for i, w, s in self.rules_words],
            "coverage": [dict(c) for c in self.coverage],
            "synthetic": self.synthetic,
        }
