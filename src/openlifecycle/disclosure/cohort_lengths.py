"""Lengths of stay as they may leave.

A mean or a quantile is moved by ``step * (e + u)``: the step is how far one person moves it, e the
noise of people and u a number from -1/2 to 1/2, so that no value betrays which whole number was
added; it is printed in powers of ten no finer than the step. A share still held is rounded to whole
stays of those watched so long, and gets noise of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from openlifecycle.disclosure.cohort_cells import BELOW, BEYOND, STEP, with_noise
from openlifecycle.disclosure.cohort_noise import Draw
from openlifecycle.lifecycle.length_of_stay import QUANTILES, length_table
from openlifecycle.lifecycle.survival import wilson

#: Columns with the sums of record keys.
KEYS: Final = ("key", "key_ended", "key_open", "key_impossible")
#: What the columns of each kind of stay end with.
_KINDS: Final = ("", "_ended", "_open", "_impossible")
#: Half of a distribution lies between its quartiles.
_HALF: Final = 0.5
_HOUR: Final = 1 / 24
_EMPTY: Final = (BELOW, BEYOND)


def cleared_lengths(
    counts: pl.DataFrame,
    people: pl.DataFrame,
    cell: Sequence[str],
    horizons: Sequence[int],
    draw: Draw,
    stays_of_one: int,
) -> pl.DataFrame:
    """Return the lengths of stay of every cell with enough people, and a ``note``.

    Args:
        counts: the stays by length (``cohorts.length_counts``).
        people: who they are of (the same), with the keys of the house's rules under others.
        cell: columns that tell cells apart.
        horizons: days.
        draw: the noise.
        stays_of_one: for how many stays of one person noise is made. A fixed number: the true one
            would be told by the noise.
    """
    names = list(cell)
    rows = length_table(counts, _with_noise(people, draw), names, horizons)
    sure = pl.col("n_sure") >= draw.policy.minimum_cell
    rows = rows.filter(sure & _enough(draw, ""))
    rows = _counted(rows, draw, stays_of_one)
    rows = _moved_means(rows, draw, stays_of_one)
    rows = _moved_quantiles(rows, draw)
    for days in horizons:
        rows = _held(rows, days, draw)
    shares = [f"held{x}_{d}d" for d in horizons for x in ("", "_low", "_high")]
    few = pl.any_horizontal(pl.col(f"held_{d}d").is_null() for d in horizons)
    note = pl.when(few).then(pl.lit(f"empty shares: {' or '.join(_EMPTY)}")).otherwise(pl.lit(""))
    return rows.select(
        *names, pl.col("n_stays_told").alias("n_stays"), pl.col("n_ended_told").alias("n_ended"),
        pl.col("n_impossible_told").alias("n_impossible"), "mean_completed_days",
        "median_completed_days", "mean_so_far_days", *_quantiles(), *shares, note.alias("note"),
    ).sort(names)  # fmt: skip


def _quantiles() -> list[str]:
    return [f"{name}{label}_days" for name in QUANTILES for label in ("", "_low", "_high")]


def _with_noise(people: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    """Add ``n_sure`` people, and for each kind of stay ``e``, ``u`` and ``units_told``."""
    rows = people.with_columns(
        (pl.col("n_keys") + (pl.col("n_without_key") > 0).cast(pl.Int64)).alias("n_sure")
    )
    for label in _KINDS:
        key = [f"key{label}"]
        rows = rows.with_columns(
            draw.on(rows, rows[f"units{label}"], key, f"people with stays{label}").alias(
                f"e{label}"
            ),
            draw.on(rows, rows[f"units{label}"], key, f"stays{label}").alias(f"rows_e{label}"),
            draw.between(rows, key, f"stays{label}").alias(f"u{label}"),
        )
        rows = rows.with_columns(
            (pl.col(f"units{label}") + pl.col(f"e{label}")).alias(f"units_told{label}")
        )
    return rows


def _enough(draw: Draw, label: str) -> pl.Expr:
    """Return whether a statistic of the stays of a kind may be shown."""
    units, told = pl.col(f"units{label}"), pl.col(f"units_told{label}")
    return draw.shown(units, told) & (told >= draw.policy.statistic_minimum)


def _counted(rows: pl.DataFrame, draw: Draw, stays_of_one: int) -> pl.DataFrame:
    """Add the stays of each kind with noise of as many as one person adds, null where too few."""
    whole = pl.col("units"), pl.col("units_told")
    for label, name in (("", "n_stays"), ("_ended", "n_ended"), ("_impossible", "n_impossible")):
        units, told = pl.col(f"units{label}"), pl.col(f"units_told{label}")
        may = draw.shown(units, told)
        if label:
            may &= draw.shown(whole[0] - units, whole[1] - told)
        # with u every number of stays can come out, not only every second or third one
        away = stays_of_one * (pl.col(f"rows_e{label}") + pl.col(f"u{label}"))
        noisy = (pl.col(name) + (away + 0.5).floor().cast(pl.Int64)).clip(0)
        may &= noisy >= draw.policy.shown_from
        rows = rows.with_columns(pl.when(may).then(noisy).alias(f"{name}_told"))
    return rows


def _moved(value: pl.Expr, spread: pl.Expr, people: pl.Expr, noise: pl.Expr) -> pl.Expr:
    """Return a statistic moved by the noise of people, in the digits that are left of it.

    Args:
        value: days.
        spread: days over which the stays are spread out; of it only the first digit is used.
        people: perturbed.
        noise: people, and a part of one.
    """
    step = pl.max_horizontal(spread, pl.lit(_HOUR)).round_sig_figs(1) / people
    digit = (10.0 ** step.log10().floor()).clip(0.01)
    return ((value + step * noise) / digit).round().clip(0) * digit


def _moved_means(rows: pl.DataFrame, draw: Draw, stays_of_one: int) -> pl.DataFrame:
    """Move the naive means and median; nobody's stays may be most of the days of a mean."""
    kinds = (("_ended", "completed_days", "n_ended"), ("_open", "so_far_days", "n_open"))
    rows = rows.with_columns(
        (pl.col("n_stays") - pl.col("n_ended")).alias("n_open"),
    )
    for label, name, n in kinds:
        spread, people = pl.col(f"spread_{name}"), pl.col(f"units_told{label}")
        most = pl.col(f"longest_{name}") * pl.col(f"largest{label}")
        alone = most > draw.policy.dominance.share * pl.col(f"mean_{name}") * pl.col(n)
        may = _enough(draw, label) & ~alone
        noise = pl.col(f"e{label}") + pl.col(f"u{label}")
        mean = _moved(pl.col(f"mean_{name}"), spread * stays_of_one, people, noise)
        rows = rows.with_columns(pl.when(may).then(mean.round(2)).alias(f"mean_{name}"))
    own = draw.on(rows, rows["units_ended"], ["key_ended"], "median completed")
    part = draw.between(rows, ["key_ended"], "median completed")
    noise = pl.lit(own) + pl.lit(part)
    spread, people = pl.col("spread_completed_days"), pl.col("units_told_ended")
    median = _moved(pl.col("median_completed_days"), spread, people, noise)
    may = _enough(draw, "_ended")
    return rows.with_columns(pl.when(may).then(median.round(2)).alias("median_completed_days"))


