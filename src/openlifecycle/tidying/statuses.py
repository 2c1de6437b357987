"""Zeros that are not zeros: what the publisher blanked when a fiscal year rolled over.

After 1 October the publisher prints 0 for every month or year of the year before instead of
dropping it (workbook_layouts, section 2.3). Such a zero is told from a real one by the company
it keeps: a whole month, year or snapshot of a table is zero, a total that cannot be zero included.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from openlifecycle.model.observation import DROPPED, NOT_YET, OBSERVED, ZERO_AMBIGUOUS
from openlifecycle.tidying.collect import Collector

_ZEROED = {OBSERVED, ZERO_AMBIGUOUS, NOT_YET}
#: Tables whose months or snapshots cannot be zero as a whole.
_BY_PERIOD = ("bond", "iclos", "iclos_detainees")
#: Tables whose fiscal years cannot be zero as a whole, taken together within a group, and the
#: share of zeros from which a year was blanked. The FY2026 workbook blanked eight of the nine
#: special-population values of FY2025 and left one standing.
_BY_YEAR = {"parole_requested": 1.0, "parole_status": 1.0, "special_population": 0.75, "tps": 1.0}


def _indices(collector: Collector, prefix: str, *, exact: bool) -> dict[bool, list[int]]:
    """Return the observations of a table, or of all tables of a group, by hidden and visible."""
    out: dict[bool, list[int]] = {}
    for span in collector.spans:
        own = span.table == prefix if exact else span.table.startswith(prefix)
        if own:
            out.setdefault(span.hidden, []).extend(range(span.start, span.stop))
    return out


def _blanked(
    collector: Collector,
    indices: Iterable[int],
    keys: Mapping[int, dt.date | int],
    share: float = 1.0,
) -> tuple[dict[dt.date | int, list[int]], dt.date | int | None]:
    """Return the zeros of each blanked period, and the last period that holds a value."""
    zero: dict[dt.date | int, list[int]] = {}
    alive: dict[dt.date | int, int] = {}
    for i in indices:
        key = keys[i]
        if collector.value[i]:
            alive[key] = alive.get(key, 0) + 1
        elif collector.status[i] in _ZEROED:
            zero.setdefault(key, []).append(i)
    dead = {
        key: places
        for key, places in zero.items()
        if len(places) >= share * (len(places) + alive.get(key, 0))
    }
    return dead, max(alive, default=None)


def mark_blanked(collector: Collector, *, fiscal_year: int) -> None:
    """Tell rolled-over and not-yet-reported zeros apart, in place.

    Args:
        collector: the cells of one release.
        fiscal_year: the fiscal year that the release reports; an earlier year that holds only
            zeros was dropped, wherever it stands.
    """
    for table in _BY_PERIOD:
        for places in _indices(collector, table, exact=True).values():
            if any(collector.value[i] == 0 for i in places):
                _mark_periods(collector, places)
    for group, share in _BY_YEAR.items():
        for places in _indices(collector, group, exact=False).values():
            _mark_years(collector, places, share, fiscal_year)


def _mark_periods(collector: Collector, places: list[int]) -> None:
    """Mark months or snapshots of nothing but zeros: dropped before a value, else not yet."""
    starts = {i: collector.period_at(i).start for i in places}
    dead, last = _blanked(collector, places, starts)
    for key, zeros in dead.items():
        before = last is None or key <= last  # type: ignore[operator]
        for i in zeros:
            collector.status[i] = DROPPED if before else NOT_YET


def _mark_years(collector: Collector, places: list[int], share: float, fiscal_year: int) -> None:
    """Mark the zeros of blanked fiscal years before the one that the release reports."""
    years = {i: collector.period_at(i).fiscal_year for i in places}
    dead, _ = _blanked(collector, places, years, share)
    for key, zeros in dead.items():
        if key < fiscal_year:  # type: ignore[operator]
            for i in zeros:
                collector.status[i] = DROPPED
