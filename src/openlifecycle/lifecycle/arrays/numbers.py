"""Columns as numbers: what is compared, put in order and added up, without a text among it.

What is missing is ``MISSING``, the least number there is.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Codes = NDArray[np.int32]
Marks = NDArray[np.bool_]
Hashes = NDArray[np.uint64]

MISSING: Final = np.iinfo(np.int64).min
#: What stands for a missing number where missing ones come last.
LAST: Final = np.iinfo(np.int64).max
#: Times are counted in microseconds, as they are stored.
SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND


def numbers(column: pl.Series) -> Numbers:
    """Return a column of times, days or whole numbers."""
    return column.to_physical().cast(pl.Int64).fill_null(MISSING).to_numpy()


def missing_last(found: Numbers) -> Numbers:
    """Return numbers of which a missing one is the greatest."""
    return np.where(found == MISSING, LAST, found)


def missing_first(found: Numbers) -> Numbers:
    """Return numbers of which a missing one, the greatest until now, is the least."""
    return np.where(found == LAST, MISSING, found)


def coded(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return texts as codes in the order of texts, and the texts; a missing one stays missing."""
    texts = column.unique().drop_nulls().sort()
    return column.cast(pl.Enum(texts)), texts


def codes(column: pl.Series) -> Codes:
    """Return the codes of a column as numbers, -1 where missing."""
    return column.to_physical().cast(pl.Int32).fill_null(-1).to_numpy()


def several(of: Hashes) -> Marks:
    """Return which numbers stand there more than once."""
    every = pl.Series(of)
    found = every.sort().to_numpy()
    again = found[1:][found[1:] == found[:-1]]
    return every.is_in(pl.Series(again).unique().implode()).to_numpy()


def sorting(of: NDArray[Any]) -> Numbers:
    """Return where the numbers stand in their order."""
    return pl.Series(of).arg_sort().to_numpy()


def seconds(start: Numbers, end: Numbers) -> Numbers:
    """Return whole seconds from start to end."""
    gap = np.rint((end - start) / SECOND).astype(np.int64)
    gap[(start == MISSING) | (end == MISSING)] = MISSING
    return gap


def nullable(found: NDArray[Any], missing: Marks | None = None) -> pl.Series:
    """Return numbers as a column, without those that are ``MISSING`` or marked as missing."""
    return pl.Series(found).set(pl.Series(found == MISSING if missing is None else missing), None)


def begins(*columns: NDArray[Any]) -> Marks:
    """Return which rows differ from the row before in one of the columns; the first does."""
    found = np.zeros(len(columns[0]), np.bool_)
    found[:1] = True
    for column in columns:
        found[1:] |= column[1:] != column[:-1]
    return found


def sums(of: NDArray[Any], starts: Numbers) -> Numbers:
    """Return the sum of each run of rows, given where the runs start."""
    return np.add.reduceat(of.astype(np.int64), starts) if len(starts) else starts


def sorted_by(*keys: NDArray[Any]) -> Numbers:
    """Return where the rows stand in the order of the keys; equal rows keep their order."""
    frame = pl.DataFrame({str(at): key for at, key in enumerate(keys)})
    order = pl.arg_sort_by(*frame.columns, maintain_order=True)
    return frame.select(order).to_series().to_numpy().astype(np.int64)
