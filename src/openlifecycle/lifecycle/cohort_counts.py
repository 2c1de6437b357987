"""Counts of people by cell, clock, hour and cause: all that an estimate needs, and no person.

A **clock** runs from entry to the first of several events, or to the end of the records:

======  ==================================================================  ====================
clock   first of                                                            cause
======  ==================================================================  ====================
book    book-in; never held: departure, another stay; cannot be followed    what it was
move    first transfer; leaving without one                                 ``moved``, ``-``
exit    leaving detention; what ends the book clock otherwise               the state, ``-``
depart  a departure on record after an exit                                 the state left
return  the next stay, after an exit or a departure                         the state left
watch   (how many full days each person could be followed)                  none
======  ==================================================================  ====================

Hours are counted up: an event 61 minutes after entry has hour 2, so hour 24 holds what happened
within a day. The end of the records is counted up too: who was watched for part of an hour is at
risk in all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import ibis

from openlifecycle.lifecycle.cohort_course import DAY, UNKNOWN_KEY
from openlifecycle.lifecycle.outcomes import DEPARTED, RETURNED

if TYPE_CHECKING:
    import ibis.expr.types as ir

BOOK: Final = "book"
MOVE: Final = "move"
EXIT: Final = "exit"
DEPART: Final = "depart"
RETURN: Final = "return"
WATCH: Final = "watch"

BOOKED: Final = "booked"
MOVED: Final = "moved"
#: An event that ends a clock and is told by another.
ELSE: Final = "-"
CENSORED: Final = ""


def counts(course: ir.Table, cell: Sequence[str], horizons: Sequence[int]) -> ir.Table:
    """Return columns ``cell``, ``clock``, ``cause``, ``after_move`` (0, 1), ``hour``, ``n``.

    Args:
        course: what ``courses`` returned.
        cell: the columns that tell cells apart.
        horizons: days after entry that will be asked for. What happens after the longest is left to
            the end of watching. Hours before anybody's watching ends are counted up to the next
            horizon: the same people are watched in all of them, so no estimate can tell.
    """
    longest = max(horizons)
    first = course.group_by(list(cell)).agg(full=_up(course.watched.min()))
    course = course.join(first, list(cell))
    one = course.mutate(
        never=course.booked.isnull(), zero=ibis.literal(0, "int64"), none=ibis.null("int64")
    )
    rows = one.select(*cell, **_clocks(one))
    parts = []
    for clock in (BOOK, MOVE, EXIT, DEPART, RETURN):
        part = rows.select(
            *cell,
            clock=ibis.literal(clock),
            cause=rows[f"{clock}_cause"],
            after_move=rows[f"{clock}_after"],
            hour=rows[f"{clock}_hour"],
            watched=rows.watched,
            full=rows.full,
        )
        parts.append(_within(part, cell, horizons))
    days = ibis.least((rows.watched // DAY).cast("int64"), ibis.literal(longest, "int64"))
    watch = rows.mutate(
        clock=ibis.literal(WATCH), cause=ibis.literal(CENSORED),
        after_move=ibis.literal(0, "int64"), hour=days,
    )  # fmt: skip
    parts.append(
        watch.group_by([*cell, "clock", "cause", "after_move", "hour"]).agg(n=watch.count())
    )
    return ibis.union(*parts, distinct=False)


def _up(seconds: Any) -> Any:
    """Return seconds as hours, counted up."""
    return ((seconds + 3599) // 3600).cast("int64")


def _clocks(one: ir.Table) -> dict[str, Any]:
    """Return hour, cause and after_move of each clock of a person; hour null: not by the end."""
    lost = ~one.known
    departed_first = one.departed.notnull() & (
        one.returned.isnull() | (one.departed < one.returned)
    )
    ended = ibis.cases(
        (lost, one.zero), (~one.never, one.booked), (departed_first, one.departed),
        else_=one.returned,
    )  # fmt: skip
    ended_as = ibis.cases(
        (lost, UNKNOWN_KEY), (~one.never, BOOKED), (departed_first, DEPARTED), else_=RETURNED
    )
    outside = (one.never | lost).ifelse(ended, one.none)
    held = ~one.never & ~lost
    gone = ibis.coalesce(one.gone, outside)
    moved = one.moved.notnull()
    state = ibis.coalesce(one.gone_as, ibis.literal(ELSE))
    left = held.ifelse(state, ibis.literal(ELSE))
    # never held, booked in later without having departed: told by the book clock
    told = one.never & ~departed_first
    found = {
        BOOK: (ended, ended_as, False),
        MOVE: (ibis.coalesce(one.moved, gone), moved.ifelse(MOVED, ELSE), False),
        EXIT: (gone, left, True),
        DEPART: (held.ifelse(one.departed, one.none), left, False),
        RETURN: (
            (told | lost).ifelse(one.none, one.returned),
            one.departed.notnull().ifelse(ibis.literal(DEPARTED), left),
            False,
        ),
    }
    columns: dict[str, Any] = {"watched": one.watched, "full": one.full}
    for clock, (at, cause, split) in found.items():
        columns[f"{clock}_hour"] = _up(at)
        columns[f"{clock}_cause"] = cause
        after = moved.ifelse(1, 0) if split else ibis.literal(0)
        columns[f"{clock}_after"] = after.cast("int64")
    return columns


def _within(part: ir.Table, cell: Sequence[str], horizons: Sequence[int]) -> ir.Table:
    """Count a clock's rows; beyond the longest horizon nobody is told apart."""
    last = max(horizons) * 24
    seen = part.hour.notnull() & (part.hour <= last)
    stops = [(part.hour <= days * 24, days * 24) for days in sorted(horizons)]
    stop = ibis.least(ibis.cases(*stops, else_=last).cast("int64"), part.full)
    event = (part.hour <= part.full).ifelse(stop, part.hour)
    end = ibis.least(_up(part.watched), ibis.literal(last + 1, "int64"))
    part = part.mutate(
        cause=seen.ifelse(part.cause, ibis.literal(CENSORED)),
        after_move=seen.ifelse(part.after_move, ibis.literal(0, "int64")),
        hour=seen.ifelse(event, end),
    )
    return part.group_by([*cell, "clock", "cause", "after_move", "hour"]).agg(n=part.count())
