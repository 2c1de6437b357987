"""Headcounts by day: who was held at midnight, and who was held at any time of the day.

No stint is ever spread over its days. A stint is two events, +1 where it begins to count and -1
where it stops; their running sum changes only on days with an event, and only those steps are
spread over the calendar. Distinct people are counted by first cutting from each stint the days that
an earlier stint of the same person in the same cell covers already.

A day's any-time count is the midnight that ends it plus those who left on that day, so one pass
gives both (the publishers' own identity, R22).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import reduce
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.errors import UnknownDimension, UsageError
from openlifecycle.lifecycle.day_numbers import Window, as_date
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.spans import Span, any_time_span, counted_stints, midnight_span
from openlifecycle.lifecycle.uncovered import uncovered

#: What a headcount can count, and the column that each fills.
COUNTS: Final[dict[str, str]] = {"midnight": "n_midnight", "any_time": "n_any_time"}


def headcount(
    stints: ir.Table,
    *,
    rules: HeadcountRules,
    through: datetime,
    start: date | None = None,
    end: date | None = None,
    by: Sequence[str] = (),
    counts: Sequence[str] = ("midnight", "any_time"),
    zeros: bool = False,
) -> ir.Table:
    """Return the number held on each day in each cell.

    Args:
        stints: the ``stint`` table of a lifecycle: ``book_in_at``, ``book_out_at``, ``person_key``,
            ``is_left_out`` and the columns of ``by``.
        rules: the headcount section of a rule set.
        through: the last moment that the collection speaks of.
        start: first day of the answer; the first book-in by default.
        end: last day of the answer; the day of ``through`` by default and at most.
        by: columns that make the cells. A person who is in two cells on one day counts in both, so
            cells of people do not add up to the count without them.
        counts: ``midnight``, ``any_time`` or both.
        zeros: add a row of zeros for every cell and day without one.

    Returns:
        The columns of ``by``, ``date``, and ``n_midnight`` and ``n_any_time`` as asked, without an
        order. A row whose counts are all zero is left out unless ``zeros`` is set.
    """
    _checked(stints, by, counts)
    spans = counted_stints(stints, rules=rules, through=through, by=by)
    window = Window(start, min(end or through.date(), through.date()))
    if rules.midnight == "end" and rules.stroke == "leaving":
        held = _daily(_pieces(spans, by, rules, any_time_span()), by, window)
    else:
        held = _both(spans, by, rules, window, counts)
    names = [COUNTS[count] for count in counts]
    found = held.filter(reduce(lambda one, other: one | other, [held[name] > 0 for name in names]))
    if zeros:
        found = _with_zeros(found, spans, by, window, names)
    return found.select(*by, as_date(found["day"]).name("date"), *names)


def _checked(stints: ir.Table, by: Sequence[str], counts: Sequence[str]) -> None:
    unknown = [name for name in by if name not in stints.columns]
    if unknown:
        raise UnknownDimension(
            f"stints have no column {', '.join(unknown)}",
            nearest=", ".join(sorted(set(stints.columns) - {"person_key"})),
        )
    if "person_key" in by:
        raise UsageError("a headcount is never split by person")
    if not counts or set(counts) - set(COUNTS):
        raise UsageError(f"a headcount counts {' or '.join(COUNTS)}, not {', '.join(counts)}")


def _pieces(spans: ir.Table, by: Sequence[str], rules: HeadcountRules, span: Span) -> ir.Table:
    """Return what each stint adds: ``first``, ``until`` (exclusive), ``carries_on``."""
    first, until = span.first(spans), span.until(spans)
    if rules.unit == "stints":
        carries_on = ibis.literal(0, type="int8")
        return spans.select(*by, first=first, until=until, carries_on=carries_on)
    cells = spans.select(*by, "person_key", first=first, until=until)
    return uncovered(cells, by, one_each=rules.missing_person == "one_each")


def _daily(pieces: ir.Table, by: Sequence[str], window: Window) -> ir.Table:
    """Return ``day``, ``n_midnight``, ``n_any_time`` for every day on which a cell is not empty."""
    begin = pieces.select(
        *by, day=pieces["first"], change=ibis.literal(1, "int8"), left=-pieces["carries_on"]
    )
    stop = pieces.select(
        *by, day=pieces["until"], change=ibis.literal(-1, "int8"), left=ibis.literal(1, "int8")
    )
    events = begin.union(stop.select(begin.columns), distinct=False)
    steps = events.group_by([*by, "day"]).agg(
        # DuckDB adds whole numbers up in 128 bits, which is slow to go on with.
        change=events["change"].sum().cast("int32"),
        left=events["left"].sum().cast("int32"),
    )
    order = ibis.window(group_by=list(by), order_by="day", preceding=None, following=0)
    steps = steps.mutate(
        held=steps["change"].sum().over(order).cast("int32"),
        next_day=steps["day"].lead().over(ibis.window(group_by=list(by), order_by="day")),
    )
    # An empty cell has only the day on which the last ones left.
    empty = steps["held"] == 0
    until = ibis.ifelse(empty, steps["day"] + 1, steps["next_day"].fill_null(window.after))
    steps = steps.mutate(low=window.not_before(steps["day"]), high=window.not_after(until))
    steps = steps.filter(steps["low"] < steps["high"])
    days = steps.mutate(on=ibis.range(steps["low"], steps["high"]).unnest())
    left = ibis.ifelse(days["on"] == days["day"], days["left"], 0)
    return days.select(
        *by,
        day=days["on"],
        n_midnight=days["held"].cast("int64"),
        n_any_time=(days["held"] + left).cast("int64"),
    )


def _both(
    spans: ir.Table,
    by: Sequence[str],
    rules: HeadcountRules,
    window: Window,
    counts: Sequence[str],
) -> ir.Table:
    """Count midnights and days apart, for conventions whose midnight is not the day's end."""
    zero = ibis.literal(0, type="int64")
    parts = []
    if "midnight" in counts:
        held = _daily(_pieces(spans, by, rules, midnight_span(rules)), by, window)
        parts.append(held.select(*by, "day", n_midnight=held["n_midnight"], n_any_time=zero))
    if "any_time" in counts:
        held = _daily(_pieces(spans, by, rules, any_time_span()), by, window)
        parts.append(held.select(*by, "day", n_midnight=zero, n_any_time=held["n_any_time"]))
    if len(parts) == 1:
        return parts[0]
    joined = parts[0].union(parts[1], distinct=False)
    return joined.group_by([*by, "day"]).agg(
        n_midnight=joined["n_midnight"].sum(), n_any_time=joined["n_any_time"].sum()
    )


def _with_zeros(
    found: ir.Table, spans: ir.Table, by: Sequence[str], window: Window, names: Sequence[str]
) -> ir.Table:
    """Return every cell on every day of the window."""
    days = window.days(spans)
    cells = spans.select(*by).distinct().cross_join(days) if by else days
    empty = cells.select(*by, "day", **{name: ibis.literal(0, type="int64") for name in names})
    rows = empty.union(found.select(empty.columns), distinct=False)
    return rows.group_by([*by, "day"]).agg(**{name: rows[name].sum() for name in names})
