"""The processed file of a table, as a data project redistributes it: one Parquet file.

Clean names, columns of nothing but gaps and marks left out, times labelled UTC although they are
wall clocks, and the columns that such processing adds: where a row was, and what it worked out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from openlifecycle.demo.world.build import World
from openlifecycle.demo.world.layout import SERIES, layout
from openlifecycle.demo.world.names import METADATA
from openlifecycle.demo.world.printed import printed

_C = pl.col
_PLACE: Final = ("file_original", "sheet_original", "row_original")
_BOND: Final = {
    "initial_bond_set_amount": "initial_bond_set_amount_lowest_seen",
    "initial_bond_set_date": "initial_bond_set_date_earliest_seen",
    "bond_posted_amount": "bond_posted_amount_lowest_seen",
    "bond_posted_date": "bond_posted_date_earliest_seen",
}


def write_processed(world: World, table: str, folder: Path) -> list[Path]:
    """Write the processed file of one table and return where it is."""
    shape = layout(world.layout)
    members = world.tables[table]["member"].unique(maintain_order=True)
    parts = [printed(world, table, member) for member in members]
    frame = pl.concat(parts, how="diagonal_relaxed")
    headers = [h for h, how in shape.tables[table].items() if how not in ("=redacted", "=blank")]
    frame = frame.select(_unmarked(frame.schema[h], h) for h in headers)
    frame = frame.rename({h: shape.clean_name(table, h) for h in headers})
    frame = frame.select(one for one in frame if one.null_count() < frame.height)
    where = world.tables[table].select("member", "sheet", "row")
    frame = frame.hstack(where.rename(dict(zip(where.columns, _PLACE, strict=True))))
    if table == "detention_stint" and "book_in_date_time" in frame.columns:
        frame = _worked_out(frame)
    if table == "arrest":
        frame = frame.with_columns(
            _C("apprehension_date").alias("apprehension_date_time"),
            _C("apprehension_date").dt.date(),
        )
    frame = frame.with_columns(pl.selectors.datetime().dt.replace_time_zone("UTC"))
    path = folder / f"SYNTHETIC {SERIES[table].lower()} {world.layout} processed.parquet"
    frame.write_parquet(path, compression="zstd", metadata=METADATA)
    return [path]


def _unmarked(kind: pl.DataType, header: str) -> pl.Expr:
    """Return a column without redaction marks."""
    if kind != pl.String:
        return _C(header)
    return (
        pl.when(~_C(header).str.starts_with("b(6)") & ~_C(header).str.starts_with("(b)(6)"))
        .then(_C(header))
        .alias(header)
    )


def _worked_out(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the stints with what their processing adds by the rules of March 2026."""
    given = [name for name in frame.columns if name not in (*_PLACE, *_BOND)]
    bonds = [(name, seen) for name, seen in _BOND.items() if name in frame.columns]
    text = "%Y-%m-%d %H:%M:%S"
    day = _C("book_in_date_time").dt.date()
    same_day = pl.struct("unique_identifier", "detention_facility_code", day, "stay_ID")
    frame = frame.with_columns(
        pl.concat_str(
            "unique_identifier", _C("stay_book_in_date_time").dt.strftime(text), separator="_"
        ).alias("stay_ID"),
        pl.concat_str(
            "unique_identifier",
            _C("book_in_date_time").dt.strftime(text),
            "detention_facility_code",
            separator="_",
        ).alias("stint_ID"),
    )
    return (
        frame.with_columns(
            *(_C(name).min().over("stint_ID").alias(seen) for name, seen in bonds),
            (~pl.struct(given).is_first_distinct()).alias("duplicate_likely_bond"),
        )
        .with_columns((~same_day.is_last_distinct()).alias("duplicate_likely_sameday"))
        .with_columns(
            (_C("duplicate_likely_bond") | _C("duplicate_likely_sameday")).alias(
                "duplicate_likely"
            ),
            (_C("duplicate_likely_bond") | _C("duplicate_likely_sameday")).alias(
                "duplicate_drop_row"
            ),
        )
    )
