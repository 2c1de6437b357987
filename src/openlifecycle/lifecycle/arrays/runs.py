"""Some stints of the stays that have any, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openlifecycle.lifecycle.arrays.numbers import MISSING, Marks, Numbers, begins, numbers
from openlifecycle.lifecycle.arrays.order import Order


@dataclass(frozen=True)
class Runs:
    """Some stints, in the order of their stays.

    Attributes:
        at: where each stands in the order.
        rows: which row of the table each is.
        starts: where in ``at`` the stints of a stay begin.
        stays: which stays these are.
        n_stays: how many stays there are at all.
    """

    at: Numbers
    rows: Numbers
    starts: Numbers
    stays: Numbers
    n_stays: int

    @classmethod
    def of(cls, order: Order, chosen: Marks) -> Runs:
        """Return the stints that are marked, given marks in order."""
        at = np.flatnonzero(chosen)
        stay = order.stay[at]
        starts = np.flatnonzero(begins(stay))
        return cls(at, order.rows[at], starts, stay[starts], len(order.starts))

    def least(self, of: pl.Series) -> pl.Series:
        """Return for every stay the least value that is known of its stints here."""
        if of.dtype.is_float():
            known = of.fill_null(np.inf).to_numpy()
            return self._told(known, np.minimum, np.inf).cast(of.dtype)
        known = numbers(of)
        known = np.where(known == MISSING, -MISSING - 1, known)
        return self._told(known, np.minimum, -MISSING - 1).cast(of.dtype)

    def most(self, of: Numbers) -> pl.Series:
        """Return for every stay the greatest number that is known of its stints here."""
        return self._told(of, np.maximum, MISSING)

    def sum(self, of: Numbers) -> pl.Series:
        """Return for every stay the sum of the numbers that are known of its stints here."""
        total = self._told(np.where(of == MISSING, 0, of), np.add, None)
        return total.set(self.most(of).is_null(), None)

    def _told(self, of: NDArray[Any], reduce: np.ufunc, missing: float | None) -> pl.Series:
        found = reduce.reduceat(of, self.starts) if len(of) else of
        whole = np.zeros(self.n_stays, found.dtype)
        whole[self.stays] = found
        known = np.zeros(self.n_stays, np.bool_)
        known[self.stays] = True if missing is None else found != missing
        return pl.Series(whole).set(~pl.Series(known), None)