def _moved_quantiles(rows: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    """Move the quartiles and the ends of their bands, each by noise of its own, in their order."""
    low, middle, high = (pl.col(f"{name}_days") for name in QUANTILES)
    # as far as half of the stays spread; where the upper quartile was not reached yet, twice the
    # lower half of that
    spread = pl.coalesce(high - low, 2 * (middle - low), low) / _HALF
    people = pl.col("units_told")
    told = {}
    for name in _quantiles():
        noise = pl.lit(draw.on(rows, rows["units"], ["key"], name)) + pl.lit(
            draw.between(rows, ["key"], name)
        )
        told[name] = _moved(pl.col(name), spread, people, noise).round(2)
    rows = rows.with_columns(**told)
    ordered = []
    for name in QUANTILES:
        value, below, above = (pl.col(f"{name}{x}_days") for x in ("", "_low", "_high"))
        ordered.append(pl.min_horizontal(value, below).alias(f"{name}_low_days"))
        # open at the top stays open
        above = pl.when(above.is_not_null()).then(pl.max_horizontal(value, above))
        ordered.append(above.alias(f"{name}_high_days"))
    return rows.with_columns(ordered)


def _held(rows: pl.DataFrame, days: int, draw: Draw) -> pl.DataFrame:
    """Replace the share still held by one with noise, null where too few are watched or inside."""
    part = (pl.col(f"watched_{days}d") / STEP).round() * STEP
    watched = (part * pl.col("units_told")).round().cast(pl.Int64)
    exact = (pl.col(f"held_{days}d").fill_null(0.0) * watched).round().cast(pl.Int64)
    rows = rows.with_columns(watched.alias("watched"), exact.alias("exact"))
    noise = draw.on(rows, rows["exact"], ["key"], f"held {days}")
    whole, inside, true = pl.col("watched"), pl.col("exact") + pl.lit(noise), pl.col("exact")
    may = pl.col(f"held_{days}d").is_not_null() & draw.shown(true, inside)
    may &= draw.shown(whole - true, whole - inside)
    share = (inside / whole).clip(0, 1)
    good = (pl.col(f"held_n_eff_{days}d") / pl.col("n_stays") / STEP).round().clip(1, 20) * STEP
    low, high = wilson(share, with_noise(share, good * pl.col("units_told"), whole, draw))
    told = {f"held_{days}d": share, f"held_low_{days}d": low, f"held_high_{days}d": high}
    return rows.with_columns(
        **{name: pl.when(may).then(value.round(6)) for name, value in told.items()}
    ).drop("watched", "exact")
