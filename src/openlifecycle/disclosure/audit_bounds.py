"""What an attacker sees at once: bounds pushed along the sums, and which cells hang together."""

from __future__ import annotations

from typing import Final

import numpy as np

from openlifecycle.disclosure.audit_model import Part
from openlifecycle.disclosure.tables import Ints

#: Rounds of pushing; bounds that still move after so many are left as they are (still true).
ROUNDS: Final = 40


def pushed(part: Part, down: Ints, up: Ints) -> tuple[Ints, Ints]:
    """Return the most by which each cell may be lower and higher, as single sums tell.

    In a sum that is kept, what one cell deviates the others make up for, so their bounds bound
    it. The bounds that come back hold for every attacker; an interval may be narrower still.

    Args:
        part: the sums.
        down: the most by which each cell may be lower, at least 0.
        up: the most by which each may be higher.
    """
    down, up = down.copy(), up.copy()
    if not len(part.index):
        return down, up
    row = np.repeat(np.arange(len(part.starts) - 1), np.diff(part.starts))
    whole = part.sign > 0
    for _ in range(ROUNDS):
        lows = np.where(whole, -down[part.index], -up[part.index])
        highs = np.where(whole, up[part.index], down[part.index])
        low = np.add.reduceat(lows, part.starts[:-1])[row] - lows
        high = np.add.reduceat(highs, part.starts[:-1])[row] - highs
        before = int(down.sum() + up.sum())
        np.minimum.at(up, part.index, np.where(whole, -low, high))
        np.minimum.at(down, part.index, np.where(whole, high, -low))
        if int(down.sum() + up.sum()) == before:
            break
    return down, up


def components(part: Part) -> Ints:
    """Return for each cell the smallest cell that it hangs together with through sums."""
    labels = np.arange(len(part.cells), dtype=np.int64)
    if not len(part.index):
        return labels
    row = np.repeat(np.arange(len(part.starts) - 1), np.diff(part.starts))
    while True:
        least = np.minimum.reduceat(labels[part.index], part.starts[:-1])
        after = labels.copy()
        np.minimum.at(after, part.index, least[row])
        after = after[after]
        if np.array_equal(after, labels):
            return labels
        labels = after
