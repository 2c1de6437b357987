"""The plain minimum cell on cohorts and lengths of stay.

The states of one horizon add up to everyone, so a state that is hidden alone could be found by
subtraction: then the smallest other state is hidden with it, and a sum that holds one hidden state.
Like the plain rule itself this is no proof: the same cohort at two horizons can differ by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from openlifecycle.disclosure.minimum_cell import (
    BELOW,
    hides_count,
    hides_share,
    hides_statistic,
    people_behind,
)
from openlifecycle.lifecycle.outcomes import SUMS, states

_VALUES: Final = ("n_seen", "naive_share", "share", "low", "high")
#: What a reader must know of a row that was not watched long enough.
BEYOND: Final = "nobody watched so long"


def cleared_shares(rows: pl.DataFrame, cell: Sequence[str]) -> pl.DataFrame:
    """Return the rows of ``cohorts.cohort`` without what concerns too few, and a ``note``."""
    at = [*cell, "horizon_days"]
    people, seen = pl.col("n_people"), pl.col("n_seen")
    rows = rows.with_columns(
        (hides_share(people, seen, people - seen) | _estimated_few(people)).alias("_hide")
    )
    rows = rows.with_columns((pl.col("_hide") | _alone(at)).alias("_hide"))
    rows = _with_sums(rows, at)
    rows = _with_exits(rows, at)
    rows = _with_reached(rows, at)
    # what was hidden since can again be the only one of its kind
    rows = rows.with_columns((pl.col("_hide") | _alone(at)).alias("_hide"))
    hide, few = pl.col("_hide"), hides_statistic(people)
    values = [pl.when(~hide).then(pl.col(name)).alias(name) for name in _VALUES]
    followed = pl.col("n_followed")
    small = few | hides_count(followed) | hides_count(people - followed)
    beyond = (followed == 0) & ~hide
    note = pl.when(hide).then(pl.lit(BELOW)).when(beyond).then(pl.lit(BEYOND)).otherwise(pl.lit(""))
    return rows.with_columns(
        *values,
        note.alias("note"),
        pl.when(~small).then(followed).alias("n_followed"),
        pl.when(~few).then(people).alias("n_people"),
    ).drop("_hide")


def _estimated_few(people: pl.Expr) -> pl.Expr:
    """Return whether a share stands for 1 to 4 people, inside or outside, once it is estimated.

    Of people who were not watched to the horizon the last seen state says nothing of that.
    """
    inside = (pl.col("share") * people).round()
    return (hides_count(inside) | hides_count(people - inside)).fill_null(False)


def _alone(at: list[str]) -> pl.Expr:
    """Return whether a row is to be hidden with the only hidden one of those it adds up with.

    The states of a horizon add up to everyone, the ways of leaving to all who left.
    """
    parts = pl.col("kind").is_in(["state", "left_as"])
    group = [*at, "kind"]
    one = pl.col("_hide").sum().over(group) == 1
    open_ = ~pl.col("_hide") & (pl.col("n_seen") > 0)
    least = pl.col("n_seen").filter(open_).min().over(group)
    return parts & one & open_ & (pl.col("n_seen") == least)


def _with_sums(rows: pl.DataFrame, at: list[str]) -> pl.DataFrame:
    """Hide a sum of states of which exactly one is hidden."""
    parts = pl.DataFrame(
        [(total, s.name) for total in SUMS for s in states().values() if total in s.sums],
        schema=["sum", "state"],
        orient="row",
    )
    hidden = rows.filter(pl.col("kind") == "state", pl.col("_hide")).join(parts, on="state")
    one = hidden.group_by([*at, "sum"]).len().filter(pl.col("len") == 1)
    one = one.select(*at, pl.col("sum").alias("state"), pl.lit("sum").alias("kind"))
    one = one.with_columns(pl.lit(True).alias("_more"))
    rows = rows.join(one, on=[*at, "kind", "state"], how="left")
    return rows.with_columns(
        (pl.col("_hide") | pl.col("_more").fill_null(False)).alias("_hide")
    ).drop("_more")


def _with_exits(rows: pl.DataFrame, at: list[str]) -> pl.DataFrame:
    """Hide a way of leaving that differs by few from the state it leads to, or whose state is."""
    state = rows.filter(pl.col("kind") == "state").select(
        *at, "state", pl.lit("left_as").alias("kind"), pl.col("n_seen").alias("_in"),
        pl.col("_hide").alias("_hidden"),
    )  # fmt: skip
    rows = rows.join(state, on=[*at, "kind", "state"], how="left")
    apart = hides_count((pl.col("n_seen") - pl.col("_in")).abs())
    more = (apart | pl.col("_hidden")).fill_null(False)
    return rows.with_columns((pl.col("_hide") | more).alias("_hide")).drop("_in", "_hidden")


def _with_reached(rows: pl.DataFrame, at: list[str]) -> pl.DataFrame:
    """Hide a first event that gives few people away against what is shown beside it.

    Who was booked in is held or has left; who was not is not detained, departed or unknown.
    """
    seen = pl.col("n_seen")

    def of(kind: str, state: str) -> pl.Expr:
        return seen.filter((pl.col("kind") == kind) & (pl.col("state") == state)).sum().over(at)

    booked, left = of("reached", "detained"), of("reached", "left_detention")
    outside = pl.col("n_people") - booked - of("state", "not_detained")
    reached = pl.col("kind") == "reached"
    more = (reached & (pl.col("state") == "detained") & hides_count(outside)) | (
        reached & (pl.col("state") == "left_detention") & hides_count(booked - left)
    )
    return rows.with_columns((pl.col("_hide") | more).alias("_hide"))


def cleared_lengths(rows: pl.DataFrame, cell: Sequence[str]) -> pl.DataFrame:
    """Return the rows of ``cohorts.length_of_stay`` without what concerns too few people."""
    people = people_behind(pl.col("n_keys"), pl.col("n_without_key"))
    few = hides_statistic(people)
    ended, stays = pl.col("n_ended"), pl.col("n_stays")
    little = hides_count(ended) | hides_count(stays - ended)
    means = {
        "mean_completed_days": few | hides_statistic(ended),
        "median_completed_days": few | hides_statistic(ended),
        "mean_so_far_days": few | hides_statistic(stays - ended),
        "n_ended": few | little,
        "n_impossible": few | hides_count(pl.col("n_impossible")),
    }
    kept = [c for c in rows.columns if c not in (*cell, "n_keys", "n_without_key")]
    shown = [pl.when(~means.get(name, few)).then(pl.col(name)).alias(name) for name in kept]
    note = pl.when(few).then(pl.lit(BELOW)).otherwise(pl.lit("")).alias("note")
    return rows.with_columns(*shown, note).drop("n_keys", "n_without_key")
