"""Kaplan-Meier and Aalen-Johansen estimates, with variances, on counts instead of people.

Input is a frame of counts: how many people of a cell (``group`` columns) had at ``hour`` the event
``cause``, or stopped being watched then (``cause`` empty). So a million people cost as much as the
distinct hours that they share. For the first event of several kinds the Aalen-Johansen estimator
is the cumulative incidence function, and with one kind it is one minus Kaplan-Meier:

    n(t)    people still watched, without an event, just before t
    d(t)    events of any kind at t;  d_k(t) of kind k
    S(t)  = product over s <= t of 1 - d(s) / n(s)
    F_k(t)= sum over s <= t of S(s-) d_k(s) / n(s)

Events at t come before the end of watching at t. The variance of S is Greenwood's, that of F_k the
delta-method variance of Dinse and Larson (Biometrika 1986; Marubini and Valsecchi 1995, 10.2):

    V_k(t) = sum (F_k(t) - F_k(s))^2 d / (n (n - d))  +  sum S(s-)^2 (n - d_k) d_k / n^3
             - 2 sum (F_k(t) - F_k(s)) S(s-) d_k / n^2

When nobody stopped being watched before t, F_k is the plain share and V_k = F_k (1 - F_k) / people.
Why not a library, and which one checks this: docs/decisions/0009-survival.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import polars as pl

#: Confidence of every band, and the quantile that goes with it.
CONFIDENCE: Final = 0.95
Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


def survival_curve(counts: pl.DataFrame, group: Sequence[str]) -> pl.DataFrame:
    """Return the Kaplan-Meier curve of each group.

    Args:
        counts: columns ``group``, ``hour``, ``cause`` (empty: still without event when last
            watched) and ``n``.
        group: columns that tell the groups apart.

    Returns:
        ``group``, ``hour`` (each with an event or an end of watching), ``n_risk``, ``n_events``,
        ``before`` = S(t-), ``surv`` = S(t), ``var`` (Greenwood), and ``spent`` and
        ``spent_before``, the sum in Greenwood's formula up to t and before it.
    """
    group = list(group)
    event = pl.col("cause") != ""
    table = (
        counts.group_by([*group, "hour"])
        .agg(
            pl.col("n").filter(event).sum().cast(pl.Float64).alias("n_events"),
            pl.col("n").sum().cast(pl.Float64).alias("gone"),
        )
        .sort([*group, "hour"])
    )
    return curve_of(table, group)


def curve_of(table: pl.DataFrame, group: Sequence[str]) -> pl.DataFrame:
    """Return what ``survival_curve`` does, of sorted rows with ``n_events`` and ``gone``."""
    over = _over(group)
    table = table.with_columns(over(pl.col("gone").cum_sum(reverse=True)).alias("n_risk"))
    n, d = pl.col("n_risk"), pl.col("n_events")
    # where the last at risk has the event S becomes 0 and stays so: the term is never needed
    term = pl.when(n > d).then(d / (n * (n - d))).otherwise(0.0)
    table = table.with_columns(
        over((1 - d / n).cum_prod()).alias("surv"), over(term.cum_sum()).alias("spent")
    )
    return table.with_columns(
        over(pl.col("surv").shift(1, fill_value=1.0)).alias("before"),
        over(pl.col("spent").shift(1, fill_value=0.0)).alias("spent_before"),
        (pl.col("surv") ** 2 * pl.col("spent")).alias("var"),
    ).drop("gone")


def from_the_start(curve: pl.DataFrame, group: Sequence[str]) -> pl.DataFrame:
    """Return the curves with their first point, at which nothing had happened: hour -1."""
    start = {"hour": -1, "n_events": 0.0, "surv": 1.0, "spent": 0.0, "before": 1.0,
             "spent_before": 0.0, "var": 0.0}  # fmt: skip
    first = curve.group_by(list(group), maintain_order=True).first()
    first = first.with_columns(pl.lit(v).cast(curve.schema[k]).alias(k) for k, v in start.items())
    return pl.concat([first.select(curve.columns), curve]).sort([*group, "hour"])


def incidence(counts: pl.DataFrame, group: Sequence[str]) -> pl.DataFrame:
    """Return the cumulative incidence of each cause in each group, with its variance.

    Args:
        counts: as for ``survival_curve``.
        group: columns that tell the groups apart.

    Returns:
        ``group``, ``cause``, ``hour`` (each with an event of the cause), ``events`` (so far),
        ``share`` = F_k, and the sums from which ``variance_at`` makes the variance at any hour.
    """
    group = list(group)
    curve = survival_curve(counts, group)
    return incidence_of(counts.filter(pl.col("cause") != ""), curve, group)


def incidence_of(
    events: pl.DataFrame,
    curve: pl.DataFrame,
    group: Sequence[str],
    also: Sequence[str] = (),
    keyed: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Return what ``incidence`` does, of events alone beside the curves that they happened on.

    An event may stand under several causes, so that one curve serves a sum of causes too. Columns
    of ``also`` are added up to each hour beside the events. ``keyed`` are the columns that tell
    group and cause apart, where fewer do than both of them.
    """
    keyed = list(keyed or [*group, "cause"])
    more = [name for name in group if name not in keyed]
    rows = (
        events.group_by([*keyed, "hour"])
        .agg(
            pl.col("n").sum().cast(pl.Float64).alias("d"),
            *(pl.col(c).sum() for c in also),
            *(pl.col(c).first() for c in more),
        )
        .join(
            curve.select([*group, "hour", "n_risk", "before", "spent_before"]),
            on=[*group, "hour"],
            how="left",
            nulls_equal=True,
        )
        .sort([*keyed, "hour"])
    )
    over = _over(keyed)
    d, n, s = pl.col("d"), pl.col("n_risk"), pl.col("before")
    rows = rows.with_columns(
        (s * d / n).alias("step"),
        over(d.cum_sum()).cast(pl.Int64).alias("events"),
        *(over(pl.col(c).cum_sum()) for c in also),
    ).with_columns(over(pl.col("step").cum_sum()).alias("share"))
    share, step, spent = pl.col("share"), pl.col("step"), pl.col("spent_before")
    return rows.with_columns(
        over((step * spent).cum_sum()).alias("_p"),
        over((step * (2 * share - step) * spent).cum_sum()).alias("_q"),
        over((s**2 * (n - d) * d / n**3).cum_sum()).alias("_b"),
        over((s * d / n**2).cum_sum()).alias("_c1"),
        over((share * s * d / n**2).cum_sum()).alias("_c2"),
    ).select([*keyed, "hour", "events", *also, "share", "_p", "_q", "_b", "_c1", "_c2"])


