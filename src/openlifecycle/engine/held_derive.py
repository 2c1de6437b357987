"""The arithmetic of derive.py, step by step the same, over columns in memory."""

from __future__ import annotations

from typing import Any

import polars as pl

from openlifecycle.engine import held_choose
from openlifecycle.engine.derive import CARRIED, grouped_by
from openlifecycle.engine.held import HeldRows
from openlifecycle.measures.plan import Plan
from openlifecycle.model.dimensions import TOTAL


def table_of(held: HeldRows, plan: Plan, columns: list[str]) -> pl.DataFrame:
    """Return the rows that the query of a plan gives, in its order.

    Args:
        held: the rows that can answer.
        plan: what is asked.
        columns: those that the measure needs.
    """
    needed = [*columns, "rounded", "day_in_text"]
    chosen = held_choose.latest(held_choose.candidates(held, plan, needed), plan)
    if plan.listed:
        chosen = held_choose.filtered(chosen, plan)
    late = plan.measure.derivation == "interval_mean"
    if not late:
        chosen = held_choose.within(chosen, plan)
    # codes are compared and grouped faster than texts, but only texts have an order and a maximum
    chosen = chosen.with_columns(pl.col(pl.Categorical).cast(pl.String))
    made = _derived(chosen, plan)
    if late:
        made = held_choose.within(made, plan)
    order = ["period_start", "period_end", *plan.split, "sheet", "cell"]
    return made.sort(order, nulls_last=True).collect()


def _derived(chosen: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    kind = plan.measure.derivation
    if kind == "count":
        return _counted(chosen, plan)
    if kind == "share":
        return _shared(chosen, plan)
    if kind == "age":
        return _age(chosen, plan)
    if kind == "person_days":
        return _person_days(chosen, plan)
    if kind == "sum" or plan.over_rows:
        return _summed(chosen, plan)
    if kind == "interval_mean":
        summed = _summed(chosen, plan) if plan.measure.summed else _selected(chosen, plan)
        return _intervals(summed, plan)
    return _selected(chosen, plan)


def _selected(rows: pl.LazyFrame, plan: Plan, **made: Any) -> pl.LazyFrame:
    kept = [c for c in (*plan.split, *CARRIED) if c not in made]
    return rows.select(*kept, **made)


def _grouped(rows: pl.LazyFrame, plan: Plan, **made: Any) -> pl.LazyFrame:
    group = list(dict.fromkeys(grouped_by(plan)))
    return rows.group_by(group, maintain_order=True).agg(**(_provenance() | made))


def _no_text() -> pl.Expr:
    return pl.lit(None, pl.String)


def _summed(chosen: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    grouped = _grouped(chosen, plan, value=_total(pl.col("value")))
    return _selected(grouped, plan, value_text=_no_text())


def _total(value: pl.Expr) -> pl.Expr:
    """Return a sum from the smallest on, one after the other as DuckDB does; missing over none."""
    return value.drop_nulls().sort().cum_sum().last()


def _counted(chosen: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    row = pl.col("row_no")
    first, last = (n.cast(pl.String).fill_null("") for n in (row.min(), row.max()))
    grouped = _grouped(
        chosen,
        plan,
        value=row.drop_nulls().n_unique().cast(pl.Float64),
        cell=pl.concat_str(first, pl.lit(":"), last),
    )
    return _selected(grouped, plan, unit=pl.lit("facilities"), value_text=_no_text())


def _shared(chosen: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    (dim, parts), *_ = plan.measure.share_of
    part = pl.col(dim).is_in(list(parts)).fill_null(False)
    whole = pl.col(dim).fill_null(TOTAL) == TOTAL
    value = pl.col("value")
    grouped = _grouped(
        chosen.filter(part | whole),
        plan,
        part=_total(value.filter(part)),
        parts=value.filter(part).count(),
        whole=_total(value.filter(whole)),
    )
    sound = grouped.filter(pl.col("parts") == len(parts), pl.col("whole") > 0)
    share = pl.col("part") / pl.col("whole")
    return _selected(sound, plan, value=share, unit=pl.lit("fraction"), value_text=_no_text())


def _person_days(chosen: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    start, end, drawn = pl.col("period_start"), pl.col("period_end"), pl.col("as_of")
    cut = (drawn >= start).fill_null(False)
    last = pl.when(cut).then(pl.min_horizontal(drawn, end)).otherwise(end)
    days = (last - start).dt.total_days() + 1
    made = chosen.with_columns(value=pl.col("value") * days, unit=pl.lit("person-days"))
    return _selected(made, plan)


def _age(chosen: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    printed = pl.col("day_in_text")
    days = (pl.col("period_end") - printed).dt.total_days().cast(pl.Float64)
    made = chosen.filter(printed.is_not_null()).with_columns(value=days, unit=pl.lit("days"))
    return _selected(made, plan, value_text=_no_text())


def _intervals(rows: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """Return the mean between each two consecutive year-to-date means of a fiscal year (R24)."""
    keys = [f"key_{d}" for d in plan.split]
    upper = {k: pl.col(d).str.to_uppercase() for k, d in zip(keys, plan.split, strict=True)}
    end, year = pl.col("period_end"), pl.col("fiscal_year")
    one = rows.with_columns(**upper)
    one = one.filter(pl.len().over([*keys, "period_end"]) == 1).sort("period_end")
    day = (end - pl.date(year - 1, 10, 1)).dt.total_days() + 1
    of = [*keys, "fiscal_year"]

    def before(what: pl.Expr) -> pl.Expr:
        return what.shift(1).over(of)

    both = one.with_columns(day=day).with_columns(
        day_before=before(pl.col("day")).fill_null(0),
        value_before=before(pl.col("value")).fill_null(0.0),
        end_before=before(end),
        before_release_id=before(pl.col("release_id")),
        before_sheet=before(pl.col("sheet")),
        before_cell=before(pl.col("cell")),
    )
    sums = pl.col("value") * pl.col("day") - pl.col("value_before") * pl.col("day_before")
    made = both.with_columns(
        value=sums / (pl.col("day") - pl.col("day_before")),
        period_start=pl.coalesce(pl.col("end_before") + pl.duration(days=1), "period_start"),
        period_kind=pl.lit("interval"),
    )
    return made.select(*plan.split, *CARRIED, "before_release_id", "before_sheet", "before_cell")


def _provenance() -> dict[str, pl.Expr]:
    last = ("edition", "correction_id", "flags", "unit", "restated")
    return {
        "cell": pl.col("cell").drop_nulls().sort().str.join(","),
        **{name: pl.col(name).max() for name in last},
    }
