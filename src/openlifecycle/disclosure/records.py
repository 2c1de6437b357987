"""From an exact answer to one that may leave: cells that are too small are taken out.

This is the one way by which what the engine counts of records becomes an Answer; api.Session
takes it for every question. A cell hidden under one rule set is hidden under all of them in the
same answer, because two numbers for one cell tell more than one.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from openlifecycle.disclosure.minimum_cell import (
    BELOW,
    MINIMUM_CELL,
    PLAIN_RULE,
    hides_count,
    hides_share,
    hides_statistic,
)
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.record_answer import Exact, Missing, RecordFacts
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.lifecycle.rules import RuleSet, ruleset
from openlifecycle.measures.declaration import DefinitionChange
from openlifecycle.measures.record_plan import RecordPlan

#: Kinds of value that are counts of people or records.
COUNTS: Final = frozenset({"rows", "people", "stock"})

#: The tier whose figures never go without their warning.
UNRELIABLE: Final = 2

#: How a period is marked that the records do not cover whole.
PARTIAL: Final = "partial"

#: The dimension that tells rule sets apart in an answer about sensitivity.
RULE_SET: Final = "rule_set"


def cleared(exact: Exact) -> Answer:
    """Return the answer without what concerns fewer people than the minimum cell."""
    plan = exact.plan
    split = (RULE_SET, *plan.split) if plan.question.sensitivity else plan.split
    breaks = _breaks(exact.frame, plan)
    rows = _shown(exact.frame, plan).with_columns(_note(plan, breaks))
    releases = _releases(exact)
    return Answer(
        question=plan.question,
        measure=plan.measure,
        rows=rows.sort("period_start", *plan.split, nulls_last=True, maintain_order=True).select(
            "period_start", "period_end", "period_kind", "fiscal_year", *split, "value",
            pl.lit(plan.measure.unit).alias("unit"), "note", "over", "not_stated", "no_key",
            *(() if RULE_SET in split else (RULE_SET,)),
            pl.lit(exact.held.collection_id).alias("collection_id"),
            *_warning(plan),
        ),
        split=split,
        granularity=plan.granularity,
        caveats=tuple(
            c.text for c in plan.measure.caveats if c.applies((*plan.split, *_tested(plan)))
        ),
        notes=tuple(_notes(exact, rows)),
        breaks=breaks,
        releases=releases,
        corrections=(),
        sql=exact.sql,
        disclosure=PLAIN_RULE,
        records=_facts(exact),
        _by_id={r.release_id: r for r in releases},
    )  # fmt: skip


def _warning(plan: RecordPlan) -> list[pl.Expr]:
    """Return, for a measure that must not be quoted without it, the warning as a column.

    A caveat can be cut off a file of rows; a column cannot be overlooked.
    """
    if plan.measure.tier != UNRELIABLE:
        return []
    said = [c.text for c in plan.measure.caveats if c.text.startswith("WARNING")]
    return [pl.lit(" ".join(said)).alias("warning")]


def hidden(plan: RecordPlan) -> pl.Expr:
    """Return whether a cell of an exact frame is hidden."""
    people = pl.col("people")
    if plan.spec.value == "share":
        return hides_share(people, pl.col("people_in"), pl.col("people_out"))
    if plan.spec.value in COUNTS or plan.spec.statistic == "last":
        return hides_count(people)
    return hides_statistic(people)


def _shown(frame: pl.DataFrame, plan: RecordPlan) -> pl.DataFrame:
    cell = ["period_start", "period_end", *plan.split]
    frame = frame.with_columns(is_hidden=hidden(plan).any().over(cell))
    few_rows = hides_statistic(pl.col("people").min().over(cell))
    divided = plan.spec.value not in COUNTS and plan.spec.value != "headcount"
    return frame.with_columns(
        value=pl.when(~pl.col("is_hidden")).then(pl.col("value")),
        over=pl.when(~few_rows).then(pl.col("rows")) if divided else pl.lit(None, pl.Int64),
        not_stated=_share_of_rows("missing_rows"),
        no_key=_share_of_rows("keyless_rows"),
    )


def _share_of_rows(name: str) -> pl.Expr:
    """Return a share of the rows of a period; hidden where it counts 1 to 4 rows."""
    few = hides_count(pl.col(name)) | hides_statistic(pl.col("all_rows"))
    return pl.when(~few).then(pl.col(name) / pl.col("all_rows"))


def _note(plan: RecordPlan, breaks: tuple[DefinitionChange, ...]) -> pl.Expr:
    parts: list[pl.Expr] = [
        pl.when(pl.col("is_hidden")).then(pl.lit(BELOW)),
        pl.when(pl.col("is_cut")).then(pl.lit(PARTIAL)),
    ]
    for change in breaks:
        day = pl.lit(change.effective)
        inside = (pl.col("period_start") < day) & (pl.col("period_end") >= day)
        after = pl.col("period_start") >= day
        first = pl.col("period_start") == pl.col("period_start").filter(after).min()
        parts.append(pl.when(inside).then(pl.lit("break inside")).when(first).then(pl.lit("break")))
    return pl.concat_str(parts, separator="; ", ignore_nulls=True).alias("note")


def _breaks(frame: pl.DataFrame, plan: RecordPlan) -> tuple[DefinitionChange, ...]:
    if frame.is_empty():
        return ()
    first, last = frame["period_start"].min(), frame["period_end"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        raise TypeError("every row has a period")
    return tuple(c for c in plan.measure.changes if c.breaks and first < c.effective <= last)


def _tested(plan: RecordPlan) -> tuple[str, ...]:
    return tuple(c.field for c in (*plan.spec.where, *plan.spec.counts))


def _notes(exact: Exact, rows: pl.DataFrame) -> list[str]:
    plan, through = exact.plan, exact.held.through.date()
    said = []
    if _synthetic(exact):
        said.append("SYNTHETIC: these records are of a made-up world and describe nobody")
    if rows.is_empty():
        said.append("the records say nothing for this time and split")
    unseen = rows.filter(pl.col("is_hidden")).height
    if unseen:
        said.append(f"{unseen} of {rows.height} values are below the minimum cell and not shown")
    if rows.filter(pl.col("is_cut")).height:
        said.append(f"periods marked partial are not covered whole: the records end on {through}")
    if exact.begins and (plan.span[0] is None or plan.span[0] < exact.begins):
        said.append(
            f"counted from {exact.begins} on: the records name nobody who left before that day"
        )
    if plan.spec.follow_up_days:
        said.append(f"counted are records with {plan.spec.follow_up_days} days of follow-up")
    for change in plan.measure.changes:
        if rows.height and _within(rows, change.effective):
            said.append(
                f"definition changed on {change.effective}: {change.what}. "
                f"Before: {change.before}. After: {change.after}."
            )
    return said


def _within(rows: pl.DataFrame, day: date) -> bool:
    first, last = rows["period_start"].min(), rows["period_end"].max()
    return isinstance(first, date) and isinstance(last, date) and first < day <= last


def _synthetic(exact: Exact) -> bool:
    names = [n for r in exact.held.releases.values() for n in r.names]
    return any("synthetic" in str(n).casefold() for n in names)


def _releases(exact: Exact) -> tuple[ReleaseFacts, ...]:
    needed = dict.fromkeys([exact.plan.spec.event, *exact.plan.spec.needs])
    found = [exact.held.releases[event] for event in needed if event in exact.held.releases]
    return tuple(
        ReleaseFacts(
            release_id=r.release_id,
            series=r.series,
            sha256=getattr(r, "sha256", r.release_id.split("@")[-1]),
            names=tuple(r.names),
            fiscal_year=None,
            as_of=exact.held.through.date(),
            published_on=None,
            received_at=str(r.received_at or ""),
        )
        for r in found
    )


def _facts(exact: Exact) -> RecordFacts:
    plan = exact.plan
    rules = [ruleset(name) for name in plan.rules]
    release = exact.held.releases[plan.spec.event]
    return RecordFacts(
        collection=exact.held.collection_id,
        layout=exact.held.layout,
        through=exact.held.through.date(),
        through_why=str(release.through_why),
        rules=tuple((r.name, r.title) for r in rules),
        rules_words=tuple(_words(rules[0], plan.spec.parameter)),
        coverage=tuple(_covered(m) for m in exact.missing),
        synthetic=_synthetic(exact),
    )


def _words(rules: RuleSet, sections: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return the rules of a set that speak of one of the sections."""
    return [
        (r.id, r.words, r.source)
        for r in rules.rules
        if {about.split(".")[0] for about in r.about} & set(sections)
    ]


def _covered(missing: Missing) -> dict[str, Any]:
    """Return what is missing of a field; counts of 1 to 4 records are not said."""
    few = 0 < missing.missing < MINIMUM_CELL or missing.rows < MINIMUM_CELL
    share = missing.missing / missing.rows if missing.rows else 0.0
    return {
        "field": missing.field,
        "missing_share": None if few else share,
        "rows": None if missing.rows < MINIMUM_CELL else missing.rows,
    }
