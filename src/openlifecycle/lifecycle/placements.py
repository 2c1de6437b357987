"""Placements: every kept stint's place in its stay, and what changed since the one before."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import ordered, present, seconds
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.facilities import hold_limit, is_hold_room

#: What is carried of each placement, to be said of the first, longest and last of a stay.
CARRIED: Final = ("facility_label", "facility_code", "book_in_at", "book_out_at", "aor")
#: What is told of a placement beside what is carried, from the code of its facility.
TOLD: Final = ("state", "circuit")


def placements(stints: ir.Table, rules: StayRules, through: datetime) -> ir.Table:
    """Return one row for each stint that is in a stay.

    Columns: ``row_id``, ``stay_id`` (the ``row_id`` of the stay's last stint), ``place`` (0, 1,
    ... in the stay), ``person_key``, what is carried, ``before_code`` and ``before_aor`` of the
    placement before, ``length`` in seconds, ``is_hold``.
    """
    held = stints.filter(~stints.is_left_out & stints.person_key.notnull())
    owner, start = _stay(held, rules)
    held = held.select("row_id", "person_key", *present(held, CARRIED), owner=owner, start=start)
    group = [held.owner, held.start]
    order = ordered(held, rules.order)
    in_order = ibis.window(group_by=group, order_by=order)
    whole = ibis.window(group_by=group, order_by=order, preceding=None, following=None)
    before = {"before_code": held.facility_code.lag().over(in_order)}
    if "aor" in held.columns:
        before["before_aor"] = held.aor.lag().over(in_order)
    placed = held.mutate(
        place=ibis.row_number().over(in_order),
        # A record number is never missing, so every engine takes the same last one.
        stay_id=held.row_id.last().over(whole),
        **before,
    )
    return placed.mutate(
        length=seconds(_end(placed, rules, through), placed.book_in_at),
        is_hold=is_hold_room(placed),
    ).drop("owner", "start")


def with_moves(placed: ir.Table, places: ir.Table) -> ir.Table:
    """Add what each placement changed, and the hold-room limit where it is in a hold room.

    ``places`` says the state and circuit of each facility code.

    A change is counted where both sides are known: ``moved_facility``, ``moved_aor``,
    ``moved_state``, ``moved_circuit``; ``hold_seconds`` and ``hold_limit`` in hours.
    """
    here = placed.left_join(places, [("facility_code", "place_code")]).drop("place_code")
    there = places.rename(there_code="place_code", there_state="state", there_circuit="circuit")
    moved = here.left_join(there, [("before_code", "there_code")])
    pairs = {
        "moved_facility": moved.facility_code != moved.before_code,
        "moved_state": moved.state != moved.there_state,
        "moved_circuit": moved.circuit != moved.there_circuit,
    }
    if "aor" in moved.columns:
        pairs["moved_aor"] = moved.aor != moved.before_aor
    return moved.mutate(
        hold_seconds=ibis.ifelse(moved.is_hold, moved.length, ibis.null("int64")),
        hold_limit=ibis.ifelse(moved.is_hold, hold_limit(moved.book_in_at), ibis.null("int64")),
        **{name: changed.fill_null(False) for name, changed in pairs.items()},
    ).drop("there_code", "there_state", "there_circuit")


def with_stays(stints: ir.Table, placed: ir.Table, places: ir.Table) -> ir.Table:
    """Return every stint with its stay, its place in it, and the state of its facility."""
    narrow = placed.select("stay_id", "place", placed_row="row_id")
    found = stints.left_join(narrow, [("row_id", "placed_row")])
    found = found.left_join(places, [("facility_code", "place_code")])
    return found.mutate(is_hold_room=is_hold_room(found)).drop("placed_row", "place_code")


def _stay(stints: ir.Table, rules: StayRules) -> tuple[ir.StringValue, ir.TimestampValue]:
    """Return whose stay a stint is in and when that stay began: together they name the stay."""
    start = stints.stay_book_in_at
    if rules.missing_start == "one_for_all":
        return ibis.ifelse(start.isnull(), ibis.null("string"), stints.person_key), start
    if rules.missing_start == "book_in":
        start = ibis.coalesce(start, stints.book_in_at)
    return stints.person_key, start


def _end(stints: ir.Table, rules: StayRules, through: datetime) -> ir.TimestampValue:
    """Return the book-out, or the last moment known of a stint that is open."""
    last = through.replace(tzinfo=None)
    if rules.open_end == "through_day":
        last = datetime(last.year, last.month, last.day)  # noqa: DTZ001  (wall clock, no zone)
    return stints.book_out_at.fill_null(ibis.timestamp(last.isoformat(sep=" ")))