def variance_at(row: pl.DataFrame) -> pl.DataFrame:
    """Return rows of ``incidence`` with ``var``, the variance at any hour up to the next event.

    The sums over (F_k(t) - F_k(s)) are rearranged so that only events of the cause itself carry
    terms: a term of another cause's event counts through Greenwood's sum before each own event.
    """
    share = pl.col("share")
    var = 2 * share * pl.col("_p") - pl.col("_q") + pl.col("_b")
    var = var - 2 * share * pl.col("_c1") + 2 * pl.col("_c2")
    sums = ["_p", "_q", "_b", "_c1", "_c2"]
    return row.with_columns(var.clip(lower_bound=0.0).alias("var")).drop(sums)


def last_by(rows: pl.DataFrame, group: Sequence[str], hour: int) -> pl.DataFrame:
    """Return the last row of each group up to and including an hour."""
    kept = rows.filter(pl.col("hour") <= hour)
    if not group:
        return kept.tail(1)
    return kept.group_by(list(group), maintain_order=True).last()


def effective(share: pl.Expr, var: pl.Expr) -> pl.Expr:
    """Return the number of people whose plain share would be as uncertain as this estimate.

    Nothing (null) where the share is 0 or 1 or its variance nothing: those say no such number.
    """
    return (
        pl.when((var > 0) & (share > 0) & (share < 1))
        .then(share * (1 - share) / var)
        .otherwise(None)
    )


def wilson(share: pl.Expr, people: pl.Expr, z: float = Z) -> tuple[pl.Expr, pl.Expr]:
    """Return the ends of Wilson's interval for a share, as if seen on so many people.

    With the effective number of people of an estimate this is Rothman's interval (J Chron Dis
    1978), which stays between 0 and 1 and says something at 0 and at 1.
    """
    z2 = z * z
    middle = (share + z2 / (2 * people)) / (1 + z2 / people)
    inside = (share * (1 - share) / people + z2 / (4 * people**2)).clip(lower_bound=0.0)
    half = z * inside.sqrt() / (1 + z2 / people)
    low = pl.when(share <= 0).then(0.0).otherwise((middle - half).clip(0.0, 1.0))
    high = pl.when(share >= 1).then(1.0).otherwise((middle + half).clip(0.0, 1.0))
    known = people.is_not_null() & (people > 0)
    return pl.when(known).then(low).otherwise(None), pl.when(known).then(high).otherwise(None)


class _over:
    """Makes a window over group columns; no columns is the whole frame."""

    def __init__(self, group: Sequence[str]) -> None:
        self.group = list(group)

    def __call__(self, expression: pl.Expr) -> pl.Expr:
        return expression.over(self.group) if self.group else expression
