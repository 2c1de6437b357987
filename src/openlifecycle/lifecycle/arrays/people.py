"""Person keys as numbers: two hashes of each, of which one is sorted and the other holds it true.

Person keys are long texts, dear to sort and to fetch in another order. The last bits of a hash put
the records of a person together as well; where two people share them, their second hashes keep them
apart. That both are shared by any two of a hundred million people has a chance of 1 in 10^16.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.cores import both
from openlifecycle.lifecycle.arrays.numbers import GROUP, Hashes, Marks, Numbers

_LAST: Final = np.uint64((1 << GROUP) - 1)


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
    def of(cls, keys: pl.Series) -> People:
        """Return whose records with these keys are."""
        number, check = both(lambda: hashes(keys, 0), lambda: hashes(keys, 1))
        return cls(keys.is_not_null().to_numpy(), number, check)

    def parts(self, many: int) -> list[Numbers]:
        """Return the rows of so many groups of people, each row of somebody in one, in order."""
        which = ((self.number >> np.uint64(32)) * np.uint64(many) >> np.uint64(32)).astype(np.uint8)
        which[~self.is_known] = many
        rows = np.argsort(which, kind="stable")
        return np.split(rows, np.cumsum(np.bincount(which, minlength=many))[:many])[:many]

    def short(self, rows: Numbers) -> Hashes:
        """Return the last bits of the numbers of rows, by which they are grouped."""
        return self.number[rows] & _LAST
