"""The rows that answer questions as columns in memory, by printed table and measure.

DuckDB needs some 16 ms for a question, most of it to plan the query, and a store of published
figures is small: the same rows, read once and kept as columns, answer in a few. What is done with
them is said in choose.py and derive.py for DuckDB, and in held_choose.py and held_derive.py for
these columns; both give the same rows (tests/answers/test_held.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl
import pyarrow as pa

#: Of more rows than these DuckDB answers, which keeps them compressed: a row of these columns
#: takes some 180 bytes, so that they are at most 180 MB for each lot of a store.
MOST_ROWS: Final = 1_000_000

#: Rounding and days are made by DuckDB when the rows are read, so that both ways have the same.
#: The table was written in the order of table, measure, sheet and cell, and is read in it.
READ: Final = """
    SELECT *, round(value, {digits}) AS rounded, TRY_CAST(value_text AS DATE) AS day_in_text
    FROM {name}
"""

#: Texts that differ from row to row, for which a list of values saves nothing.
_OWN: Final = ("cell", "value_text")


class HeldRows:
    """Rows in the order of table, measure, sheet and cell."""

    def __init__(self, read: pa.Table) -> None:
        """Keep rows as read, their texts as codes.

        Args:
            read: in the order of table, measure, sheet and cell.
        """
        # one by one: all texts at once would for a moment be held twice
        self._rows = pl.DataFrame([_coded(read, name) for name in read.column_names])
        self._at: dict[tuple[str, str], tuple[int, int]] = {}
        runs = self._rows.select(run=pl.struct("table", "measure").rle()).unnest("run")
        begin = 0
        for length, of in runs.iter_rows():
            if (of["table"], of["measure"]) in self._at:
                raise ValueError("the rows are not in the order of table and measure")
            self._at[of["table"], of["measure"]] = (begin, length)
            begin += length

    def printed(self, table: str, measure: str) -> pl.DataFrame | None:
        """Return the rows of a measure as a table prints it; None where there are none."""
        found = self._at.get((table, measure))
        return None if found is None else self._rows.slice(*found)

    def empty(self) -> pl.DataFrame:
        """Return no rows."""
        return self._rows.clear()

    def values(self, measures: Iterable[str], dimension: str) -> set[str]:
        """Return the values of a dimension that measures have in any table."""
        wanted = set(measures)
        present: set[str] = set()
        for (_, measure), (begin, length) in self._at.items():
            if measure in wanted:
                column: Any = self._rows[dimension].slice(begin, length)
                present.update(str(v) for v in column.drop_nulls().unique().to_list())
        return present


def _coded(read: pa.Table, name: str) -> pl.Series:
    column = pl.Series(name, read.column(name))
    if column.dtype == pl.String and name not in _OWN:
        return column.cast(pl.Categorical)
    return column
