"""Cells as numbers: what a headcount is split by, one number for each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

#: Cells that nobody is in cost nothing up to so many for each row.
_SPARE: Final = 4


@dataclass(frozen=True)
class Cells:
    """The cell of each row, and what is said of each cell.

    Attributes:
        of: the number of the cell of each row.
        many: more than any such number.
        values: the columns of the cells, by number; of a number without rows they mean nothing.
    """

    of: Numbers
    many: int
    values: list[pl.Series]

    @classmethod
    def by(cls, rows: pl.DataFrame, by: Sequence[str]) -> Cells:
        """Return the cells that columns of a table make; a missing value is one of its own."""
        of, many = np.zeros(len(rows), np.int64), 1
        for name in by:
            number, values = _numbered(rows[name])
            of, many = of * values + number, many * values
            if many > _SPARE * (len(rows) + 1):
                used, of = np.unique(of, return_inverse=True)
                many = len(used)
        row = np.zeros(many if len(rows) else 0, np.int64)
        row[of] = np.arange(len(rows))
        return cls(of, many, [_texts(rows[name].gather(row)) for name in by])


def _texts(column: pl.Series) -> pl.Series:
    """Return a column with texts where an engine gave codes for them."""
    return column.cast(pl.String) if column.dtype in (pl.Enum, pl.Categorical) else column


def _numbered(column: pl.Series) -> tuple[Numbers, int]:
    """Return a number for each value of a column, and how many there are, a missing one counted."""
    values = column.unique().drop_nulls().sort()
    if column.dtype == pl.String:
        known = column.cast(pl.Enum(values)).to_physical()
    elif column.dtype in (pl.Enum, pl.Categorical):
        values = values.to_physical()
        known = column.to_physical().replace_strict(values, np.arange(len(values)), default=None)
    else:
        known = column.replace_strict(values, np.arange(len(values)), default=None)
    return known.cast(pl.Int64).fill_null(len(values)).to_numpy(), len(values) + 1
