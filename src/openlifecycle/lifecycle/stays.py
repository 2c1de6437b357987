"""Stays: the stints of one person under one stay book-in, and what is said of them together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.build_steps import Keep
from openlifecycle.lifecycle.columns import BONDS, HOUR, hours, present
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.facilities import SPOT, hold_limit
from openlifecycle.lifecycle.placements import with_moves
from openlifecycle.lifecycle.rules import RuleSet
from openlifecycle.lifecycle.stints import stay_key

#: What is told of a placement beside what its stint prints.
_TOLD: Final = ("state", "circuit")
#: A length in seconds and a place share one integer, so that the longest stint and its place come
#: out of one maximum: 2^24 stints in a stay, lengths up to 2^38 seconds.
PLACES: Final = 1 << 24
#: Places of a stay whose spots are values of their own while a stay is summed up. Lists are dear
#: to make and to sort, and few stays are long enough to need one.
_EARLY: Final = 4
#: What a transfer can change, and the count that it adds to.
MOVES: Final[dict[str, str]] = {
    "moved_facility": "n_transfers",
    "moved_aor": "n_transfers_aor",
    "moved_state": "n_transfers_state",
    "moved_circuit": "n_transfers_circuit",
}
#: Columns of a stint that a stay says under another name.
RENAMED: Final = {
    "release_reason": "last_release_reason",
    "facility_label": "last_facility_label",
    "facility_code": "last_facility_code",
    "stay_book_in_at": "book_in_at",
    "stay_book_out_at": "book_out_at",
    "book_in_at": "last_book_in_at",
    "book_out_at": "last_book_out_at",
}


def stay_facts(
    placed: ir.Table, bonds: ir.Table, spots: ir.Table, rules: StayRules, keep: Keep
) -> ir.Table:
    """Return one narrow row for each stay: everything that is not said by its last stint.

    ``placed`` are the placements of all stints, ``bonds`` the lowest bonds of those that have one,
    ``spots`` where they were. Facilities stay numbers here.
    """
    summed = keep("stay_sums", _summed(with_moves(placed, spots), rules))
    people = summed.group_by(who=summed.person).aggregate(n_stays=summed.count())
    facts = summed.inner_join(people, [("person", "who")]).drop("person", "who")
    for part in (
        _holds(placed, spots),
        _later_codes(placed, spots),
        _between(placed, summed),
        _bonds(placed, bonds),
    ):
        facts = facts.left_join(part, "stay_id").drop("stay_id_right")
    return facts


def stays(stints: ir.Table, facts: ir.Table, spots: ir.Table, rules: RuleSet) -> ir.Table:
    """Return one row for each stay: its facts, and what its last stint says.

    ``stints`` are those that end a stay, or all, as read: of what marking adds, a stay says only
    its key. What the spots
    are called is joined to the facts, which are narrow, and these to the stint once.
    """
    said = [name for name in stints.columns if name not in BONDS]
    names = [RENAMED.get(name, name) for name in said]
    last = stints.select(
        **{new: stints[name] for new, name in zip(names, said, strict=True)},
        stay_key=stay_key(stints, rules.stints),
    )
    told, texts = _told(facts, spots, rules.stays)
    rows = last.inner_join(told, [("row_id", "stay_id")])
    said_so = (*names, "stay_key", "stay_id", "n_stints")
    rows = rows.select(
        *(name for name in said_so if name != "row_id"),
        *("hold_hours", "hold_longest_hours", "hold_limit_hours"),
        rows.is_over_hold_limit.fill_null(False).name("is_over_hold_limit"),
        *("first_book_in_at", "first_book_out_at", *present(rows, MOVES.values())),
        *("facility_codes", "n_stays", *present(rows, BONDS.values())),
        **{f"longest_{n}": _longest(rows, n) for n in ("book_in_at", "book_out_at")},
        **{name: rows[name] for name in texts},
        hours_to_state_move=hours(rows.first_state_move_at, rows.first_book_in_at),
        is_open=rows.book_out_at.isnull(),
        is_negative=(rows.book_out_at < rows.book_in_at).fill_null(False),
        is_start_mismatch=(rows.first_book_in_at != rows.book_in_at).fill_null(False),
    )
    return rows.mutate(last_aor=rows.aor) if "aor" in rows.columns else rows


def _told(facts: ir.Table, spots: ir.Table, rules: StayRules) -> tuple[ir.Table, list[str]]:
    """Return the facts with what the spots are called, and the names of these texts."""
    rows = facts.mutate(longest_spot=_longest(facts, "spot"))
    printed = present(spots, (*SPOT, *_TOLD))
    texts: list[str] = []
    for prefix, some in (("first", printed), ("longest", printed), ("last", _TOLD)):
        rows = _joined_spot(rows, spots, f"{prefix}_spot", {n: f"{prefix}_{n}" for n in some})
        texts += [f"{prefix}_{name}" for name in some]
    for place in range(1, _EARLY):
        rows = _joined_spot(rows, spots, f"spot_{place}", {"facility_code": f"code_{place}"})
    rows = rows.mutate(facility_codes=_joined_codes(rows, rules))
    dropped = ("later_codes", *(f"code_{place}" for place in range(1, _EARLY)))
    return rows.drop(*dropped), texts


def _longest(rows: ir.Table, name: str) -> ir.Value:
    """Return what is said of the longest placement of a stay."""
    return ibis.cases(
        (rows.longest_place == 0, rows[f"first_{name}"]),
        (rows.longest_place == rows.n_stints - 1, rows[f"last_{name}"]),
        else_=rows[f"between_{name}"],
    )


def stay_ends(last: ir.Table) -> ir.Table:
    """Return what links read of each stay, given its last stint: whose it is, its two ends.

    Columns: ``stay_id``, ``person_key``, ``book_in_at``, ``book_out_at``, ``departed_on`` where
    the release has it.
    """
    names = present(last, ("person_key", "stay_book_in_at", "stay_book_out_at", "departed_on"))
    return last.select(
        **{RENAMED.get(name, name): last[name] for name in names}, stay_id=last.row_id
    )


def ends_of(stays: ir.Table) -> ir.Table:
    """Return the same of the table of stays."""
    return stays.select(
        "stay_id", *present(stays, ("person_key", "book_in_at", "book_out_at", "departed_on"))
    )


def _joined_spot(
    rows: ir.Table, spots: ir.Table, column: str, names: Mapping[str, str]
) -> ir.Table:
    """Return the rows with what the spot that a column numbers is called, under new names."""
    told = spots.select(number="spot", **{new: spots[name] for name, new in names.items()})
    return rows.left_join(told, [(column, "number")]).drop("number")


def _summed(moved: ir.Table, rules: StayRules) -> ir.Table:
    """Return what is counted over the stints of each stay, and its two ends."""
    tie = moved.place if rules.longest_tie == "last" else PLACES - 1 - moved.place
    is_first, is_last = moved.place == 0, moved.row_id == moved.stay_id
    found = moved.group_by("stay_id").aggregate(
        n_stints=moved.count(),
        longest_key=(moved.length * PLACES + tie).max(),
        # One row meets each condition, so the maximum is its value, missing or not.
        person=moved.person.max(where=is_last),
        first_spot=moved.spot.max(where=is_first),
        first_book_in_at=moved.book_in_at.max(where=is_first),
        first_book_out_at=moved.book_out_at.max(where=is_first),
        last_spot=moved.spot.max(where=is_last),
        first_state_move_at=moved.book_in_at.min(where=moved.moved_state),
        **{f"spot_{n}": moved.spot.max(where=moved.place == n) for n in range(1, _EARLY)},
        **{
            count: moved.count(where=moved[name])
            for name, count in MOVES.items()
            if name in moved.columns
        },
        **({"n_codes": moved.facility.count()} if rules.missing_code == "whole" else {}),
    )
    # The low bits are the place, of negative lengths too, where a remainder would not be.
    tie_place = found.longest_key & (PLACES - 1)
    return found.mutate(
        longest_place=tie_place if rules.longest_tie == "last" else PLACES - 1 - tie_place,
    ).drop("longest_key")


def _holds(placed: ir.Table, spots: ir.Table) -> ir.Table:
    """Return the hours that each stay spent in hold rooms, where it was in one."""
    rooms = spots.filter(spots.is_hold).select(room="spot")
    held = placed.filter(placed.stay_id.notnull()).inner_join(rooms, [("spot", "room")])
    held = held.mutate(most=hold_limit(held.book_in_at))
    return held.group_by("stay_id").aggregate(
        hold_hours=held.length.sum().cast("float64") / HOUR,
        hold_longest_hours=held.length.max().cast("float64") / HOUR,
        hold_limit_hours=held.most.max(),
        is_over_hold_limit=(held.length > held.most * HOUR).fill_null(False).max(),
    )


def _later_codes(placed: ir.Table, spots: ir.Table) -> ir.Table:
    """Return the facility codes after the early ones of each stay that has more, as one text."""
    late = placed.filter(placed.place >= _EARLY)
    late = late.inner_join(spots.select("facility_code", at="spot"), [("spot", "at")])
    one = ibis.struct({"place": late.place, "code": late.facility_code.fill_null("?")})
    found = late.group_by("stay_id").aggregate(codes=one.collect())
    return found.select(
        "stay_id", later_codes=found.codes.sort().map(lambda one: one["code"]).join("; ")
    )


def _joined_codes(rows: ir.Table, rules: StayRules) -> ir.StringValue:
    """Return the facility codes of a stay in order, as one text."""
    joined: ir.StringValue = rows.first_facility_code.fill_null("?")
    parts = [rows[f"code_{n}"].fill_null("?") for n in range(1, _EARLY)]
    for place, part in enumerate([*parts, rows.later_codes], start=1):
        joined = joined + ibis.ifelse(rows.n_stints > place, "; " + part, "")
    if rules.missing_code == "whole":
        joined = ibis.ifelse(rows.n_codes == rows.n_stints, joined, ibis.null("string"))
    return joined


def _between(placed: ir.Table, summed: ir.Table) -> ir.Table:
    """Return the longest placement of each stay where it is neither the first nor the last."""
    place = summed.longest_place
    inner = summed.filter((place > 0) & (place < summed.n_stints - 1))
    found = placed.inner_join(
        inner.select(inner_id="stay_id", inner_place="longest_place"),
        [("stay_id", "inner_id"), ("place", "inner_place")],
    )
    names = ("spot", "book_in_at", "book_out_at")
    return found.select("stay_id", **{f"between_{name}": found[name] for name in names})


def _bonds(placed: ir.Table, bonds: ir.Table) -> ir.Table:
    """Return the lowest bonds of each stay that has one."""
    names = present(bonds, BONDS.values())
    if not names:
        return placed.select("stay_id").limit(0)
    held = placed.filter(placed.stay_id.notnull()).select("stay_id", placed_row="row_id")
    some = bonds.inner_join(held, [("row_id", "placed_row")])
    return some.group_by("stay_id").aggregate(**{name: some[name].min() for name in names})
