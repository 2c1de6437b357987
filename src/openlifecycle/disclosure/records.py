"""From an exact answer to one that may leave: perturbed, and without what is about too few.

This is the one way by which what the engine counts of records becomes an Answer; ``gate`` takes it
for every question. A question outside the lattice is refused. A cell that is not shown under one
rule set is shown under none of them in the same answer: being shown would tell that people differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import polars as pl

from openlifecycle.disclosure.grid import with_grid
from openlifecycle.disclosure.lattice import placed, within
from openlifecycle.disclosure.minimum_cell import BELOW
from openlifecycle.disclosure.perturbation import margin, uniforms
from openlifecycle.disclosure.policy import Policy, policy
from openlifecycle.disclosure.record_noise import perturbed
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.record_answer import Exact, Missing, RecordFacts
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.lifecycle.rules import RuleSet, ruleset
from openlifecycle.measures.declaration import DefinitionChange
from openlifecycle.measures.record_plan import RecordPlan

#: Steps to which a share of the records of a period may be rounded.
COVERAGE_STEPS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)

#: The tier whose figures never go without their warning.
UNRELIABLE: Final = 2

#: How a period is marked that the records do not cover whole.
PARTIAL: Final = "partial"

#: The dimension that tells rule sets apart in an answer about sensitivity.
RULE_SET: Final = "rule_set"


def cleared(
    exact: Exact,
    rules: Policy | None = None,
    named: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Answer:
    """Return the answer as it may leave.

    Args:
        exact: what was counted.
        rules: the policy; that of public records without it.
        named: by dimension, the values that may be named (``values.nameable``); each has a row.

    Raises:
        NotCleared: the question names more dimensions at once than the policy allows.
    """
    rules = rules or policy()
    plan = within(exact.plan, rules)
    split = (RULE_SET, *plan.split) if plan.question.sensitivity else plan.split
    rows = _rows(exact, rules, named)
    breaks = _breaks(rows, plan)
    releases = _releases(exact)
    return Answer(
        question=plan.question,
        measure=plan.measure,
        rows=_shown(rows, exact, rules)
        .with_columns(_note(plan, breaks))
        .sort("period_start", *plan.split, nulls_last=True, maintain_order=True)
        .select(
            "period_start", "period_end", "period_kind", "fiscal_year", *split, "value", "margin",
            pl.lit(plan.measure.unit).alias("unit"), "note", "over", "not_stated", "no_key",
            *(() if RULE_SET in split else (RULE_SET,)),
            pl.lit(exact.held.collection_id).alias("collection_id"),
            *_warning(plan),
        )
        .collect(),
        split=split,
        granularity=plan.granularity,
        caveats=tuple(
            c.text for c in plan.measure.caveats if c.applies((*plan.split, *_tested(plan)))
        ),
        notes=tuple(_notes(exact, rows, rules)),
        breaks=breaks,
        releases=releases,
        corrections=(),
        sql=exact.sql,
        disclosure=protection(rules, plan),
        records=_facts(exact, rules),
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


def _rows(exact: Exact, rules: Policy, named: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Return the rows of the answer, perturbed, and whether each ``is_shown``."""
    plan = exact.plan
    frame = perturbed(exact, rules)
    if len(plan.rules) > 1:
        cell = ["period_start", "period_end", *plan.split]
        # a cell that is not there under one of the rule sets has nobody there
        everywhere = pl.col("is_shown").all().over(cell) & (pl.len().over(cell) == len(plan.rules))
        frame = frame.with_columns(is_shown=everywhere)
    return with_grid(frame, exact, rules, named)


def _shown(rows: pl.DataFrame, exact: Exact, rules: Policy) -> pl.LazyFrame:
    """Return the rows without what is not shown, and with rounded shares of what is missing.

    What is missing is said beside what is shown only: beside a row without a value it would tell
    that the period has records.
    """
    shown, plan = pl.col("is_shown"), exact.plan
    table = f"{placed(plan.spec)}/{plan.granularity}"
    splits = ",".join(sorted(plan.split))
    days = rows["period_start"].to_physical().cast(pl.Int64).to_numpy()
    return (
        rows.with_columns(
            dither_stated=uniforms(days, exact.secret, f"not stated/{table}/{splits}".encode()),
            dither_keyed=uniforms(days, exact.secret, f"no key/{table}".encode()),
        )
        .lazy()
        .with_columns(step=_step(rules))
        .with_columns(
            value=pl.when(shown).then("value"),
            margin=pl.when(shown).then("margin"),
            not_stated=pl.when(shown).then(_dithered_share("missing_rows", "dither_stated")),
            no_key=pl.when(shown).then(_dithered_share("keyless_rows", "dither_keyed")),
        )
    )


def _step(rules: Policy) -> pl.Expr:
    """Return the step to which shares of the records of a period are rounded; null for few."""
    least = rules.coverage_cells * rules.minimum_cell
    step = pl.lit(None, pl.Float64)
    for one in reversed(COVERAGE_STEPS):
        step = pl.when(pl.col("all_rows") * one >= least).then(pl.lit(one)).otherwise(step)
    return step


