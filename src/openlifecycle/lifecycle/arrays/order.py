"""The stints of every stay in order, and where each stay begins and ends among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from openlifecycle.lifecycle.arrays.numbers import (
    LAST,
    MISSING,
    Hashes,
    Numbers,
    begins,
    sorted_by,
)
from openlifecycle.lifecycle.arrays.table import Stints
from openlifecycle.lifecycle.event_rules import StayRules

#: What the stints of a stay may be put in order by, and the number that stands for a missing one.
ORDERS: Final = {"book_in_at": MISSING, "book_out_at": MISSING, "facility_code": -1}


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


def in_order(stints: Stints, rows: Numbers, rules: StayRules) -> Order:
    """Return the order of the stints of some people that are in a stay.

    Args:
        stints: the stints, judged.
        rows: those of some people.
        rules: the section on stays.
    """
    rows = rows[~stints.is_out(rows)]
    own = stints.stay_began[rows]
    begun = np.where(own == MISSING, stints.began[rows], own)
    keys: dict[str, NDArray[Any]] = {
        "book_in_at": stints.began,
        "book_out_at": stints.ended,
        "facility_code": stints.spots.facility,
    }
    told = [stints.people.number[rows], begun]
    for key in rules.order:
        name, _, where = key.partition(" ")
        found = keys[name][rows].astype(np.int64)
        if where == "last":
            found = np.where(found == ORDERS[name], LAST, found)
        told.append(found)
    at = sorted_by(*told)
    rows, begun = rows[at], begun[at]
    person = stints.people.in_order(rows)
    is_new = begins(person, begun)
    starts = np.flatnonzero(is_new)
    ends = np.append(starts[1:], len(rows))[: len(starts)] - 1
    stay = np.cumsum(is_new) - 1
    return Order(rows, stay, starts, ends, person[starts], stints.people.check[rows[starts]])
