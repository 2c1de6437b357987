"""The stints of every stay in order, and where each stay begins and ends among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from openlifecycle.lifecycle.arrays.grouping import Grouped, settled
from openlifecycle.lifecycle.arrays.numbers import (
    LAST,
    MISSING,
    Codes,
    Hashes,
    Numbers,
    begins,
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
        began: the book-in of each.
        ended: the book-out.
        facility: the code of its facility, -1 where missing.
        length: the seconds that it lasted, to the end of the release where it is open.
        stay: the stay that each is in, by number.
        starts: where each stay begins.
        ends: where each stay ends: its last stint.
        person: the number of the person of each stay.
        check: another number of that person.
        stay_id: the record number of the last stint of each stay.
    """

    rows: Numbers
    began: Numbers
    ended: Numbers
    facility: Codes
    length: Numbers
    stay: Numbers
    starts: Numbers
    ends: Numbers
    person: Hashes
    check: Hashes
    stay_id: Numbers

    @property
    def place(self) -> Numbers:
        """Return the place of each stint in its stay, from 0."""
        return np.arange(len(self.rows)) - self.starts[self.stay]

    @property
    def last(self) -> Numbers:
        """Return the row of the last stint of each stay."""
        return self.rows[self.ends]

    @property
    def n_stays(self) -> Numbers:
        """Return for each stay how many the person has."""
        people = np.flatnonzero(begins(self.person, self.check))
        many = np.diff(np.append(people, len(self.person)))
        return np.repeat(many, many)


def in_order(stints: Stints, given: Grouped, rules: StayRules) -> Order:
    """Return the order of the stints of some people that are in a stay.

    Args:
        stints: the stints, judged.
        given: those of some people, by book-in.
        rules: the section on stays.
    """
    given = given.where(~stints.is_out(given.rows))
    rows, began, own = given.rows, given.time, stints.stay_began[given.rows]
    said: dict[str, NDArray[Any]] = {
        "book_in_at": began,
        "book_out_at": stints.ended[rows],
        "facility_code": stints.spots.facility[rows],
    }
    told: list[NDArray[Any]] = [np.where(own == MISSING, began, own)]
    for key in rules.order:
        name, _, where = key.partition(" ")
        told.append(_last(said[name], ORDERS[name]) if where == "last" else said[name])
    rows, check, found = settled(stints.people, given, told, [*said.values()])
    begun, began, ended, facility = found
    person = given.person
    is_new = begins(person, check, begun)
    starts = np.flatnonzero(is_new)
    ends = np.append(starts[1:], len(rows))[: len(starts)] - 1
    return Order(
        rows=rows,
        began=began,
        ended=ended,
        facility=facility,
        length=stints.length(began, ended),
        stay=np.cumsum(is_new) - 1,
        starts=starts,
        ends=ends,
        person=person[starts],
        check=check[starts],
        stay_id=stints.row_id[rows[ends]],
    )


def _last(found: NDArray[Any], missing: int) -> Numbers:
    return np.where(found == missing, LAST, found.astype(np.int64, copy=False))
