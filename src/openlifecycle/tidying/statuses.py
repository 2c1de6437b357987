"""Zeros that are not zeros: what the publisher blanked when a fiscal year rolled over.

After 1 October the publisher prints 0 for every month or year of the year before instead of
dropping it (workbook_layouts, section 2.3). Such a zero is told from a real one by the company
it keeps: a whole month, year or snapshot of a table is zero, a total that cannot be zero included.
"""

from __future__ import annotations

import polars as pl

from openlifecycle.model.observation import DROPPED, NOT_YET, OBSERVED, ZERO_AMBIGUOUS

_ZEROED = [OBSERVED, ZERO_AMBIGUOUS, NOT_YET]
_SEMIANNUAL = pl.col("table").str.contains("^(?:special_population|tps)_")


def _mark(frame: pl.DataFrame, where: pl.Expr, key: str) -> pl.DataFrame:
    """Mark the periods of the chosen rows that hold nothing but zeros.

    Such a period before the last that holds values was dropped; one after it is not yet there.
    """
    rows = where & pl.col("status").is_in(_ZEROED)
    alive = (pl.col("value").fill_null(0) != 0).any().over("hidden", key)
    chosen = frame.filter(rows)
    if chosen.is_empty():
        return frame
    empty = chosen.with_columns(alive.alias("alive"))
    dead = empty.filter(~pl.col("alive"))
    if dead.is_empty():
        return frame
    last = empty.filter("alive").select(pl.col(key).max()).item()
    gone = dead[key].unique()
    before = pl.lit(True) if last is None else pl.col(key) <= last
    status = pl.when(before).then(pl.lit(DROPPED)).otherwise(pl.lit(NOT_YET))
    return frame.with_columns(
        pl.when(rows & pl.col(key).is_in(gone.implode()))
        .then(status)
        .otherwise(pl.col("status"))
        .alias("status")
    )


def mark_blanked(frame: pl.DataFrame, *, fiscal_year: int) -> pl.DataFrame:
    """Return the observations with rolled-over and not-yet-reported zeros told apart.

    Args:
        frame: core__observation of one release.
        fiscal_year: the fiscal year that the release reports; a year before it that holds only
            zeros was dropped, wherever it stands.
    """
    for table in ("bond", "iclos", "iclos_detainees"):
        frame = _mark(frame, pl.col("table") == table, "period_start")
    old = (pl.col("fiscal_year") < fiscal_year) & pl.col("status").is_in(_ZEROED)
    for where in (
        pl.col("table") == "parole_requested",
        pl.col("table") == "parole_status",
        _SEMIANNUAL,
    ):
        dead = (
            frame.filter(where & old)
            .group_by("hidden", "fiscal_year")
            .agg((pl.col("value").fill_null(0) == 0).all().alias("dead"))
            .filter("dead")
        )
        if dead.is_empty():
            continue
        years = dead["fiscal_year"].unique()
        frame = frame.with_columns(
            pl.when(where & old & pl.col("fiscal_year").is_in(years.implode()))
            .then(pl.lit(DROPPED))
            .otherwise(pl.col("status"))
            .alias("status")
        )
    return frame
