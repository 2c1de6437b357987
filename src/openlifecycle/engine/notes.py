"""What must be said of an answer: partial months, breaks in series, corrections, concepts.

A number without these is quoted wrongly sooner or later, so they travel with the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import polars as pl

from openlifecycle.engine.answer import Answer
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.measures.declaration import DefinitionChange, Neighbour
from openlifecycle.measures.plan import Plan
from openlifecycle.measures.question import AS_CORRECTED
from openlifecycle.model.observation import BOTH, CORRECTED, PUBLISHED

#: Differences of a mean below this are rounding, not a fall of person-days.
ROUNDING: Final = 1.0

#: A question that ends, or begins, this many days from a change of concept is told of it.
NEAR: Final = 120


def annotate(
    table: pl.DataFrame, made: Plan, sql: str, releases: Mapping[str, ReleaseFacts]
) -> Answer:
    """Return the answer: the rows with a note each, and what applies to all of them."""
    breaks = _breaks(table, made)
    # the other cell of a value made of two: that of the release before, or that divided by
    before = [c for c in table.columns if c.startswith(("before_", "over"))]
    rows = (
        table.with_columns(_note(made, breaks))
        .select(
            "period_start", "period_end", "period_kind", "fiscal_year", *made.split, "value",
            "value_text", "unit", "note", "restated", "edition", "correction_id", "release_id",
            "published_on", "as_of", "table", "sheet", "cell", "layout", "rule_version", "flags",
            *before,
        )
        .pipe(lambda f: f if made.measure.is_text else f.drop("value_text"))
    )  # fmt: skip
    ids = [*rows["release_id"].unique(maintain_order=True)]
    for other in ("before_release_id", "over_release_id"):
        if other in rows.columns:
            ids += [i for i in rows[other].drop_nulls().unique() if i not in ids]
    touched = rows["correction_id"].drop_nulls().str.split(" ").explode()
    return Answer(
        question=made.question,
        measure=made.measure,
        rows=rows,
        split=made.split,
        granularity=made.granularity,
        caveats=tuple(
            c.text
            for c in made.measure.caveats
            if c.applies((*made.split, *(d for d, _ in made.measure.share_of)))
        ),
        notes=tuple(_notes(rows, made)),
        breaks=breaks,
        releases=tuple(releases[i] for i in releases if i in set(ids)),
        corrections=tuple(sorted(set(touched.to_list()))),
        sql=sql,
        _by_id=dict(releases),
    )


def provisional() -> pl.Expr:
    """Return the test that an interval was not over when its table was drawn up."""
    cut = pl.col("period_end") < pl.col("period_start").dt.month_end()
    open_end = pl.col("as_of").is_not_null() & (pl.col("as_of") < pl.col("period_end"))
    return (pl.col("period_kind") == "interval") & (cut | open_end)


def _note(made: Plan, breaks: tuple[DefinitionChange, ...]) -> pl.Expr:
    derived = made.measure.derivation == "interval_mean"
    parts: list[pl.Expr] = []
    if made.granularity in ("month", "quarter"):
        parts.append(pl.when(provisional()).then(pl.lit("provisional")))
    series = [pl.col(d) for d in made.split] or [pl.lit(1)]
    for change in breaks:
        day = pl.lit(change.effective)
        starts = pl.col("period_start") if made.granularity != "snapshot" else pl.col("period_end")
        inside = (starts < day) & (pl.col("period_end") >= day)
        after = starts >= day
        earlier = pl.col("period_end").min().over(series) < day
        end = pl.col("period_end")
        first = after & (end == end.filter(after).min().over(series)) & earlier
        parts.append(pl.when(inside).then(pl.lit("break inside")))
        parts.append(pl.when(first).then(pl.lit("break")))
    edition = pl.col("edition")
    parts.append(pl.when(edition == CORRECTED).then(pl.lit("corrected")))
    parts.append(pl.when(edition == PUBLISHED).then(pl.lit("disputed")))
    remark = pl.col("correction_id").is_not_null() & (edition == BOTH)
    parts.append(pl.when(remark).then(pl.lit("remarked")))
    parts.append(pl.when(pl.col("restated") > 0).then(pl.lit("restated")))
    if derived:
        parts.append(pl.when(pl.col("value") < -ROUNDING).then(pl.lit("impossible")))
    return pl.concat_str(parts, separator="; ", ignore_nulls=True).alias("note")


def _breaks(table: pl.DataFrame, made: Plan) -> tuple[DefinitionChange, ...]:
    """Return the definition changes that lie within the time that the rows span."""
    if table.is_empty():
        return ()
    first, last = _span(table)
    return tuple(c for c in made.measure.changes if c.breaks and first < c.effective <= last)


def _span(table: pl.DataFrame) -> tuple[date, date]:
    instants = table["period_kind"] == "instant"
    starts = table["period_end"] if instants.all() else table["period_start"]
    first, last = starts.min(), table["period_end"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        raise TypeError("every answered row has a period")
    return first, last


def _notes(rows: pl.DataFrame, made: Plan) -> list[str]:
    said: list[str] = []
    question = made.question
    if rows.is_empty():
        said.append("nothing was printed that answers this question")
    elif question.on and made.granularity in ("snapshot", "release"):
        last = rows["period_end"].max()
        if isinstance(last, date) and last != question.on:
            said.append(f"nothing is printed for {question.on}; the latest before it is {last}")
    said += _neighbours(rows, made)
    said += _changes(rows, made)
    touched = rows.filter(pl.col("correction_id").is_not_null()).height
    if touched:
        ids = ", ".join(sorted(set(" ".join(rows["correction_id"].drop_nulls()).split())))
        shown = "as corrected" if question.edition == AS_CORRECTED else "as published"
        said.append(f"publisher's errors {ids} touch {touched} of these rows, shown {shown}")
    if made.granularity == "month" and rows.filter(provisional()).height:
        said.append("months marked provisional were not over when they were printed")
    return said


def _changes(rows: pl.DataFrame, made: Plan) -> list[str]:
    """Return the definition changes inside the answer, and that nothing before them compares."""
    if rows.is_empty():
        return []
    first, last = _span(rows)
    inside = [c for c in made.measure.changes if first < c.effective <= last]
    past = [c for c in made.measure.changes if c.effective <= first and c.breaks]
    said = [
        f"definition changed on {c.effective}: {c.what}. Before: {c.before}. After: {c.after}."
        for c in inside
    ]
    said += [f"not comparable with periods before {c.effective}: {c.what}" for c in past[-1:]]
    return said


def _neighbours(rows: pl.DataFrame, made: Plan) -> list[str]:
    """Return the other concept that the publisher prints before or after this one, if near."""
    said = []
    question = made.question
    reach_end = question.on or question.end
    reach_start = question.on or question.start
    after, before = made.measure.after, made.measure.before
    if after and (reach_end is None or reach_end > after.released - timedelta(days=NEAR)):
        said.append(_pointer(after))
    if before and (reach_start is None or reach_start < before.released + timedelta(days=NEAR)):
        said.append(_pointer(before))
    return said


def _pointer(neighbour: Neighbour) -> str:
    return f"{neighbour.text}: see {neighbour.measure} (another concept; the two are not spliced)"
