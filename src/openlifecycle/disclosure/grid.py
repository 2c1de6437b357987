"""The rows of an answer: which there are must not say where somebody is.

Values of the splits are those that may be named, or else those that are shown somewhere in the
answer; periods run on without gaps. While all their combinations are no more rows than the policy
allows, each has a row, shown or not. In longer answers rows that are not shown are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from openlifecycle.disclosure.policy import Policy
from openlifecycle.engine.record_answer import Exact
from openlifecycle.engine.record_frames import at_a_moment, cut_short
from openlifecycle.engine.record_periods import first_day, last_day, number_on


def with_grid(
    rows: pl.DataFrame, exact: Exact, rules: Policy, named: Mapping[str, Sequence[str]]
) -> pl.DataFrame:
    """Return the rows that show something, and one for each other combination if they are few.

    Args:
        rows: the frame of the answer with ``is_shown``.
        exact: what was asked, and of which collection.
        rules: says how many rows are not too many.
        named: by dimension, the values that may be named; where a dimension is not in it, its
            values are those that are shown, and those that the question names.
    """
    plan = exact.plan
    # a share that is not shown may still say what it would be a share of
    told = rows["is_shown"] | rows["over"].is_not_null()
    shown = rows if told.all() else rows.filter(told)
    at = ["rule_set", "period_start", "period_end", *plan.split]
    values = {d: _values(shown, exact, d, named) for d in plan.split}
    days = _periods(shown, exact)
    height = len(days) * len(plan.rules)
    for of in values.values():
        height *= len(of)
    # every row is one of the grid: as many as it has are all of it
    if height > rules.grid_rows or height == shown.height:
        return shown
    grid = pl.DataFrame({"rule_set": list(plan.rules)}, schema={"rule_set": pl.String})
    schema = {"period_start": pl.Date, "period_end": pl.Date}
    grid = grid.join(pl.DataFrame(days, schema=schema, orient="row"), how="cross")
    for d in plan.split:
        grid = grid.join(pl.DataFrame({d: values[d]}, schema={d: rows.schema[d]}), how="cross")
    missing = grid.join(shown.select(at), on=at, how="anti", nulls_equal=True)
    end = pl.col("period_end")
    year = end.dt.year() + (end.dt.month() >= 10).cast(pl.Int32)
    missing = missing.with_columns(
        period_kind=pl.lit("instant" if at_a_moment(plan) else "interval"),
        fiscal_year=year.cast(pl.Int64),
        is_cut=cut_short(plan, _first(exact), exact.held.through.date()),
        is_shown=pl.lit(False),
    )
    return pl.concat([shown, missing], how="diagonal")


def _first(exact: Exact) -> date:
    return exact.held.first_day(exact.plan.spec.event)


def _values(
    shown: pl.DataFrame, exact: Exact, dimension: str, named: Mapping[str, Sequence[str]]
) -> list[str | None]:
    """Return the values of a dimension that have rows; a missing one where it is shown."""
    asked = exact.plan.filters.get(dimension)
    if asked is not None:
        return list(asked)
    found: list[str | None] = shown[dimension].unique(maintain_order=True).to_list()
    return list(dict.fromkeys([*named.get(dimension, ()), *found]))


def _periods(shown: pl.DataFrame, exact: Exact) -> list[tuple[date, date]]:
    """Return the periods from the first to the last that is asked for or shown, else the latest.

    None lies wholly before the first record or after the last: that is known of the release.
    """
    plan, fine = exact.plan, exact.plan.granularity
    moment, through = at_a_moment(plan), exact.held.through.date()
    earliest, latest = number_on(_first(exact), fine), number_on(through, fine)
    numbers = [number_on(day, fine) for day in shown["period_end"].unique()]
    start, end = plan.span
    if start and end:
        asked = number_on(start, fine), number_on(end, fine)
        if asked[0] <= latest and asked[1] >= earliest:
            numbers += [max(asked[0], earliest), min(asked[1], latest)]
    elif not numbers:
        numbers = [latest]
    if not numbers:
        return []
    days = [(first_day(n, fine), last_day(n, fine)) for n in range(min(numbers), max(numbers) + 1)]
    return [
        (last if moment else first, last) for first, last in days if not moment or last <= through
    ]
