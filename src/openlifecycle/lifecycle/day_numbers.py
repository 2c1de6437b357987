"""Days as whole numbers: counting and ranges of days work alike on every engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir

#: Day 0.
EPOCH: Final = date(1970, 1, 1)


def number_of(day: date) -> int:
    """Return the number of a day."""
    return (day - EPOCH).days


def as_day(number: int) -> date:
    """Return the day of a number."""
    return EPOCH + timedelta(days=number)


def day_number(moment: ir.Value) -> ir.Value:
    """Return the number of the day of a moment or a day, as printed."""
    return moment.date().delta(ibis.date(EPOCH.isoformat()), unit="day")


def as_date(number: ir.Value) -> ir.Value:
    """Return the day of a number."""
    return (ibis.timestamp(EPOCH.isoformat()) + number.as_interval("D")).date()


@dataclass(frozen=True)
class Window:
    """The days that an answer speaks of; without a ``start``, from the first day with a stint."""

    start: date | None
    end: date

    @property
    def after(self) -> int:
        """Return the number of the day after the last one."""
        return number_of(self.end) + 1

    def not_before(self, day: ir.Value) -> ir.Value:
        """Return the day, or the first of the window."""
        return day if self.start is None else ibis.greatest(day, number_of(self.start))

    def not_after(self, day: ir.Value) -> ir.Value:
        """Return the day, or the day after the window."""
        return ibis.least(day, self.after)

    def days(self, spans: ir.Table) -> ir.Table:
        """Return one row for each ``day`` of the window."""
        one = spans.aggregate(first=spans["in_day"].min())
        low = one["first"] if self.start is None else ibis.literal(number_of(self.start), "int64")
        return one.select(day=ibis.range(low, ibis.literal(self.after, "int64")).unnest())
