"""Periods that days are summed over: month, calendar year, fiscal year (October to September)."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.errors import UsageError

PERIODS: Final = ("day", "month", "year", "fiscal_year")


def period_start(day: ir.Value, period: str) -> ir.Value:
    """Return the first day of the period that a day lies in."""
    if period == "day":
        return day
    if period == "month":
        return ibis.date(day.year(), day.month(), 1)
    if period == "year":
        return ibis.date(day.year(), 1, 1)
    if period == "fiscal_year":
        return ibis.date(day.year() - ibis.ifelse(day.month() < 10, 1, 0), 10, 1)
    raise UsageError(f"there is no period {period!r}", nearest=", ".join(PERIODS))
