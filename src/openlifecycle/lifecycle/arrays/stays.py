"""Stays: what is counted over the stints of each, and what its first, longest and last ones say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.cores import together
from openlifecycle.lifecycle.arrays.holds import holds
from openlifecycle.lifecycle.arrays.numbers import (
    MISSING,
    Codes,
    Marks,
    Numbers,
    missing_first,
    missing_last,
    nullable,
    seconds,
    sorting,
    sums,
)
from openlifecycle.lifecycle.arrays.order import Order
from openlifecycle.lifecycle.arrays.runs import Runs
from openlifecycle.lifecycle.arrays.table import Stints
from openlifecycle.lifecycle.columns import BONDS, HOUR
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.stays import MOVES, PLACES, RENAMED


@dataclass(frozen=True)
class Counted:
    """The stays of some people.

    Attributes:
        first: the row of the first stint of each.
        last: the row of the last.
        longest: the row of the longest, missing where no length is known.
        facts: what is counted over the stints of each.
    """

    first: Numbers
    last: Numbers
    longest: Numbers
    facts: pl.DataFrame


def count(stints: Stints, order: Order, rules: StayRules) -> Counted:
    """Return the stays of some people, and fill in the stay and place of their stints.

    Args:
        stints: the stints.
        order: the order of those in stays.
        rules: the section on stays.
    """
    last = order.last
    stints.stay_id[order.rows] = stints.row_id[last][order.stay]
    stints.place[order.rows] = order.place
    facts = {
        "n_stints": pl.Series(order.ends - order.starts + 1),
        **holds(stints, order),
        **_moves(stints, order),
        "facility_codes": _codes(stints, order, rules),
        "n_stays": pl.Series(order.n_stays),
        **_bonds(stints, order),
    }
    return Counted(order.first, last, _longest(stints, order, rules), pl.DataFrame(facts))


def tell(stints: Stints, parts: Sequence[Counted]) -> pl.LazyFrame:
    """Return one row for each stay, in the order of record numbers: its facts, its last stint."""
    first, last, longest = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("first", "last", "longest")
    )
    order = sorting(last)
    first, last, longest = first[order], last[order], longest[order]
    is_last = np.zeros(len(stints.began), np.bool_)
    is_last[last] = True
    rows = stints.source.those(is_last)
    said = [name for name in rows.collect_schema().names() if name not in {*BONDS, "row_id"}]
    rows = rows.select(said).rename({name: RENAMED[name] for name in said if name in RENAMED})
    counted = pl.concat([part.facts for part in parts])
    facts = together(
        counted=lambda: counted.select(pl.all().gather(order)),
        of_first=lambda: pl.DataFrame(_said(stints, "first_", first)),
        of_longest=lambda: pl.DataFrame(_of_longest(stints, longest)),
        of_last=lambda: pl.DataFrame(
            {"stay_id": stints.row_id[last]} | stints.spots.told("last_", last)
        ),
    )
    told = pl.concat([rows, *(one.lazy() for one in facts.values())], how="horizontal")
    return told.with_columns(
        stay_key=pl.lit(None, dtype=pl.String),
        is_open=pl.col("book_out_at").is_null(),
        is_negative=(pl.col("book_out_at") < pl.col("book_in_at")).fill_null(value=False),
        is_start_mismatch=(pl.col("first_book_in_at") != pl.col("book_in_at")).fill_null(
            value=False
        ),
        **({"last_aor": pl.col("aor")} if "aor" in said else {}),
    )


def _of_longest(stints: Stints, rows: Numbers) -> dict[str, pl.Series]:
    """Return what the longest stint of each stay says; of a stay without one, nothing."""
    none = rows == MISSING
    found = _said(stints, "longest_", np.where(none, 0, rows))
    if not none.any():
        return found
    return {name: one.set(pl.Series(none), None) for name, one in found.items()}


def _said(stints: Stints, prefix: str, rows: Numbers) -> dict[str, pl.Series]:
    """Return what stints say of when and where they were."""
    times = ("book_in_at", "book_out_at")
    found = {f"{prefix}{name}": stints.source.held[name].gather(rows) for name in times}
    return found | stints.spots.printed(prefix, rows) | stints.spots.told(prefix, rows)


def _longest(stints: Stints, order: Order, rules: StayRules) -> Numbers:
    """Return the row of the longest stint of each stay, missing where no length is known."""
    length, place = stints.length(order.rows), order.place
    tie = place if rules.longest_tie == "last" else PLACES - 1 - place
    key = np.where(length == MISSING, MISSING, length * PLACES + tie)
    most = np.maximum.reduceat(key, order.starts) if len(key) else key
    at = most & (PLACES - 1)
    found = order.starts + (at if rules.longest_tie == "last" else PLACES - 1 - at)
    is_known = most != MISSING
    return np.where(is_known, order.rows[np.where(is_known, found, 0)], MISSING)


def _moves(stints: Stints, order: Order) -> dict[str, pl.Series]:
    """Return how often each stay changed facility, area, state and circuit, and state first."""
    found = {}
    for what, at in stints.spots.changes.items():
        moved = _changed(at[order.rows], order)
        found[MOVES[f"moved_{what}"]] = pl.Series(sums(moved, order.starts))
        if what == "state":
            runs = Runs.of(order, moved)
            moved_at = missing_first(runs.least(missing_last(stints.began[runs.rows])))
            since = nullable(seconds(stints.began[order.first], moved_at))
            found["hours_to_state_move"] = since.cast(pl.Float64) / HOUR
    return found


def _changed(at: Codes, order: Order) -> Marks:
    """Return which stints are elsewhere than the one before in the stay, where both are known."""
    found = np.zeros(len(at), np.bool_)
    found[1:] = (at[1:] != at[:-1]) & (at[1:] >= 0) & (at[:-1] >= 0)
    found[order.starts] = False
    return found


def _codes(stints: Stints, order: Order, rules: StayRules) -> pl.Series:
    """Return the facility codes of each stay in order, as one text."""
    facility = stints.spots.facility[order.rows]
    each = stints.spots.spots["facility_code"].gather(order.rows).cast(pl.String).fill_null("?")
    several = order.ends > order.starts
    rest = pl.DataFrame({"stay": pl.Series(order.stay).set_sorted(), "code": each})
    rest = rest.filter(pl.Series(several[order.stay]))
    lists = rest.group_by(pl.col("stay").set_sorted(), maintain_order=True).agg("code")
    joined = each.gather(order.starts).scatter(
        np.flatnonzero(several), lists.select(pl.col("code").list.join("; ")).to_series()
    )
    if rules.missing_code == "whole":
        joined = joined.set(pl.Series(sums(facility < 0, order.starts) > 0), None)
    return joined


def _bonds(stints: Stints, order: Order) -> dict[str, pl.Series]:
    """Return the lowest bonds of each stay."""
    found = {}
    for name, bonds in stints.bonds.items():
        own = bonds[order.rows]
        least = np.minimum.reduceat(own, order.starts) if len(own) else own
        found[BONDS[name]] = stints.bond(name, least)
    return found
