"""Headcounts by day on arrays: the numbers of ``lifecycle.headcounts.headcount``, much sooner.

Which stints count, from which day, until which day, is said once, by the expressions of the room;
here their days are added up. A cell and a day are one number, a place, so that who comes and who
leaves is counted by counting numbers, and the running sum over all places is that of every cell:
it is back at nothing when the last stint of a cell has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import ibis.expr.types as ir
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openlifecycle.lifecycle.arrays.heads_again import again
from openlifecycle.lifecycle.arrays.heads_cells import Cells
from openlifecycle.lifecycle.day_numbers import Window, number_of
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import COUNTS, KEYS, RECORD_KEY, check_asked
from openlifecycle.lifecycle.spans import Span, any_time_span, counted_stints, midnight_span

Numbers = NDArray[np.int64]

#: Places that are counted whether somebody comes there or not, besides four for each stint; where
#: there are more, those at which nobody comes or leaves are left out first, which costs a sort.
_PLACES: Final = 4_000_000


def allows(stints: ir.Table, by: Sequence[str]) -> bool:
    """Return whether people and cells are told apart by what is compared alike everywhere."""
    kinds = [stints[name].type() for name in (*by, "person_key") if name in stints.columns]
    return all(k.is_string() or k.is_integer() or k.is_boolean() or k.is_date() for k in kinds)


def count_heads(
    stints: ir.Table,
    *,
    fetch: Callable[[ir.Table], Any],
    rules: HeadcountRules,
    through: datetime,
    start: date | None = None,
    end: date | None = None,
    by: Sequence[str] = (),
    counts: Sequence[str] = ("midnight", "any_time"),
    keys: bool = False,
) -> pl.DataFrame:
    """Return the number held on each day in each cell.

    The arguments are those of ``headcount``, and so are the columns and the rows, in the order of
    cells and days; ``fetch`` gives the rows of an expression as Arrow. ``allows`` must be true.
    """
    check_asked(stints, by, counts, keys=keys)
    spans = counted_stints(
        stints, rules=rules, through=through, by=by, also=(RECORD_KEY,) if keys else ()
    )
    ways = _ways(rules, counts)
    window = Window(start, min(end or through.date(), through.date()))
    people = rules.unit == "people"
    narrow = _narrow(spans, window, ways, [*by, *(["person_key"] * people)], keys=keys)
    rows = pl.DataFrame(pl.from_arrow(fetch(narrow)))
    calendar = _Calendar.of(rows, window, len(ways))
    held = _Stints(rows, Cells.by(rows, by), calendar, rules)
    found = _together([_counted(held, at, given) for at, (_, given) in enumerate(ways)])
    names = [COUNTS[name] for name in counts]
    return _told(found, held, [*names, *(KEYS[name] for name in counts if keys)])


def _ways(rules: HeadcountRules, counts: Sequence[str]) -> list[tuple[Span, list[str]]]:
    """Return the spans by which stints are counted, each with the counts that it gives."""
    asked = [name for name in COUNTS if name in counts]
    if rules.midnight == "end" and rules.stroke == "leaving":
        return [(any_time_span(), asked)]
    spans = {"midnight": midnight_span(rules), "any_time": any_time_span()}
    return [(spans[name], [name]) for name in asked]


def _narrow(
    spans: ir.Table, window: Window, ways: Sequence[Any], names: Sequence[str], *, keys: bool
) -> ir.Table:
    """Return the stints that the window may see, as few and as narrow columns as will do."""
    # a midnight bears the name of a day next to it at most
    near = spans.filter(spans["in_day"] <= window.after)
    if window.start is not None:
        near = near.filter(near["out_day"] >= number_of(window.start) - 1)
    days = {}
    for at, (span, _) in enumerate(ways):
        days[f"first {at}"] = span.first(near).cast("int32")
        days[f"until {at}"] = span.until(near).cast("int32")
    key = {RECORD_KEY: near[RECORD_KEY].cast("int64")} if keys else {}
    return near.select(*names, **key, **days)


@dataclass(frozen=True)
class _Calendar:
    """The days of an answer, with one more before them and one after, for all that lies outside.

    What goes on out there is no part of the answer, and so need not be told apart.
    """

    before: int
    days: int

    @classmethod
    def of(cls, rows: pl.DataFrame, window: Window, ways: int) -> _Calendar:
        firsts = [rows[f"first {at}"].min() for at in range(ways)]
        least = min((int(one) for one in firsts if one is not None), default=window.after)  # type: ignore[arg-type]
        begins = least if window.start is None else number_of(window.start)
        return cls(begins - 1, max(window.after - begins, 0) + 2)

    def number(self, days: pl.Series) -> Numbers:
        """Return the number of each day in this calendar, from 0."""
        number: Numbers = days.to_numpy().astype(np.int64) - self.before
        return number.clip(0, self.days - 1)


class _Stints:
    """The stints that count: their cells, their days by each way, and who is in a cell twice."""

    def __init__(
        self, rows: pl.DataFrame, cells: Cells, calendar: _Calendar, rules: HeadcountRules
    ) -> None:
        self.calendar = calendar
        self.cells = cells
        self.key: Numbers | None = None
        if RECORD_KEY in rows.columns:
            self.key = rows[RECORD_KEY].to_numpy()
        self._rows = rows
        self._again = None
        if rules.unit == "people":
            person = rows["person_key"]
            one_each = rules.missing_person == "one_each"
            self._again = again(person, cells.of, one_each=one_each)
            if self.key is not None and not one_each:
                # all records without a key are one person, whom no record's number stands for
                self.key = np.where(person.is_null().to_numpy(), 0, self.key)

    def places(self, way: int) -> tuple[Numbers, Numbers, Numbers]:
        """Return where each stint begins to count and where it stops, and who goes on at a place.

        Somebody goes on who is in the cell already when a stint begins to count. A stint that adds
        nothing begins where it stops, and goes on: what it does cancels out.
        """
        first, until = (
            self.calendar.number(self._rows[f"{what} {way}"]) for what in ("first", "until")
        )
        goes_on = np.zeros(0, np.int64)
        if self._again is not None:
            rows, begins, carried = self._again.days(first, until, self.calendar.days)
            first[rows] = begins
            goes_on = rows[carried]
        offset = self.cells.of * self.calendar.days
        return first + offset, until + offset, goes_on


@dataclass(frozen=True)
class _Counted:
    """Counts by place, in the order of places."""

    places: Numbers
    columns: Mapping[str, Numbers]


def _counted(stints: _Stints, way: int, counts: Sequence[str]) -> _Counted:
    """Return the counts of a way of counting wherever somebody is there."""
    came, gone, goes_on = stints.places(way)
    size, places = stints.cells.many * stints.calendar.days, None
    if size > _PLACES + 4 * len(came):
        places, number = np.unique(np.concatenate([came, gone]), return_inverse=True)
        came, gone, size = number[: len(came)], number[len(came) :], len(places)
    carried = came[goes_on]
    ins, outs = np.bincount(came, minlength=size), np.bincount(gone, minlength=size)
    some = np.flatnonzero(ins + outs)
    held = np.cumsum((ins - outs)[some])
    left = (outs - np.bincount(carried, minlength=size))[some]
    spread = _Spread.of(some if places is None else places, held)
    columns = spread.columns(held, left, COUNTS, counts)
    if stints.key is not None:
        changes, leaves = np.zeros(size, np.int64), np.zeros(size, np.int64)
        np.add.at(changes, came, stints.key)
        np.subtract.at(changes, gone, stints.key)
        np.add.at(leaves, gone, stints.key)
        np.subtract.at(leaves, carried, stints.key[goes_on])
        columns |= spread.columns(np.cumsum(changes[some]), leaves[some], KEYS, counts)
    day = spread.places % stints.calendar.days
    inside = (day > 0) & (day < stints.calendar.days - 1)
    shown = np.flatnonzero(inside & _some(columns, counts))
    return _Counted(spread.places[shown], {name: of[shown] for name, of in columns.items()})


def _some(columns: Mapping[str, Numbers], counts: Sequence[str]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.logical_or.reduce([columns[COUNTS[c]] > 0 for c in counts])
    return found


@dataclass(frozen=True)
class _Spread:
    """What holds from one place of change to the next, spread over the places between."""

    places: Numbers
    step: Numbers
    is_first: NDArray[np.bool_]

    @classmethod
    def of(cls, places: Numbers, held: Numbers) -> _Spread:
        # nobody is left at the last place of a cell, so that no stretch runs into the next cell
        long = np.where(held > 0, np.diff(places, append=places[-1:]), 1)
        ends = np.cumsum(long)
        step = np.repeat(np.arange(len(places)), long)
        since = np.arange(len(step)) - np.repeat(ends - long, long)
        return cls(places[step] + since, step, since == 0)

    def columns(
        self, held: Numbers, left: Numbers, names: Mapping[str, str], counts: Sequence[str]
    ) -> dict[str, Numbers]:
        """Return what is held at midnight, and with what left on the day itself at any time."""
        night = held[self.step]
        found = {"midnight": night}
        if "any_time" in counts:
            found["any_time"] = night + np.where(self.is_first, left[self.step], 0)
        return {names[name]: found[name] for name in counts}


def _together(parts: Sequence[_Counted]) -> _Counted:
    """Return the counts of all ways of counting, side by side."""
    if len(parts) == 1:
        return parts[0]
    places = np.unique(np.concatenate([part.places for part in parts]))
    columns = {}
    for part in parts:
        at = np.searchsorted(places, part.places)
        for name, of in part.columns.items():
            columns[name] = np.zeros(len(places), np.int64)
            columns[name][at] = of
    return _Counted(places, columns)


def _told(found: _Counted, stints: _Stints, names: Sequence[str]) -> pl.DataFrame:
    cell, day = np.divmod(found.places, stints.calendar.days)
    on = pl.Series("date", (day + stints.calendar.before).astype(np.int32)).cast(pl.Date)
    numbers = [pl.Series(name, found.columns[name]) for name in names]
    values = stints.cells.values
    return pl.DataFrame([*(column.gather(cell) for column in values), on, *numbers])
