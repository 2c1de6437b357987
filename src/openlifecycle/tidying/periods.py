"""Which period a cell speaks of, from what its table, row and column say.

Period hints are the context fields whose names start with an underscore, and the groups of a
title pattern (quarter, month). A month that the release saw only in part ends on the day the
release was updated through.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openlifecycle.model.observation import FISCAL_YEAR_TO_DATE, INSTANT, INTERVAL
from openlifecycle.reading.labels import (
    MONTHS,
    fiscal_month,
    fiscal_year_of,
    month_end,
    us_dates_in,
)

#: First month of each fiscal quarter.
_QUARTER_START = {1: 10, 2: 1, 3: 4, 4: 7}


@dataclass(frozen=True)
class Period:
    """What a number speaks of: kind, first and last day, fiscal year."""

    kind: str
    start: dt.date
    end: dt.date
    fiscal_year: int
    partial: bool = False
    ahead: bool = False


def _interval(start: dt.date, end: dt.date, through: dt.date) -> Period:
    partial = start <= through < end
    return Period(
        INTERVAL,
        start,
        through if partial else end,
        fiscal_year_of(start),
        partial=partial,
        ahead=start > through,
    )


def _to_date(fiscal_year: int, through: dt.date, *, closed: str) -> Period:
    end = dt.date(fiscal_year, 9, 30)
    kind = closed if through >= end else FISCAL_YEAR_TO_DATE
    start = fiscal_month(fiscal_year, 10)
    return Period(kind, start, max(start, min(through, end)), fiscal_year, ahead=start > through)


def period_of(hints: Mapping[str, Any], *, fiscal_year: int, as_of: dt.date, closed: str) -> Period:
    """Return the period of a cell.

    Args:
        hints: the context fields of table, title, row and column together.
        fiscal_year: the fiscal year of the table.
        as_of: the day the table speaks of; months after it have not begun.
        closed: period kind of a whole fiscal year that has ended (semiannual tables: interval).
    """
    year = int(hints.get("_fiscal_year", fiscal_year))
    if "_month_start" in hints:
        return _interval(hints["_month_start"], month_end(hints["_month_start"]), as_of)
    if "_day" in hints:
        day = hints["_day"]
        return Period(INSTANT, day, day, fiscal_year_of(day), ahead=day > as_of)
    if "_month" in hints:
        first = fiscal_month(year, int(hints["_month"]))
        return _interval(first, month_end(first), as_of)
    if "_instant" in hints:
        return Period(INSTANT, as_of, as_of, year)
    if "_span" in hints:
        return _to_date(year, hints.get("_through", as_of), closed=closed)
    if "quarter" in hints:
        raw = int(hints["quarter_year"])
        first = fiscal_month(
            raw + 2000 if raw < 100 else raw, _QUARTER_START[int(hints["quarter"])]
        )
        last = month_end((first + dt.timedelta(days=75)).replace(day=1))
        return Period(INTERVAL, first, last, fiscal_year_of(first))
    if "month_name" in hints:
        first = dt.date(int(hints["month_year"]), MONTHS[hints["month_name"]], 1)
        return Period(INTERVAL, first, month_end(first), fiscal_year_of(first))
    if "from" in hints:
        days = [us_dates_in(hints[name])[0][0] for name in ("from", "to")]
        if days[0] is not None and days[1] is not None:
            return Period(INTERVAL, days[0], days[1], fiscal_year_of(days[1]))
    return Period(INSTANT, as_of, as_of, fiscal_year_of(as_of) if fiscal_year == 0 else fiscal_year)
