"""The choice of choose.py, step by step the same, over columns in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from openlifecycle.engine.choose import (
    MONTH_DAYS,
    PERIODS,
    QUARTER_DAYS,
    YEAR_DAYS,
    row_dims,
    rows_granularity,
    unsplit,
)
from openlifecycle.engine.held import HeldRows
from openlifecycle.engine.marks import NEAR_DAYS
from openlifecycle.measures.declaration import Source
from openlifecycle.measures.plan import Plan
from openlifecycle.measures.question import AS_CORRECTED, fiscal_year_of
from openlifecycle.model.dimensions import TOTAL
from openlifecycle.model.observation import (
    CORRECTED,
    FISCAL_YEAR_TO_DATE,
    INSTANT,
    INTERVAL,
    PUBLISHED,
)

_NO: Final = pl.lit(False)


def candidates(held: HeldRows, plan: Plan, columns: list[str]) -> pl.LazyFrame:
    """Return every row that could answer, with ``preference``."""
    question = plan.question
    wrong = PUBLISHED if question.edition == AS_CORRECTED else CORRECTED
    conditions = [pl.col("edition") != wrong, _kind(rows_granularity(plan))]
    if question.as_known_on:
        conditions.append(pl.col("known_on") <= question.as_known_on)
    for dim, parts in unsplit(plan):
        total = pl.col(dim) == TOTAL
        conditions.append(~total if parts else pl.col(dim).is_null() | total)
    if not plan.listed:
        conditions += _filters(plan)
    return _printed(held, plan, columns).filter(*conditions)


def filtered(found: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """Return the rows with the dimension values asked for."""
    wanted = _filters(plan)
    return found.filter(*wanted) if wanted else found


def latest(found: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """Return the rows that stand latest, with ``restated``; rows come in the order of cells."""
    period = PERIODS[rows_granularity(plan)]
    order = [*period.latest, "preference"]
    # rows of one measure come in the order of cells, those of several one measure after the other
    cells = ["sheet", "row_no", "cell"] if any(len(s.measures) > 1 for s in plan.sources) else []
    down = [c in period.latest for c in (*order, *cells)]
    found = found.sort([*order, *cells], descending=down, nulls_last=True, maintain_order=True)
    if plan.listed:
        first = [pl.col(c).eq_missing(pl.col(c).first().over(period.key)) for c in order]
        return found.filter(*first).with_columns(restated=pl.lit(0, pl.Int32))
    group = list(dict.fromkeys([*row_dims(plan), *period.key]))
    same = list(dict.fromkeys([*group, "period_end"]))
    values = pl.col("rounded").drop_nulls().n_unique().cast(pl.Int64)
    return found.with_columns(restated=values.over(same) - 1).unique(
        group, keep="first", maintain_order=True
    )


def within(found: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    """Return the rows of the time asked for."""
    question, fine = plan.question, plan.granularity
    if question.on:
        return _on(found, plan)
    start, end, year = pl.col("period_start"), pl.col("period_end"), pl.col("fiscal_year")
    starts = end if fine in ("snapshot", "release") else start
    yearly = fine == "fiscal_year"
    if question.start:
        first = fiscal_year_of(question.start)
        found = found.filter(year >= first if yearly else end >= question.start)
    if question.end:
        last = fiscal_year_of(question.end)
        found = found.filter(year <= last if yearly else starts <= question.end)
    return found


def _on(found: pl.LazyFrame, plan: Plan) -> pl.LazyFrame:
    on, fine = plan.question.on, plan.granularity
    if on is None:
        raise TypeError("the question says no day")
    start, end, year = pl.col("period_start"), pl.col("period_end"), pl.col("fiscal_year")
    if fine == "fiscal_year":
        return found.filter(year == fiscal_year_of(on))
    if fine == "month":
        return found.filter(start == on.replace(day=1))
    if fine in ("quarter", "span"):
        return found.filter(start <= on, end >= on)
    near = end >= on - timedelta(days=NEAR_DAYS)
    if fine == "release":
        near = near | (year == fiscal_year_of(on))
    return found.filter(end <= on, near).filter(end == end.max())


def _printed(held: HeldRows, plan: Plan, columns: list[str]) -> pl.LazyFrame:
    """Return the rows of the plan's sources, each with the first source that it belongs to."""
    by_place: dict[tuple[str, str], list[tuple[int, Source]]] = {}
    for preference, source in enumerate(plan.sources):
        for measure in dict.fromkeys(source.measures):
            by_place.setdefault((source.table, measure), []).append((preference, source))
    item = {"item": pl.col("measure")} if "item" in plan.split else {}
    pieces = []
    for (table, measure), places in by_place.items():
        rows = held.printed(table, measure)
        if rows is None:
            continue
        piece = rows.lazy().select(columns, **item)
        if places[0][1].fixed:
            chain = pl.lit(None, pl.Int32)
            for preference, source in reversed(places):
                chain = pl.when(_fixed(source)).then(pl.lit(preference, pl.Int32)).otherwise(chain)
            piece = piece.with_columns(preference=chain).filter(pl.col("preference").is_not_null())
        else:
            piece = piece.with_columns(preference=pl.lit(places[0][0], pl.Int32))
        pieces.append(piece)
    if not pieces:
        return (
            held.empty().lazy().select(columns, **item).with_columns(preference=pl.lit(0, pl.Int32))
        )
    return pl.concat(pieces) if len(pieces) > 1 else pieces[0]


def _fixed(source: Source) -> pl.Expr:
    wanted = [_in(dim, values) if values else pl.col(dim).is_not_null()
              for dim, values in source.fixed]  # fmt: skip
    return pl.all_horizontal(*wanted).fill_null(False) if wanted else pl.lit(True)


def _filters(plan: Plan) -> list[pl.Expr]:
    return [
        _in(dim, values) | pl.col(dim).is_null() if TOTAL in values else _in(dim, values)
        for dim, values in plan.filters.items()
    ]


def _in(dim: str, values: tuple[str, ...]) -> pl.Expr:
    found = _NO
    for value in values:
        found = found | (pl.col(dim) == value)
    return found


def _kind(fine: str) -> pl.Expr:
    """Return the condition that a period is of the kind that the granularity shows."""
    kind = pl.col("period_kind")
    if fine in ("snapshot", "release"):
        return kind == (INSTANT if fine == "snapshot" else FISCAL_YEAR_TO_DATE)
    if fine == "span":
        return kind == INTERVAL
    days = (pl.col("period_end") - pl.col("period_start")).dt.total_days()
    if fine == "month":
        return (kind == INTERVAL) & (days < MONTH_DAYS)
    if fine == "quarter":
        return (kind == INTERVAL) & days.is_between(*QUARTER_DAYS)
    return (kind == FISCAL_YEAR_TO_DATE) | ((kind == INTERVAL) & (days >= YEAR_DAYS))
