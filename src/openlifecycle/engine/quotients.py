"""One printed measure over another: both asked as any question is, then divided row by row.

A value is divided only by the one that belongs to it: of the same release (a list and its own
beds), or of the same period. A row that another row of its table cannot be told from is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import polars as pl

from openlifecycle.engine.answer import Answer
from openlifecycle.engine.corpus import Corpus
from openlifecycle.engine.notes import annotate
from openlifecycle.measures.declaration import Ratio
from openlifecycle.measures.plan import Plan
from openlifecycle.measures.question import Question
from openlifecycle.measures.registry import measure

#: Two values of one fiscal year are divided when their last days lie at most so far apart: the
#: year's last release is drawn up some days after, or before, its end.
CLOSE_DAYS: Final = 20

#: What tells a period from another, by granularity, where both parts are of one period.
_PERIOD: Final[dict[str, tuple[str, ...]]] = {
    "snapshot": ("period_end",),
    "month": ("period_start",),
    "quarter": ("period_start",),
    "span": ("period_start", "period_end"),
    "fiscal_year": ("fiscal_year",),
    "release": ("fiscal_year", "period_end"),
}


def quotient(corpus: Corpus, plan: Plan, ask: Callable[[Question], Answer]) -> Answer:
    """Return the answer to a declared ratio, with both cells behind each row."""
    ratio = plan.measure.ratio
    if ratio is None:
        raise TypeError(f"{plan.measure.name} is no ratio")
    top = ask(_top(plan, ratio))
    below = ask(_below(plan, ratio))
    shared = [d for d in plan.split if d in below.split]
    one_release = ratio.match == "release"
    match = ("release_id",) if one_release else _PERIOD[plan.granularity]
    table = divided(
        top.rows,
        below.rows,
        own=[*plan.split, *match],
        on=[*shared, *match],
        per=ratio.per,
        close=None if one_release else CLOSE_DAYS,
    )
    table = table.with_columns(unit=pl.lit(plan.measure.unit), value_text=pl.lit(None, pl.String))
    sql = f"{top.sql}\n-- over\n{below.sql}"
    releases = corpus.releases | {r.release_id: r for r in (*top.releases, *below.releases)}
    return annotate(table, plan, sql, releases)


def _top(plan: Plan, ratio: Ratio) -> Question:
    return replace(plan.question, measure=ratio.of, by=plan.by, period=plan.granularity)


def _below(plan: Plan, ratio: Ratio) -> Question:
    """Return the question below: the same split and filter as far as it has them, for any time.

    The time is not asked for again: what belongs to a value on top is found by release or period.
    """
    known = measure(ratio.over).dimensions
    question = plan.question
    return replace(
        question,
        measure=ratio.over,
        by=tuple(d for d in plan.by if d in known),
        where=tuple((d, v) for d, v in question.where if d in known),
        period=ratio.over_period or plan.granularity,
        start=None,
        end=None,
        on=None,
    )


def divided(
    top: pl.DataFrame,
    below: pl.DataFrame,
    *,
    own: list[str],
    on: list[str],
    per: float,
    close: int | None = CLOSE_DAYS,
) -> pl.DataFrame:
    """Return the rows on top with ``value`` divided, and what they were divided by.

    Args:
        top: rows of an answer, told apart by ``own``.
        below: rows of an answer, told apart by ``on``.
        own: columns that tell one row on top from another.
        on: columns in which two rows belong together.
        per: what the quotient is multiplied by.
        close: days that the ends of the two periods may lie apart; None where they may differ.

    Returns:
        Columns of ``top``, and ``over``, ``over_release_id``, ``over_sheet``, ``over_cell``.
        Rows without a partner, with a partner of 0, or told twice are left out.
    """
    once = top.filter(~top.select(own).is_duplicated())
    partner = below.filter(~below.select(on).is_duplicated()).select(
        *on,
        over=pl.col("value"),
        over_ends=pl.col("period_end"),
        over_release_id=pl.col("release_id"),
        over_sheet=pl.col("sheet"),
        over_cell=pl.col("cell"),
        over_edition=pl.col("edition"),
        over_correction=pl.col("correction_id"),
        over_restated=pl.col("restated"),
    )
    joined = once.join(partner, on=on, how="inner", nulls_equal=True)
    joined = joined.filter(pl.col("value").is_not_null(), pl.col("over") > 0)
    if close is not None:
        apart = (pl.col("period_end") - pl.col("over_ends")).dt.total_days().abs()
        joined = joined.filter(apart <= close)
    corrections = pl.concat_str(
        "correction_id", "over_correction", separator=" ", ignore_nulls=True
    )
    return joined.with_columns(
        value=pl.col("value") / pl.col("over") * per,
        # of both, corrected and published the last in the alphabet is the one to speak of
        edition=pl.max_horizontal("edition", "over_edition"),
        correction_id=pl.when(corrections != "").then(corrections),
        restated=pl.col("restated") + pl.col("over_restated"),
    ).drop("over_ends", "over_edition", "over_correction", "over_restated")
