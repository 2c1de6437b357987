"""Distinct people in a count: the part of each stint that no earlier one covers."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


def uncovered(stints: ir.Table, by: Sequence[str], *, one_each: bool) -> ir.Table:
    """Return pieces that cover every day of a person in a cell once.

    A stint that begins on or before the day on which the person's stints so far end carries on
    from there, ``carries_on`` 1; one that ends no later than they do adds nothing.

    Args:
        stints: ``person_key``, the columns of ``by``, ``first`` and ``until``, first <= until.
        by: the columns that make the cells.
        one_each: a record without a person key is a person of its own; else all such records of a
            cell are one person.
    """
    cell = [*by, "person_key"]
    keyed = stints.filter(stints["person_key"].notnull()) if one_each else stints
    # Most people are in a cell once: only the others are worth a sort.
    groups = keyed.group_by(cell).agg(
        n=keyed.count(), first=keyed["first"].min(), until=keyed["until"].max()
    )
    once, more = groups.filter(groups["n"] == 1), groups.filter(groups["n"] > 1)
    # The keys may be null (a stint without a facility code), which a plain equality would lose.
    rows = keyed.semi_join(more, [keyed[name].identical_to(more[name]) for name in cell])
    earlier = ibis.window(group_by=cell, order_by=["first", "until"], preceding=(None, 1))
    rows = rows.mutate(before=rows["until"].max().over(earlier))
    rows = rows.filter(rows["before"].isnull() | (rows["until"] > rows["before"]))
    carries = (rows["before"] >= rows["first"]).fill_null(False)
    parts = [
        _piece(once, by, once["first"], ibis.literal(0, type="int8")),
        _piece(rows, by, ibis.ifelse(carries, rows["before"], rows["first"]), carries.cast("int8")),
    ]
    if one_each:
        lone = stints.filter(stints["person_key"].isnull())
        parts.append(_piece(lone, by, lone["first"], ibis.literal(0, type="int8")))
    return ibis.union(*parts, distinct=False)


def _piece(rows: ir.Table, by: Sequence[str], first: ir.Value, carries_on: ir.Value) -> ir.Table:
    return rows.select(*by, first=first, until=rows["until"], carries_on=carries_on)
