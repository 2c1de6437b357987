"""Which stints are copies of which, and their lowest bonds, judged among the few that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.numbers import (
    DAY,
    MISSING,
    Hashes,
    Marks,
    Numbers,
    begins,
    numbers,
    several,
    sorted_by,
)
from openlifecycle.lifecycle.arrays.people import People
from openlifecycle.lifecycle.columns import BONDS, PRINTED_PERSON, WHERE
from openlifecycle.lifecycle.event_rules import StintRules
from openlifecycle.lifecycle.stints import STINT_KEY

#: Odd numbers that mix facility and day into the hash of a person.
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))


@dataclass(frozen=True)
class Verdicts:
    """What was found of every stint, in the order of the table.

    Attributes:
        is_copy: the same record as one before it.
        is_earlier: the same facility and day as a later one.
        bonds: the lowest of each bond column that the stints have.
    """

    is_copy: Marks
    is_earlier: Marks
    bonds: dict[str, pl.Series]

    @property
    def is_out(self) -> Marks:
        """Return which stints are left out."""
        return self.is_copy | self.is_earlier


def verdicts(
    stints: pl.DataFrame, people: People, facility: Numbers, rules: StintRules
) -> Verdicts:
    """Return what is found of the stints.

    Args:
        stints: the table, in the order of record numbers.
        people: whose they are.
        facility: the number of the facility of each; -1 where missing.
        rules: the section on stints.
    """
    rows = _alike(stints, people, facility)
    # from here on ``rows`` stand in the order of the rules
    rows = rows[_in_order(stints[rows], rules)]
    judged = stints[rows]
    copies = _copies(judged, rules)
    is_copy, is_earlier = np.zeros((2, stints.height), np.bool_)
    is_copy[rows] = copies
    if rules.same_day != "none":
        is_earlier[rows] = _earlier(judged, people.number[rows], facility[rows], copies, rules)
    names = [name for name in BONDS if name in stints.columns]
    least = judged.select(_least(name) for name in names)
    bonds = {name: stints[name].scatter(rows, least[name]) for name in names}
    return Verdicts(is_copy, is_earlier, bonds)


def _alike(stints: pl.DataFrame, people: People, facility: Numbers) -> Numbers:
    """Return the rows that share person, facility and day with another, and perhaps a few more."""
    day = numbers(stints["book_in_at"]) // DAY
    mixed = people.number + facility.astype(np.uint64) * _MIX[0] ^ day.astype(np.uint64) * _MIX[1]
    known = np.flatnonzero(people.is_known)
    return known[several(mixed[known])]


def _in_order(judged: pl.DataFrame, rules: StintRules) -> Numbers:
    """Return where stints stand in the order of the rules, missing first, then by record number."""
    names = [*(name.partition(" ")[0] for name in rules.order), "row_id"]
    keys = [judged[name] for name in names if name in judged.columns]
    return sorted_by(keys, [False] * len(keys))


def _copies(judged: pl.DataFrame, rules: StintRules) -> Marks:
    """Return which records have an equal one before them."""
    if rules.exact == "none":
        return np.zeros(judged.height, np.bool_)
    skip = WHERE | {PRINTED_PERSON}
    if rules.exact == "provenance_bond":
        skip |= set(BONDS)
    said = pl.struct(name for name in judged.columns if name not in skip)
    return judged.select(~said.is_first_distinct()).to_series().to_numpy()


def _least(bond: str) -> pl.Expr:
    """Return the lowest bond over the stint key; a stint that lacks a part of it has its own."""
    whole = pl.all_horizontal(pl.col(STINT_KEY).is_not_null())
    return pl.when(whole).then(pl.col(bond).min().over(STINT_KEY)).otherwise(bond).alias(bond)


def _earlier(
    judged: pl.DataFrame, person: Hashes, facility: Numbers, copies: Marks, rules: StintRules
) -> Marks:
    """Return which stints another of the same facility, day and stay comes after."""
    began, ended = numbers(judged["book_in_at"]), numbers(judged["book_out_at"])
    # Copies are out of this contest; a group of their own keeps them apart.
    group = (copies, person, facility, began // DAY, numbers(judged["stay_book_in_at"]))
    order = np.lexsort(group)
    follows = np.zeros(len(order), np.bool_)
    follows[:-1] = ~begins(*(key[order] for key in group))[1:]
    if rules.same_day == "overlap":
        following = np.append(began[order][1:], MISSING)
        began, ended = began[order], ended[order]
        known = (began != MISSING) & (following != MISSING)
        apart = known & (ended != MISSING) & (ended <= following) & (began < following)
        follows &= ~apart
    found = np.empty(len(order), np.bool_)
    found[order] = follows
    return found & ~copies
