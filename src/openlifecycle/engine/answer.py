"""An Answer: the rows, the cells behind each, what to distrust, and the query that gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import polars as pl

from openlifecycle.engine.record_answer import RecordFacts
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.errors import UsageError
from openlifecycle.measures.declaration import DefinitionChange, Measure
from openlifecycle.measures.question import Question

PASSES_THROUGH: Final = "published aggregate: passes through"

#: The note of a figure of ours that is not made (disclosure/exposed.py).
NOT_MADE: Final = "not made"

#: Statuses that a row's ``note`` may carry, and what they say.
NOTES: Final = {
    "provisional": "the period was not over when the table was drawn up",
    "break": "the definition changed between the row before and this one",
    "break inside": "the definition changed within the period of this row",
    "corrected": "the printed value was wrong; this is the corrected one",
    "disputed": "a known error touches this copy; --as corrected shows what stands instead",
    "remarked": "a publisher's error touches this row; its value stands",
    "restated": "other values were printed for this period before",
    "impossible": "person-days fell between two releases: one of the two averages is wrong",
    "below minimum cell": "too few people are behind the value for it to be shown",
    NOT_MADE: "it would be our figure of small printed numbers about an exposed group; those stand "
    "in olc observations",
    "partial": "the records begin or end within the period, or its follow-up was not over",
}


#: Further cells behind a row, by what a walk calls them: those of a release before, of which a
#: difference is made; and those of the number that a ratio is divided by.
_OTHERS: Final = {"and": "before", "divided_by": "over"}


@dataclass(frozen=True)
class Answer:
    """What was asked, what is answered, and why it may be believed.

    ``rows`` has period_start, period_end, period_kind, fiscal_year, the dimensions, value (or
    value_text), unit, note, restated, correction_id, and the cell: release_id, published_on,
    as_of, table, sheet, cell, layout, rule_version. Of records it has no cell: it has over (the
    records divided by), not_stated and no_key (shares of the period's records without a value of
    the split, and without a person key, said where a value is shown), margin (how far noise may
    have moved the value, 95 times of 100, in its unit), rule_set and collection_id; a value that is
    not shown is null and its note says so. Made by disclosure/ alone.
    """

    question: Question
    measure: Measure
    rows: pl.DataFrame
    split: tuple[str, ...]
    granularity: str
    caveats: tuple[str, ...]
    notes: tuple[str, ...]
    breaks: tuple[DefinitionChange, ...]
    releases: tuple[ReleaseFacts, ...]
    corrections: tuple[str, ...]
    sql: str
    disclosure: str = PASSES_THROUGH
    records: RecordFacts | None = None
    _by_id: dict[str, ReleaseFacts] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return self.rows.height

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame."""
        return self.rows

    @property
    def value(self) -> float | str:
        """Return the value of an answer of one row; raise UsageError where there are more."""
        if self.rows.height != 1:
            raise UsageError(
                f"the answer has {self.rows.height} rows, not one",
                next_step="read .to_polars(), or filter with where= and on=",
            )
        row = self.rows.row(0, named=True)
        found: float | str = row["value_text"] if self.measure.is_text else row["value"]
        return found

    def explain(self, row: int = 0) -> dict[str, Any]:
        """Return the walk of one row back to its cell: release, file, hash, sheet, layout."""
        if not 0 <= row < self.rows.height:
            raise UsageError(f"there is no row {row}: the answer has {self.rows.height}")
        told = self.rows.row(row, named=True)
        if self.records:
            return self._explain_records(told, self.records)
        release = self._by_id[told["release_id"]]
        walk: dict[str, Any] = {
            "measure": self.measure.name,
            "made": self.measure.derivation,
            "dimensions": {d: told[d] for d in self.split},
            "period": [_iso(told["period_start"]), _iso(told["period_end"])],
            "value": told["value_text"] if self.measure.is_text else told["value"],
            "unit": told["unit"],
            "note": told["note"],
            "release": release_dict(release),
            "sheet": told["sheet"],
            "cells": str(told["cell"]).split(","),
            "table": told["table"],
            "layout": told["layout"],
            "rule_version": told["rule_version"],
            "flags": told["flags"],
            "correction": told["correction_id"],
        }
        for word, other in _OTHERS.items():
            if told.get(f"{other}_release_id"):
                walk[word] = {
                    "release": release_dict(self._by_id[told[f"{other}_release_id"]]),
                    "sheet": told[f"{other}_sheet"],
                    "cells": str(told[f"{other}_cell"]).split(","),
                }
        if "divided_by" in walk:
            walk["divided_by"]["value"] = told["over"]
        return walk

    def _explain_records(self, told: dict[str, Any], facts: RecordFacts) -> dict[str, Any]:
        """Return the walk of a row counted from records: releases, rules, query; never records."""
        return {
            "measure": self.measure.name,
            "made": self.measure.made,
            "dimensions": {d: told[d] for d in self.split},
            "period": [_iso(told["period_start"]), _iso(told["period_end"])],
            "value": told["value"],
            "margin": told["margin"],
            "over": told["over"],
            "unit": told["unit"],
            "note": told["note"],
            "numerator": self.measure.numerator,
            "denominator": self.measure.denominator,
            "rule_set": told["rule_set"],
            "releases": [release_dict(r) for r in self.releases],
            "records": facts.as_dict(),
            "sql": self.sql,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the whole answer for JSON."""
        return {
            "question": self.question.as_dict(),
            "measure": self.measure.name,
            "asks": self.measure.question,
            "unit": self.measure.unit,
            "period": self.granularity,
            "split": list(self.split),
            "rows": [
                {k: _iso(v) if isinstance(v, date) else v for k, v in row.items()}
                for row in self.rows.iter_rows(named=True)
            ],
            "notes": list(self.notes),
            "caveats": list(self.caveats),
            "breaks": [
                {"effective": _iso(b.effective), "what": b.what, "before": b.before,
                 "after": b.after}
                for b in self.breaks
            ],
            "corrections": list(self.corrections),
            "releases": [release_dict(r) for r in self.releases],
            "disclosure": self.disclosure,
            "tier": self.measure.tier,
            "publication": self.measure.publication,
            "sql": self.sql,
            **({"records": self.records.as_dict()} if self.records else {}),
        }  # fmt: skip


def release_dict(release: ReleaseFacts) -> dict[str, Any]:
    """Return a release for JSON."""
    return {
        "release_id": release.release_id,
        "sha256": release.sha256,
        "names": list(release.names),
        "fiscal_year": release.fiscal_year,
        "as_of": _iso(release.as_of),
        "published_on": _iso(release.published_on),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
