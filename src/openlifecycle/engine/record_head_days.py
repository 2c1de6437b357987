"""Heads by period from the changes of each cell: running sums over days, taken together.

The same numbers as ``lifecycle.headcounts.headcount`` gives day by day, for questions that steps
were made ready for; tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openlifecycle.engine.record_cells import PERIOD
from openlifecycle.engine.record_periods import number_on
from openlifecycle.lifecycle.day_numbers import as_day, number_of
from openlifecycle.lifecycle.head_steps import KEYLESS

Numbers = NDArray[np.int64]

#: Keys of midnights are kept below this, so that those of a hundred years add up in 64 bits.
MOST_KEY: Final = 2**47

#: Cells and days of a piece: what is held in memory at a time, 16 MB for each running sum.
_PIECE: Final = 2_000_000


@dataclass(frozen=True)
class Calendar:
    """The days counted, and the periods that they are taken together by.

    Attributes:
        start: number of the first day.
        days: how many they are.
        counted: places of the days that count: all, or the last one of each period.
        begins: places in ``counted`` at which a period begins.
        periods: the numbers of the periods.
    """

    start: int
    days: int
    counted: Numbers
    begins: Numbers
    periods: Numbers

    @classmethod
    def of(cls, first: date, last: date, granularity: str, only: Sequence[date] | None) -> Calendar:
        """Return the calendar from a day to a day, or of some days of it."""
        start, end = number_of(first), number_of(last)
        numbers = range(start, end + 1) if only is None else sorted(map(number_of, only))
        every = np.array([number_on(as_day(n), granularity) for n in numbers], np.int64)
        begins = np.flatnonzero(np.diff(every, prepend=every[:1] - 1))
        counted = np.array(numbers, np.int64) - start
        return cls(start, max(end + 1 - start, 0), counted, begins, every[begins])


def counted_once(stints: pl.DataFrame, split: Sequence[str]) -> pl.DataFrame:
    """Return the changes that make one head of each person whom stints of a cell hold twice.

    Args:
        stints: stints of people held twice, in the order of person, ``first`` and ``until``.
        split: the columns that make the cells.
    """
    cell = [*split, "person_key"]
    before = pl.col("until").cum_max().shift(1).over(cell)
    # what an earlier stint covers of this one: until it ends, or all of it
    covered = pl.min_horizontal("before", "until")
    later = stints.with_columns(before=before).filter(pl.col("before").is_not_null())
    found = later.with_columns(covered=covered).filter(pl.col("covered") > pl.col("first"))
    parts = [
        found.select(
            *split,
            pl.lit(False).alias(KEYLESS),
            day=pl.col(day),
            change=pl.lit(sign, pl.Int64),
            key_change=pl.col("record_key") * sign,
        )
        for day, sign in (("first", -1), ("covered", 1))
    ]
    return pl.concat(parts)


def by_period(changes: pl.DataFrame, split: Sequence[str], calendar: Calendar) -> pl.DataFrame:
    """Return heads by period and cell, from the changes of the cells.

    Returns:
        ``period``, the split, ``total``, ``peak``, ``last`` (of counted days), ``cell_key``, the
        sum of the keys of the midnights, and ``people``, the peak where all records without a
        person key are one person. A cell has a row for each period with anybody in it.
    """
    changes = changes.filter(pl.col("day") < calendar.start + calendar.days)
    if changes.is_empty() or not len(calendar.counted):
        return _made(changes.select(*split).clear(), [], split)
    cells = changes.select(*split).unique() if split else pl.DataFrame({"": [0]})
    cells = cells.with_row_index("cell")
    placed = changes.with_columns(cell=pl.lit(0, pl.UInt32))
    if split:
        placed = changes.join(cells, on=list(split), how="left", nulls_equal=True)
    # what lies before the first day counts from it on
    placed = placed.with_columns(
        day=pl.col("day").clip(lower_bound=calendar.start) - calendar.start
    )
    return _made(cells.select(*split), list(_pieces(placed, len(cells), calendar)), split)


def _pieces(placed: pl.DataFrame, cells: int, calendar: Calendar) -> Iterator[tuple[Numbers, ...]]:
    """Yield places of cells and periods with what was counted there, some cells at a time."""
    wide = max(1, _PIECE // calendar.days)
    placed = placed.sort("cell") if cells > wide else placed
    cell, day = placed["cell"].to_numpy().astype(np.int64), placed["day"].to_numpy()
    keyless = placed[KEYLESS].to_numpy()
    change, key_change = (placed[n].to_numpy() for n in ("change", "key_change"))
    for first in range(0, cells, wide):
        size = min(wide, cells - first)
        here = slice(*np.searchsorted(cell, [first, first + size])) if cells > wide else slice(None)
        at = (cell[here] - first) * calendar.days + day[here]

        def summed(
            what: Any, where: Any = None, at: Any = at, here: slice = here, size: int = size
        ) -> Any:
            flat = np.zeros(size * calendar.days, np.int64)
            mine = what[here]
            np.add.at(flat, at if where is None else at[where[here]], mine if where is None else
                      mine[where[here]])  # fmt: skip
            return flat.reshape(size, calendar.days).cumsum(axis=1)[:, calendar.counted]

        heads, keys = summed(change), summed(key_change) % MOST_KEY
        sure = heads
        if keyless[here].any():
            nameless = summed(change, keyless)
            sure = heads - nameless + (nameless > 0)
        every = [
            np.add.reduceat(heads, calendar.begins, axis=1),
            np.maximum.reduceat(heads, calendar.begins, axis=1),
            np.add.reduceat(keys, calendar.begins, axis=1),
            np.maximum.reduceat(sure, calendar.begins, axis=1),
        ]
        rows, periods = np.nonzero(every[1] > 0)
        yield rows + first, calendar.periods[periods], *(one[rows, periods] for one in every)


def _made(
    cells: pl.DataFrame, pieces: list[tuple[Numbers, ...]], split: Sequence[str]
) -> pl.DataFrame:
    names = ("cell", PERIOD, "total", "peak", "cell_key", "people")
    columns = [
        np.concatenate([p[i] for p in pieces]) if pieces else np.zeros(0, np.int64)
        for i in range(len(names))
    ]
    found = pl.DataFrame(dict(zip(names, columns, strict=True)))
    if split:
        found = pl.concat([cells[found["cell"]], found], how="horizontal")
    return found.drop("cell").with_columns(last=pl.col("peak"))
