"""The national figures of records that a published workbook states too: what oversight compares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import ibis.expr.types as ir
import polars as pl

from openlifecycle.lifecycle.facilities import is_hold_room
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import headcount
from openlifecycle.lifecycle.movements import movements

#: Words in a facility's name that keep it off ICE's list of facilities, besides hold rooms (R42).
OFF_LIST_WORDS = ("HOSPITAL", "JUVENILE")


def on_the_list(stints: ir.Table) -> ir.Table:
    """Return the stints at places of the kind that ICE's published list holds."""
    off = is_hold_room(stints)
    if "facility_label" in stints.columns:
        label = stints["facility_label"].upper()
        for word in OFF_LIST_WORDS:
            off = off | label.contains(word).fill_null(False)
    return stints.filter(~off)


def midnights(
    stints: ir.Table, days: Sequence[date], *, rules: HeadcountRules, through: datetime
) -> dict[date, int]:
    """Return the number held in the whole country at the midnight that ends each day.

    A rule set that names a midnight after the day that it starts is asked for the next day (R21).
    """
    if not days:
        return {}
    later = timedelta(days=1 if rules.midnight == "start" else 0)
    found = headcount(
        stints,
        rules=rules,
        through=through + later,
        start=min(days) + later,
        end=max(days) + later,
        counts=("midnight",),
    ).to_polars()
    held = dict(found.select("date", "n_midnight").iter_rows())
    return {day: held.get(day + later, 0) for day in days}


def monthly_book_ins(
    stints: ir.Table, *, rules: HeadcountRules, through: datetime
) -> dict[date, int]:
    """Return the stays that began in each month, by the first day of the month."""
    found = movements(stints, rules=rules, through=through).to_polars()
    months = found.group_by(pl.col("date").dt.month_start()).agg(pl.col("n_initial_book_ins").sum())
    return dict(months.iter_rows())
