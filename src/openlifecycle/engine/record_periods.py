"""Periods of record answers: numbers that a query groups by, and the days that they stand for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

#: Months in a period, and the months by which its numbering is shifted (fiscal years: October).
_MONTHS: Final = {"month": (1, 0), "quarter": (3, 0), "fiscal_year": (12, 3)}

_YEAR: Final = 12
_DAY_SECONDS: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)


def number_of(at: Any, granularity: str) -> Any:
    """Return the number of the period in which a time lies, as an Ibis expression."""
    if granularity == "day":
        midnight = at.cast("date").cast("timestamp")
        return (midnight.epoch_seconds() // _DAY_SECONDS).cast("int64")
    size, shift = _MONTHS[granularity]
    # a month is not divided by one: an engine would do it for every record
    month = at.year().cast("int64") * _YEAR + at.month().cast("int64") + (shift - 1)
    return month if size == 1 else (month // size).cast("int64")


def number_on(day: date, granularity: str) -> int:
    """Return the number of the period in which a day lies."""
    if granularity == "day":
        return (day - _EPOCH).days
    size, shift = _MONTHS[granularity]
    return (day.year * _YEAR + day.month - 1 + shift) // size


def first_day(number: int, granularity: str) -> date:
    """Return the first day of a period."""
    if granularity == "day":
        return _EPOCH + timedelta(days=number)
    size, shift = _MONTHS[granularity]
    year, month = divmod(number * size - shift, _YEAR)
    return date(year, month + 1, 1)


def last_day(number: int, granularity: str) -> date:
    """Return the last day of a period."""
    return first_day(number + 1, granularity) - timedelta(days=1)


def last_days(start: date, end: date, granularity: str) -> list[date]:
    """Return the last days of the periods that end from ``start`` to ``end``."""
    numbers = range(number_on(start, granularity), number_on(end, granularity) + 1)
    return [d for d in (last_day(n, granularity) for n in numbers) if start <= d <= end]
