"""Placements: every kept stint's place in its stay, and what changed since the one before."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import ordered, present, same, seconds
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.facilities import SPOT, hold_limit


def placements(stints: ir.Table, spots: ir.Table, rules: StayRules, through: datetime) -> ir.Table:
    """Return one row for each stint that is in a stay.

    Columns: ``row_id``, ``stay_id`` (the ``row_id`` of the stay's last stint), ``place`` (0, 1,
    ... in the stay), ``person_key``, ``book_in_at``, ``book_out_at``, ``spot`` and ``before_spot``
    of the placement before, ``length`` in seconds.
    """
    held = stints.filter(~stints.is_left_out & stints.person_key.notnull())
    held = held.inner_join(spots, same(held, spots, present(held, SPOT)))
    needed = dict.fromkeys(
        ("row_id", "person_key", "book_in_at", "book_out_at", "spot", *_columns(held, rules))
    )
    held = held.select(*needed, start=_start(held, rules))
    group = [_owner(held, rules), held.start]
    order = ordered(held, rules.order)
    in_order = ibis.window(group_by=group, order_by=order)
    whole = ibis.window(group_by=group, order_by=order, preceding=None, following=None)
    placed = held.mutate(
        place=ibis.row_number().over(in_order),
        # A record number is never missing, so every engine takes the same last one.
        stay_id=held.row_id.last().over(whole),
        before_spot=held.spot.lag().over(in_order),
    )
    return placed.select(
        "row_id",
        "stay_id",
        "place",
        "person_key",
        "book_in_at",
        "book_out_at",
        "spot",
        "before_spot",
        length=seconds(_end(placed, rules, through), placed.book_in_at),
    )


def with_moves(placed: ir.Table, spots: ir.Table) -> ir.Table:
    """Add where each placement was, what it changed, and the limit where it is in a hold room.

    A change is counted where both sides are known: ``moved_facility``, ``moved_aor``,
    ``moved_state``, ``moved_circuit``; ``hold_seconds`` and ``hold_limit`` in hours.
    """
    told = ("facility_code", "state", "circuit", *present(spots, ("aor",)))
    here = placed.inner_join(spots.select("is_hold", *told, here="spot"), [("spot", "here")])
    there = spots.select(there="spot", **{f"before_{name}": spots[name] for name in told})
    moved = here.left_join(there, [("before_spot", "there")])
    pairs = {
        f"moved_{name.removesuffix('_code')}": moved[name] != moved[f"before_{name}"]
        for name in told
    }
    return moved.mutate(
        hold_seconds=ibis.ifelse(moved.is_hold, moved.length, ibis.null("int64")),
        hold_limit=ibis.ifelse(moved.is_hold, hold_limit(moved.book_in_at), ibis.null("int64")),
        **{name: changed.fill_null(False) for name, changed in pairs.items()},
    )


def with_stays(stints: ir.Table, placed: ir.Table, spots: ir.Table) -> ir.Table:
    """Return every stint with its stay, its place in it, and what its facility is."""
    narrow = placed.select("stay_id", "place", placed_row="row_id")
    names = present(stints, SPOT)
    told = spots.select(
        "state",
        "circuit",
        **{f"spot_{name}": spots[name] for name in names},
        is_hold_room=spots.is_hold,
    )
    found = stints.left_join(narrow, [("row_id", "placed_row")])
    # Every stint is at one spot, so the join loses none; missing equals missing.
    found = found.inner_join(
        told, [found[name].identical_to(told[f"spot_{name}"]) for name in names]
    )
    return found.drop("placed_row", *(f"spot_{name}" for name in names))


def _columns(stints: ir.Table, rules: StayRules) -> list[str]:
    """Return the columns that put the stints of a stay in order."""
    return present(stints, [name.partition(" ")[0] for name in rules.order])


def _start(stints: ir.Table, rules: StayRules) -> ir.TimestampValue:
    """Return when the stay of a stint began: with its owner it names the stay."""
    if rules.missing_start == "book_in":
        return ibis.coalesce(stints.stay_book_in_at, stints.book_in_at)
    return stints.stay_book_in_at


def _owner(held: ir.Table, rules: StayRules) -> ir.StringValue:
    """Return whose stay a stint is in, given when the stay began."""
    if rules.missing_start == "one_for_all":
        return ibis.ifelse(held.start.isnull(), ibis.null("string"), held.person_key)
    return held.person_key


def _end(stints: ir.Table, rules: StayRules, through: datetime) -> ir.TimestampValue:
    """Return the book-out, or the last moment known of a stint that is open."""
    last = through.replace(tzinfo=None)
    if rules.open_end == "through_day":
        last = datetime(last.year, last.month, last.day)  # noqa: DTZ001  (wall clock, no zone)
    return stints.book_out_at.fill_null(ibis.timestamp(last.isoformat(sep=" ")))
