"""Headcounts by day: who was held at midnight, and who was held at any time of the day.

No stint is ever spread over its days. A stint is two events, +1 where it begins to count and -1
where it stops; their running sum changes only on days with an event, and only those steps are
spread over the calendar. Distinct people are counted by first cutting from each stint the days that
an earlier stint of the same person in the same cell covers already.

A day's any-time count is the midnight that ends it plus those who left on that day, so one pass
gives both (the publishers' own identity, R22). The sum of the secret numbers of those in a count,
which tells them from any other set of people, runs along the same events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

#: The column with the secret number of a person, or of a record without a person key.
RECORD_KEY: Final = "record_key"
#: The sums of it, one for each count.
KEYS: Final[dict[str, str]] = {"midnight": "key_midnight", "any_time": "key_any_time"}


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
    keys: bool = False,
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
        keys: add for each count the sum of ``record_key`` over those who are in it. It depends on
            who they are and on nothing else; what the gate draws its noise from (disclosure room).

    Returns:
        The columns of ``by``, ``date``, and ``n_midnight`` and ``n_any_time`` as asked (with
        ``keys`` also ``key_midnight`` and ``key_any_time``), without an order. A row whose counts
        are all zero is left out unless ``zeros`` is set.
    """
    check_asked(stints, by, counts, keys=keys)
    also = (RECORD_KEY,) if keys else ()
    spans = counted_stints(stints, rules=rules, through=through, by=by, also=also)
    window = Window(start, min(end or through.date(), through.date()))
    if rules.midnight == "end" and rules.stroke == "leaving":
        held = _daily(_events(spans, by, rules, any_time_span(), also), by, window, also)
    else:
        held = _both(spans, by, rules, window, counts, also)
    numbers = [COUNTS[count] for count in counts]
    names = [*numbers, *(KEYS[count] for count in counts if keys)]
    some = reduce(lambda one, other: one | other, [held[name] > 0 for name in numbers])
    found = held.filter(some)
    if zeros:
        found = _with_zeros(found, spans, by, window, names)
    return found.select(*by, as_date(found["day"]).name("date"), *names)


def check_asked(
    stints: ir.Table, by: Sequence[str], counts: Sequence[str], *, keys: bool = False
) -> None:
    """Refuse what no headcount can be asked for."""
    unknown = [name for name in by if name not in stints.columns]
    if unknown:
        raise UnknownDimension(
            f"stints have no column {', '.join(unknown)}",
            nearest=", ".join(sorted(set(stints.columns) - {"person_key"})),
        )
    if {"person_key", RECORD_KEY} & set(by):
        raise UsageError("a headcount is never split by person")
    if keys and RECORD_KEY not in stints.columns:
        raise UsageError(
            f"these stints have no column {RECORD_KEY}",
            next_step="give the table of heads that the engine makes",
        )
    if not counts or set(counts) - set(COUNTS):
        raise UsageError(f"a headcount counts {' or '.join(COUNTS)}, not {', '.join(counts)}")


def _events(
    spans: ir.Table, by: Sequence[str], rules: HeadcountRules, span: Span, also: Sequence[str] = ()
) -> ir.Table:
    """Return how many more are held from each ``day`` on, and how many left on it.

    Columns: ``by``, ``day``, ``change``, ``left``, with ``also`` ``key_change`` and ``key_left``.
    """
    first, until = span.first(spans), span.until(spans)
    people = [] if rules.unit == "stints" else ["person_key"]
    cells = spans.select(*by, *people, *also, first=first, until=until)
    one_each = rules.missing_person == "one_each"
    if people and also and not one_each:
        # all records without a person key are one person, whom no record's own number stands for
        nobody = cells["person_key"].isnull()
        cells = cells.mutate(record_key=ibis.ifelse(nobody, 0, cells[RECORD_KEY]))
    one, less, none = (ibis.literal(n, "int8") for n in (1, -1, 0))
    events = [
        _changes(cells, by, cells["first"], one, none, also),
        _changes(cells, by, cells["until"], less, one, also),
    ]
    if people:
        events.append(_corrections(uncovered(cells, by, one_each=one_each, also=also), by, also))
    return ibis.union(*events, distinct=False)


