"""The stints of a collection, with what is read of them again and again as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openlifecycle.lifecycle.arrays.cores import both, each
from openlifecycle.lifecycle.arrays.numbers import LAST, MISSING, Marks, Numbers, numbers, seconds
from openlifecycle.lifecycle.arrays.people import People
from openlifecycle.lifecycle.arrays.places import Places, places
from openlifecycle.lifecycle.arrays.source import Source
from openlifecycle.lifecycle.columns import BONDS
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.facilities import SPOT

#: The columns of stints that are held.
COLUMNS: Final = frozenset(
    {"row_id", "person_key", "stay_book_in_at", "book_in_at", "book_out_at", *SPOT, *BONDS}
)


@dataclass(frozen=True)
class Stints:
    """Stints in the order of record numbers; every array has a value for each.

    Attributes:
        source: the table.
        people: whose they are.
        spots: where they were.
        began: the book-in.
        ended: the book-out.
        stay_began: the book-in of the stay.
        until: the last moment that an open stint is known to last.
        is_copy: filled in later: the same record as one before it.
        is_earlier: filled in later: the same facility and day as a later one.
        bonds: the bonds, filled in later with the lowest; a missing one is the greatest number.
        stay_id: filled in later, as ``place``: the record number of the last stint of the stay.
        place: the place in the stay, from 0.
        row_id: the record numbers.
    """

    source: Source
    people: People
    spots: Places
    began: Numbers
    ended: Numbers
    stay_began: Numbers
    until: int
    is_copy: Marks
    is_earlier: Marks
    bonds: dict[str, NDArray[Any]]
    stay_id: Numbers
    place: Numbers
    row_id: Numbers

    @classmethod
    def of(cls, source: Source, rules: StayRules, through: datetime) -> Stints:
        """Return the stints of a table of which ``COLUMNS`` are held."""
        frame = source.held
        began, ended, stay_began = each(
            lambda name: numbers(frame[name]), ("book_in_at", "book_out_at", "stay_book_in_at")
        )
        names = [name for name in BONDS if name in frame.columns]
        bonds = dict(zip(names, each(lambda name: _bond(frame[name]), names), strict=True))
        last = through.replace(tzinfo=None)
        if rules.open_end == "through_day":
            last = datetime(last.year, last.month, last.day)  # noqa: DTZ001  (wall clock, no zone)
        until = numbers(pl.Series([last], dtype=frame["book_out_at"].dtype)).item()
        people, spots = both(lambda: People.of(frame["person_key"]), lambda: places(frame))
        return cls(
            source=source,
            people=people,
            spots=spots,
            began=began,
            ended=ended,
            stay_began=stay_began,
            until=until,
            is_copy=np.zeros(frame.height, np.bool_),
            is_earlier=np.zeros(frame.height, np.bool_),
            bonds=bonds,
            stay_id=np.full(frame.height, MISSING),
            place=np.full(frame.height, MISSING),
            row_id=frame["row_id"].to_numpy(),
        )

    def length(self, began: Numbers, ended: Numbers) -> Numbers:
        """Return the seconds that stints lasted, to the end of the release where they are open."""
        return seconds(began, np.where(ended == MISSING, self.until, ended))

    def is_out(self, rows: Numbers) -> Marks:
        """Return which of the stints are left out."""
        return self.is_copy[rows] | self.is_earlier[rows]

    def bond(self, name: str, found: NDArray[Any]) -> pl.Series:
        """Return numbers of bonds as a column of that bond."""
        missing = pl.Series(found == (np.inf if found.dtype == np.float64 else LAST))
        return pl.Series(found).set(missing, None).cast(self.source.held[name].dtype)


def _bond(column: pl.Series) -> NDArray[Any]:
    """Return amounts or days of which a missing one is the greatest; they will be written over."""
    if column.dtype.is_float():
        return column.fill_null(np.inf).to_numpy().copy()
    return column.to_physical().cast(pl.Int64).fill_null(LAST).to_numpy().copy()
