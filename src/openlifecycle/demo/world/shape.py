"""From rows to released tables: files, sheets, row numbers, and the columns of ``EVENTS``."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.demo.world.clock import DAY
from openlifecycle.demo.world.layout import Layout
from openlifecycle.model.events import EVENTS

TYPES: Final[dict[str, pl.DataType]] = {
    "text": pl.String(),
    "moment": pl.Datetime("us"),
    "day": pl.Date(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "flag": pl.Boolean(),
}
_C = pl.col


def moment(column: str) -> pl.Expr:
    """Return minutes since 1970 as a moment."""
    return (_C(column) * 60_000_000).cast(pl.Datetime("us")).alias(column)


def fiscal_year(column: str) -> pl.Expr:
    """Return the fiscal year of minutes since 1970."""
    day = _C(column).floordiv(DAY).cast(pl.Int32).cast(pl.Date)
    return day.dt.year() + (day.dt.month() >= 10).cast(pl.Int32)


def filed(
    rows: pl.DataFrame,
    layout: Layout,
    table: str,
    happened: pl.Expr,
    rng: np.random.Generator,
    sheet_rows: int,
    elsewhere: str | None = None,
) -> pl.DataFrame:
    """Return the rows put in files by fiscal year, in no order inside, with their places.

    Args:
        rows: of one table, with minutes columns.
        layout: says the names of files and sheets and where records begin.
        table: the event.
        happened: the fiscal year of each row.
        rng: shuffles the rows.
        sheet_rows: rows at which a sheet is full.
        elsewhere: a flag; rows with it go by turns to the file of the year before.
    """
    files = layout.file_names(table)
    ends = [last for _, last in files]
    turn = pl.Series(rng.random(rows.height) < 0.5)
    year = happened.fill_null(ends[-1])
    if elsewhere:
        year = year - (_C(elsewhere) & turn).cast(pl.Int32)
    file = pl.sum_horizontal(year > end for end in ends[:-1]) if ends[:-1] else pl.lit(0)
    placed = (
        rows.with_columns(file.cast(pl.Int64).alias("_file"))
        .with_columns(pl.Series("_order", rng.permutation(rows.height)))
        .sort("_file", "_order")
        .with_columns(pl.int_range(pl.len()).over("_file").alias("_at"))
    )
    names = {number: name for number, (name, _) in enumerate(files)}
    sheets = {
        number: layout.sheet(table, number) for number in range(rows.height // sheet_rows + 1)
    }
    full = _C("_at") // (rows.height + 1 if layout.is_flat else sheet_rows)
    row = _C("_at") if layout.is_flat else _C("_at") % sheet_rows
    return placed.with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row_id"),
        _C("_file").replace_strict(names, return_dtype=pl.String).alias("member"),
        full.replace_strict(sheets, return_dtype=pl.String).alias("sheet"),
        (row + layout.first_row(table)).cast(pl.Int64).alias("row"),
    ).drop("_file", "_order", "_at")


def canonical(rows: pl.DataFrame, layout: Layout, table: str, seed: int) -> pl.DataFrame:
    """Return the columns of ``EVENTS`` in order and type; null where the layout has no field."""
    event = EVENTS[table]
    known = layout.fields(table) | {
        "row_id",
        "member",
        "sheet",
        "row",
        "dropped_variant",
        "date_flags",
    }
    name = hashlib.sha256(f"synthetic {layout.name} {table} {seed} {rows.height}".encode())
    columns = []
    for field in event.columns:
        kind = TYPES[field.kind]
        if field.name == "release_id":
            made = pl.lit(f"{event.series}@{name.hexdigest()[:12]}")
        elif field.name in known and field.name in rows.columns:
            made = _C(field.name)
        else:
            made = pl.lit(None)
        columns.append(made.cast(kind).alias(field.name))
    return rows.select(columns)