def _corrections(twice: ir.Table, by: Sequence[str], also: Sequence[str]) -> ir.Table:
    """Return the events that turn stints of people who are in a cell twice into people."""
    # four rows of each: its two events are taken off, and those of what it adds put in
    rows = twice.mutate(which=ibis.range(0, 4).unnest())
    which, adds = rows["which"], rows["adds"].cast("int16")
    day = ibis.cases((which == 0, rows["first"]), (which == 2, rows["begins"]), else_=rows["until"])
    change = ibis.cases((which == 0, -1), (which == 1, 1), (which == 2, adds), else_=-adds)
    left = ibis.cases((which == 0, 0), (which == 1, -1), (which == 2, -rows["carries"]), else_=adds)
    rows = rows.mutate(day=day, change=change.cast("int8"), left=left.cast("int8"))
    return _changes(rows, by, rows["day"], rows["change"], rows["left"], also)


def _changes(
    rows: ir.Table, by: Sequence[str], day: ir.Value, change: ir.Value, left: ir.Value,
    also: Sequence[str],
) -> ir.Table:  # fmt: skip
    keys: dict[str, ir.Value] = {}
    if also:
        key = rows[RECORD_KEY]
        keys = {"key_change": (key * change).cast("int64"), "key_left": (key * left).cast("int64")}
    return rows.select(*by, day=day.cast("int64"), change=change, left=left, **keys)


def _daily(
    events: ir.Table, by: Sequence[str], window: Window, also: Sequence[str] = ()
) -> ir.Table:
    """Return ``day`` and the columns of a count for every day on which a cell is not empty."""
    names = [name for name in events.columns if name not in (*by, "day")]
    # DuckDB adds whole numbers up in 128 bits, which is slow to go on with.
    kind = {name: "int64" if name.startswith("key_") else "int32" for name in names}
    steps = events.group_by([*by, "day"]).agg(
        **{name: events[name].sum().cast(kind[name]) for name in names}
    )
    order = ibis.window(group_by=list(by), order_by="day", preceding=None, following=0)
    running = {"held": "change", "key_held": "key_change"} if also else {"held": "change"}
    steps = steps.mutate(
        next_day=steps["day"].lead().over(ibis.window(group_by=list(by), order_by="day")),
        **{name: steps[of].sum().over(order).cast(kind[of]) for name, of in running.items()},
    )
    # An empty cell has only the day on which the last ones left.
    empty = steps["held"] == 0
    until = ibis.ifelse(empty, steps["day"] + 1, steps["next_day"].fill_null(window.after))
    steps = steps.mutate(low=window.not_before(steps["day"]), high=window.not_after(until))
    steps = steps.filter(steps["low"] < steps["high"])
    days = steps.mutate(on=ibis.range(steps["low"], steps["high"]).unnest())
    that_day = days["on"] == days["day"]
    counted = _counted(days, "held", "left", COUNTS, that_day)
    if also:
        counted |= _counted(days, "key_held", "key_left", KEYS, that_day)
    return days.select(*by, day=days["on"], **counted)


def _counted(
    days: ir.Table, held: str, left: str, names: Mapping[str, str], that_day: ir.Value
) -> dict[str, ir.Value]:
    """Return what is held at midnight, and with what left on the day itself at any time of it."""
    gone = ibis.ifelse(that_day, days[left], 0)
    return {
        names["midnight"]: days[held].cast("int64"),
        names["any_time"]: (days[held] + gone).cast("int64"),
    }


def _both(
    spans: ir.Table,
    by: Sequence[str],
    rules: HeadcountRules,
    window: Window,
    counts: Sequence[str],
    also: Sequence[str] = (),
) -> ir.Table:
    """Count midnights and days apart, for conventions whose midnight is not the day's end."""
    zero = ibis.literal(0, type="int64")
    kinds = (COUNTS, KEYS) if also else (COUNTS,)
    every = [kind[count] for kind in kinds for count in COUNTS]
    ways = {"midnight": midnight_span(rules), "any_time": any_time_span()}
    parts = []
    for count in [count for count in COUNTS if count in counts]:
        held = _daily(_events(spans, by, rules, ways[count], also), by, window, also)
        own = {kind[count]: held[kind[count]] for kind in kinds}
        parts.append(held.select(*by, "day", **{name: own.get(name, zero) for name in every}))
    if len(parts) == 1:
        return parts[0]
    joined = parts[0].union(parts[1], distinct=False)
    return joined.group_by([*by, "day"]).agg(**{name: joined[name].sum() for name in every})


def _with_zeros(
    found: ir.Table, spans: ir.Table, by: Sequence[str], window: Window, names: Sequence[str]
) -> ir.Table:
    """Return every cell on every day of the window."""
    days = window.days(spans)
    cells = spans.select(*by).distinct().cross_join(days) if by else days
    empty = cells.select(*by, "day", **{name: ibis.literal(0, type="int64") for name in names})
    rows = empty.union(found.select(empty.columns), distinct=False)
    return rows.group_by([*by, "day"]).agg(**{name: rows[name].sum() for name in names})
