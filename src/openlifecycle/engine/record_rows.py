"""The records that a question speaks of, each with the number of its period."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import ibis
import polars as pl

from openlifecycle.engine.record_cells import PERIOD, REPEATS, SPAN
from openlifecycle.engine.record_marks import BESIDE, LEVELS, again
from openlifecycle.engine.record_periods import (
    first_day,
    last_day,
    last_days,
    number_of,
    number_on,
)
from openlifecycle.engine.record_store import RecordTables
from openlifecycle.engine.record_units import RECORD_KEY, UNIT
from openlifecycle.measures.record_plan import RecordPlan


def placed(tables: RecordTables, plan: RecordPlan) -> Any:
    """Return the rows of the fact table in the time asked for, before any other condition.

    Each has the number of its period, or of a stock the numbers of the first period in whose last
    day it was in the state and of the one after the last.
    A record whose follow-up was not over at the end of the release is not placed at all.
    """
    rows = _narrow(tables.fact(plan.spec.table), plan)
    if plan.spec.value == "stock":
        return _states(tables, rows, plan)
    at = rows[plan.spec.at].cast("timestamp")
    latest = tables.held.through - timedelta(days=plan.spec.follow_up_days)
    rows = rows.filter(at.notnull(), at <= ibis.literal(latest))
    start, end = window(plan)
    if start:
        rows = rows.filter(rows[plan.spec.at].cast("timestamp") >= _moment(start))
    if end:
        after = _moment(end + timedelta(days=1))
        rows = rows.filter(rows[plan.spec.at].cast("timestamp") < after)
    number = number_of(rows[plan.spec.at].cast("timestamp"), plan.granularity)
    mark = rows[again(plan.spec.at)]
    return rows.mutate(**{PERIOD: number, REPEATS: mark >= LEVELS[plan.granularity]})


def _narrow(rows: Any, plan: RecordPlan) -> Any:
    """Return the columns that a plan reads; compiling a query takes time for every column."""
    mark = again(plan.spec.at) if plan.spec.at else BESIDE
    return rows.select(*dict.fromkeys([UNIT, RECORD_KEY, mark, *plan.spec.fields, *plan.split]))


def window(plan: RecordPlan) -> tuple[date | None, date | None]:
    """Return the first and last day of the periods that the time asked for touches.

    Periods are answered whole: a question for part of a month is a question for the month.
    """
    start, end = plan.span
    fine = plan.granularity
    return (
        first_day(number_on(start, fine), fine) if start else None,
        last_day(number_on(end, fine), fine) if end else None,
    )


def reference_days(plan: RecordPlan, earliest: date, through: date) -> list[date]:
    """Return the days at whose end a state is asked for: the last of each period, or each day."""
    start, end = plan.span
    return last_days(max(start or earliest, earliest), min(end or through, through),
                     plan.granularity)  # fmt: skip


def speaks_from(tables: RecordTables) -> date:
    """Return the first day on which a table can say who was held.

    Records that name nobody whose stay ended before a day were drawn from those who left later, so
    a count of an earlier day would miss all who had left by then.
    """
    found = tables.earliest("stay", "book_out_at") or tables.earliest("stay", "book_in_at")
    return found or tables.held.through.date()


def _states(tables: RecordTables, rows: Any, plan: RecordPlan) -> Any:
    """Return the records in the state on some of the days, with the periods that those lie in.

    The days asked for are the last ones of periods that follow on each other, so the first and the
    last of them that a record is in the state on are told by the periods of its own two times.
    """
    spec = plan.spec
    begins = [rows[f].cast("timestamp") for f in spec.since]
    rows = rows.filter(*[b.notnull() for b in begins])
    since = begins[0] if len(begins) == 1 else ibis.greatest(*begins)
    if spec.over_days:
        since = since + ibis.interval(days=spec.over_days)
    rows = rows.mutate(
        state_since=since,
        state_until=rows[spec.until].cast("timestamp"),
        **{REPEATS: rows[BESIDE]},
    )
    numbers = [number_on(d, plan.granularity) for d in stock_days(tables, plan)]
    first, after = (numbers[0], numbers[-1] + 1) if numbers else (0, 0)
    # most stays end before the state begins: their periods are not worked out
    lasts = rows.state_until.isnull() | (rows.state_since < rows.state_until)
    rows = rows.filter(lasts, ibis.literal(bool(numbers)))
    # in it at the midnight that ends a day: from before that midnight until then or later
    low = ibis.greatest(number_of(rows.state_since, plan.granularity), first)
    ended = number_of(rows.state_until, plan.granularity).fill_null(after)
    rows = rows.mutate(**{SPAN[0]: low, SPAN[1]: ibis.least(ended, after)})
    return rows.filter(rows[SPAN[0]] < rows[SPAN[1]])


def stock_days(tables: RecordTables, plan: RecordPlan) -> list[date]:
    """Return the days at whose end a stock is asked for."""
    return reference_days(plan, speaks_from(tables), tables.held.through.date())


def _moment(day: date) -> Any:
    return ibis.literal(datetime.combine(day, time.min))


def filtered(rows: Any, plan: RecordPlan) -> Any:
    """Return the rows with the dimension values asked for."""
    for dim, values in plan.question.where:
        rows = rows.filter(rows[dim].isin(values))
    return rows


def in_periods(cells: pl.DataFrame, tables: RecordTables, plan: RecordPlan) -> pl.DataFrame:
    """Return those of the cells of all periods that are in the time asked for."""
    if plan.span == (None, None):
        return cells
    if plan.spec.value == "stock" or plan.spec.statistic == "last":
        # a day that is asked for is the last of its period, or its period has none
        numbers = [number_on(d, plan.granularity) for d in stock_days(tables, plan)]
        return cells.filter(pl.col(PERIOD).is_in(numbers))
    start, end = plan.span
    if start:
        cells = cells.filter(pl.col(PERIOD) >= number_on(start, plan.granularity))
    if end:
        cells = cells.filter(pl.col(PERIOD) <= number_on(end, plan.granularity))
    return cells
