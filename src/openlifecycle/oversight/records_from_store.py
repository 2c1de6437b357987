"""The records of a store held against the published workbooks of the same store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from openlifecycle.engine.corpus import SERIES
from openlifecycle.engine.record_store import (
    Held,
    RecordTables,
    choose_collection,
    held_collections,
)
from openlifecycle.errors import UnknownRelease
from openlifecycle.lifecycle.rules import DEFAULT_RULES, ruleset
from openlifecycle.model.events import DETENTION_STINT
from openlifecycle.oversight.reconcile_records import Reconciliation, reconcile
from openlifecycle.vault.store import Store

#: What ``reconcile`` reads of the observations.
_COLUMNS = (
    "table", "measure", "arresting_agency", "criminality", "period_kind", "period_start",
    "period_end", "status", "edition", "as_of", "release_id", "value", "sheet", "cell",
)  # fmt: skip


@dataclass(frozen=True)
class Reconciled:
    """Which records were compared under which rules, and what was found."""

    collection_id: str
    rules: str
    through: datetime
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
) -> Reconciled:
    """Compare the detention records of a collection with the workbooks of the same store (R42).

    Args:
        store: a store that holds both.
        rules: name of a rule set.
        collection: id of a collection; the latest one with detentions by default.

    Raises:
        UnknownRelease: the store holds no detention records, or no workbook.
    """
    chosen = ruleset(rules)
    held = choose_collection(held_collections(store), event=DETENTION_STINT.name, named=collection)
    files = store.observation_files(SERIES)
    if not files:
        raise UnknownRelease(
            "the store holds no published workbook to compare the records with",
            next_step="take the workbooks into the same store: olc take PATH...",
        )
    opened = RecordTables(store, held, rules)
    found = reconcile(
        opened.lifecycle_table("stint"),
        pl.scan_parquet(files).select(_COLUMNS).collect(),
        rules=chosen.headcount,
        first=_first(held),
        through=held.through,
    )
    names = held.releases[DETENTION_STINT.name].names
    synthetic = any("synthetic" in str(name).casefold() for name in names)
    return Reconciled(held.collection_id, rules, held.through, synthetic, found)


def _first(held: Held) -> date:
    """Return the first day that the detention records speak of."""
    said = held.releases[DETENTION_STINT.name].first
    if isinstance(said, datetime):
        return said.date()
    return said if isinstance(said, date) else held.through.date()
