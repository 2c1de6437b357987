"""One question about cohorts, asked of a store and answered without small cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from openlifecycle.disclosure.cohort_cells import cleared_lengths, cleared_shares
from openlifecycle.disclosure.minimum_cell import MINIMUM_CELL, PLAIN_RULE
from openlifecycle.engine.backend import fetch, hold
from openlifecycle.engine.record_source import RecordSource
from openlifecycle.engine.record_store import RecordTables, choose_collection, held_collections
from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.cohort_entry import Entry, Period
from openlifecycle.lifecycle.cohorts import HORIZONS, cohort, length_of_stay
from openlifecycle.lifecycle.outcomes import unknown_reasons
from openlifecycle.lifecycle.rules import DEFAULT_RULES, ruleset

#: What a reader must know before quoting a cohort, whatever it says.
CAVEATS = (
    "Each person is counted once per period, from the first record in it; a record without a "
    "person key is a person of its own and is never seen to return.",
    "Shares are Aalen-Johansen estimates: people who entered too recently to be watched for all "
    "the days count for as long as they were watched. The naive share takes them where they were "
    "last seen, and so shows too many still held.",
    "Bands (95 %) hold for one state at one horizon, not for all at once. They say how far "
    "chance alone could move a share of so many people; errors of the records are not in them.",
    "Removed is the reason given at book-out; a departure that is on record after another exit is "
    "departed. A person who left and is not seen again may have left the country unrecorded.",
    "Not seen in detention means: no stay in this release belongs to the arrest. Arrests by other "
    "agencies, and detention that the release leaves out, are not seen.",
    "A first transfer is often the move out of a hold room within a day.",
)


@dataclass(frozen=True)
class CohortQuestion:
    """What is asked.

    Attributes:
        entry: ``arrest`` or ``book_in``.
        start: first day of entry.
        end: last day of entry; without it the last day of the records.
        by: splits.
        period: ``month``, ``fiscal_year`` or ``all``.
        horizons: days after entry.
        lengths: length of stay instead of states.
        rules: rule set.
        collection: id of a collection; the latest without it.
    """

    entry: Entry
    start: date
    end: date | None = None
    by: tuple[str, ...] = ()
    period: Period = "month"
    horizons: tuple[int, ...] = HORIZONS
    lengths: bool = False
    rules: str = DEFAULT_RULES
    collection: str | None = None

    def __post_init__(self) -> None:
        """Refuse a length of stay that begins with an arrest."""
        if self.lengths and self.entry == "arrest":
            raise UsageError(
                "a length of stay begins with the book-in", next_step="ask for book_in --lengths"
            )


@dataclass(frozen=True)
class CohortAnswer:
    """What may be shown: rows without small cells, and what to know of them."""

    question: CohortQuestion
    rows: pl.DataFrame
    collection_id: str
    releases: tuple[str, ...]
    through: datetime
    notes: tuple[str, ...]
    caveats: tuple[str, ...] = CAVEATS
    disclosure: str = PLAIN_RULE

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        asked = self.question
        return {
            "question": {
                "entry": asked.entry, "from": asked.start.isoformat(),
                "to": asked.end.isoformat() if asked.end else None, "by": list(asked.by),
                "period": asked.period, "horizons": list(asked.horizons),
                "lengths": asked.lengths, "rules": asked.rules,
            },
            "collection_id": self.collection_id,
            "releases": list(self.releases),
            "through": self.through.isoformat(),
            "rows": self.rows.to_dicts(),
            "notes": list(self.notes),
            "caveats": list(self.caveats),
            "disclosure": self.disclosure,
        }  # fmt: skip


def answered(source: RecordSource, asked: CohortQuestion) -> CohortAnswer:
    """Return the answer to a question about cohorts; nothing about fewer than five people."""
    ruleset(asked.rules)  # an unknown name is refused before anything is built
    event = "arrest" if asked.entry == "arrest" else "detention_stint"
    held = choose_collection(held_collections(source), event=event, named=asked.collection)
    opened = RecordTables(source, held, asked.rules)
    tables, backend = opened.lifecycle(), opened.backend
    # a start after the records is a cohort of nobody, not a mistake in the question
    end = asked.end or max(held.through.date(), asked.start)
    common: dict[str, Any] = {
        "start": asked.start, "end": end, "through": held.through, "by": asked.by,
        "period": asked.period, "horizons": asked.horizons,
        "fetch": lambda expression: fetch(backend, expression),
    }  # fmt: skip
    cell = ["period", *asked.by]
    if asked.lengths:
        rows = cleared_lengths(length_of_stay(tables, **common), cell)
    else:
        made = cohort(
            tables, entry=asked.entry, keep=lambda name, table: hold(backend, table, name), **common
        )
        rows = cleared_shares(made, cell)
    reasons = pl.DataFrame(pl.from_arrow(fetch(backend, unknown_reasons(tables["stay"]))))
    return CohortAnswer(
        question=asked,
        rows=rows,
        collection_id=held.collection_id,
        releases=tuple(sorted(r.release_id for r in held.releases.values())),
        through=held.through,
        notes=(*_early(held, asked), *_unknown(reasons)),
    )


def _early(held: Any, asked: CohortQuestion) -> Sequence[str]:
    event = "arrest" if asked.entry == "arrest" else "detention_stint"
    first = held.releases[event].first
    day = first.date() if isinstance(first, datetime) else first
    if day is None or asked.start > day:
        return ()
    return (
        f"The records begin on {day}: of people who entered about then or before, those who left "
        "early may be missing, so that long stays are too many.",
    )


def _unknown(reasons: pl.DataFrame) -> Sequence[str]:
    """Name the release reasons that are not known, where enough people have them."""
    if reasons.is_empty():
        return ()
    common = reasons.filter(pl.col("people") >= MINIMUM_CELL).sort("reason")
    named = ", ".join(repr(text) for text in common["reason"])
    rare = len(reasons) - len(common)
    parts = [
        part for part in (named, f"{rare} that are too rare to be named" if rare else "") if part
    ]
    return (
        "Release reasons that are not known here, counted as other_reason: "
        + "; ".join(parts)
        + ".",
    )
