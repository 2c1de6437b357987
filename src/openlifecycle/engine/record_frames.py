"""From the cells of a query to the exact frame: values, the people behind them, periods as days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import polars as pl

from openlifecycle.engine.record_cells import PERIOD
from openlifecycle.engine.record_periods import first_day, last_day
from openlifecycle.measures.record_plan import RecordPlan

#: Engines add and interpolate in another order; beyond these decimals they differ.
DECIMALS: Final = 9

#: Records whose first event lies this close to the start of a period cover it: on the first days
#: of a small table nothing may have happened.
BEGINS_WITHIN: Final = timedelta(days=7)

#: Kinds of value that hold at a moment, so that their period is a day.
AT_A_MOMENT: Final = ("stock",)


def valued(cells: pl.DataFrame, plan: RecordPlan) -> pl.DataFrame:
    """Return cells with ``value``, ``rows``, ``people``, ``people_in`` and ``people_out``."""
    kind = plan.spec.value
    made = cells.with_columns(rows=pl.col("n_rows"), people=_people(""))
    if kind == "share":
        return made.with_columns(
            value=pl.col("in_n_rows") / pl.col("n_rows"),
            people_in=_people("in_"),
            people_out=_people("out_"),
        )
    if kind in ("people", "stock"):
        return made.with_columns(value=(pl.col("n_keys") + pl.col("n_keyless")).cast(pl.Float64))
    if kind == "rows":
        return made.with_columns(value=pl.col("n_rows").cast(pl.Float64))
    return made.with_columns(pl.col("value").cast(pl.Float64).round(DECIMALS))


def _people(prefix: str) -> pl.Expr:
    """Return the people that are surely there: records without a key may all be of one person."""
    return pl.col(f"{prefix}n_keys") + (pl.col(f"{prefix}n_keyless") > 0).cast(pl.Int64)


def exact_frame(
    made: pl.DataFrame, coverage: pl.DataFrame, plan: RecordPlan, *, first: date, through: date
) -> pl.DataFrame:
    """Return the frame of an exact answer.

    Args:
        made: cells with values, by ``period`` and split.
        coverage: per period ``all_rows``, ``missing_rows`` and ``keyless_rows``.
        plan: what is asked.
        first: first day that the table speaks of.
        through: last day that the collection speaks of.
    """
    for name in ("people_in", "people_out"):
        if name not in made.columns:
            made = made.with_columns(pl.lit(None, pl.Int64).alias(name))
    numbers = made[PERIOD].unique().to_list()
    days = pl.DataFrame(
        {
            PERIOD: numbers,
            "period_start": [_start(n, plan) for n in numbers],
            "period_end": [last_day(n, plan.granularity) for n in numbers],
        },
        schema={PERIOD: pl.Int64, "period_start": pl.Date, "period_end": pl.Date},
    )
    coverage = coverage.cast({PERIOD: pl.Int64})
    joined = (
        made.cast({PERIOD: pl.Int64}).join(days, on=PERIOD).join(coverage, on=PERIOD, how="left")
    )
    moment = at_a_moment(plan)
    year = pl.col("period_end").dt.year() + (pl.col("period_end").dt.month() >= 10).cast(pl.Int32)
    cut = pl.lit(False) if moment else _cut(plan, first, through)
    return joined.select(
        "period_start", "period_end",
        pl.lit("instant" if moment else "interval").alias("period_kind"),
        year.cast(pl.Int64).alias("fiscal_year"),
        *plan.split, "value", "people", "people_in", "people_out", "rows",
        "all_rows", "missing_rows", "keyless_rows",
        cut.alias("is_cut"),
    ).sort("period_start", *plan.split, nulls_last=True)  # fmt: skip


def at_a_moment(plan: RecordPlan) -> bool:
    """Return whether a value speaks of one midnight rather than of a period."""
    return plan.spec.value in AT_A_MOMENT or plan.spec.statistic == "last"


def _start(number: int, plan: RecordPlan) -> date:
    fine = plan.granularity
    return last_day(number, fine) if at_a_moment(plan) else first_day(number, fine)


def _cut(plan: RecordPlan, first: date, through: date) -> pl.Expr:
    """Return whether the records begin or end inside the period, or its follow-up is not over."""
    follow = pl.duration(days=plan.spec.follow_up_days)
    late = (pl.col("period_end") + follow) > pl.lit(through)
    return late | (pl.col("period_start") < pl.lit(first - BEGINS_WITHIN))
