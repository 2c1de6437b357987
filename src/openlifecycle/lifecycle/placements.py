"""Placements: every kept stint's place in its stay, and what changed since the one before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import ordered, present, seconds
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.facilities import SPOT
from openlifecycle.lifecycle.numbered import carried, stay_order

#: Columns that every placement has.
_OWN: Final = ("row_id", "book_in_at", "book_out_at")


def placements(
    stints: ir.Table, rules: StayRules, through: datetime, also: Sequence[str] = ()
) -> ir.Table:
    """Return one row for each stint, given the numbered ones and which are left out.

    Columns: ``row_id``, ``stay_id`` (the ``row_id`` of the stay's last stint), ``place`` (0, 1,
    ... in the stay), ``person``, ``book_in_at``, ``book_out_at``, ``spot`` and ``before_spot``
    of the placement before, ``length`` in seconds, and those of ``also``. A stint that is left
    out, or nobody's, has no stay and no place.
    """
    held = stints.mutate(
        is_held=~stints.is_left_out & stints.person.notnull(), start=_start(stints, rules)
    )
    group = [_owner(held, rules), held.start]
    order = ordered(held, stay_order(rules))
    in_order = ibis.window(group_by=group, order_by=order)
    whole = ibis.window(group_by=group, order_by=order, preceding=None, following=None)
    none = ibis.null("int64")
    return held.select(
        "row_id",
        # A record number is never missing, so every engine takes the same last one.
        stay_id=ibis.ifelse(held.is_held, held.row_id.last().over(whole), none),
        place=ibis.ifelse(held.is_held, ibis.row_number().over(in_order), none),
        person=held.person,
        book_in_at=held.book_in_at,
        book_out_at=held.book_out_at,
        spot=held.spot,
        before_spot=held.spot.lag().over(in_order),
        length=seconds(_end(held, rules, through), held.book_in_at),
        **{name: held[name] for name in also if name not in _OWN},
    )


def placed_stints(stints: ir.Table, placed: ir.Table, spots: ir.Table) -> ir.Table:
    """Return every stint as read with its stay, its place in it, and what its facility is.

    Adds ``stay_id``, ``place``, ``state``, ``circuit`` and ``is_hold_room``.
    """
    told = spots.select("state", "circuit", is_hold_room="is_hold", at="spot")
    if carried(stints):
        return _with_texts(stints, placed, spots).inner_join(told, [("spot", "at")])
    narrow = placed.select("stay_id", "place", "spot", placed_row="row_id")
    found = stints.inner_join(narrow, [("row_id", "placed_row")])
    return found.inner_join(told, [("spot", "at")])


def last_stints(stints: ir.Table, placed: ir.Table, spots: ir.Table) -> ir.Table:
    """Return the stint that ends each stay, as read."""
    ends = placed.filter(placed.row_id == placed.stay_id)
    if carried(stints):
        return _with_texts(stints, ends, spots).select(*stints.columns)
    return stints.semi_join(ends.select("row_id"), "row_id")


def _with_texts(stints: ir.Table, placed: ir.Table, spots: ir.Table) -> ir.Table:
    """Return placements that carry the columns of stints, with what these print of a facility."""
    printed = spots.select(*present(stints, SPOT), printed_at="spot")
    return placed.inner_join(printed, [("spot", "printed_at")])


def with_moves(placed: ir.Table, spots: ir.Table) -> ir.Table:
    """Return the placements in stays with what each changed, and whether it is in a hold room.

    A change is counted where both sides are known: ``moved_facility``, ``moved_aor``,
    ``moved_state``, ``moved_circuit``.
    """
    told = ("facility", "state", "circuit", *present(spots, ("aor",)))
    held = placed.filter(placed.stay_id.notnull())
    here = held.inner_join(spots.select("is_hold", *told, here="spot"), [("spot", "here")])
    there = spots.select(there="spot", **{f"before_{name}": spots[name] for name in told})
    moved = here.left_join(there, [("before_spot", "there")])
    return moved.mutate(
        **{f"moved_{n}": (moved[n] != moved[f"before_{n}"]).fill_null(False) for n in told}
    )


def _start(stints: ir.Table, rules: StayRules) -> ir.TimestampValue:
    """Return when the stay of a stint began: with its owner it names the stay."""
    if rules.missing_start == "book_in":
        return ibis.coalesce(stints.stay_book_in_at, stints.book_in_at)
    return stints.stay_book_in_at


def _owner(held: ir.Table, rules: StayRules) -> ir.IntegerValue:
    """Return a number for whose stay a stint is in, given when the stay began.

    A stint in no stay is a group of its own, below every person: all of them in one group would be
    one long sort.
    """
    owner = held.person
    if rules.missing_start == "one_for_all":
        owner = ibis.ifelse(held.start.isnull(), ibis.null("int64"), owner)
    return ibis.ifelse(held.is_held, owner, -1 - held.row_id)


def _end(stints: ir.Table, rules: StayRules, through: datetime) -> ir.TimestampValue:
    """Return the book-out, or the last moment known of a stint that is open."""
    last = through.replace(tzinfo=None)
    if rules.open_end == "through_day":
        last = datetime(last.year, last.month, last.day)  # noqa: DTZ001  (wall clock, no zone)
    return stints.book_out_at.fill_null(ibis.timestamp(last.isoformat(sep=" ")))
