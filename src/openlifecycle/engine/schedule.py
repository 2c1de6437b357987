"""When releases became public: days between them, and half months without any.

8 U.S.C. 1378a asks for an update "semimonthly", so a half month (the 1st to the 15th, the 16th to
the end) in which nothing was published is one that the law did not foresee.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.measures.plan import Plan
from openlifecycle.measures.question import fiscal_year_of
from openlifecycle.model.observation import INTERVAL

#: The first days of the two halves of a month.
_HALVES: Final = (1, 16)


@dataclass(frozen=True)
class HalfMonth:
    """A half of a month, with the days in it on which a release became public."""

    first: date
    last: date
    public: tuple[date, ...]


def schedule_rows(plan: Plan, releases: Sequence[ReleaseFacts]) -> list[dict[str, Any]]:
    """Return the rows of a measure of the schedule, for the releases known on the day.

    With ``--as-known-on`` a day, the time from the last release to that day counts as well.
    """
    known = plan.question.as_known_on
    public: dict[date, ReleaseFacts] = {}
    for release in releases:
        day = release.published_on
        if day and (known is None or day <= known):
            public.setdefault(day, release)
    days = sorted(public)
    if not days:
        return []
    end = known or days[-1]
    rows = _gaps(days, end) if plan.granularity == "span" else _years(days, end)
    last = [max(d for d in days if d <= max(row["period_end"], days[0])) for row in rows]
    told = [
        row | _of(public[day]) | {"unit": plan.measure.unit, "table": "releases"}
        for row, day in zip(rows, last, strict=True)
    ]
    return [row for row in told if _asked(row, plan)]


def _gaps(days: Sequence[date], end: date) -> list[dict[str, Any]]:
    """Return the days from each publication to the next, and to the end where one is asked for."""
    ends = [*days[1:], end] if end > days[-1] else list(days[1:])
    return [
        {
            "period_start": start,
            "period_end": after,
            "period_kind": INTERVAL,
            "fiscal_year": fiscal_year_of(after),
            "value": float((after - start).days),
        }
        for start, after in zip(days, ends, strict=False)
    ]


def _years(days: Sequence[date], end: date) -> list[dict[str, Any]]:
    """Return, by fiscal year, the half months that were over and had no publication."""
    years: dict[int, list[HalfMonth]] = {}
    for half in half_months(days, end):
        years.setdefault(fiscal_year_of(half.first), []).append(half)
    return [
        {
            "period_start": halves[0].first,
            "period_end": halves[-1].last,
            "period_kind": INTERVAL,
            "fiscal_year": year,
            "value": float(sum(not half.public for half in halves)),
        }
        for year, halves in sorted(years.items())
    ]


def half_months(days: Sequence[date], end: date) -> list[HalfMonth]:
    """Return the half months from the first publication on that are over by a day.

    Args:
        days: days of publication, in order.
        end: the day by which they must be over.
    """
    found: list[HalfMonth] = []
    start = _half(days[0]) if days else date.max
    while start <= end and (last := _next(start) - timedelta(days=1)) <= end:
        public = tuple(day for day in days if start <= day <= last)
        found.append(HalfMonth(start, last, public))
        start = last + timedelta(days=1)
    return found


def _half(day: date) -> date:
    """Return the first day of the half month of a day."""
    return day.replace(day=_HALVES[day.day >= _HALVES[1]])


def _next(start: date) -> date:
    """Return the first day of the half month after the one that begins on a day."""
    if start.day == _HALVES[0]:
        return start.replace(day=_HALVES[1])
    return (start.replace(day=28) + timedelta(days=4)).replace(day=_HALVES[0])


def _of(release: ReleaseFacts) -> dict[str, Any]:
    """Return what a row says of the release that it ends with."""
    return {
        "release_id": release.release_id,
        "published_on": release.published_on,
        "as_of": release.as_of,
        "sheet": release.name,
        "cell": "published",
    }


def _asked(row: dict[str, Any], plan: Plan) -> bool:
    """Return whether a row lies in the time asked for."""
    question = plan.question
    first, last = question.on or question.start, question.on or question.end
    return (not first or row["period_end"] >= first) and (not last or row["period_start"] <= last)
