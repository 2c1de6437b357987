"""The stints of every stay in order, and where each stay begins and ends among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.numbers import (
    Hashes,
    Marks,
    Numbers,
    begins,
    numbers,
    sorted_by,
)
from openlifecycle.lifecycle.arrays.people import People
from openlifecycle.lifecycle.event_rules import StayRules

#: A number after those of all facilities.
LAST: Final = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Order:
    """Stints that are in a stay, in the order of people, of their stays, and of the stay.

    Attributes:
        rows: which row of the table each is.
        stay: the stay that each is in, by number.
        starts: where each stay begins.
        ends: where each stay ends: its last stint.
        person: the number of the person of each stay.
        check: another number of that person.
    """

    rows: Numbers
    stay: Numbers
    starts: Numbers
    ends: Numbers
    person: Hashes
    check: Hashes

    @property
    def place(self) -> Numbers:
        """Return the place of each stint in its stay, from 0."""
        return np.arange(len(self.rows)) - self.starts[self.stay]

    @property
    def first(self) -> Numbers:
        """Return the row of the first stint of each stay."""
        return self.rows[self.starts]

    @property
    def last(self) -> Numbers:
        """Return the row of the last stint of each stay."""
        return self.rows[self.ends]

    @property
    def n_stays(self) -> Numbers:
        """Return for each stay how many the person has."""
        people = np.flatnonzero(begins(self.person))
        many = np.diff(np.append(people, len(self.person)))
        return np.repeat(many, many)


def in_order(
    stints: pl.DataFrame, people: People, facility: Numbers, is_held: Marks, rules: StayRules
) -> Order:
    """Return the order of the stints that are in a stay.

    Args:
        stints: the table, in the order of record numbers.
        people: whose they are.
        facility: the number of the facility of each, in the order of codes; -1 where missing.
        is_held: which stints are in a stay: those of somebody that are not left out.
        rules: the section on stays.
    """
    held = np.flatnonzero(is_held)
    begun = numbers(stints.select(pl.coalesce("stay_book_in_at", "book_in_at")).to_series())
    keys = [pl.Series(people.number[held]), pl.Series(begun[held])]
    last = [False, False]
    for name in rules.order:
        column, _, where = name.partition(" ")
        if column == "facility_code":
            at = facility[held]
            # a missing code is -1, before all others
            keys.append(pl.Series(np.where(at < 0, LAST, at) if where == "last" else at))
        else:
            keys.append(stints[column].gather(held))
        last.append(where == "last")
    rows = held[sorted_by(keys, last)]
    person = people.in_order(rows)
    is_new = begins(person, begun[rows])
    starts = np.flatnonzero(is_new)
    ends = np.append(starts[1:], len(rows))[: len(starts)] - 1
    stay = np.cumsum(is_new) - 1
    return Order(rows, stay, starts, ends, person[starts], people.check[rows[starts]])
