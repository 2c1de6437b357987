"""Sums and products so far within each of many short runs of rows, added row by row.

A window over groups asks for each group by itself; thirty thousand runs of a few rows each cost
more to ask for than to add up. The numbers are those of adding row by row, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Runs:
    """Runs of equal keys in sorted rows.

    Attributes:
        starts: the first row of each run.
        lengths: how many rows each has.
    """

    def __init__(self, keys: NDArray[Any]) -> None:
        """Take the key of each row."""
        self.starts: Ints = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        self.lengths: Ints = np.diff(np.append(self.starts, len(keys)))

    def so_far(self, values: Floats, by: np.ufunc = np.add) -> Floats:
        """Return sums (or products) up to and including each row of its run.

        Args:
            values: a number for each row, or some.
            by: how two rows are put together.
        """
        found = np.array(values, dtype=np.float64)
        longest = int(self.lengths.max(initial=0))
        if len(self.starts) <= longest:
            for start, length in zip(self.starts.tolist(), self.lengths.tolist(), strict=True):
                run = found[start : start + length]
                by.accumulate(run, axis=0, out=run)
            return found
        # all second rows at once, all third rows, ...: the longest runs first
        order = np.argsort(-self.lengths, kind="stable")
        starts, lengths = self.starts[order], self.lengths[order]
        reached = np.searchsorted(-lengths, -np.arange(1, longest), side="left")
        last = found[starts]
        for row, many in enumerate(reached.tolist(), 1):
            at = starts[:many] + row
            last = by(last[:many], found[at])
            found[at] = last
        return found

    def counted(self, values: Ints) -> Ints:
        """Return sums of whole numbers up to and including each row of its run."""
        total = np.cumsum(values)
        before = np.append(0, total)[self.starts]
        found: Ints = total - np.repeat(before, self.lengths)
        return found

    def summed(self, values: Ints) -> Ints:
        """Return the sum of whole numbers of each run."""
        found: Ints = np.add.reduceat(values, self.starts) if len(values) else values
        return found

    def before(self, values: NDArray[Any], first: float) -> NDArray[Any]:
        """Return the number of the row before, and ``first`` for the first row of a run."""
        found = np.empty_like(values)
        found[1:] = values[:-1]
        found[self.starts] = first
        return found


def added(parts: Iterable[NDArray[Any]]) -> NDArray[Any]:
    """Return the sum of arrays with what each addition loses carried along (Kahan).

    Whole numbers stay whole.
    """
    total: Any = 0
    lost: Any = 0
    for part in parts:
        part = part - lost
        grown = total + part
        lost = (grown - total) - part
        total = grown
    found: NDArray[Any] = total
    return found
