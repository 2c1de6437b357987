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

#: How many bits of a number are put in order, and the bits of its row beside them.
GROUP: Final = 44
_ROW: Final = np.uint64(64 - GROUP)
_ROWS: Final = np.uint64((1 << (64 - GROUP)) - 1)


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


def grouped(of: Hashes) -> tuple[Hashes, Numbers]:
    """Return numbers of ``GROUP`` bits in their order, and where each stands.

    Equal ones keep their order. A number and its row are one number to sort, as long as there are
    no more than 2^20 rows.
    """
    if len(of) > 1 << _ROW:
        at = np.argsort(of, kind="stable")
        return of[at], at
    packed = of << _ROW
    packed |= np.arange(len(of), dtype=np.uint64)
    found = pl.Series(packed).sort(multithreaded=False).to_numpy()
    np.bitwise_and(found, _ROWS, out=packed)
    return found >> _ROW, packed.view(np.int64)


def in_time(at: Numbers) -> Numbers:
    """Return where times stand in their order to the second, missing ones first."""
    if (at[1:] >= at[:-1]).all():
        return np.arange(len(at))
    return grouped(np.maximum(at // SECOND + (1 << GROUP - 1), 0).view(np.uint64))[1]


def seconds(start: Numbers, end: Numbers) -> Numbers:
    """Return whole seconds from start to end."""
    gap = end - start
    found = gap // SECOND
    is_whole = found * SECOND == gap
    is_none = (start == MISSING) | (end == MISSING)
    if not (is_whole | is_none).all():
        found = np.rint(gap / SECOND).astype(np.int64)
    found[is_none] = MISSING
    return found


def nullable(found: NDArray[Any], missing: Marks | None = None) -> pl.Series:
    """Return numbers as a column, without those that are ``MISSING`` or marked as missing."""
    return pl.Series(found).set(pl.Series(found == MISSING if missing is None else missing), None)


def index(rows: NDArray[Any]) -> pl.Series:
    """Return rows as columns are gathered by, told apart from others once and not every time."""
    return pl.Series(rows).cast(pl.get_index_type())


def begins(*columns: NDArray[Any]) -> Marks:
    """Return which rows differ from the row before in one of the columns; the first does."""
    found = np.zeros(len(columns[0]), np.bool_)
    found[:1] = True
    for column in columns:
        found[1:] |= column[1:] != column[:-1]
    return found


def sorted_by(*keys: NDArray[Any]) -> Numbers:
    """Return where the rows stand in the order of the keys; equal rows keep their order."""
    frame = pl.DataFrame({str(at): key for at, key in enumerate(keys)})
    order = pl.arg_sort_by(*frame.columns, maintain_order=True)
    return frame.select(order).to_series().to_numpy().astype(np.int64)
