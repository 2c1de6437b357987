"""Which observations the starter set carries: told once, for the tool and for its README."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

#: The list of facilities is half of every workbook, and repeats most of the list before it. The
#: starter set has it for the last release of each fiscal year and for the last three releases;
#: every other table it has whole, for every release.
LISTS: Final = ("facilities", "facility_extract")
_RECENT: Final = 3


def selected(observations: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Return the observations that the starter set carries, in published order.

    Args:
        observations: every observation of every release, in reading order within a release.
        order: the release ids in published order.
    """
    years = observations.group_by("release_id").agg(pl.col("fiscal_year").mode().max())
    year_of = dict(years.iter_rows())
    last_of_year = {year_of[release]: release for release in order if release in year_of}
    with_list = [*last_of_year.values(), *order[-_RECENT:]]
    listed = pl.col("table").is_in(LISTS)
    kept = observations.filter(
        ~pl.col("hidden") & (~listed | pl.col("release_id").is_in(with_list))
    )
    rank = {release: place for place, release in enumerate(order)}
    return (
        kept.with_row_index("_row")
        .with_columns(pl.col("release_id").replace_strict(rank).alias("_rank"))
        .sort("_rank", "_row")
        .drop("_rank", "_row")
    )
