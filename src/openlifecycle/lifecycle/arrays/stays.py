"""Stays: what is counted over the stints of each, and what its first, longest and last ones say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.holds import holds
from openlifecycle.lifecycle.arrays.numbers import (
    MISSING,
    Codes,
    Marks,
    Numbers,
    grouped,
    index,
    missing_first,
    missing_last,
    nullable,
    seconds,
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
        last: the row of the last stint of each.
        facts: what is counted over the stints of each, and what its first and longest ones say.
    """

    last: Numbers
    facts: pl.DataFrame


def count(stints: Stints, order: Order, rules: StayRules) -> Counted:
    """Return the stays of some people, and fill in the stay and place of their stints.

    Args:
        stints: the stints.
        order: the order of those in stays.
        rules: the section on stays.
    """
    last, place = order.last, order.place
    stints.stay_id[order.rows] = order.stay_id[order.stay]
    stints.place[order.rows] = place
    longest = _longest(order, place, rules)
    facts = {
        "n_stints": pl.Series(order.ends - order.starts + 1),
        **holds(stints, order),
        **_moves(stints, order),
        "facility_codes": _codes(stints, order, rules),
        "n_stays": pl.Series(order.n_stays),
        **_bonds(stints, order),
        **_said(stints, order, "first_", order.starts),
        **_said(stints, order, "longest_", np.maximum(longest, 0), longest == MISSING),
    }
    return Counted(last, pl.DataFrame(facts))


def tell(stints: Stints, parts: Sequence[Counted]) -> pl.LazyFrame:
    """Return one row for each stay, in the order of record numbers: its facts, its last stint."""
    last = np.concatenate([part.last for part in parts])
    is_last = np.zeros(len(stints.began), np.bool_)
    is_last[last] = True
    which = np.empty(len(stints.began), np.int32)
    which[last] = np.arange(len(last), dtype=np.int32)
    order = index(which[is_last])
    rows = stints.source.those(is_last)
    said = [name for name in rows.collect_schema().names() if name not in {*BONDS, "row_id"}]
    rows = rows.select(said).rename({name: RENAMED[name] for name in said if name in RENAMED})
    counted = pl.concat([part.facts for part in parts], rechunk=True).select(pl.all().gather(order))
    of_last = pl.DataFrame(
        {"stay_id": stints.row_id[is_last]}
        | stints.spots.told("last_", stints.spots.facility[is_last])
    )
    told = pl.concat([rows, counted.lazy(), of_last.lazy()], how="horizontal")
    return told.with_columns(
        stay_key=pl.lit(None, dtype=pl.String),
        is_open=pl.col("book_out_at").is_null(),
        is_negative=(pl.col("book_out_at") < pl.col("book_in_at")).fill_null(value=False),
        is_start_mismatch=(pl.col("first_book_in_at") != pl.col("book_in_at")).fill_null(
            value=False
        ),
        **({"last_aor": pl.col("aor")} if "aor" in said else {}),
    )


def by_row(part: Counted) -> Counted:
    """Return stays in the order of their last records."""
    _, order = grouped(part.last.view(np.uint64))
    return Counted(part.last[order], part.facts.select(pl.all().gather(index(order))))


def _said(
    stints: Stints, order: Order, prefix: str, at: Numbers, none: Marks | None = None
) -> dict[str, pl.Series]:
    """Return what a stint of each stay says of when and where it was.

    Args:
        stints: the stints.
        order: the order of those in stays.
        prefix: what to put before each name.
        at: where in the order these stints are.
        none: which stays have no such stint.
    """
    facility, kind = order.facility[at], stints.source.held["book_in_at"].dtype
    found = {
        f"{prefix}book_in_at": nullable(order.began[at]).cast(kind),
        f"{prefix}book_out_at": nullable(order.ended[at]).cast(kind),
        **stints.spots.printed(prefix, order.rows[at], facility),
        **stints.spots.told(prefix, facility),
    }
    if none is not None and none.any():
        lost = pl.Series(none)
        return {name: one.set(lost, None) for name, one in found.items()}
    return found


def _longest(order: Order, place: Numbers, rules: StayRules) -> Numbers:
    """Return where the longest stint of each stay is, missing where no length is known."""
    tie = place if rules.longest_tie == "last" else PLACES - 1 - place
    key = np.where(order.length == MISSING, MISSING, order.length * PLACES + tie)
    most = np.maximum.reduceat(key, order.starts) if len(key) else key
    at = most & (PLACES - 1)
    found = order.starts + (at if rules.longest_tie == "last" else PLACES - 1 - at)
    return np.where(most != MISSING, found, MISSING)


def _moves(stints: Stints, order: Order) -> dict[str, pl.Series]:
    """Return how often each stay changed facility, area, state and circuit, and state first."""
    found = {}
    for what, at in stints.spots.changes(order.rows, order.facility).items():
        moved = _changed(at, order)
        found[MOVES[f"moved_{what}"]] = pl.Series(_count(order, moved))
        if what == "state":
            runs = Runs.of(order, moved)
            moved_at = missing_first(runs.least(missing_last(order.began[runs.at])))
            since = nullable(seconds(order.began[order.starts], moved_at))
            found["hours_to_state_move"] = since.cast(pl.Float64) / HOUR
    return found


def _changed(at: Codes, order: Order) -> Marks:
    """Return which stints are elsewhere than the one before in the stay, where both are known."""
    found = np.zeros(len(at), np.bool_)
    found[1:] = (at[1:] != at[:-1]) & (at[1:] >= 0) & (at[:-1] >= 0)
    found[order.starts] = False
    return found


def _count(order: Order, chosen: Marks) -> Numbers:
    """Return how many stints of each stay are marked."""
    return np.bincount(order.stay[chosen], minlength=len(order.starts))


def _codes(stints: Stints, order: Order, rules: StayRules) -> pl.Series:
    """Return the facility codes of each stay in order, as one text."""
    codes = stints.spots.codes.cast(pl.String).fill_null("?")
    facility = np.where(order.facility < 0, len(codes) - 1, order.facility)
    several = order.ends > order.starts
    joined = codes.gather(index(facility[order.starts]))
    if several.any():
        at = np.flatnonzero(several[order.stay])
        rest = {"stay": pl.Series(order.stay[at]), "code": codes.gather(index(facility[at]))}
        lists = (
            pl.DataFrame(rest)
            .group_by(pl.col("stay").set_sorted(), maintain_order=True)
            .agg("code")
        )
        joined = joined.scatter(
            np.flatnonzero(several), lists.select(pl.col("code").list.join("; ")).to_series()
        )
    if rules.missing_code == "whole":
        joined = joined.set(pl.Series(_count(order, order.facility < 0) > 0), None)
    return joined


def _bonds(stints: Stints, order: Order) -> dict[str, pl.Series]:
    """Return the lowest bonds of each stay."""
    found = {}
    for name, bonds in stints.bonds.items():
        own = bonds[order.rows]
        least = np.minimum.reduceat(own, order.starts) if len(own) else own
        found[BONDS[name]] = stints.bond(name, least)
    return found
