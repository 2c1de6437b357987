"""Telling apart records that differ only in fields dropped at the door.

Two rows are the same stint released twice, or two people's records that a dropped field would
tell apart: the number of the variant keeps that, the field's value does not stay. Only prints
(hashes) of the rows are held, sixteen bytes a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from openlifecycle.reading.records.clean import DROPPED_PRINT, KEPT_PRINT

if TYPE_CHECKING:
    import polars as pl


def dropped_variants(prints: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows whose variant is not 0.

    Args:
        prints: the two prints of every row, in the order of the rows.

    Returns:
        ``row_id`` and ``dropped_variant``: among rows equal in everything kept but provenance and
        bonds, the distinct combinations of dropped fields are numbered from 0 in the order in
        which they first appear.
    """
    import polars as pl

    if not prints:
        return pl.DataFrame(schema={"row_id": pl.Int64, "dropped_variant": pl.Int64})
    rows = pl.concat(prints).with_row_index("row_id")
    alike = rows.filter(pl.col(KEPT_PRINT).is_duplicated()).with_columns(
        pl.col("row_id").min().over(KEPT_PRINT, DROPPED_PRINT).alias("seen")
    )
    return (
        alike.with_columns(
            (pl.col("seen").rank("dense").over(KEPT_PRINT) - 1)
            .cast(pl.Int64)
            .alias("dropped_variant")
        )
        .filter(pl.col("dropped_variant") > 0)
        .select(pl.col("row_id").cast(pl.Int64), "dropped_variant")
        .sort("row_id")
    )
