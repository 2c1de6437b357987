"""Distinct people on arrays: who is in a cell more than once, and what each stint of theirs adds.

Person keys are long texts, dear to compare. Their hashes find the few rows whose person is in the
cell again; those rows are compared by their keys, so that no two people are ever taken for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Marks = NDArray[np.bool_]

#: Bits of the numbers by which rows are passed over that share theirs with no other row, so that
#: they need not be sorted: eight numbers for each row, 256 MB at most.
_LEAST_BITS: Final = 10
_MOST_BITS: Final = 25
#: Odd, and without a pattern: cells next to each other are far apart after it.
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Again:
    """The rows of people who are in a cell more than once.

    Attributes:
        rows: which rows they are, those of a person in a cell next to each other.
        group: the number of the person in the cell, which only grows.
    """

    rows: Numbers
    group: Numbers

    def days(self, first: Numbers, until: Numbers, days: int) -> tuple[Numbers, Numbers, Marks]:
        """Return the rows, the day from which each adds, and whether the person was there then.

        A row that begins on or before the day on which the person's rows so far end carries on
        from there; one that ends no later than they do adds nothing: it carries on at its end.

        Args:
            first: the first day of every row of the table, from 0.
            until: the day on which it ends, not before the first and less than ``days``.
            days: how many days there are.
        """
        first, until = first[self.rows], until[self.rows]
        order = _in_order(self.group, first, until, days)
        group, first, until = self.group[order], first[order], until[order]
        # the latest end so far, which starts over with every person and cell
        reached = np.maximum.accumulate(group * days + until)
        before = np.concatenate([reached[:1], reached[:-1]]) - group * days
        before[np.diff(group, prepend=-1) != 0] = -1
        carried = before >= first
        return self.rows[order], np.where(carried, np.minimum(before, until), first), carried


def _in_order(group: Numbers, first: Numbers, until: Numbers, days: int) -> Numbers:
    if (int(group[-1:].sum()) + 1) * days**2 < np.iinfo(np.int64).max:
        return np.argsort((group * days + first) * days + until)
    return np.lexsort((until, first, group))


def again(person: pl.Series, cell: Numbers, *, one_each: bool) -> Again:
    """Return the rows of people who are in a cell more than once.

    Args:
        person: the key of the person of each row.
        cell: the number of the cell of each row.
        one_each: a row without a key is a person of its own; else all such rows of a cell are one
            person.
    """
    token = _tokens(person) ^ (cell.astype(np.uint64) * _MIX)
    some = np.arange(len(token))
    if one_each and person.null_count():
        some = np.flatnonzero(person.is_not_null().to_numpy())
    some = some[_shared(token[some])]
    rows, same = _side_by_side(some, token)
    if not _are_equal(person, cell, rows, same):
        # two tokens fell together: then the keys are put in order themselves
        exact = person.rank("dense").fill_null(0).to_numpy().astype(np.int64)
        pairs = np.unique(np.stack([cell, exact]), axis=1, return_inverse=True)[1]
        rows, same = _side_by_side(some, pairs)
    is_new = np.append(True, ~same)[: len(rows)]
    alone = is_new & np.append(~same, True)[: len(rows)]
    return Again(rows[~alone], np.cumsum(is_new)[~alone])


def _tokens(person: pl.Series) -> NDArray[np.uint64]:
    return person.hash().to_numpy()


def _shared(token: NDArray[np.uint64]) -> Marks:
    """Return which rows may share their token: all that do, and few others."""
    bits = min(max(len(token).bit_length() + 3, _LEAST_BITS), _MOST_BITS)
    part = (token >> np.uint64(64 - bits)).view(np.int64)
    found: Marks = np.bincount(part, minlength=1 << bits)[part] > 1
    return found


def _side_by_side(rows: Numbers, number: NDArray[np.int64 | np.uint64]) -> tuple[Numbers, Marks]:
    """Return the rows in the order of their number, and which have that of the row before."""
    order = np.argsort(number[rows])
    rows = rows[order]
    return rows, number[rows[1:]] == number[rows[:-1]]


def _are_equal(person: pl.Series, cell: Numbers, rows: Numbers, same: Marks) -> bool:
    """Return whether rows beside each other with one token are of one person in one cell."""
    later = np.flatnonzero(same) + 1
    one, other = rows[later], rows[later - 1]
    alike = person.gather(one).eq_missing(person.gather(other))
    return bool((cell[one] == cell[other]).all() and alike.all())
