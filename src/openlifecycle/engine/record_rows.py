"""The records that a question speaks of, each with the number of its period."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

import ibis

from openlifecycle.engine.record_cells import PERIOD, REPEATS
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

#: Later than anything on record: the end of a state that has not ended.
_NEVER: Final = datetime.combine(date(9999, 12, 31), time.min)


def placed(tables: RecordTables, plan: RecordPlan) -> Any:
    """Return the rows of the fact table in the time asked for, before any other condition.

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
    """Return a row per record and day on which it was in the state.

    The days are few (month ends), so they are joined to the spans by two inequalities; records
    are not spread over their days.
    """
    spec = plan.spec
    begins = [rows[f].cast("timestamp") for f in spec.since]
    rows = rows.filter(*[b.notnull() for b in begins])
    since = begins[0] if len(begins) == 1 else ibis.greatest(*begins)
    if spec.over_days:
        since = since + ibis.interval(days=spec.over_days)
    rows = rows.mutate(
        state_since=since,
        state_until=rows[spec.until].cast("timestamp").fill_null(_NEVER),
        **{REPEATS: rows[BESIDE]},
    )
    # most stays end before the state begins: they need no comparison with every day
    rows = rows.filter(rows.state_since < rows.state_until)
    through = tables.held.through.date()
    earliest = speaks_from(tables)
    days = reference_days(plan, earliest, through)
    calendar = _calendar(days, plan.granularity)
    during = (rows.state_since < calendar.moment) & (rows.state_until >= calendar.moment)
    return rows.inner_join(calendar, during)


def _calendar(days: list[date], granularity: str) -> Any:
    """Return the reference days with the midnight that ends each; without any, nobody is held."""
    listed = [{PERIOD: number_on(d, granularity), "moment": _midnight_after(d)} for d in days]
    listed = listed or [{PERIOD: 0, "moment": datetime.combine(date.min, time.min)}]
    return ibis.memtable(listed, schema={PERIOD: "int64", "moment": "timestamp"})


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min)


def _moment(day: date) -> Any:
    return ibis.literal(datetime.combine(day, time.min))


def filtered(rows: Any, plan: RecordPlan) -> Any:
    """Return the rows with the dimension values asked for."""
    for dim, values in plan.question.where:
        rows = rows.filter(rows[dim].isin(values))
    return rows
