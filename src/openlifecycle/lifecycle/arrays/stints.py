"""Which stints are copies of which, and their lowest bonds, judged among the few that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.cores import each
from openlifecycle.lifecycle.arrays.grouping import Grouped
from openlifecycle.lifecycle.arrays.numbers import (
    DAY,
    MISSING,
    Marks,
    Numbers,
    begins,
    sorted_by,
)
from openlifecycle.lifecycle.arrays.table import Stints
from openlifecycle.lifecycle.columns import BONDS, PRINTED_PERSON, WHERE
from openlifecycle.lifecycle.event_rules import StintRules
from openlifecycle.lifecycle.stints import STINT_KEY

#: How many stints of a day of a person are compared with one another.
_COMPARED: Final = 32
#: What is the same for all stints that are alike: to put them in order by it would change nothing.
_SAME: Final = ("person_key", "facility_code")


def judge(stints: Stints, parts: Sequence[Grouped], rules: StintRules) -> None:
    """Fill in what is found of stints: which are copies or earlier ones, and the lowest bonds.

    Args:
        stints: the stints.
        parts: the stints of people by book-in, of some and then of others.
        rules: the section on stints.
    """
    alike = np.zeros(len(stints.began), np.bool_)
    for rows in each(lambda part: _alike(stints, part), parts):
        alike[rows] = True
    judged = stints.source.those(alike).collect().with_columns(at=pl.Series(np.flatnonzero(alike)))
    # from here on in the order of the rules, missing first, then by record number
    order = [name for name, _, _ in (key.partition(" ") for key in rules.order)]
    keys = [name for name in order if name in judged.columns and name not in _SAME]
    judged = judged.sort([*keys, "at"])
    rows = judged["at"].to_numpy()
    copies = _copies(judged, rules)
    stints.is_copy[rows] = copies
    if rules.same_day != "none":
        stints.is_earlier[rows] = _earlier(stints, rows, copies, rules)
    least = judged.select(_least(name) for name in stints.bonds)
    for name, bonds in stints.bonds.items():
        known = least[name].is_not_null()
        bonds[rows[known.to_numpy()]] = least[name].filter(known).to_physical().to_numpy()


def _alike(stints: Stints, given: Grouped) -> Numbers:
    """Return the rows that share person, facility and day with another, and perhaps more."""
    rows, person, day = given.rows, given.person, given.time // DAY
    facility = stints.spots.facility[rows]
    follows = np.zeros(len(rows), np.bool_)
    follows[1:] = (person[1:] == person[:-1]) & (day[1:] == day[:-1])
    found = np.zeros(len(rows), np.bool_)
    at = np.flatnonzero(follows)
    for before in range(1, _COMPARED):
        same = at[facility[at] == facility[at - before]]
        found[same] = found[same - before] = True
        at = at[follows[at - before]]
    found[at] = found[at - _COMPARED] = True  # further apart in a day: judged in any case
    return rows[found]


def _copies(judged: pl.DataFrame, rules: StintRules) -> Marks:
    """Return which records have an equal one before them."""
    if rules.exact == "none":
        return np.zeros(judged.height, np.bool_)
    skip = WHERE | {PRINTED_PERSON, "at"}
    if rules.exact == "provenance_bond":
        skip |= set(BONDS)
    said = pl.struct(name for name in judged.columns if name not in skip)
    return judged.select(~said.is_first_distinct()).to_series().to_numpy()


def _least(bond: str) -> pl.Expr:
    """Return the lowest bond over the stint key; a stint that lacks a part of it has its own."""
    whole = pl.all_horizontal(pl.col(STINT_KEY).is_not_null())
    return pl.when(whole).then(pl.col(bond).min().over(STINT_KEY)).otherwise(bond).alias(bond)


def _earlier(stints: Stints, rows: Numbers, copies: Marks, rules: StintRules) -> Marks:
    """Return which stints another of the same facility, day and stay comes after."""
    began, ended = stints.began[rows], stints.ended[rows]
    # Copies are out of this contest; a group of their own keeps them apart.
    group = (
        copies,
        stints.people.number[rows],
        stints.people.check[rows],
        stints.spots.facility[rows],
        began // DAY,
        stints.stay_began[rows],
    )
    order = sorted_by(*group)
    follows = np.zeros(len(order), np.bool_)
    follows[:-1] = ~begins(*(key[order] for key in group))[1:]
    if rules.same_day == "overlap":
        began, ended = began[order], ended[order]
        following = np.append(began[1:], MISSING)
        known = (began != MISSING) & (following != MISSING) & (ended != MISSING)
        follows &= ~(known & (ended <= following) & (began < following))
    found = np.empty(len(order), np.bool_)
    found[order] = follows
    return found & ~copies
