"""Records person by person, and those of one person in order.

Sorting by person and by several keys takes long. Sorted by time, and then by person, most records
of a person are in order, which takes two sorts of whole numbers; the rest is sorted by all keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from openlifecycle.lifecycle.arrays.numbers import (
    Hashes,
    Marks,
    Numbers,
    begins,
    grouped,
    in_time,
    sorted_by,
)
from openlifecycle.lifecycle.arrays.people import People

Arrays: TypeAlias = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class Grouped:
    """Rows in the order of people, and then of time to the second.

    Attributes:
        rows: the rows.
        person: whose each is.
        time: the time of each.
    """

    rows: Numbers
    person: Hashes
    time: Numbers

    def where(self, chosen: Marks) -> Grouped:
        """Return those of the rows that are marked."""
        return Grouped(self.rows[chosen], self.person[chosen], self.time[chosen])


def by_person(people: People, rows: Numbers, time: Numbers) -> Grouped:
    """Return rows in the order of people and then of time to the second.

    Two people may share the number that stands for them: their rows are mixed.

    Args:
        people: whose every row is.
        rows: some rows, in the order of record numbers.
        time: for each a time, missing ones come first.
    """
    at = in_time(time)
    person, by = grouped(people.short(rows)[at])
    at = at[by]
    return Grouped(rows[at], person, time[at])


def settled(
    people: People, given: Grouped, keys: Arrays, beside: Arrays = ()
) -> tuple[Numbers, Hashes, Arrays]:
    """Return rows in the order of people, of keys, and of record numbers.

    With them come, in that order, the other number of the person of each row, the first key, and
    what stands beside. Now the rows of two people who share a number are apart.

    Args:
        people: whose every row is.
        given: some rows.
        keys: for each what the records of one person are put in order by, the first one first.
        beside: for each what else is wanted of it.
    """
    every = [people.check[given.rows], *keys, given.rows]
    found = [every[0], every[1], *beside, given.rows]
    wrong = _wrong(given.person, every)
    if len(wrong):
        number = np.cumsum(begins(given.person)) - 1
        is_wrong = np.zeros(number[-1] + 1, np.bool_)
        is_wrong[number[wrong]] = True
        where = np.flatnonzero(is_wrong[number])
        order = where[sorted_by(given.person[where], *(key[where] for key in every))]
        found = [_moved(one, where, order) for one in found]
    check, *told, rows = found
    return rows, check, told


def _wrong(person: Hashes, keys: Arrays) -> Numbers:
    """Return which rows are to stand before the row before them, which is of the same person."""
    after = np.flatnonzero(person[1:] == person[:-1]) + 1
    found = np.zeros(len(after), np.bool_)
    alike = np.ones(len(after), np.bool_)
    for key in keys:
        now, before = key[after], key[after - 1]
        found |= alike & (now < before)
        alike &= now == before
    return after[found]


def _moved(key: NDArray[Any], where: Numbers, order: Numbers) -> NDArray[Any]:
    found = key.copy()
    found[where] = key[order]
    return found
