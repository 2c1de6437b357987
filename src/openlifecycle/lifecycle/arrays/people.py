"""Person keys as numbers: two hashes of each, of which one is sorted and the other holds it true.

Person keys are long texts, dear to sort and to fetch in another order. A hash puts the records of a
person together as well, as long as no two people share it. Should two, their second hashes differ,
which is seen, and other hashes are taken. That both are shared by any two of a hundred million
people has a chance of 1 in 10^22.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.numbers import Hashes, Marks, Numbers

#: Which hashes to try, one after the other.
SEEDS: Final = range(0, 16, 2)


class SharedHash(Exception):
    """Two person keys have one hash."""


def hashes(keys: pl.Series, seed: int) -> Hashes:
    """Return a number for each key, the same for the same key."""
    return keys.hash(seed).to_numpy()


@dataclass(frozen=True)
class People:
    """Whose the records of a table are.

    Attributes:
        is_known: which records have a person key.
        number: one number for each person; that of a record without a key means nothing.
        check: another number for each person.
    """

    is_known: Marks
    number: Hashes
    check: Hashes

    @classmethod
    def of(cls, keys: pl.Series, seed: int) -> People:
        """Return whose records with these keys are."""
        known = keys.is_not_null().to_numpy()
        return cls(known, hashes(keys, seed), hashes(keys, seed + 1))

    def parts(self, many: int) -> list[Numbers]:
        """Return the rows of so many groups of people, each row of somebody in one, in order."""
        which = ((self.number >> np.uint64(32)) * np.uint64(many) >> np.uint64(32)).astype(np.uint8)
        which[~self.is_known] = many
        rows = np.argsort(which, kind="stable")
        return np.split(rows, np.cumsum(np.bincount(which, minlength=many))[:many])[:many]

    def in_order(self, rows: Numbers) -> Hashes:
        """Return the numbers of rows that stand in the order of numbers.

        Raises:
            SharedHash: neighbours have one number and are two people.
        """
        found, check = self.number[rows], self.check[rows]
        if ((found[1:] == found[:-1]) & (check[1:] != check[:-1])).any():
            raise SharedHash
        return found
