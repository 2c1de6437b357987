"""Distinct people in a count: the part of each stint that no earlier one covers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import xor

import ibis
import ibis.expr.types as ir


def uncovered(
    stints: ir.Table, by: Sequence[str], *, one_each: bool, also: Sequence[str] = ()
) -> ir.Table:
    """Return pieces that cover every day of a person in a cell once.

    A stint that begins on or before the day on which the person's stints so far end carries on
    from there, ``carries_on`` 1; one that ends no later than they do adds nothing.

    Args:
        stints: ``person_key``, the columns of ``by``, ``first`` and ``until``, first <= until.
        by: the columns that make the cells.
        one_each: a record without a person key is a person of its own; else all such records of a
            cell are one person.
        also: columns that a piece carries on, the same in all stints of a person.
    """
    cell = [*by, "person_key"]
    # Most people are in a cell once: only the others are worth a sort. Which they may be is told by
    # a hash; where two fall together, more rows are sorted than need be and nothing else changes.
    token = reduce(xor, [stints[name].hash().fill_null(0) for name in cell])
    marked = stints.mutate(token=token)
    counted = marked.group_by("token").agg(n=marked.count())
    again = counted.filter(counted["n"] > 1)
    once, rows = marked.anti_join(again, "token"), marked.semi_join(again, "token")
    earlier = ibis.window(group_by=cell, order_by=["first", "until"], preceding=(None, 1))
    before = rows["until"].max().over(earlier)
    if one_each:
        before = ibis.ifelse(rows["person_key"].isnull(), ibis.null("int64"), before)
    rows = rows.mutate(before=before)
    rows = rows.filter(rows["before"].isnull() | (rows["until"] > rows["before"]))
    carries = (rows["before"] >= rows["first"]).fill_null(False)
    first = ibis.ifelse(carries, rows["before"], rows["first"])
    none = ibis.literal(0, type="int8")
    alone = once.select(*by, *also, first=once["first"], until=once["until"], carries_on=none)
    cut = rows.select(*by, *also, first=first, until=rows["until"], carries_on=carries.cast("int8"))
    return alone.union(cut, distinct=False)
