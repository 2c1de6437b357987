"""The records of a store held against the published workbooks of the same store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from openlifecycle.disclosure import gate
from openlifecycle.disclosure.gate import Cleared
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.corpus import SERIES
from openlifecycle.engine.records import RecordCorpus
from openlifecycle.errors import UnknownRelease
from openlifecycle.lifecycle.rules import DEFAULT_RULES
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import record_plan
from openlifecycle.oversight.reconcile_records import Counted, Reconciliation, reconcile
from openlifecycle.vault.store import Store

#: What ``reconcile`` reads of the observations.
_COLUMNS: Final = (
    "table", "measure", "arresting_agency", "criminality", "period_kind", "period_start",
    "period_end", "status", "edition", "as_of", "release_id", "value", "sheet", "cell",
)  # fmt: skip

#: The value of facility_kind that is no hold room (measures/declarations_records/dimensions.yml).
_ON_LIST: Final = "Other facility"

#: The note of a period that the records do not cover whole.
_PARTIAL: Final = "partial"


@dataclass(frozen=True)
class Reconciled:
    """Which records were compared under which rules, and what was found."""

    collection_id: str
    rules: str
    through: date
    synthetic: bool
    found: Reconciliation

    def as_dict(self) -> dict[str, Any]:
        """Return the parts for ``--json``."""
        rows = [
            {key: v.isoformat() if isinstance(v, date) else v for key, v in row.items()}
            for row in self.found.rows.iter_rows(named=True)
        ]
        return {
            "collection_id": self.collection_id,
            "rules": self.rules,
            "through": self.through.isoformat(),
            "synthetic": self.synthetic,
            "verdict": self.found.verdict,
            "says": self.found.says,
            "rows": rows,
            "definitions": list(self.found.definitions),
        }


def reconcile_store(
    store: Store, *, rules: str = DEFAULT_RULES, collection: str | None = None
) -> Cleared[Reconciled]:
    """Compare the detention records of a collection with the workbooks of the same store (R42).

    What the records say is asked as anybody may ask it, and passes the gate before it is compared:
    the comparison sees no exact count.

    Args:
        store: a store that holds both.
        rules: name of a rule set.
        collection: id of a collection; the latest one with detentions by default.

    Raises:
        UnknownRelease: the store holds no detention records, or no workbook.
    """
    files = store.observation_files(SERIES)
    corpus = RecordCorpus(store)
    told: dict[str, Any] = {"rules": rules, "collection": collection}
    held = Question.of("record_population", period="day", **told)
    corpus.held(record_plan(held))  # that there are no records is said first
    if not files:
        raise UnknownRelease(
            "the store holds no published workbook to compare the records with",
            next_step="take the workbooks into the same store: olc take PATH...",
        )
    asked = (
        held,
        Question.of("record_population", period="day", by="facility_kind", **told),
        Question.of("record_book_ins", period="month", **told),
    )
    published = pl.scan_parquet(files).select(_COLUMNS).collect()
    return gate.combined(
        _compared,
        gate.clear_observations(published),
        *(gate.clear_question(corpus, question) for question in asked),
    )


def _compared(published: pl.DataFrame, held: Answer, by_kind: Answer, began: Answer) -> Reconciled:
    """Return the comparison of captured cells with three answers that passed the gate."""
    facts = held.records
    if facts is None:
        raise TypeError("the population is counted from records")
    first = held.rows["period_start"].min()
    found = reconcile(
        published,
        Counted(
            held=_values(held.rows, "period_end"),
            on_list=_values(by_kind.rows.filter(facility_kind=_ON_LIST), "period_end"),
            began=_values(_whole(began.rows), "period_start"),
        ),
        first=first if isinstance(first, date) else facts.through,
        through=facts.through,
    )
    return Reconciled(facts.collection, facts.rules[0][0], facts.through, facts.synthetic, found)


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the periods that the records cover whole."""
    return rows.filter(~pl.col("note").fill_null("").str.contains(_PARTIAL))


def _values(rows: pl.DataFrame, day: str) -> dict[date, float | None]:
    return dict(rows.select(day, "value").iter_rows())
