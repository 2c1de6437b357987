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
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import ibis
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openlifecycle.lifecycle.cohort_codes import (
    BOOK,
    BOOKED,
    CAUSES,
    CENSORED,
    CLOCKS,
    DEPART,
    ELSE,
    EXIT,
    MOVE,
    MOVED,
    RETURN,
    WATCH,
    clock_code,
    coded,
)
from openlifecycle.lifecycle.cohort_course import DAY, RECORD_KEY
from openlifecycle.lifecycle.outcomes import DEPARTED, RETURNED, UNKNOWN
from openlifecycle.lifecycle.running import Ints

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class Counts:
    """Counts of people, row by row in the order of cell, clock, after, cause and hour.

    Attributes:
        cell: the number of the cell.
        clock: the number of the clock.
        after: whether after a move (0, 1).
        cause: the number of the cause.
        hour: hours since entry, counted up; days for the clock ``watch``.
        n: people.
        key: the sum of their secret numbers.
    """

    cell: Ints
    clock: Ints
    after: Ints
    cause: Ints
    hour: Ints
    n: Ints
    key: Ints

    def of(self, rows: NDArray[np.bool_]) -> Counts:
        """Return some of the rows."""
        return Counts(*(getattr(self, one.name)[rows] for one in fields(self)))


#: Room for clock, cause and whether after a move, in one number.
_PIECES: Final = 2 * CAUSES * len(CLOCKS)


def cells_of(course: ir.Table, cell: Sequence[str]) -> ir.Table:
    """Return the cells with a number each, ``cell``, and ``full``.

    ``full`` is the hour up to which everybody in the cell is watched.

    Args:
        course: what ``courses`` returned.
        cell: the columns that tell cells apart.
    """
    found = course.group_by(list(cell)).agg(full=_up(course.watched.min()))
    return found.mutate(cell=ibis.row_number().over(order_by=list(cell)).cast("int64"))


def counts(
    course: ir.Table, cells: ir.Table, cell: Sequence[str], horizons: Sequence[int]
) -> ir.Table:
    """Return people by ``code``: cell, clock, cause, after a move or not, and hour.

    ``n`` is how many they are and ``key`` the sum of their secret numbers.

    One number is grouped faster than five columns; ``told`` takes it apart. What the cells are
    called stands once for each of them, beside the code -1 less the number of the cell.

    Args:
        course: what ``courses`` returned.
        cells: what ``cells_of`` returned.
        cell: the columns that tell cells apart.
        horizons: days after entry that will be asked for. What happens after the longest is left to
            the end of watching. Hours before anybody's watching ends are counted up to the next
            horizon: the same people are watched in all of them, so no estimate can tell.
    """
    longest = max(horizons)
    one = course.join(cells, list(cell)).mutate(
        never=course.booked.isnull(), zero=ibis.literal(0, "int64"), none=ibis.null("int64")
    )
    clocks = _clocks(one)
    rows = one.select("cell", "watched", "full", RECORD_KEY, **clocks)
    days = ibis.least((rows.watched // DAY).cast("int64"), ibis.literal(longest, "int64"))
    codes = [_within(rows, clock, horizons) for clock in (BOOK, MOVE, EXIT, DEPART, RETURN)]
    codes.append(_code(rows.cell, WATCH, coded(CENSORED), ibis.literal(0, "int64"), days, longest))
    # each clock by itself: no two have a code in common, and smaller groupings are faster
    parts = [rows.select(RECORD_KEY, code=code) for code in codes]
    found = ibis.union(
        *(
            one.group_by("code").agg(n=one.count(), key=one[RECORD_KEY].sum().cast("int64"))
            for one in parts
        ),
        distinct=False,
    )
    unsaid = {name: ibis.null(cells[name].type()) for name in cell}
    none = ibis.literal(0, "int64")
    named = cells.select(*cell, code=(-1 - cells.cell).cast("int64"), n=none, key=none)
    return ibis.union(found.mutate(**unsaid).select(named.columns), named, distinct=False)


def _code(cell: Any, clock: str, cause: Any, after: Any, hour: Any, longest: int) -> Any:
    piece = cell * _PIECES + clock_code(clock) * 2 * CAUSES + after * CAUSES + cause
    return (piece * _hours(longest) + hour).cast("int64")


def _hours(longest: int) -> int:
    """Return how many hours are told apart: 0, each up to the longest horizon, all later ones."""
    return longest * 24 + 2


def told(
    counts: pl.DataFrame, cell: Sequence[str], horizons: Sequence[int]
) -> tuple[pl.DataFrame, Counts]:
    """Return the cells in the order of their numbers, and the counts behind what ``counts`` said.

    Engines give rows in any order: these are in the order of their codes.
    """
    cells = counts.filter(pl.col("code") < 0).sort("code", descending=True).select(cell)
    rows = counts.lazy().filter(pl.col("code") >= 0).select("code", "n", "key").sort("code")
    code, n, key = (column.to_numpy() for column in rows.collect())
    piece, hour = np.divmod(code, _hours(max(horizons)))
    number, piece = np.divmod(piece, _PIECES)
    clock, cause = np.divmod(piece, 2 * CAUSES)
    return cells, Counts(number, clock, cause // CAUSES, cause % CAUSES, hour, n, key)


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
        (lost, coded(UNKNOWN)),
        (~one.never, coded(BOOKED)),
        (departed_first, coded(DEPARTED)),
        else_=coded(RETURNED),
    )
    outside = (one.never | lost).ifelse(ended, one.none)
    held = ~one.never & ~lost
    gone = ibis.coalesce(one.gone, outside)
    moved = one.moved.notnull()
    state = ibis.coalesce(one.gone_as, coded(ELSE))
    left = held.ifelse(state, coded(ELSE))
    # never held, booked in later without having departed: told by the book clock
    told = one.never & ~departed_first
    found = {
        BOOK: (ended, ended_as, False),
        MOVE: (ibis.coalesce(one.moved, gone), moved.ifelse(coded(MOVED), coded(ELSE)), False),
        EXIT: (gone, left, True),
        DEPART: (held.ifelse(one.departed, one.none), left, False),
        RETURN: (
            (told | lost).ifelse(one.none, one.returned),
            one.departed.notnull().ifelse(coded(DEPARTED), left),
            False,
        ),
    }
    columns: dict[str, Any] = {}
    for clock, (at, cause, split) in found.items():
        columns[f"{clock}_hour"] = _up(at)
        columns[f"{clock}_cause"] = cause
        after = moved.ifelse(1, 0) if split else ibis.literal(0)
        columns[f"{clock}_after"] = after.cast("int64")
    return columns


def _within(rows: ir.Table, clock: str, horizons: Sequence[int]) -> Any:
    """Return the codes of a clock; beyond the longest horizon nobody is told apart."""
    longest = max(horizons)
    last = longest * 24
    hour = rows[f"{clock}_hour"]
    seen = hour.notnull() & (hour <= last)
    stops = [(hour <= days * 24, days * 24) for days in sorted(horizons)]
    stop = ibis.least(ibis.cases(*stops, else_=last).cast("int64"), rows.full)
    event = (hour <= rows.full).ifelse(stop, hour)
    end = ibis.least(_up(rows.watched), ibis.literal(last + 1, "int64"))
    return _code(
        rows.cell,
        clock,
        seen.ifelse(rows[f"{clock}_cause"], coded(CENSORED)),
        seen.ifelse(rows[f"{clock}_after"], ibis.literal(0, "int64")),
        seen.ifelse(event, end),
        longest,
    )
