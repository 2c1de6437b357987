"""Headcounts made ready: by how much each cell changes on each day, and who is in it twice.

The changes of a cell are the sums of those of finer cells, so they are added up once, at the build,
and any question by these columns starts from few rows. People are not additive: somebody held in
two places at one midnight is one person where both are one cell. The stints of such people lie
apart, and a question takes off what they count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import RECORD_KEY
from openlifecycle.lifecycle.spans import any_time_span, counted_stints

#: Whether a change is of records without a person key: such a record is a person of its own, or
#: all of them together are one.
KEYLESS: Final = "is_keyless"

#: The conventions that steps are made for: midnights that end a day, people, no span that hangs on
#: which stints are asked for.
_READY: Final = HeadcountRules()


def has_steps(rules: HeadcountRules) -> bool:
    """Return whether heads by a convention can be added up from steps."""
    free = {"include_duplicates": True, "end_before_start": "one_day"}
    return replace(rules, **free) == replace(_READY, **free)  # type: ignore[arg-type]


def spans_of(
    stints: ir.Table, *, rules: HeadcountRules, through: datetime, by: Sequence[str]
) -> ir.Table:
    """Return the stints that count, with ``first``, ``until``, ``record_key`` and ``by``.

    Held is a stint at the midnights that end the days from ``first`` to the day before ``until``.
    """
    kept = counted_stints(stints, rules=rules, through=through, by=by, also=(RECORD_KEY,))
    span = any_time_span()
    return kept.select(
        *by, "person_key", RECORD_KEY,
        first=span.first(kept).cast("int32"), until=span.until(kept).cast("int32"),
    )  # fmt: skip


def steps(spans: ir.Table, by: Sequence[str]) -> ir.Table:
    """Return the changes of heads at midnight by cell and day: ``change``, ``key_change``."""
    one, less = (ibis.literal(n, "int64") for n in (1, -1))
    events = [
        spans.select(*by, day=spans[day], change=change, key_change=spans[RECORD_KEY] * change,
                     **{KEYLESS: spans["person_key"].isnull()})
        for day, change in (("first", one), ("until", less))
    ]  # fmt: skip
    every = ibis.union(*events, distinct=False)
    return added(every, [*by, KEYLESS])


def added(changes: ir.Table, by: Sequence[str]) -> ir.Table:
    """Return changes added up by coarser cells."""
    # DuckDB adds up in 128 bits, which it would write into a file as fractions; Ibis takes the sum
    # for 64 bits already, and would leave a single cast out
    sums = {
        name: changes[name].sum().cast("decimal(38, 0)").cast("int64")
        for name in ("change", "key_change")
    }
    made = changes.group_by([*by, "day"]).agg(**sums)
    # who comes in the place of somebody else changes the key and not the number
    return made.filter((made["change"] != 0) | (made["key_change"] != 0))


def twice(spans: ir.Table) -> ir.Table:
    """Return the stints of people who are held by two of them at one midnight, in order.

    A stint that shares no midnight with another of the person is counted once in every cell.
    """
    known = spans.filter(spans["person_key"].notnull())
    order = {"group_by": "person_key", "order_by": ["first", "until"]}
    earlier = ibis.window(**order, preceding=(None, 1))
    marked = known.mutate(
        reached=known["until"].max().over(earlier),
        following=known["first"].lead().over(ibis.window(**order)),
    )
    runs_on = (marked["following"] < marked["until"]).fill_null(False)
    run_into = (marked["reached"] > marked["first"]).fill_null(False)
    return marked.filter(runs_on | run_into).drop("reached", "following")
