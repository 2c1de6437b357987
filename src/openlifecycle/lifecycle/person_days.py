"""Person-days and average daily population (ADP) from records.

ICE's ADP is the mandays at the midnight count over the days of the period (R23). Here a person-day
is one person (or stint, by the rule set's unit) counted at one midnight, so that person-days are
the sum of the midnight headcounts, and the ADP of a period is their mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import ibis.expr.types as ir

from openlifecycle.lifecycle.day_numbers import Window, as_date
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import headcount
from openlifecycle.lifecycle.periods import period_start
from openlifecycle.lifecycle.spans import counted_stints


def person_days(
    stints: ir.Table,
    *,
    rules: HeadcountRules,
    through: datetime,
    start: date | None = None,
    end: date | None = None,
    by: Sequence[str] = (),
    period: str = "month",
) -> ir.Table:
    """Return the person-days of each cell in each period, and the ADP.

    The arguments are those of ``headcount``. A period that the window cuts is averaged over the
    days inside the window, which ``days`` says.

    Returns:
        The columns of ``by``, ``period_start``, ``days``, ``person_days``, ``adp``. A cell has no
        row for a period in which nobody was in it at any midnight.
    """
    daily = headcount(
        stints, rules=rules, through=through, start=start, end=end, by=by, counts=("midnight",)
    )
    daily = daily.mutate(period_start=period_start(daily["date"], period))
    sums = daily.group_by([*by, "period_start"]).agg(
        person_days=daily["n_midnight"].sum().cast("int64")
    )
    window = Window(start, min(end or through.date(), through.date()))
    spans = counted_stints(stints, rules=rules, through=through, by=())
    calendar = window.days(spans)
    calendar = calendar.select(period_start=period_start(as_date(calendar["day"]), period))
    lengths = calendar.group_by("period_start").agg(days=calendar.count())
    joined = sums.join(lengths, "period_start")
    return joined.select(
        *by,
        "period_start",
        "days",
        "person_days",
        adp=joined["person_days"].cast("float64") / joined["days"],
    )
