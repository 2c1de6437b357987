"""How people write the months and the horizons of a cohort, read strictly."""

from __future__ import annotations

import calendar
import re
from datetime import date

from openlifecycle.errors import UsageError


def month_of(text: str) -> tuple[date, date]:
    """Return the first and last day of a month written YYYY-MM, or raise UsageError."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text, re.ASCII)
    if not found or found[1] == "0000":
        raise UsageError(f"{text!r} is no month", next_step="write it as 2025-03")
    year, month = int(found[1]), int(found[2])
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def days_of(text: str) -> tuple[int, ...]:
    """Return horizons written as days with commas between, or raise UsageError."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(
        part.isascii() and part.isdecimal() and len(part) < 5 and 0 < int(part) <= 3650
        for part in parts
    ):
        raise UsageError(
            f"{text!r} are no horizons", next_step="days from 1 to 3650, such as 30,90,365"
        )
    return tuple(int(part) for part in parts)
