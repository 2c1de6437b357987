"""From the cells of a query to the exact frame: values, the people behind them, periods as days."""

from __future__ import annotations

from collections.abc import Sequence
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

#: What the gate needs to know of a cell, beside its value; null where a kind of value has none.
GATE_COUNTS: Final = (
    "cell_key", "units", "largest", "in_cell_key", "in_units", "in_rows", "in_largest",
)  # fmt: skip
GATE_NUMBERS: Final = ("total", "largest_part", "spread", "low_quartile", "high_quartile")

#: Kinds of value that hold at a moment, so that their period is a day.
AT_A_MOMENT: Final = ("stock",)


def valued(cells: pl.DataFrame, plan: RecordPlan) -> pl.DataFrame:
    """Return cells with ``value``, ``rows``, ``people``, ``people_in`` and ``people_out``."""
    kind = plan.spec.value
    made = cells.with_columns(rows=pl.col("n_rows"), people=_people(""))
    if kind == "share":
        return made.with_columns(
            value=pl.col("in_n_rows") / pl.col("n_rows"),
            in_rows=pl.col("in_n_rows"),
            people_in=_people("in_"),
            people_out=_people("out_"),
        )
    if kind in ("people", "stock"):
        # one person is one of the count, however many records there are
        one = pl.lit(1, pl.Int64)
        return made.with_columns(value=pl.col("units").cast(pl.Float64), largest=one)
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
    made = _completed(made)
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
    cut = cut_short(plan, first, through)
    return joined.select(
        "period_start", "period_end",
        pl.lit("instant" if moment else "interval").alias("period_kind"),
        year.cast(pl.Int64).alias("fiscal_year"),
        *plan.split, "value", "people", "people_in", "people_out", "rows",
        "all_rows", "missing_rows", "keyless_rows",
        cut.alias("is_cut"), *GATE_COUNTS, *GATE_NUMBERS,
    ).sort("period_start", *plan.split, nulls_last=True)  # fmt: skip


def _completed(made: pl.DataFrame) -> pl.DataFrame:
    """Return the cells with every column of a frame, null where a kind of value has none."""
    whole = dict.fromkeys(("people_in", "people_out", *GATE_COUNTS), pl.Int64())
    wanted: dict[str, pl.DataType] = {**whole, **dict.fromkeys(GATE_NUMBERS, pl.Float64())}
    return made.with_columns(
        (pl.col(name) if name in made.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in wanted.items()
    )


def anchored(frame: pl.DataFrame, default: pl.DataFrame, split: Sequence[str]) -> pl.DataFrame:
    """Return a frame with the keys that its cells have under the default rule set.

    The gate anchors the noise of every rule set to them. A cell that is not there under the
    default has the key of nobody, 0.

    Args:
        frame: an exact frame.
        default: the one of the same plan under the default rule set.
        split: the dimensions of both.
    """
    on = ["period_start", "period_end", *split]
    keys = default.select(*on, anchor_key="cell_key", in_anchor_key="in_cell_key")
    found = frame.join(keys, on=on, how="left", nulls_equal=True, maintain_order="left")
    return found.with_columns(
        pl.when(pl.col(key).is_not_null()).then(pl.col(anchor).fill_null(0)).alias(anchor)
        for key, anchor in (("cell_key", "anchor_key"), ("in_cell_key", "in_anchor_key"))
    )


def at_a_moment(plan: RecordPlan) -> bool:
    """Return whether a value speaks of one midnight rather than of a period."""
    return plan.spec.value in AT_A_MOMENT or plan.spec.statistic == "last"


def _start(number: int, plan: RecordPlan) -> date:
    fine = plan.granularity
    return last_day(number, fine) if at_a_moment(plan) else first_day(number, fine)


def cut_short(plan: RecordPlan, first: date, through: date) -> pl.Expr:
    """Return whether the records begin or end inside the period, or its follow-up is not over.

    A function of the period and the collection alone, so that it tells nothing of who is in it.
    """
    if at_a_moment(plan):
        return pl.lit(False)
    follow = pl.duration(days=plan.spec.follow_up_days)
    late = (pl.col("period_end") + follow) > pl.lit(through)
    return late | (pl.col("period_start") < pl.lit(first - BEGINS_WITHIN))
