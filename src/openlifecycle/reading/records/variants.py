"""Telling apart records that differ only in fields dropped at the door.

Two rows are the same stint released twice, or two people's records that a dropped field would
tell apart: the number of the variant keeps that, the field's value does not stay. Only prints
(hashes) of the rows are held, sixteen bytes a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from openlifecycle.reading.records.clean import DROPPED_PRINT, KEPT_PRINT

if TYPE_CHECKING:
    import polars as pl

_AT_ONCE: Final = 4_000_000


def dropped_variants(prints: Sequence[pl.DataFrame], at_once: int = _AT_ONCE) -> pl.DataFrame:
    """Return the rows whose variant is not 0.

    Args:
        prints: the two prints of every row, in the order of the rows.
        at_once: about so many rows are compared at a time; equal rows are always among them.

    Returns:
        ``row_id`` and ``dropped_variant``: among rows equal in everything kept but provenance and
        bonds, the distinct combinations of dropped fields are numbered from 0 in the order in
        which they first appear.
    """
    import polars as pl

    found = [pl.DataFrame(schema={"row_id": pl.Int64, "dropped_variant": pl.Int64})]
    if prints:
        rows = pl.concat(prints).with_row_index("row_id")
        shares = rows.height // at_once + 1
        found += [
            _among(rows.filter(pl.col(KEPT_PRINT) % shares == share)) for share in range(shares)
        ]
    return pl.concat(found).sort("row_id")


def _among(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the variants of some rows, among which are all that equal any of them."""
    import polars as pl

    alike = rows.filter(pl.col(KEPT_PRINT).is_duplicated()).with_columns(
        pl.col("row_id").min().over(KEPT_PRINT, DROPPED_PRINT).alias("seen")
    )
    variant = pl.col("seen").rank("dense").over(KEPT_PRINT).cast(pl.Int64) - 1
    return (
        alike.with_columns(variant.alias("dropped_variant"))
        .filter(pl.col("dropped_variant") > 0)
        .select(pl.col("row_id").cast(pl.Int64), "dropped_variant")
    )
