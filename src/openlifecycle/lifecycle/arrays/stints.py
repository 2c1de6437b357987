"""Which stints are copies of which, and their lowest bonds, judged among the few that are alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.cores import each
from openlifecycle.lifecycle.arrays.numbers import (
    DAY,
    MISSING,
    Hashes,
    Marks,
    Numbers,
    begins,
    several,
)
from openlifecycle.lifecycle.arrays.table import Stints
from openlifecycle.lifecycle.columns import BONDS, PRINTED_PERSON, WHERE
from openlifecycle.lifecycle.event_rules import StintRules
from openlifecycle.lifecycle.stints import STINT_KEY

#: Odd numbers that mix facility and day into the hash of a person.
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))


def judge(stints: Stints, parts: Iterable[Numbers], rules: StintRules) -> None:
    """Fill in what is found of stints: which are copies or earlier ones, and the lowest bonds.

    Args:
        stints: the stints.
        parts: the rows of people, some and then others.
        rules: the section on stints.
    """
    alike = np.zeros(len(stints.began), np.bool_)
    for rows, found in each(lambda rows: (rows, several(_alike(stints, rows))), parts):
        alike[rows] = found
    judged = stints.source.those(alike).collect().with_columns(at=pl.Series(np.flatnonzero(alike)))
    # from here on in the order of the rules, missing first, then by record number
    order = [name for name, _, _ in (key.partition(" ") for key in rules.order)]
    judged = judged.sort([*(name for name in order if name in judged.columns), "at"])
    rows = judged["at"].to_numpy()
    copies = _copies(judged, rules)
    stints.is_copy[rows] = copies
    if rules.same_day != "none":
        stints.is_earlier[rows] = _earlier(stints, rows, copies, rules)
    least = judged.select(_least(name) for name in stints.bonds)
    for name, bonds in stints.bonds.items():
        known = least[name].is_not_null()
        bonds[rows[known.to_numpy()]] = least[name].filter(known).to_physical().to_numpy()


def _alike(stints: Stints, rows: Numbers) -> Hashes:
    """Return a number for each row that is the same for those of one person, facility and day.

    Others may happen to share it, and are judged not to be alike.
    """
    facility = stints.spots.facility[rows].astype(np.uint64)
    day = (stints.began[rows] // DAY).astype(np.uint64)
    mixed: Hashes = stints.people.number[rows] + facility * _MIX[0] ^ day * _MIX[1]
    return mixed


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
        stints.spots.facility[rows],
        began // DAY,
        stints.stay_began[rows],
    )
    order = np.lexsort(group)
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
