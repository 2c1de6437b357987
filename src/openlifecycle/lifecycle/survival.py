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

import numpy as np
import polars as pl

from openlifecycle.lifecycle.running import Floats, Runs

#: Confidence of every band, and the quantile that goes with it.
CONFIDENCE: Final = 0.95
Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
#: The sums that a variance is made of.
_SUMS: Final = ("_p", "_q", "_b", "_c1", "_c2")


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
    runs = _runs(table, group)
    gone = table["gone"].to_numpy()
    so_far = runs.so_far(gone)
    d, n = table["n_events"].to_numpy(), np.repeat(_last(runs, so_far), runs.lengths)
    n = n - so_far + gone
    surv, spent = curve_steps(runs, d, n)
    return table.drop("gone").with_columns(
        pl.Series("n_risk", n),
        pl.Series("surv", surv),
        pl.Series("spent", spent),
        pl.Series("before", runs.before(surv, 1.0)),
        pl.Series("spent_before", runs.before(spent, 0.0)),
        pl.Series("var", surv**2 * spent),
    )


def curve_steps(runs: Runs, d: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return S and the sum in Greenwood's formula, of events and people at risk in each row."""
    # where the last at risk has the event S becomes 0 and stays so: the term is never needed
    left = n > d
    term = np.divide(d, n * (n - d), out=np.zeros_like(n), where=left)
    return runs.so_far(1 - d / n, np.multiply), runs.so_far(term)


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


def incidence_of(events: pl.DataFrame, curve: pl.DataFrame, group: Sequence[str]) -> pl.DataFrame:
    """Return what ``incidence`` does, of the counts of events and the curve of each group."""
    keyed = [*group, "cause"]
    rows = (
        events.group_by([*keyed, "hour"])
        .agg(pl.col("n").sum())
        .join(
            curve.select([*group, "hour", "n_risk", "before", "spent_before"]),
            on=[*group, "hour"],
            how="left",
            nulls_equal=True,
        )
        .sort([*keyed, "hour"])
    )
    runs = _runs(rows, keyed)
    n, before, spent = (rows[c].to_numpy() for c in ("n_risk", "before", "spent_before"))
    d = rows["n"].cast(pl.Int64).to_numpy()
    share, sums = incidence_steps(runs, d.astype(np.float64), n, before, spent)
    return rows.select(
        *keyed,
        "hour",
        pl.Series("events", runs.counted(d)),
        pl.Series("share", share),
        *(pl.Series(name, sums[:, i]) for i, name in enumerate(_SUMS)),
    )


def incidence_steps(
    runs: Runs, d: Floats, n: Floats, before: Floats, spent: Floats
) -> tuple[Floats, Floats]:
    """Return F_k, and the five sums from which ``variance`` is made, row by row of each cause.

    Args:
        runs: the rows of each cause of each group.
        d: events of the cause.
        n: people at risk.
        before: S just before.
        spent: the sum in Greenwood's formula just before.
    """
    step = before * d / n
    share = runs.so_far(step)
    terms = (
        step * spent,
        step * (2 * share - step) * spent,
        before**2 * (n - d) * d / (n * n * n),
        before * d / n**2,
        share * before * d / n**2,
    )
    return share, runs.so_far(np.stack(terms, axis=1))


def variance(share: Floats, sums: Floats) -> Floats:
    """Return the variance of F_k at any hour up to the next event.

    The sums over (F_k(t) - F_k(s)) are rearranged so that only events of the cause itself carry
    terms: a term of another cause's event counts through Greenwood's sum before each own event.
    """
    p, q, b, c1, c2 = (sums[..., i] for i in range(len(_SUMS)))
    var = 2 * share * p - q + b
    found: Floats = np.maximum(var - 2 * share * c1 + 2 * c2, 0.0)
    return found


def variance_at(row: pl.DataFrame) -> pl.DataFrame:
    """Return rows of ``incidence`` with ``var``."""
    var = variance(row["share"].to_numpy(), row.select(_SUMS).to_numpy())
    return row.with_columns(pl.Series("var", var)).drop(_SUMS)


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


def effective_of(share: Floats, var: Floats) -> Floats:
    """Return what ``effective`` does, of arrays; not a number where there is none."""
    told = (var > 0) & (share > 0) & (share < 1)
    found: Floats = np.divide(share * (1 - share), var, out=np.full_like(share, np.nan), where=told)
    return found


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


def _runs(rows: pl.DataFrame, group: Sequence[str]) -> Runs:
    """Return the runs of sorted rows by some columns; no columns is the whole frame."""
    if not group:
        return Runs(np.zeros(rows.height, np.int64))
    return Runs(rows.select(pl.struct(list(group)).rle_id()).to_series().to_numpy())


def _last(runs: Runs, values: Floats) -> Floats:
    found: Floats = values[runs.starts + runs.lengths - 1]
    return found