def _dithered_share(name: str, dither: str) -> pl.Expr:
    """Return a share in whole steps, up or down at random: which, a secret of the period.

    Rounded to the nearest, whoever knows all other records would see one of them push a share over
    the edge. So one record moves it with the probability of its part of a step.
    """
    share, step = pl.col(name) / pl.col("all_rows"), pl.col("step")
    return ((share / step + pl.col(dither)).floor() * step).clip(0, 1).round(4)


def _note(plan: RecordPlan, breaks: tuple[DefinitionChange, ...]) -> pl.Expr:
    parts: list[pl.Expr] = [
        pl.when(~pl.col("is_shown")).then(pl.lit(BELOW)),
        pl.when(pl.col("is_cut")).then(pl.lit(PARTIAL)),
    ]
    for change in breaks:
        day = pl.lit(change.effective)
        inside = (pl.col("period_start") < day) & (pl.col("period_end") >= day)
        after = pl.col("period_start") >= day
        first = pl.col("period_start") == pl.col("period_start").filter(after).min()
        parts.append(pl.when(inside).then(pl.lit("break inside")).when(first).then(pl.lit("break")))
    return pl.concat_str(parts, separator="; ", ignore_nulls=True).alias("note")


def protection(rules: Policy, plan: RecordPlan) -> str:
    """Return how an answer was protected, as it says itself."""
    several = rules.records_per_person[plan.granularity]
    off, rule = margin(rules, times=several), rules.perturbation
    return (
        f"policy {rules.name}: cell-key perturbation. Counts have noise with mean zero, which is "
        f"the same whenever the same people are counted: 95 times of 100 within {off}, never off "
        f"by more than {rule.most * several}; other values are made from such counts. The margin "
        "of each row is in its own unit. Not told: anything about fewer than "
        f"{rules.minimum_cell} people, nobody included, or a result below {rules.shown_from}"
    )


def _breaks(frame: pl.DataFrame, plan: RecordPlan) -> tuple[DefinitionChange, ...]:
    return tuple(c for c in plan.measure.changes if c.breaks and _within(frame, c.effective))


def _tested(plan: RecordPlan) -> tuple[str, ...]:
    return tuple(c.field for c in (*plan.spec.where, *plan.spec.counts))


def _notes(exact: Exact, rows: pl.DataFrame, rules: Policy) -> list[str]:
    plan, through = exact.plan, exact.held.through.date()
    said = []
    if _synthetic(exact):
        said.append("SYNTHETIC: these records are of a made-up world and describe nobody")
    if rows.is_empty():
        said.append(_nothing(exact))
    unseen = rows.height - int(rows["is_shown"].sum())
    if unseen:
        said.append(f"{unseen} of {rows.height} values are below the minimum cell and not shown")
    if rows["is_cut"].any():
        said.append(f"periods marked partial are not covered whole: the records end on {through}")
    if exact.begins and (plan.span[0] is None or plan.span[0] < exact.begins):
        said.append(
            f"counted from {exact.begins:%B %Y} on: the records name nobody who left before"
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


def _nothing(exact: Exact) -> str:
    """Return why an answer has no rows, in words that tell nothing beside what is public."""
    (start, end), through = exact.plan.span, exact.held.through.date()
    first = exact.held.first_day(exact.plan.spec.event)
    if start and end and (end < first or start > through):
        return f"these records speak of {first} through {through}, and not of this time"
    return "nothing is told for this time and split: too few people, or nobody"


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


def _facts(exact: Exact, rules: Policy) -> RecordFacts:
    plan = exact.plan
    sets = [ruleset(name) for name in plan.rules]
    release = exact.held.releases[plan.spec.event]
    return RecordFacts(
        collection=exact.held.collection_id,
        layout=exact.held.layout,
        through=exact.held.through.date(),
        through_why=str(release.through_why),
        rules=tuple((r.name, r.title) for r in sets),
        rules_words=tuple(_words(sets[0], plan.spec.parameter)),
        coverage=tuple(_covered(m, exact, rules) for m in exact.missing),
        synthetic=_synthetic(exact),
    )


def _words(rules: RuleSet, sections: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return the rules of a set that speak of one of the sections."""
    return [
        (r.id, r.words, r.source)
        for r in rules.rules
        if {about.split(".")[0] for about in r.about} & set(sections)
    ]


def _covered(missing: Missing, exact: Exact, rules: Policy) -> dict[str, Any]:
    """Return what is missing of a field, as a share in steps of enough records, and of how many."""
    least = rules.coverage_cells * rules.minimum_cell
    step = next((s for s in COVERAGE_STEPS if s * missing.rows >= least), None)
    if step is None:
        return {"field": missing.field, "missing_share": None, "rows": None}
    purpose = f"coverage/{exact.plan.spec.table}/{missing.field}".encode()
    dither = float(uniforms(np.zeros(1, dtype=np.int64), exact.secret, purpose)[0])
    steps = math.floor(missing.missing / missing.rows / step + dither)
    share = round(min(1.0, steps * step), 4)
    return {"field": missing.field, "missing_share": share, "rows": _about(missing.rows, least)}


def _about(rows: int, least: int) -> int:
    """Return a number of records with two digits, in steps of ``least`` at the finest."""
    step = max(least, int(10 ** (len(str(rows)) - 2)))
    return round(rows / step) * step
