"""Daily flows: book-ins, book-outs and the transfers among them.

A stint is booked in on the day of its book-in and out on that of its book-out. A book-in that does
not begin a stay is a transfer in; a book-out that does not end one is a transfer out. Where
midnights end the day and days are compared (R20), flows and headcounts in stints agree to the last
one: tonight's count = last night's + book-ins - book-outs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.day_numbers import as_date, number_of
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.spans import counted_stints

#: What is counted on a day, and what it means.
FLOWS: Final[dict[str, str]] = {
    "n_book_ins": "stints that began",
    "n_initial_book_ins": "stays that began (the book-ins of ICE's workbooks, R26)",
    "n_transfers_in": "stints that began within a stay",
    "n_book_outs": "stints that ended",
    "n_final_book_outs": "stays that ended",
    "n_transfers_out": "stints that ended within a stay",
}


def movements(
    stints: ir.Table,
    *,
    rules: HeadcountRules,
    through: datetime,
    start: date | None = None,
    end: date | None = None,
    by: Sequence[str] = (),
) -> ir.Table:
    """Return the flows of each day in each cell.

    Args:
        stints: the ``stint`` table of a lifecycle; ``stay_id`` names the row that ends each stay.
        rules: the headcount section of a rule set; its unit is not used, flows are of stints.
        through: the last moment that the collection speaks of.
        start: first day of the answer.
        end: last day of the answer; the day of ``through`` by default and at most.
        by: columns that make the cells, each stint's own: a transfer leaves one cell for another.

    Returns:
        The columns of ``by``, ``date`` and those of ``FLOWS``; no row for a day without a flow. A
        stint without a book-in is in no flow, one that ends before it starts ends when it starts.
    """
    missing = sorted({"row_id", "stay_id", *by} - set(stints.columns))
    if missing:
        raise UsageError(f"flows need the column {', '.join(missing)}")
    rules = replace(rules, unit="stints", missing_book_in="dropped")
    marked = stints.mutate(began_at=stints["book_in_at"], is_closed=stints["book_out_at"].notnull())
    also = ["row_id", "stay_id", "began_at", "is_closed"]
    spans = counted_stints(marked, rules=rules, through=through, by=by, also=also)
    spans = _placed_in_stays(spans)
    into = _events(spans, by, "in_day", initial=spans["begins_stay"])
    closed = spans.filter(spans["is_closed"])
    out = _events(closed, by, "out_day", final=closed["ends_stay"])
    events = into.union(out, distinct=False)
    if start is not None:
        events = events.filter(events["day"] >= number_of(start))
    last = min(end or through.date(), through.date())
    events = events.filter(events["day"] <= number_of(last))
    days = events.group_by([*by, "day"]).agg(
        **{name: events[name].sum().cast("int64") for name in FLOWS}
    )
    return days.select(*by, as_date(days["day"]).name("date"), *FLOWS)


def _placed_in_stays(spans: ir.Table) -> ir.Table:
    """Mark the stints that begin a stay and those that end one; a stint without a stay is one."""
    alone = spans["stay_id"].isnull()
    order = [spans["began_at"], spans["out_day"], spans["row_id"]]
    rank = ibis.row_number().over(ibis.window(group_by="stay_id", order_by=order))
    return spans.mutate(
        begins_stay=alone | (rank == 0), ends_stay=alone | (spans["row_id"] == spans["stay_id"])
    )


def _events(
    spans: ir.Table,
    by: Sequence[str],
    day: str,
    *,
    initial: ir.Value | None = None,
    final: ir.Value | None = None,
) -> ir.Table:
    one, none = ibis.literal(1, type="int8"), ibis.literal(0, type="int8")

    def of(flag: ir.Value | None) -> tuple[ir.Value, ir.Value, ir.Value]:
        if flag is None:
            return none, none, none
        whole = flag.cast("int8")
        return one, whole, ibis.ifelse(flag, none, one)

    values = dict(zip(FLOWS, (*of(initial), *of(final)), strict=True))
    return spans.select(*by, day=spans[day], **values)
