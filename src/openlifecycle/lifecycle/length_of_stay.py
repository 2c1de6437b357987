"""Length of stay of the stays that began in a period, by Kaplan-Meier.

The mean over completed stays (ALOS, R25) leaves out those still held, who are the long ones; the
mean over those held (ICLOS) leaves out those who left. Kaplan-Meier uses both: a stay that is
still open says that it lasted at least until the end of the records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import ibis
import polars as pl

from openlifecycle.lifecycle.cohort_codes import coded
from openlifecycle.lifecycle.cohort_course import RECORD_KEY, Keyed
from openlifecycle.lifecycle.cohort_entry import Frame, period_number, split_column
from openlifecycle.lifecycle.cohort_stays import stays_of
from openlifecycle.lifecycle.outcomes import BLANK, TRANSFERRED_OUT
from openlifecycle.lifecycle.survival import (
    effective,
    from_the_start,
    last_by,
    survival_curve,
    wilson,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

ENDED: Final = "ended"
OPEN: Final = ""
IMPOSSIBLE: Final = "impossible"
#: How the columns of each cause end.
LABELS: Final = {ENDED: "_ended", OPEN: "_open", IMPOSSIBLE: "_impossible"}
QUANTILES: Final = {"lower_quartile": 0.75, "median": 0.5, "upper_quartile": 0.25}


def begun_stays(
    tables: Mapping[str, ir.Table], frame: Frame, keyed: Keyed | None = None
) -> ir.Table:
    """Return each stay that began in the time asked for: its cell, person, ``cause``, ``lasted``.

    A stay without a book-out ended with its last stint, if that has ended and gives a reason
    other than a transfer; else it is watched to the end of the last stint only. A stay that ends
    before it begins has no length: it is counted under ``impossible`` and enters no estimate.
    """
    stay = tables["stay"]
    cells = stay.select(
        cell_stay=stay.stay_id.cast("int64"),
        period=period_number(stay.book_in_at, frame.period),
        **{name: split_column(stay, frame, name) for name in frame.by},
    )
    rows = stays_of(tables, frame)
    rows = rows.inner_join(cells, rows.stay_id == cells.cell_stay)
    first, after = frame.seconds_between
    rows = rows.filter(rows.in_s >= first, rows.in_s < after)
    state = rows.ends_as
    until = frame.watched_until
    out = ibis.coalesce(rows.out_s, rows.last_out_s)
    traces_end = (
        rows.out_s.isnull()
        & rows.last_out_s.notnull()
        & ((state == coded(BLANK)) | (state == coded(TRANSFERRED_OUT)))
    )
    over = out.notnull() & (out < until)
    cause = ibis.cases(
        (over & (out < rows.in_s), IMPOSSIBLE),
        (over & traces_end, OPEN),
        (over, ENDED),
        else_=OPEN,
    )
    lasted = over.ifelse(out, ibis.literal(until, "int64")) - rows.in_s
    rows = rows.mutate(cause=cause, lasted=lasted, entry_id=rows.stay_id)
    rows = rows.select(*frame.cell, "cause", "lasted", "entry_id", person_key=rows.stay_person)
    return keyed(rows) if keyed else rows.mutate(**{RECORD_KEY: ibis.literal(0, "int64")})


def stay_counts(stays: ir.Table, cell: Sequence[str]) -> ir.Table:
    """Return stays by cell, cause and hour (counted up): ``n``, ``seconds``.

    Args:
        stays: what ``begun_stays`` returned.
        cell: the columns that tell cells apart.
    """
    rows = stays.mutate(hour=((stays.lasted + 3599) // 3600).cast("int64"))
    return rows.group_by([*cell, "cause", "hour"]).agg(
        n=rows.count(), seconds=rows.lasted.sum().cast("int64")
    )


def people_of(stays: ir.Table, cell: Sequence[str]) -> ir.Table:
    """Return who is behind each cell: people, and stays without a person key, which are units too.

    Returns:
        ``cell``, ``n_keys`` and ``n_without_key``, and for all stays and for those of each cause
        (``_ended``, ``_open``, ``_impossible``) ``units``, their ``key`` (the sum of their secret
        numbers) and ``largest``, the most stays of one.
    """
    alone = stays.person_key.isnull().ifelse(stays.entry_id, ibis.null("int64"))
    rows = stays.mutate(alone=alone)
    counts = {f"n{label}": rows.count(where=rows.cause == cause) for cause, label in LABELS.items()}
    units = rows.group_by([*cell, "person_key", "alone"]).agg(
        n=rows.count(), own=rows[RECORD_KEY].min(), **counts
    )
    columns: dict[str, ir.Value] = {
        "n_keys": units.person_key.notnull().sum().cast("int64"),
        "n_without_key": units.alone.notnull().sum().cast("int64"),
    }
    for label in ("", *LABELS.values()):
        n = units[f"n{label}"]
        key = (n > 0).ifelse(units.own, ibis.literal(0, "int64"))
        columns[f"units{label}"] = (n > 0).sum().cast("int64")
        columns[f"key{label}"] = key.sum().cast("int64")
        columns[f"largest{label}"] = n.max().cast("int64")
    return units.group_by(list(cell)).agg(**columns)


def length_table(
    counts: pl.DataFrame, people: pl.DataFrame, cell: Sequence[str], horizons: Sequence[int]
) -> pl.DataFrame:
    """Return one row per cell: stays, quartiles in days with band, shares still held, naive means.

    A quantile is the first time at which no more than that share is still held, null when the
    curve never gets there; its band holds every time at which the band of the curve does not
    exclude it (Brookmeyer and Crowley, Biometrics 1982), open (null) at the top where the curve's
    band never falls below.

    Args:
        counts: what ``stay_counts`` returned.
        people: columns to put beside each cell.
        cell: the columns that tell cells apart.
        horizons: days.

    Returns:
        Also what a gate needs: ``spread_`` (standard deviation) and ``longest_`` beside each mean,
        ``held_n_eff_`` beside each share still held, and ``watched_``, the share of stays that are
        watched so long.
    """
    names = list(cell)
    # a number instead of names: every window and join below is over one column
    cells = counts.select(names).unique().sort(names).with_row_index("cell")
    counts = counts.join(cells, on=names, nulls_equal=True).drop(names)
    n = pl.col("n")
    table = counts.group_by("cell").agg(
        n.filter(pl.col("cause") != IMPOSSIBLE).sum().alias("n_stays"),
        n.filter(pl.col("cause") == ENDED).sum().alias("n_ended"),
        n.filter(pl.col("cause") == IMPOSSIBLE).sum().alias("n_impossible"),
        *_means(ENDED, "completed_days"),
        *_means(OPEN, "so_far_days"),
    )
    real = counts.filter(pl.col("cause") != IMPOSSIBLE)
    table = table.join(_median_completed(real), on="cell", how="left")
    curve = survival_curve(real, ["cell"])
    table = table.join(_quantiles(curve), on="cell", how="left")
    table = cells.join(table, on="cell").join(people, on=names, how="left", nulls_equal=True)
    watched = _watched(real)
    for days in horizons:
        table = table.join(_held(curve, days), on="cell", how="left")
        share = last_by(watched, ["cell"], days * 24 - 1)
        share = share.select("cell", pl.col("g").alias(f"watched_{days}d"))
        table = table.join(share, on="cell", how="left").with_columns(
            pl.col(f"watched_{days}d").fill_null(1.0)
        )
    return table.sort("cell").drop("cell")


def _means(cause: str, name: str) -> list[pl.Expr]:
    """Return mean, standard deviation and longest of the stays of a cause, in days."""
    mine = pl.col("cause") == cause
    n, day = pl.col("n").filter(mine), 86_400
    total = pl.col("seconds").filter(mine).sum()
    # all stays of a row are of one hour, so the square of their mean is as good as that of each
    square = (pl.col("seconds").cast(pl.Float64) ** 2 / pl.col("n")).filter(mine).sum()
    mean = total / n.sum()
    return [
        (mean / day).alias(f"mean_{name}"),
        ((square / n.sum() - mean**2).clip(0.0).sqrt() / day).alias(f"spread_{name}"),
        (pl.col("hour").filter(mine).max() / 24).alias(f"longest_{name}"),
    ]


def _watched(counts: pl.DataFrame) -> pl.DataFrame:
    """Return ``g``: the share of stays whose watching did not end by each hour (Kaplan-Meier)."""
    ended = pl.col("cause") == ENDED
    rows = counts.group_by("cell", "hour").agg(
        pl.col("n").filter(ended).sum().alias("ended"),
        pl.col("n").filter(~ended).sum().alias("open"),
    )
    rows = rows.sort("cell", "hour").with_columns(
        (pl.col("ended") + pl.col("open")).cum_sum(reverse=True).over("cell").alias("n_risk")
    )
    left = pl.col("n_risk") - pl.col("ended")
    step = pl.when(left > 0).then(1 - pl.col("open") / left).otherwise(1.0)
    return rows.with_columns(step.cum_prod().over("cell").alias("g"))


def _banded(curve: pl.DataFrame) -> pl.DataFrame:
    """Return rows of a curve with ``low`` and ``high``."""
    low, high = wilson(pl.col("surv"), pl.coalesce(_n_eff(), "n_risk"))
    return curve.with_columns(low.alias("low"), high.alias("high"))


def _n_eff() -> pl.Expr:
    return effective(pl.col("surv"), pl.col("var"))


def _quantiles(curve: pl.DataFrame) -> pl.DataFrame:
    """Return the quantiles of each curve, in days, with the ends of their bands."""
    return (
        _banded(curve.filter(pl.col("n_events") > 0))
        .group_by("cell")
        .agg(
            (pl.col("hour").filter(pl.col(column) <= level + 1e-12).min() / 24).alias(
                f"{name}{label}_days"
            )
            for name, level in QUANTILES.items()
            for label, column in (("", "surv"), ("_low", "low"), ("_high", "high"))
        )
    )


def _held(curve: pl.DataFrame, days: int) -> pl.DataFrame:
    """Return the share of each cell still held after so many days, null if not watched so long."""
    longest = curve.group_by("cell").agg(pl.col("hour").max().alias("longest"))
    start = from_the_start(curve.group_by("cell", maintain_order=True).first(), ["cell"])
    start = start.filter(pl.col("hour") < 0)
    at = last_by(pl.concat([start, curve]), ["cell"], days * 24).join(longest, on="cell")
    told = (pl.col("longest") >= days * 24) | (pl.col("surv") <= 0)
    at = _banded(at).with_columns(pl.coalesce(_n_eff(), "n_risk").alias("n_eff"))
    return at.select(
        "cell",
        pl.col("n_eff").alias(f"held_n_eff_{days}d"),
        *(
            pl.when(told).then(pl.col(column)).otherwise(None).alias(f"{label}_{days}d")
            for label, column in (("held", "surv"), ("held_low", "low"), ("held_high", "high"))
        ),
    )


def _median_completed(counts: pl.DataFrame) -> pl.DataFrame:
    """Return the median of completed stays alone: the naive one."""
    rows = counts.filter(pl.col("cause") == ENDED).group_by("cell", "hour").agg(pl.col("n").sum())
    rows = rows.sort("cell", "hour").with_columns(
        pl.col("n").cum_sum().over("cell").alias("so_far"),
        pl.col("n").sum().over("cell").alias("all"),
    )
    half = rows.filter(2 * pl.col("so_far") >= pl.col("all"))
    return half.group_by("cell").agg((pl.col("hour").min() / 24).alias("median_completed_days"))
