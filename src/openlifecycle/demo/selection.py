"""Which observations the starter set carries: told once, for the tool and for its README."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

#: The national tables, of every release.
NATIONAL: Final = (
    "detained_by_criminality",
    "detained_by_disposition",
    "book_ins_by_agency_month",
    "book_ins_by_facility_type",
    "releases_by_facility_type",
    "releases_by_reason",
    "removals",
    "adp_by_agency_month",
    "alos_by_agency_month",
    "atd_status",
    "atd_technology",
)
#: The list of facilities, of the last release of each fiscal year and of the last three.
FACILITIES: Final = ("facilities",)
_RECENT: Final = 3


def selected(observations: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Return the observations that the starter set carries, in published order.

    Args:
        observations: every observation of every release.
        order: the release ids in published order.
    """
    years = observations.group_by("release_id").agg(pl.col("fiscal_year").mode().max())
    year_of = dict(years.iter_rows())
    last_of_year = {year_of[release]: release for release in order if release in year_of}
    with_facilities = [*last_of_year.values(), *order[-_RECENT:]]
    listed = pl.col("table").is_in(FACILITIES) & pl.col("release_id").is_in(with_facilities)
    visible = ~pl.col("hidden")
    kept = observations.filter(visible & (pl.col("table").is_in(NATIONAL) | listed))
    rank = {release: place for place, release in enumerate(order)}
    return (
        kept.with_row_index("_row")
        .with_columns(pl.col("release_id").replace_strict(rank).alias("_rank"))
        .sort("_rank", "_row")
        .drop("_rank", "_row")
    )
