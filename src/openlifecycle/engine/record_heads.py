"""Headcount measures: heads by day from the lifecycle room, taken together by period."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import polars as pl

from openlifecycle.engine.backend import fetch, fetch_with_query, query_of
from openlifecycle.engine.record_answer import Missing
from openlifecycle.engine.record_cells import PERIOD
from openlifecycle.engine.record_coverage import KEY
from openlifecycle.engine.record_daily import heads_by_day, on_arrays
from openlifecycle.engine.record_facts import HEADS
from openlifecycle.engine.record_head_days import MOST_KEY, Calendar, by_period, counted_once
from openlifecycle.engine.record_head_tables import TWICE, steps_for
from openlifecycle.engine.record_periods import first_day, last_day, number_of
from openlifecycle.engine.record_ready import chosen, is_whole, shape
from openlifecycle.engine.record_rows import (
    filtered,
    in_periods,
    reference_days,
    speaks_from,
    window,
)
from openlifecycle.engine.record_store import RecordTables
from openlifecycle.lifecycle.head_steps import KEYLESS, added
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import COUNTS, KEYS, headcount
from openlifecycle.lifecycle.rules import ruleset
from openlifecycle.measures.record_plan import RecordPlan


def answered(
    tables: RecordTables, plan: RecordPlan
) -> tuple[pl.DataFrame, tuple[Missing, ...], str]:
    """Return cells with values, people, units and cell key, coverage by field, and the query.

    The people behind a mean, a peak or a sum are at least those of its fullest midnight, so that
    number is what the minimum cell is asked of. ``cell_key`` is the sum of the record keys of the
    people and keyless records present at the midnight that is asked for, or the sum over the
    midnights of the period; ``units`` is how many they are, on the fullest midnight.
    """
    days = days_of(tables, plan)
    found, sql = _cells(tables, plan, days)
    # a person is present at most once at a midnight
    found = found.with_columns(largest=pl.lit(1, pl.Int64))
    found = per_day(found, plan, days).with_columns(mean=pl.col("total") / pl.col("days"))
    value = {"last": "last", "mean": "mean", "peak": "peak", "sum": "total"}
    found = found.with_columns(
        value=pl.col(value[plan.spec.statistic]).cast(pl.Float64), rows=pl.lit(None, pl.Int64)
    )
    return found, _coverage(tables, plan), sql


def _cells(
    tables: RecordTables, plan: RecordPlan, days: tuple[date, date]
) -> tuple[pl.DataFrame, str]:
    """Return the cells of heads, kept or counted, and the query that counts them."""
    steps = steps_of(tables, plan)
    kept = tables.ready.found(shape(plan))
    if kept is not None:
        asked = _changes(tables, plan, steps) if steps else _each_stint(tables, plan, days)
        return in_periods(chosen(kept, plan), tables, plan), query_of(tables.backend, asked)
    if steps:
        changes, sql = changes_of(tables, plan, steps)
        found = taken_together(tables, plan, changes)
    else:
        found, sql = _from_stints(tables, plan, days)
    if is_whole(plan):
        tables.ready.keep(shape(plan), found)
    return found, sql


def steps_of(tables: RecordTables, plan: RecordPlan) -> str:
    """Return the table of steps that a question is answered from; empty where it has to count."""
    steps = steps_for([*plan.split, *plan.filters]) if plan.spec.heads == "midnight" else ""
    return steps if steps and tables.has_fact(steps) else ""


def _changes(tables: RecordTables, plan: RecordPlan, steps: str) -> Any:
    return added(filtered(tables.fact(steps), plan), [*plan.split, KEYLESS])


def changes_of(tables: RecordTables, plan: RecordPlan, steps: str) -> tuple[pl.DataFrame, str]:
    """Return by how much the heads of each cell change on each day, and the query."""
    split = list(plan.split)
    table, sql = fetch_with_query(tables.backend, _changes(tables, plan, steps))
    found = pl.DataFrame(pl.from_arrow(table))
    again = filtered(tables.fact(TWICE), plan)
    again = again.select(*split, "person_key", "record_key", "first", "until")
    again = again.order_by("person_key", "first", "until")
    stints = pl.DataFrame(pl.from_arrow(fetch(tables.backend, again)))
    once = counted_once(stints, split).select(found.columns)
    return pl.concat([found, once], how="vertical_relaxed"), sql


def taken_together(tables: RecordTables, plan: RecordPlan, changes: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of a question from the changes of heads."""
    days = days_of(tables, plan)
    only = reference_days(plan, *days) if plan.spec.statistic == "last" else None
    found = by_period(changes, list(plan.split), Calendar.of(*days, plan.granularity, only))
    return found.with_columns(units=pl.col("peak"))


