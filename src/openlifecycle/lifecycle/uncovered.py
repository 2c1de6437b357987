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
    """Return the stints of people who are in a cell more than once, and what each of them adds.

    A count of stints becomes one of people when these stints are taken off it and what they add is
    put in their place. A stint that begins on or before the day on which the person's stints so far
    end carries on from there; one that ends no later than they do adds nothing.

    Args:
        stints: ``person_key``, the columns of ``by``, ``first`` and ``until``, first <= until.
        by: the columns that make the cells.
        one_each: a record without a person key is a person of its own; else all such records of a
            cell are one person.
        also: columns to keep, the same in all stints of a person.

    Returns:
        ``by``, ``also``, ``first``, ``until``, and ``adds`` (1, or 0 for nothing), ``begins``, the
        day from which it adds, and ``carries``, 1 where the person was there until that day.
    """
    cell = [*by, "person_key"]
    # Only people who are in a cell more than once are worth a sort. Which they may be is told by a
    # hash; where two fall together, more rows are sorted than need be and nothing else changes.
    token = reduce(xor, [stints[name].hash().fill_null(0) for name in cell])
    marked = stints.mutate(token=token)
    counted = marked.group_by("token").agg(n=marked.count())
    again = counted.filter(counted["n"] > 1)
    rows = marked.semi_join(again, "token").drop("token")
    earlier = ibis.window(group_by=cell, order_by=["first", "until"], preceding=(None, 1))
    before = rows["until"].max().over(earlier)
    if one_each:
        before = ibis.ifelse(rows["person_key"].isnull(), ibis.null("int64"), before)
    held = rows.mutate(before=before)
    adds = held["before"].isnull() | (held["until"] > held["before"])
    carries = (adds & (held["before"] >= held["first"])).fill_null(False)
    begins = ibis.ifelse(carries, held["before"], held["first"])
    return held.select(
        *by, *also, "first", "until",
        begins=begins, adds=adds.cast("int8"), carries=carries.cast("int8"),
    )  # fmt: skip
