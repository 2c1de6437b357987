"""Stays: the stints of one person under one stay book-in, and what is said of them together."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import BONDS, HOUR, present
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.placements import CARRIED, CHANGES

#: A length in seconds and a place share one integer, so that the longest stint and its place come
#: out of one maximum: 2^24 stints in a stay, lengths up to 2^38 seconds.
_PLACES: Final = 1 << 24
#: Columns of a stint that a stay says otherwise: under another name, or not at all.
_RENAMED: Final = {
    "release_reason": "last_release_reason",
    "facility_label": "last_facility_label",
    "facility_code": "last_facility_code",
    "stay_book_in_at": "book_in_at",
    "stay_book_out_at": "book_out_at",
    "book_in_at": "last_book_in_at",
    "book_out_at": "last_book_out_at",
    "row_id": "stay_id",
}
_NOT_SAID: Final = (
    *BONDS,
    "stint_key",
    "is_duplicate_exact",
    "is_duplicate_same_day",
    "is_duplicate",
    "is_left_out",
)


def stays(stints: ir.Table, placed: ir.Table, rules: StayRules) -> ir.Table:
    """Return one row for each stay, given its stints and their placements."""
    summed = _summed(placed, rules)
    firsts = _carried(placed.filter(placed.place == 0), "first")
    at_longest = placed.inner_join(summed.select("stay_id", "longest_place"), "stay_id")
    longest = _carried(at_longest.filter(at_longest.place == at_longest.longest_place), "longest")
    lasts = _carried(placed.filter(placed.row_id == placed.stay_id), "last", "state", "circuit")
    bonds = _bonds(stints, placed)
    said = [c for c in stints.columns if c not in _NOT_SAID and c not in BONDS.values()]
    rows = stints.select(**{_RENAMED.get(c, c): stints[c] for c in said})
    for part in (summed.drop("longest_place"), firsts, lasts):
        rows = rows.inner_join(part, "stay_id")
    for part in (longest, bonds):
        rows = rows.left_join(part, "stay_id").drop("stay_id_right")
    of_person = ibis.window(group_by=rows.person_key)
    rows = rows.mutate(
        n_stays=rows.count().over(of_person),
        is_open=rows.book_out_at.isnull(),
        is_negative=(rows.book_out_at < rows.book_in_at).fill_null(False),
        is_start_mismatch=(rows.first_book_in_at != rows.book_in_at).fill_null(False),
    )
    if "aor" in rows.columns:
        rows = rows.mutate(last_aor=rows.aor)
    return rows


def _summed(placed: ir.Table, rules: StayRules) -> ir.Table:
    """Return what is counted and added up over the stints of each stay."""
    tie = placed.place if rules.longest_tie == "last" else _PLACES - 1 - placed.place
    over = (placed.hold_seconds > placed.hold_limit * HOUR).fill_null(False)
    code = placed.facility_code
    item = ibis.struct({"place": placed.place, "code": code.fill_null("?")})
    found = placed.group_by("stay_id").aggregate(
        n_stints=placed.count(),
        longest_key=(placed.length * _PLACES + tie).max(),
        codes=item.collect(),
        n_codes=code.count(),
        hold_hours=placed.hold_seconds.sum().cast("float64") / HOUR,
        hold_longest_hours=placed.hold_seconds.max().cast("float64") / HOUR,
        hold_limit_hours=placed.hold_limit.max(),
        is_over_hold_limit=over.max(),
        **{
            count: placed[f"moved_{count}"].cast("int64").sum()
            for count in CHANGES.values()
            if f"moved_{count}" in placed.columns
        },
    )
    # The low bits are the place, of negative lengths too, where a remainder would not be.
    tie_place = found.longest_key & (_PLACES - 1)
    longest_place = tie_place if rules.longest_tie == "last" else _PLACES - 1 - tie_place
    joined = found.codes.sort().map(lambda one: one["code"]).join("; ")
    if rules.missing_code == "whole":
        joined = ibis.ifelse(found.n_codes == found.n_stints, joined, ibis.null("string"))
    return found.mutate(longest_place=longest_place, facility_codes=joined).drop(
        "longest_key", "codes", "n_codes"
    )


def _carried(placed: ir.Table, prefix: str, *only: str) -> ir.Table:
    """Return what is carried of one placement of each stay, under the names of that placement."""
    names = present(placed, only or CARRIED)
    return placed.select("stay_id", **{f"{prefix}_{name}": placed[name] for name in names})


def _bonds(stints: ir.Table, placed: ir.Table) -> ir.Table:
    """Return the lowest bonds of each stay that has one."""
    names = present(stints, BONDS.values())
    if not names:
        return placed.select("stay_id").limit(0)
    some = stints.filter(ibis.or_(*(stints[name].notnull() for name in names)))
    some = some.inner_join(placed.select("row_id", "stay_id"), "row_id")
    return some.group_by("stay_id").aggregate(**{name: some[name].min() for name in names})
