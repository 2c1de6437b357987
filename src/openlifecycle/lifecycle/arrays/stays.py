"""Stays: what is counted over the stints of each, and what its first, longest and last ones say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import numpy as np
import polars as pl
import pyarrow as pa

from openlifecycle.lifecycle.arrays.holds import holds
from openlifecycle.lifecycle.arrays.numbers import MISSING, Marks, Numbers, numbers, seconds, sums
from openlifecycle.lifecycle.arrays.order import Order
from openlifecycle.lifecycle.arrays.places import Places
from openlifecycle.lifecycle.arrays.runs import Runs
from openlifecycle.lifecycle.columns import BONDS, HOUR
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.stays import MOVES, PLACES, RENAMED


def stays(
    stints: pl.DataFrame,
    order: Order,
    spots: Places,
    bonds: dict[str, pl.Series],
    rules: StayRules,
    through: datetime,
) -> pl.DataFrame:
    """Return one row for each stay: its facts, and what its last stint says.

    Args:
        stints: the table, in the order of record numbers.
        order: the order of its stints in stays.
        spots: where each was.
        bonds: the lowest bonds of each.
        rules: the section on stays.
        through: the last moment that the collection speaks of.
    """
    said = [name for name in stints.columns if name not in {*BONDS, "row_id"}]
    renamed = {name: RENAMED[name] for name in said if name in RENAMED}
    length = _lengths(stints, order, rules, through)
    first = order.first
    # parts that do not wait for each other; arrays are worked on outside Python's lock
    parts: tuple[Callable[[], pl.DataFrame], ...] = (
        lambda: stints.select(pl.col(said).gather(order.last)).rename(renamed),
        lambda: _counted(stints, order, spots, bonds, length),
        lambda: pl.DataFrame({"facility_codes": _codes(order, spots, rules)}),
        lambda: pl.DataFrame(
            {
                "first_book_in_at": stints["book_in_at"].gather(first),
                "first_book_out_at": stints["book_out_at"].gather(first),
            }
            | spots.printed("first_", first)
            | spots.told("first_", first)
            | spots.told("last_", order.last)
        ),
        lambda: pl.DataFrame(_said_of_longest(stints, spots, _longest(order, length, rules))),
    )
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        done = [pool.submit(part) for part in parts]
        rows: pl.DataFrame = pl.concat([part.result() for part in done], how="horizontal")
    start = pl.col("first_book_in_at")
    return rows.with_columns(
        stay_key=pl.lit(None, dtype=pl.String),
        hours_to_state_move=_hours(start, pl.col("first_state_move_at")),
        is_open=pl.col("book_out_at").is_null(),
        is_negative=(pl.col("book_out_at") < pl.col("book_in_at")).fill_null(value=False),
        is_start_mismatch=(start != pl.col("book_in_at")).fill_null(value=False),
        **({"last_aor": pl.col("aor")} if "aor" in rows.columns else {}),
    ).drop("first_state_move_at")


def _counted(
    stints: pl.DataFrame,
    order: Order,
    spots: Places,
    bonds: dict[str, pl.Series],
    length: Numbers,
) -> pl.DataFrame:
    """Return what is counted over the stints of each stay."""
    return pl.DataFrame(
        {
            "stay_id": stints["row_id"].gather(order.last),
            "n_stints": order.ends - order.starts + 1,
            "n_stays": order.n_stays,
            **holds(stints, order, spots, length),
            **_moves(stints, order, spots),
            **_bonds(order, bonds),
        }
    )


def _hours(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    return seconds(start, end).cast(pl.Float64) / HOUR


def _lengths(stints: pl.DataFrame, order: Order, rules: StayRules, through: datetime) -> Numbers:
    """Return how long each stint lasted, in seconds."""
    last = through.replace(tzinfo=None)
    if rules.open_end == "through_day":
        last = datetime(last.year, last.month, last.day)  # noqa: DTZ001  (wall clock, no zone)
    end = stints["book_out_at"].fill_null(last)
    return numbers(seconds(stints["book_in_at"], end))[order.rows]


def _longest(order: Order, length: Numbers, rules: StayRules) -> Numbers:
    """Return the row of the longest stint of each stay, missing where no length is known."""
    place = order.place
    tie = place if rules.longest_tie == "last" else PLACES - 1 - place
    key = np.where(length == MISSING, MISSING, length * PLACES + tie)
    most = np.maximum.reduceat(key, order.starts) if len(key) else key
    at = most & (PLACES - 1)
    found = order.starts + (at if rules.longest_tie == "last" else PLACES - 1 - at)
    is_known = most != MISSING
    return np.where(is_known, order.rows[np.where(is_known, found, 0)], MISSING)


def _said_of_longest(stints: pl.DataFrame, spots: Places, rows: Numbers) -> dict[str, pl.Series]:
    """Return what the longest stints say; of a stay without one, nothing."""
    none = rows == MISSING
    rows = np.where(none, 0, rows)
    said = {f"longest_{name}": stints[name].gather(rows) for name in ("book_in_at", "book_out_at")}
    said |= spots.printed("longest_", rows) | spots.told("longest_", rows)
    if not none.any():
        return said
    return {name: column.set(pl.Series(none), None) for name, column in said.items()}


def _moves(stints: pl.DataFrame, order: Order, spots: Places) -> dict[str, pl.Series]:
    """Return how often each stay changed facility, area, state and circuit, and state first."""
    found = {}
    for what, at in spots.changes.items():
        moved = _changed(at[order.rows], order)
        found[MOVES[f"moved_{what}"]] = pl.Series(sums(moved, order.starts))
        if what == "state":
            runs = Runs.of(order, moved)
            found["first_state_move_at"] = runs.least(stints["book_in_at"].gather(runs.rows))
    return found


def _changed(at: Numbers, order: Order) -> Marks:
    """Return which stints are elsewhere than the one before in the stay, where both are known."""
    found = np.zeros(len(at), np.bool_)
    found[1:] = (at[1:] != at[:-1]) & (at[1:] >= 0) & (at[:-1] >= 0)
    found[order.starts] = False
    return found


def _codes(order: Order, spots: Places, rules: StayRules) -> pl.Series:
    """Return the facility codes of each stay in order, as one text."""
    facility = spots.facility[order.rows]
    codes = spots.texts["facility_code"].fill_null("?")
    each = codes.gather(np.where(facility < 0, len(codes) - 1, facility))
    lists = pa.LargeListArray.from_arrays(np.append(order.starts, len(facility)), each.to_arrow())
    joined = pl.Series(lists).list.join("; ")
    if rules.missing_code == "whole":
        joined = joined.set(pl.Series(sums(facility < 0, order.starts) > 0), None)
    return joined


def _bonds(order: Order, bonds: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Return the lowest bonds of each stay."""
    found = {}
    for name, bond in bonds.items():
        runs = Runs.of(order, bond.is_not_null().to_numpy()[order.rows])
        found[BONDS[name]] = runs.least(bond.gather(runs.rows))
    return found
