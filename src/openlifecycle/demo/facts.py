"""What the first look says, gathered by the same questions that a person can ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from openlifecycle.api import Session
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.errors import UsageError
from openlifecycle.model.dimensions import TOTAL

POPULATION: Final = "detained_population"
_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True)
class Count:
    """A number of people on a day."""

    day: date
    value: float


@dataclass(frozen=True)
class YearFigure:
    """One figure for a fiscal year so far: what, in this year and in the one before."""

    label: str
    unit: str
    now: Count | None
    before: Count | None


@dataclass(frozen=True)
class Facts:
    """Everything that the summary prints."""

    release: ReleaseFacts
    previous: ReleaseFacts | None
    releases: int
    held: Count
    held_before: Count | None
    held_year_ago: Count | None
    split: dict[tuple[str, str], float]
    fiscal_year: int
    figures: tuple[YearFigure, ...]
    restated: pl.DataFrame
    same_periods: int
    caveats: tuple[str, ...]


def gather(session: Session) -> Facts:
    """Return the facts of the latest release of a store, against the releases before it.

    Raises:
        UsageError: the store holds no release that prints the population held.
    """
    releases = session.releases()
    series = session.ask(POPULATION).to_polars()
    counts = [Count(day, value) for day, value in series["period_end", "value"].iter_rows()]
    if not counts:
        raise UsageError("no release here prints the population held", next_step="olc take PATH")
    held, latest = counts[-1], releases[-1]
    previous = releases[-2] if len(releases) > 1 else None
    answer = session.ask(
        POPULATION, by=["criminality", "arresting_agency"], on=held.day, totals=True
    )
    split = answer.to_polars().select("criminality", "arresting_agency", "value")
    restated, same = _restated(session, previous, latest)
    fiscal_year = held.day.year + (held.day.month >= 10)
    return Facts(
        release=latest,
        previous=previous,
        releases=len(releases),
        held=held,
        held_before=counts[-2] if len(counts) > 1 else None,
        held_year_ago=_nearest(counts[:-1], held.day - _YEAR),
        split={(str(c), str(a)): float(v) for c, a, v in split.iter_rows()},
        fiscal_year=fiscal_year,
        figures=_figures(session, fiscal_year),
        restated=restated,
        same_periods=same,
        caveats=answer.caveats,
    )


def _nearest(counts: list[Count], day: date) -> Count | None:
    """Return the count nearest to a day, or None where none lies within 45 days of it."""
    near = sorted(counts, key=lambda count: abs(count.day - day))
    return near[0] if near and abs(near[0].day - day) <= timedelta(days=45) else None


_FIGURES: Final = (
    ("People held on an average day", "persons", "adp", {}),
    ("Length of stay of those who left", "days", "alos", {}),
    ("Booked in, arrested by ICE", "persons", "book_ins", {"arresting_agency": "ICE"}),
    ("Booked in, arrested by CBP", "persons", "book_ins", {"arresting_agency": "CBP"}),
    ("Removed from the country", "persons", "removals", {}),
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
        pair = by_year.get(fiscal_year), by_year.get(fiscal_year - 1)
        found.append(YearFigure(label, unit, *pair))
    return tuple(found)


def _restated(
    session: Session, previous: ReleaseFacts | None, latest: ReleaseFacts
) -> tuple[pl.DataFrame, int]:
    """Return what the latest release printed differently for the same period, biggest first."""
    raise NotImplementedError


def worst(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the findings that a reader must know, the gravest first, notes left out."""
    rank = {"error": 0, "warning": 1}
    return sorted(
        (finding for finding in findings if finding["severity"] in rank),
        key=lambda finding: rank[finding["severity"]],
    )
