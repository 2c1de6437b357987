"""Some stints of the stays that have any, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openlifecycle.lifecycle.arrays.numbers import LAST, MISSING, Marks, Numbers, begins
from openlifecycle.lifecycle.arrays.order import Order


@dataclass(frozen=True)
class Runs:
    """Some stints, in the order of their stays.

    Attributes:
        at: where in the order each stands.
        starts: where in ``at`` the stints of a stay begin.
        stays: which stays these are.
        n_stays: how many stays there are at all.
    """

    at: Numbers
    starts: Numbers
    stays: Numbers
    n_stays: int

    @classmethod
    def of(cls, order: Order, chosen: Marks) -> Runs:
        """Return the stints that are marked, given marks in order."""
        at = np.flatnonzero(chosen)
        stay = order.stay[at]
        starts = np.flatnonzero(begins(stay))
        return cls(at, starts, stay[starts], len(order.starts))

    def least(self, of: NDArray[Any]) -> NDArray[Any]:
        """Return for every stay the least number of its stints here, else ``LAST`` or infinity."""
        none = np.inf if of.dtype == np.float64 else LAST
        return self._told(np.minimum, of, none)

    def most(self, of: Numbers) -> Numbers:
        """Return for every stay the greatest number of its stints here, else ``MISSING``."""
        return self._told(np.maximum, of, MISSING)

    def sum(self, of: Numbers) -> Numbers:
        """Return for every stay the sum of the numbers that are known of its stints here."""
        total = self._told(np.add, np.where(of == MISSING, 0, of), MISSING)
        return np.where(self.most(of) == MISSING, MISSING, total)

    def _told(self, reduce: np.ufunc, of: NDArray[Any], none: float) -> NDArray[Any]:
        whole = np.full(self.n_stays, none, of.dtype)
        if len(of):
            whole[self.stays] = reduce.reduceat(of, self.starts)
        return whole