def _from_stints(
    tables: RecordTables, plan: RecordPlan, days: tuple[date, date]
) -> tuple[pl.DataFrame, str]:
    """Return the cells of heads counted stint by stint, and the query."""
    stints = filtered(tables.fact(HEADS), plan)
    rules = ruleset(tables.rules).headcount
    found = _rows(tables, stints, plan, rules, days)
    each = replace(rules, unit="people", missing_person="one_each")
    units = found if rules == each else _rows(tables, stints, plan, each, days)
    people = units
    if _keyless(tables, stints):
        sure = replace(each, missing_person="counted_once")
        people = _rows(tables, stints, plan, sure, days)
    on = [PERIOD, *plan.split]
    behind = {"people": people.select(*on, people="peak"),
              "units": units.select(*on, "cell_key", units="peak")}  # fmt: skip
    found = found.drop("cell_key")
    for table in behind.values():
        found = found.join(table, on=on, how="left", nulls_equal=True)
    found = found.with_columns(
        pl.col(name).fill_null(0).cast(pl.Int64) for name in (*behind, "cell_key")
    )
    return found, query_of(tables.backend, _each_stint(tables, plan, days))


def _each_stint(tables: RecordTables, plan: RecordPlan, days: tuple[date, date]) -> Any:
    rules = ruleset(tables.rules).headcount
    stints = filtered(tables.fact(HEADS), plan)
    asked = _asked(tables, plan, rules, days)
    return _by_period(headcount(stints, **asked), plan, days)


def _rows(
    tables: RecordTables, stints: Any, plan: RecordPlan, rules: HeadcountRules,
    days: tuple[date, date],
) -> pl.DataFrame:  # fmt: skip
    asked = _asked(tables, plan, rules, days)
    many = tables.held.releases["detention_stint"].rows
    if on_arrays(tables.backend, stints, plan.split, many):
        daily = ibis.memtable(heads_by_day(tables.backend, stints, rows=many, **asked))
    else:
        daily = headcount(stints, **asked)
    made = _by_period(daily, plan, days)
    return pl.DataFrame(pl.from_arrow(fetch(tables.backend, made)))


def days_of(tables: RecordTables, plan: RecordPlan) -> tuple[date, date]:
    """Return the first and last day that a question counts heads on."""
    through = tables.held.through.date()
    start, end = window(plan)
    first = speaks_from(tables)
    if plan.spec.statistic == "last":
        wanted = reference_days(plan, first, through)
        return (wanted[0], wanted[-1]) if wanted else (through, first)
    return max(start or first, first), min(end or through, through)


def _asked(
    tables: RecordTables, plan: RecordPlan, rules: HeadcountRules, days: tuple[date, date]
) -> dict[str, Any]:
    """Return what headcounts are asked for by a question, under some rules."""
    return {
        "rules": rules, "through": tables.held.through, "start": days[0], "end": days[1],
        "by": plan.split, "counts": (plan.spec.heads,), "keys": True,
    }  # fmt: skip


def _by_period(daily: Any, plan: RecordPlan, days: tuple[date, date]) -> Any:
    """Return per period and split the total, the highest and the last day's heads, and keys."""
    heads, key = daily[COUNTS[plan.spec.heads]], daily[KEYS[plan.spec.heads]]
    number = number_of(daily["date"], plan.granularity)
    daily = daily.mutate(**{PERIOD: number, "heads": heads, "key": key % MOST_KEY})
    if plan.spec.statistic == "last":
        daily = daily.filter(daily["date"].isin(reference_days(plan, *days)))
    groups = daily.group_by([PERIOD, *plan.split])
    return groups.agg(
        total=daily["heads"].sum(), peak=daily["heads"].max(), last=daily["heads"].max(),
        cell_key=daily["key"].sum().cast("int64"),
    )  # fmt: skip


def per_day(found: pl.DataFrame, plan: RecordPlan, days: tuple[date, date]) -> pl.DataFrame:
    """Return the cells with the number of days of their period that the records cover."""
    numbers = found[PERIOD].unique().to_list()
    spans = [
        (min(last_day(n, plan.granularity), days[1]) - max(first_day(n, plan.granularity), days[0]))
        for n in numbers
    ]
    known = pl.DataFrame(
        {PERIOD: numbers, "days": [s.days + 1 for s in spans]},
        schema={PERIOD: pl.Int64, "days": pl.Int64},
    )
    return found.join(known, on=PERIOD)


def _keyless(tables: RecordTables, stints: Any) -> int:
    made = stints.agg(n=stints.count(where=stints.person_key.isnull()))
    return int(fetch(tables.backend, made).to_pylist()[0]["n"])


def _coverage(tables: RecordTables, plan: RecordPlan) -> tuple[Missing, ...]:
    """Return what is missing in all stints that the rule set keeps."""
    fields = {KEY: "person_key", "book-in": "book_in_at"} | {d: d for d in plan.split}
    if lacks := tables.lacks(HEADS):
        told = lacks.whole(fields)
        return tuple(Missing(name, *told[name]) for name in fields)
    stints = tables.fact(HEADS)
    stints = stints.filter(~stints.is_left_out)
    made = stints.agg(
        n=stints.count(),
        **{f"f{i}": stints.count(where=stints[f].isnull()) for i, f in enumerate(fields.values())},
    )
    found = fetch(tables.backend, made).to_pylist()[0]
    return tuple(
        Missing(name, int(found[f"f{i}"]), int(found["n"])) for i, name in enumerate(fields)
    )
