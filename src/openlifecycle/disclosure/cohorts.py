"""One question about cohorts, asked of a store and answered as the gate lets it.

Periods are whole and horizons are declared, so that two questions never differ by a few people;
how many splits there may be is the policy's. What is counted leaves only with noise
(cohort_cells.py, cohort_lengths.py; docs/decisions/0011-the-gate.md).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from openlifecycle.disclosure import cohort_cells, cohort_lengths
from openlifecycle.disclosure.cohort_noise import CONFIDENCE, Draw, anchored
from openlifecycle.disclosure.naming import checked
from openlifecycle.disclosure.policy import PUBLIC, Policy
from openlifecycle.disclosure.policy import policy as named_policy
from openlifecycle.engine.backend import fetch, hold
from openlifecycle.engine.record_source import RecordSource
from openlifecycle.engine.record_store import (
    Held,
    RecordTables,
    choose_collection,
    held_collections,
)
from openlifecycle.errors import NotCleared, UsageError
from openlifecycle.lifecycle.cohort_entry import Entry, Period
from openlifecycle.lifecycle.cohorts import HORIZONS, cohort, length_counts, period_text
from openlifecycle.lifecycle.outcomes import unknown_reasons
from openlifecycle.lifecycle.rules import DEFAULT_RULES, ruleset

#: The event table that each kind of entry is read from.
_EVENTS: Final = {"arrest": "arrest", "book_in": "detention_stint"}
_WHOSE: Final[dict[Period, str]] = {
    "month": "a cohort of a month",
    "fiscal_year": "a cohort of a fiscal year",
    "all": "a cohort of the whole collection",
}
#: What a reader must know before quoting a cohort, whatever it says.
CAVEATS = (
    "Each person is counted once per period, from the first record in it; a record without a "
    "person key is a person of its own and is never seen to return.",
    "Shares are Aalen-Johansen estimates: people who entered too recently to be watched for all "
    "the days count for as long as they were watched. The naive share takes them where they were "
    "last seen, and so shows too many still held.",
    "Bands (95 %) hold for one state at one horizon, not for all at once. They say how far "
    "chance and the noise of the gate could move a share; errors of the records are not in them.",
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
        start: a day of the first period that is shown; without it the first of the records.
        end: a day of the last period that is shown; without it the last of the records.
        by: splits.
        period: ``month``, ``fiscal_year``, or ``all``: the whole collection in one.
        horizons: days after entry, of those declared.
        lengths: length of stay instead of states.
        rules: rule set.
        collection: id of a collection; the latest without it.
    """

    entry: Entry
    start: date | None = None
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
    """What may be shown: rows with noise, and what to know of them.

    Attributes:
        question: what was asked.
        rows: the rows (cohort_cells.py, cohort_lengths.py).
        collection_id: the collection that was followed.
        releases: ids of its releases.
        through: the last moment that the records speak of.
        notes: what this answer must say.
        policy: name of the policy that it passed.
        margin: by how many people a count is off at most, in 95 of 100.
        caveats: what to know before quoting it.
        disclosure: how it is protected, in words.
    """

    question: CohortQuestion
    rows: pl.DataFrame
    collection_id: str
    releases: tuple[str, ...]
    through: datetime
    notes: tuple[str, ...]
    policy: str
    margin: int
    caveats: tuple[str, ...] = CAVEATS
    disclosure: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        asked = self.question
        return {
            "question": {
                "entry": asked.entry, "from": asked.start.isoformat() if asked.start else None,
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
            "policy": self.policy,
            "margin_of_people": self.margin,
            "disclosure": self.disclosure,
        }  # fmt: skip


def answered(
    source: RecordSource, asked: CohortQuestion, policy: Policy | None = None
) -> CohortAnswer:
    """Return the protected answer to a question about cohorts.

    Raises:
        NotCleared: too many splits, a horizon that is not declared, or a part of ``all``.
    """
    policy = checked(policy or named_policy(PUBLIC)).of_cohorts()
    refuse(asked, policy)
    ruleset(asked.rules)  # an unknown name is refused before anything is built
    held = choose_collection(
        held_collections(source), event=_EVENTS[asked.entry], named=asked.collection
    )
    opened = RecordTables(source, held, asked.rules)
    house = opened if asked.rules == DEFAULT_RULES else RecordTables(source, held, DEFAULT_RULES)
    first, last = _shown_periods(held, asked)
    table = "/".join((asked.entry, asked.period, *sorted(asked.by)))
    draw = Draw(policy, opened.secret, table, house is not opened)
    if asked.lengths:
        rows = _lengths(opened, house, asked, (first, last), draw)
    else:
        rows = _states(opened, house, asked, (first, last), draw)
    return CohortAnswer(
        question=asked,
        rows=rows,
        collection_id=held.collection_id,
        releases=tuple(sorted(r.release_id for r in held.releases.values())),
        through=held.through,
        notes=(*_made_up(held), *_early(held, asked, first), *_unknown(opened, draw)),
        policy=policy.name,
        margin=draw.margin,
        disclosure=words(draw),
    )


def refuse(asked: CohortQuestion, policy: Policy) -> None:
    """Raise NotCleared where the policy does not let a question be asked."""
    most = min(policy.cohorts.splits(asked.period), policy.dimensions[_limits(asked.period)])
    if len(asked.by) > most:
        next_step = f"leave {len(asked.by) - most} of them out"
        if asked.period == "all":
            one = policy.cohorts.splits("fiscal_year")
            next_step = f"ask without a split, or by fiscal year with a split by {one} at most"
        raise NotCleared(
            f"{_WHOSE[asked.period]} is split by {most or 'nothing'}, not by {', '.join(asked.by)}",
            where=f"policy {policy.name}",
            next_step=next_step,
        )
    odd = [str(days) for days in asked.horizons if days not in HORIZONS]
    if odd or not asked.horizons:
        raise NotCleared(
            f"people are not looked for after {', '.join(odd) or 'no'} days",
            where="horizons that are declared",
            nearest=", ".join(str(days) for days in HORIZONS),
            next_step="ask for some of these",
        )


def _limits(period: Period) -> str:
    """Return the kind of period whose limits hold: of the whole collection those of a year."""
    return "month" if period == "month" else "fiscal_year"


def words(draw: Draw) -> str:
    """Return in a sentence how an answer is protected, with its margin."""
    policy = draw.policy
    return (
        f"policy {policy.name}: every count has noise that depends on who is in it; "
        f"{CONFIDENCE:.0%} of them are off by {draw.margin} people at most. Shares are made of "
        "such counts, lengths of stay moved by as much. Nothing is shown about fewer than "
        f"{policy.minimum_cell} people, inside a share or outside of it, nor a count that is below "
        f"{policy.shown_from} with its noise; nobody at all is told in the same way"
    )


def _shown_periods(held: Held, asked: CohortQuestion) -> tuple[date, date]:
    """Return first and last day of the periods that are shown: whole ones, whatever was asked.

    Raises:
        NotCleared: a part of the whole collection.
    """
    begin, through = held.first_day(_EVENTS[asked.entry]), held.through.date()
    start, end = asked.start or begin, asked.end or max(through, asked.start or through)
    if start > end:
        raise UsageError(f"{start} is after {end}", next_step="turn them round")
    if asked.period == "all":
        if start > begin or end < through:
            raise NotCleared(
                "all is the whole collection: a part of it would differ from it by a few people",
                where=f"records from {begin} to {through}",
                next_step="leave the days out, or ask by month or by fiscal year",
            )
        return date(1900, 1, 1), through
    if asked.period == "fiscal_year":
        return (
            date(start.year - (start.month < 10), 10, 1),
            date(end.year + (end.month >= 10), 9, 30),
        )
    return start.replace(day=1), end.replace(day=monthrange(end.year, end.month)[1])


def _common(tables: RecordTables, asked: CohortQuestion, days: tuple[date, date]) -> dict[str, Any]:
    def keyed(rows: Any) -> Any:
        found = tables.units().numbered(rows, _EVENTS[asked.entry], "entry_id")
        return found.drop("person", "unit")

    return {
        "start": days[0], "end": days[1], "through": tables.held.through, "by": asked.by,
        "period": asked.period, "keyed": keyed,
        "fetch": lambda expression: fetch(tables.backend, expression),
        "keep": lambda name, table: hold(tables.backend, table, name),
    }  # fmt: skip


def _states(
    opened: RecordTables, house: RecordTables, asked: CohortQuestion, days: tuple[date, date],
    draw: Draw,
) -> pl.DataFrame:  # fmt: skip
    # all declared horizons whatever is asked: then no number can depend on which were
    def made(tables: RecordTables) -> pl.DataFrame:
        return cohort(tables.lifecycle(), entry=asked.entry, **_common(tables, asked, days))

    rows = made(opened)
    if house is not opened:
        on = ["period", *asked.by, "horizon_days", "kind", "state"]
        rows = anchored(rows, made(house), on, cohort_cells.KEYS)
    rows = rows.filter(pl.col("horizon_days").is_in(asked.horizons))
    return cohort_cells.cleared_shares(rows, ["period", *asked.by], draw, opened.held.through)


def _lengths(
    opened: RecordTables, house: RecordTables, asked: CohortQuestion, days: tuple[date, date],
    draw: Draw,
) -> pl.DataFrame:  # fmt: skip
    def made(tables: RecordTables) -> tuple[pl.DataFrame, pl.DataFrame]:
        found = length_counts(tables.lifecycle(), **_common(tables, asked, days))
        counts, people = (frame.with_columns(period_text(asked.period)) for frame in found)
        return counts, people

    cell = ["period", *asked.by]
    counts, people = made(opened)
    if house is not opened:
        people = anchored(people, made(house)[1], cell, cohort_lengths.KEYS)
    return cohort_lengths.cleared_lengths(
        counts, people, cell, sorted(asked.horizons), draw,
        draw.policy.records_per_person[_limits(asked.period)],
    )  # fmt: skip


def _made_up(held: Held) -> Sequence[str]:
    names = [str(name) for release in held.releases.values() for name in release.names]
    if not any("synthetic" in name.casefold() for name in names):
        return ()
    return ("SYNTHETIC: these records are of a made-up world and describe nobody",)


def _early(held: Held, asked: CohortQuestion, start: date) -> Sequence[str]:
    day = held.first_day(_EVENTS[asked.entry])
    if start > day:
        return ()
    return (
        f"The records begin on {day}: of people who entered about then or before, those who left "
        "early may be missing, so that long stays are too many.",
    )


def _unknown(opened: RecordTables, draw: Draw) -> Sequence[str]:
    """Name the release reasons that are not known, where enough people have them.

    How many others there are is not said, nor whether there are any.
    """
    tables: Mapping[str, Any] = opened.lifecycle()
    found = fetch(opened.backend, unknown_reasons(tables["stay"]))
    reasons = pl.DataFrame(pl.from_arrow(found))
    # named or not never turns on one person alone: far enough above what any noise could hide
    least = draw.policy.shown_from + draw.policy.perturbation.most
    common = reasons.filter(pl.col("people") >= least).sort("reason")
    if common.is_empty():
        return ()
    named = ", ".join(repr(text) for text in common["reason"])
    return (f"Release reasons that are not known here, counted as other_reason: {named}.",)
