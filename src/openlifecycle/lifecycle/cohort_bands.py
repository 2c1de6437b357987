"""How uncertain the share in a state is: the number of people that it is as good as.

A share in a state is a sum of first events with signs (cohort_states.py). Watching ends for an
outside reason at a time that is known for everyone, so each first event that is seen stands for
1 / G of them, with G(t) the share of the cohort watched to t. What a person adds to a state is then
phi = 1/G(time of entering it) - 1/G(time of leaving it), and with p(u) the share in the state at u

    n V = mean(phi^2) - p(h)^2 - sum over ends of watching u < h of (p(h) - p(u))^2 dL(u) / G(u)

where dL(u) is the share of those watched to u whose watching ends then: G is estimated, and that
makes the share more certain, not less (van der Laan and Robins 2003, 3.3; Satten and Datta, Am Stat
2001, for the weights). Nothing is assumed about how a person's future hangs on the past. The mean
of phi^2 takes G = 1 at entering for those who left again, which makes it larger if anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from openlifecycle.lifecycle.cohort_codes import ALL, piece_code
from openlifecycle.lifecycle.survival import effective

#: More than there are states, and than there are days to the longest horizon.
_ROOM: Final = 10_000


def watched_share(watch: pl.DataFrame) -> pl.DataFrame:
    """Return, per cell and day, ``gone`` = people whose watching ends that day, and ``left``.

    Args:
        watch: ``cell``, ``hour`` (full days watched) and ``n``.

    Returns:
        ``cell``, ``day``, ``gone``, ``left`` (watched to the start of the day), ``g`` (as a share).
    """
    days = watch.group_by("cell", pl.col("hour").alias("day")).agg(
        pl.col("n").sum().cast(pl.Float64).alias("gone")
    )
    days = days.sort("cell", "day")
    left = pl.col("gone").cum_sum(reverse=True).over("cell")
    return days.with_columns(left.alias("left")).with_columns(
        (pl.col("left") / pl.col("left").max().over("cell")).alias("g")
    )


def weighted_events(pieces: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Return the pieces with ``w1`` and ``w2``: their events so far, over G and over G squared.

    Args:
        pieces: ``cell``, ``piece``, ``hour`` and ``events`` so far.
        days: what ``watched_share`` returned.
    """
    keyed = ["cell", "piece"]
    events = pl.col("events")
    day = pl.when(pl.col("hour") > 0).then((pl.col("hour") - 1) // 24).otherwise(0)
    rows = pieces.with_columns(
        (events - events.shift(1, fill_value=0).over(keyed)).alias("_d"), day.alias("day")
    )
    # watched to the start of the day: those whose watching ends on that day or later
    at = days.select("cell", "day", "g").sort("day")
    rows = rows.sort("day").join_asof(
        at, on="day", by="cell", strategy="forward", check_sortedness=False
    )
    weight = 1.0 / pl.col("g").fill_null(1.0)
    rows = rows.sort([*keyed, "hour"])
    return rows.with_columns(
        (pl.col("_d") * weight).cum_sum().over(keyed).alias("w1"),
        (pl.col("_d") * weight**2).cum_sum().over(keyed).alias("w2"),
    ).drop("_d", "day", "g")


def slot_of(cell: str, order: str, days: str) -> pl.Expr:
    """Return one number for a cell, a state and a day: grouped by faster than three."""
    return (pl.col(cell) * _ROOM + pl.col(order)) * _ROOM + pl.col(days)


def shares_when_watching_ends(
    pieces: pl.DataFrame, days: pl.DataFrame, signs: pl.DataFrame, longest: int
) -> pl.DataFrame:
    """Return the share in each state at the start of the days that end a watch.

    Returns:
        ``line`` (a number of cell and state), ``day``, ``p_then`` and ``weight``, the part of those
        watched then whose watching ends, over G.
    """
    weight = pl.col("gone") / pl.col("left") / pl.col("g")
    ends = days.filter(pl.col("day") < longest).select(
        "cell", "day", weight.alias("weight"), (pl.col("day") * 24).alias("hour")
    )
    keys = pieces.select("cell", "piece").unique()
    grid = ends.join(keys, on="cell").sort("hour")
    at = grid.join_asof(
        pieces.select("cell", "piece", "hour", "share").sort("hour"),
        on="hour", by=["cell", "piece"], strategy="backward", check_sortedness=False,
    )  # fmt: skip
    whole = ends.with_columns(
        pl.lit(piece_code(ALL, ALL), pl.Int64).alias("piece"), pl.lit(1.0).alias("share")
    )
    at = pl.concat([at.with_columns(pl.col("share").fill_null(0.0)).select(whole.columns), whole])
    parts = at.join(signs, on="piece").with_columns(slot_of("cell", "order", "day").alias("slot"))
    return (
        parts.group_by("slot")
        .agg(
            (pl.col("sign") * pl.col("share")).sum().alias("p_then"),
            pl.col("day", "weight").first(),
        )
        .select((pl.col("slot") // _ROOM).alias("line"), "day", "weight", "p_then")
    )


def squares() -> pl.Expr:
    """Return what a piece adds to the sum of squares: entering adds, leaving takes off and adds."""
    left = pl.col("w2") - 2 * pl.col("w1")
    return pl.when(pl.col("sign") > 0).then(pl.col("w2")).otherwise(left)


def people_behind_states(
    shares: pl.DataFrame, then: pl.DataFrame, horizons: Sequence[int]
) -> pl.DataFrame:
    """Return ``n_eff`` of each cell, state and horizon, by ``slot``.

    Args:
        shares: ``slot``, ``share``, ``square`` (sum of squares over people) and ``n_people``.
        then: what ``shares_when_watching_ends`` returned.
        horizons: days.
    """
    now = shares.select(
        "slot", "share", "square", "n_people", "horizon_days",
        (pl.col("slot") // _ROOM).alias("line"),
    )  # fmt: skip
    saved = []
    for days in horizons:
        here = now.filter(pl.col("horizon_days") == days).select("line", "slot", "share")
        earlier = then.filter(pl.col("day") < days).join(here, on="line")
        change = pl.col("share") - pl.col("p_then")
        saved.append(earlier.group_by("slot").agg((change**2 * pl.col("weight")).sum().alias("_s")))
    rows = now.join(pl.concat(saved), on="slot", how="left")
    share = pl.col("share")
    var = (pl.col("square") - share**2 - pl.col("_s").fill_null(0.0)) / pl.col("n_people")
    return rows.select("slot", effective(share, var).alias("n_eff"))
