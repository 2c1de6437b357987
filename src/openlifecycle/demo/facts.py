"""What the first look says, gathered by the same questions that a person can ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from openlifecycle.api import Session
from openlifecycle.engine.changes import RESTATED, SAME
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.errors import UsageError
from openlifecycle.oversight.finding import ERROR, WARNING, Finding
from openlifecycle.oversight.from_store import check_stored
from openlifecycle.tidying import corrections_file
from openlifecycle.vault.store import Store

POPULATION: Final = "detained_population"
_YEAR: Final = timedelta(days=365)
#: A snapshot further than this from the day a year ago is not "a year before".
_NEAR: Final = timedelta(days=45)
#: How many pairs of releases are looked at for restatements.
_PAIRS: Final = 3


@dataclass(frozen=True)
class Count:
    """A number, and the last day that it speaks of."""

    day: date
    value: float


@dataclass(frozen=True)
class YearFigure:
    """One figure for the fiscal year so far, beside the one printed for the year before."""

    label: str
    unit: str
    now: Count | None
    before: Count | None


@dataclass(frozen=True)
class Restated:
    """What a release printed differently for a period that the one before had printed.

    Attributes:
        before: the release that printed first.
        after: the release that printed another value.
        rows: the restated numbers, the largest share first.
        compared: how many numbers both releases print for the same period.
    """

    before: ReleaseFacts
    after: ReleaseFacts
    rows: pl.DataFrame
    compared: int


@dataclass(frozen=True)
class Facts:
    """Everything that the summary prints."""

    release: ReleaseFacts
    releases: tuple[ReleaseFacts, ...]
    held: Count
    held_before: Count | None
    held_year_ago: Count | None
    split: dict[tuple[str, str], float]
    fiscal_year: int
    figures: tuple[YearFigure, ...]
    restated: tuple[Restated, ...]
    findings: tuple[Finding, ...]
    corrections: tuple[tuple[str, str], ...]
    caveats: tuple[str, ...]


def gather(store: Store, session: Session) -> Facts:
    """Return the facts of the latest release of a store, against the releases before it.

    Raises:
        UsageError: the store holds no release that prints the population held.
    """
    series = session.ask(POPULATION).to_polars()
    counts = [Count(day, value) for day, value in series["period_end", "value"].iter_rows()]
    if not counts:
        raise UsageError("no release here prints the population held", next_step="olc take PATH")
    held, releases = counts[-1], tuple(session.releases())
    latest = releases[-1]
    split = session.ask(
        POPULATION, by=["criminality", "arresting_agency"], on=held.day, totals=True
    )
    cells = split.to_polars().select("criminality", "arresting_agency", "value")
    fiscal_year = held.day.year + (held.day.month >= 10)
    findings = check_stored(store, latest.release_id)
    return Facts(
        release=latest,
        releases=releases,
        held=held,
        held_before=counts[-2] if len(counts) > 1 else None,
        held_year_ago=_nearest(counts[:-1], held.day - _YEAR),
        split={(str(c), str(a)): float(v) for c, a, v in cells.iter_rows()},
        fiscal_year=fiscal_year,
        figures=_figures(session, fiscal_year),
        restated=_restated(session, releases),
        findings=tuple(f for f in findings if f["severity"] in (ERROR, WARNING)),
        corrections=_corrections(session.observations(latest.release_id)),
        caveats=split.caveats,
    )


def _nearest(counts: list[Count], day: date) -> Count | None:
    """Return the count nearest to a day, or None where none is near."""
    near = sorted(counts, key=lambda count: abs(count.day - day))
    return near[0] if near and abs(near[0].day - day) <= _NEAR else None


_FIGURES: Final[tuple[tuple[str, str, str, dict[str, str]], ...]] = (
    ("People held on an average day", "persons", "adp", {}),
    ("Average stay of people who left", "days", "alos", {}),
    ("Booked in after an arrest by ICE", "events", "book_ins", {"arresting_agency": "ICE"}),
    ("Booked in after an arrest by CBP", "events", "book_ins", {"arresting_agency": "CBP"}),
    ("Removed or returned", "events", "removals", {}),
)


def _figures(session: Session, fiscal_year: int) -> tuple[YearFigure, ...]:
    """Return the figures of the fiscal year so far, beside those of the year before."""
    found = []
    for label, unit, measure, where in _FIGURES:
        rows = session.ask(measure, where=where, period="fiscal_year").to_polars()
        by_year = {
            year: Count(end, value)
            for year, end, value in rows["fiscal_year", "period_end", "value"].iter_rows()
        }
        found.append(
            YearFigure(label, unit, by_year.get(fiscal_year), by_year.get(fiscal_year - 1))
        )
    return tuple(found)


def _restated(session: Session, releases: tuple[ReleaseFacts, ...]) -> tuple[Restated, ...]:
    """Return what the latest release restated of the one before.

    Where that is nothing (a new fiscal year speaks of few old periods), the pair before it
    follows, and so on for a few pairs, so that a reader sees what restating looks like.
    """
    found: list[Restated] = []
    pairs = list(zip(releases, releases[1:], strict=False))
    for before, after in reversed(pairs[-_PAIRS:]):
        changed = session.changes(before.release_id, after.release_id)
        rows = changed.of_kind(RESTATED)
        found.append(Restated(before, after, rows, rows.height + changed.of_kind(SAME).height))
        if rows.height:
            break
    return tuple(found)


def _corrections(rows: pl.DataFrame) -> tuple[tuple[str, str], ...]:
    """Return (id, title) of the recorded publisher errors that touch some rows."""
    marks: Iterable[str] = rows["correction_id"].drop_nulls().to_list()
    touching = {one for mark in marks for one in mark.split()}
    return tuple((c.id, c.title) for c in corrections_file.load() if c.id in touching)
