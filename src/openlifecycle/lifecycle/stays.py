"""Stays: the stints of one person under one stay book-in, and what is said of them together."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.build_steps import Keep
from openlifecycle.lifecycle.columns import BONDS, HOUR, present
from openlifecycle.lifecycle.event_rules import StayRules, StintRules
from openlifecycle.lifecycle.facilities import SPOT
from openlifecycle.lifecycle.placements import with_moves
from openlifecycle.lifecycle.stints import stay_key

#: What is carried of the first, longest and last placement of a stay.
_CARRIED: Final = ("spot", "book_in_at", "book_out_at")
#: What is told of a placement beside what its stint prints.
_TOLD: Final = ("state", "circuit")
#: A length in seconds and a place share one integer, so that the longest stint and its place come
#: out of one maximum: 2^24 stints in a stay, lengths up to 2^38 seconds.
_PLACES: Final = 1 << 24
#: Places of a stay whose facility codes are values of their own while a stay is summed up.
_EARLY: Final = 4
#: What a transfer can change, and the count that it adds to.
_MOVES: Final[dict[str, str]] = {
    "moved_facility": "n_transfers",
    "moved_aor": "n_transfers_aor",
    "moved_state": "n_transfers_state",
    "moved_circuit": "n_transfers_circuit",
}
#: Columns of a stint that a stay says under another name.
_RENAMED: Final = {
    "release_reason": "last_release_reason",
    "facility_label": "last_facility_label",
    "facility_code": "last_facility_code",
    "stay_book_in_at": "book_in_at",
    "stay_book_out_at": "book_out_at",
    "book_in_at": "last_book_in_at",
    "book_out_at": "last_book_out_at",
}


def stay_facts(
    stints: ir.Table, placed: ir.Table, spots: ir.Table, rules: StayRules, keep: Keep
) -> ir.Table:
    """Return one narrow row for each stay: everything that is not said by its last stint.

    ``stints`` is the marked table, ``placed`` its placements, ``spots`` where these were.
    """
    summed = keep("stay_sums", _summed(with_moves(placed, spots), rules))
    people = summed.group_by(who=summed.owner).aggregate(n_stays=summed.count())
    facts = summed.inner_join(people, [("owner", "who")])
    for part in (_between(placed, summed), _bonds(stints, placed)):
        facts = facts.left_join(part, "stay_id").drop("stay_id_right")
    longest = {
        f"longest_{name}": ibis.cases(
            (facts.longest_place == 0, facts[f"first_{name}"]),
            (facts.longest_place == facts.n_stints - 1, facts[f"last_{name}"]),
            else_=facts[f"between_{name}"],
        )
        for name in _CARRIED
    }
    facts = facts.mutate(**longest)
    return facts.drop(
        "owner",
        "who",
        "longest_place",
        # The stay says these from its last stint.
        *(f"last_{name}" for name in _CARRIED if name != "spot"),
        *(f"between_{name}" for name in _CARRIED),
    )


def stays(stints: ir.Table, facts: ir.Table, spots: ir.Table, rules: StintRules) -> ir.Table:
    """Return one row for each stay: its facts, and what its last stint says.

    ``stints`` is the table as read: of what marking adds, a stay says only its key. What the spots
    are called is joined last, so that no table between holds these texts for every stay.
    """
    said = [name for name in stints.columns if name not in BONDS]
    last = stints.select(
        **{_RENAMED.get(name, name): stints[name] for name in said},
        stay_key=stay_key(stints, rules),
    )
    rows = last.inner_join(facts, [("row_id", "stay_id")]).drop("row_id")
    printed = present(spots, (*SPOT, *_TOLD))
    for prefix, names in (("first", printed), ("longest", printed), ("last", _TOLD)):
        told = spots.select(number="spot", **{f"{prefix}_{name}": spots[name] for name in names})
        rows = rows.left_join(told, [(f"{prefix}_spot", "number")])
        rows = rows.drop("number", f"{prefix}_spot")
    rows = rows.mutate(
        is_open=rows.book_out_at.isnull(),
        is_negative=(rows.book_out_at < rows.book_in_at).fill_null(False),
        is_start_mismatch=(rows.first_book_in_at != rows.book_in_at).fill_null(False),
    )
    return rows.mutate(last_aor=rows.aor) if "aor" in rows.columns else rows


def _summed(moved: ir.Table, rules: StayRules) -> ir.Table:
    """Return what is counted and added up over the stints of each stay, and its two ends."""
    tie = moved.place if rules.longest_tie == "last" else _PLACES - 1 - moved.place
    over = (moved.hold_seconds > moved.hold_limit * HOUR).fill_null(False)
    is_last = moved.row_id == moved.stay_id
    found = moved.group_by("stay_id").aggregate(
        owner=moved.person_key.max(where=is_last),
        n_stints=moved.count(),
        longest_key=(moved.length * _PLACES + tie).max(),
        hold_hours=moved.hold_seconds.sum().cast("float64") / HOUR,
        hold_longest_hours=moved.hold_seconds.max().cast("float64") / HOUR,
        hold_limit_hours=moved.hold_limit.max(),
        is_over_hold_limit=over.max(),
        # One row meets each condition, so the maximum is its value, missing or not.
        **{f"first_{name}": moved[name].max(where=moved.place == 0) for name in _CARRIED},
        **{f"last_{name}": moved[name].max(where=is_last) for name in _CARRIED},
        **_codes(moved),
        **{
            count: moved[name].cast("int64").sum()
            for name, count in _MOVES.items()
            if name in moved.columns
        },
    )
    # The low bits are the place, of negative lengths too, where a remainder would not be.
    tie_place = found.longest_key & (_PLACES - 1)
    return found.mutate(
        longest_place=tie_place if rules.longest_tie == "last" else _PLACES - 1 - tie_place,
        facility_codes=_joined_codes(found, rules),
    ).drop("longest_key", *_codes(moved))


def _codes(moved: ir.Table) -> dict[str, ir.Value]:
    """Return the facility codes of a stay: one value for each early place, a list of the rest.

    Lists are dear to make and to sort, and few stays are long enough to need one.
    """
    later = ibis.struct({"place": moved.place, "code": moved.facility_code.fill_null("?")})
    return {
        "n_codes": moved.facility_code.count(),
        "later_codes": later.collect(where=moved.place >= _EARLY),
        **{f"code_{n}": moved.facility_code.max(where=moved.place == n) for n in range(_EARLY)},
    }


def _joined_codes(found: ir.Table, rules: StayRules) -> ir.StringValue:
    """Return the facility codes of a stay in order, as one text."""
    joined: ir.StringValue = found.code_0.fill_null("?")
    parts = [found[f"code_{n}"].fill_null("?") for n in range(1, _EARLY)]
    parts.append(found.later_codes.sort().map(lambda one: one["code"]).join("; "))
    for place, part in enumerate(parts, start=1):
        joined = joined + ibis.ifelse(found.n_stints > place, "; " + part, "")
    if rules.missing_code == "whole":
        joined = ibis.ifelse(found.n_codes == found.n_stints, joined, ibis.null("string"))
    return joined


def _between(placed: ir.Table, summed: ir.Table) -> ir.Table:
    """Return the longest placement of each stay where it is neither the first nor the last."""
    place = summed.longest_place
    inner = summed.filter((place > 0) & (place < summed.n_stints - 1))
    found = placed.inner_join(
        inner.select(inner_id="stay_id", inner_place="longest_place"),
        [("stay_id", "inner_id"), ("place", "inner_place")],
    )
    return found.select("stay_id", **{f"between_{name}": found[name] for name in _CARRIED})


def _bonds(stints: ir.Table, placed: ir.Table) -> ir.Table:
    """Return the lowest bonds of each stay that has one."""
    names = present(stints, BONDS.values())
    if not names:
        return placed.select("stay_id").limit(0)
    some = stints.filter(ibis.or_(*(stints[name].notnull() for name in names)))
    some = some.inner_join(placed.select("row_id", "stay_id"), "row_id")
    return some.group_by("stay_id").aggregate(**{name: some[name].min() for name in names})
