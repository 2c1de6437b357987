"""One hash for a table whatever the order of its rows: the sorted hashes of its rows."""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl

#: Never inside a value of the records: parts of a row are told apart by it, and null from empty.
BETWEEN, NULL = "\x1f", "\x00"


def row_hashes(table: Any) -> list[str]:
    """Return the sha256 of every row, sorted; names and types of the columns are in each."""
    frame = pl.DataFrame(pl.from_arrow(table))
    frame = frame.select(sorted(frame.columns))
    head = repr(frame.schema)
    texts = [_text(name, dtype) for name, dtype in frame.schema.items()]
    rows = frame.select(pl.concat_str(texts, separator=BETWEEN)).to_series()
    return sorted(hashlib.sha256((head + row).encode()).hexdigest() for row in rows)


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_float():  # the bits, so that no rounding hides a difference; -0.0 is 0.0
        column = (column + 0.0).reinterpret(signed=True)
    elif isinstance(dtype, pl.Datetime):
        column = column.to_physical()
    return column.cast(pl.String).fill_null(NULL)


def table_hash(table: Any) -> str:
    """Return one hash of a table: equal when the same rows are in it as often."""
    return hashlib.sha256("\n".join(row_hashes(table)).encode()).hexdigest()
