"""Placements: every kept stint's place in its stay, and what changed since the one before."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import ordered, present, seconds
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.facilities import facility_places, hold_limit, is_hold_room

#: What is carried of each placement, to be said of the first, longest and last of a stay.
CARRIED: Final = (
    "facility_label",
    "facility_code",
    "book_in_at",
    "book_out_at",
    "aor",
    "state",
    "circuit",
)
#: What a transfer can change, and the count that it adds to.
CHANGES: Final[dict[str, str]] = {
    "facility_code": "n_transfers",
    "aor": "n_transfers_aor",
    "state": "n_transfers_state",
    "circuit": "n_transfers_circuit",
}


def placements(stints: ir.Table, rules: StayRules, through: datetime) -> ir.Table:
    """Return one row for each stint that is in a stay.

    Columns: ``row_id``, ``stay_id`` (the ``row_id`` of the stay's last stint), ``place`` (0, 1,
    ... in the stay), ``stay_start``, ``person_key``, what is carried, ``length`` in seconds,
    ``moved_<count>`` flags, and ``hold_seconds`` with its ``hold_limit`` in hours.
    """
    held = stints.filter(~stints.is_left_out & stints.person_key.notnull())
    held = held.mutate(**_owner(held, rules))
    places = facility_places(held)
    held = held.left_join(places, held.facility_code == places.place_code)
    held = held.select(
        "row_id",
        "person_key",
        "stay_owner",
        "stay_start",
        *present(held, CARRIED),
        length=seconds(_end(held, rules, through), held.book_in_at),
        is_hold=is_hold_room(held),
    )
    group = [held.stay_owner, held.stay_start]
    window = ibis.window(group_by=group, order_by=ordered(held, rules.order, missing_first=True))
    whole = ibis.window(
        group_by=group,
        order_by=ordered(held, rules.order, missing_first=True),
        preceding=None,
        following=None,
    )
    return held.mutate(
        place=ibis.row_number().over(window),
        # A record number is never missing, so every engine takes the same last one.
        stay_id=held.row_id.last().over(whole),
        hold_seconds=ibis.ifelse(held.is_hold, held.length, ibis.null("int64")),
        hold_limit=ibis.ifelse(held.is_hold, hold_limit(held.book_in_at), ibis.null("int64")),
        **{
            f"moved_{count}": (held[name] != held[name].lag().over(window)).fill_null(False)
            for name, count in CHANGES.items()
            if name in held.columns
        },
    ).drop("is_hold", "stay_owner")


def with_stays(stints: ir.Table, placed: ir.Table) -> ir.Table:
    """Return every stint with its stay, its place in it, and the state of its facility."""
    places = facility_places(stints)
    found = stints.left_join(
        placed.select(placed_row="row_id", stay_id="stay_id", place="place"),
        [("row_id", "placed_row")],
    )
    found = found.left_join(places, [("facility_code", "place_code")])
    return found.mutate(is_hold_room=is_hold_room(found)).drop("placed_row", "place_code")


def _owner(stints: ir.Table, rules: StayRules) -> dict[str, ir.Value]:
    """Return whose stay a stint is in and when that stay began: together they name the stay."""
    if rules.missing_start == "one_for_all":
        start = stints.stay_book_in_at
        nobody = ibis.null("string")
        return {
            "stay_owner": ibis.ifelse(start.isnull(), nobody, stints.person_key),
            "stay_start": start,
        }
    start = stints.stay_book_in_at
    if rules.missing_start == "book_in":
        start = ibis.coalesce(start, stints.book_in_at)
    return {"stay_owner": stints.person_key, "stay_start": start}


def _end(stints: ir.Table, rules: StayRules, through: datetime) -> ir.TimestampValue:
    """Return the book-out, or the last moment known of a stint that is open."""
    last = through.replace(tzinfo=None)
    if rules.open_end == "through_day":
        last = datetime(last.year, last.month, last.day)  # noqa: DTZ001  (wall clock, no zone)
    return stints.book_out_at.fill_null(ibis.timestamp(last.isoformat(sep=" ")))
