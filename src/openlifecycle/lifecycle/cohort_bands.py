"""How uncertain the share in a state is: the number of people that it is as good as.

A share in a state is a sum of first events with signs (cohort_states.py). Watching ends for an
outside reason at a time that is known for everyone, so each first event that is seen stands for
1 / G of them, with G(t) the share of the cohort watched to t. What a person adds to a state is then
phi = 1/G(time of entering it) - 1/G(time of leaving it), and with p(u) the share in the state at u

    n V = mean(phi^2) - p(h)^2 - sum over ends of watching u < h of (p(h) - p(u))^2 dL(u) / G(u)

where dL(u) is the share of those watched to u whose watching ends then: G is estimated, and that
makes the share more certain, not less (van der Laan and Robins 2003, 3.3; Satten and Datta, Am Stat
2001, for the weights). Nothing is assumed about how a person's future hangs on the past. The mean
of phi^2 takes G = 1 at entering for those who left again, which makes it larger if anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openlifecycle.lifecycle.cohort_counts import Counts
from openlifecycle.lifecycle.cohort_curves import Curves
from openlifecycle.lifecycle.running import Floats, Ints, Runs

#: More than the days to the longest horizon.
_ROOM: Final = 10_000


@dataclass(frozen=True)
class Watch:
    """The days on which watching ends, cell by cell.

    Attributes:
        cell: the number of the cell.
        day: full days that those were watched.
        gone: people whose watching ends that day.
        left: people watched to the start of the day.
        g: the same as a share of the cell.
    """

    cell: Ints
    day: Ints
    gone: Floats
    left: Floats
    g: Floats

    def of(self, rows: NDArray[np.bool_]) -> Watch:
        """Return some of the days."""
        return Watch(*(getattr(self, one.name)[rows] for one in fields(self)))


def watched_share(counts: Counts) -> Watch:
    """Return the days on which watching ends, of the counts of the clock ``watch``."""
    runs = Runs(counts.cell)
    gone = counts.n.astype(np.float64)
    total = np.repeat(runs.summed(counts.n), runs.lengths).astype(np.float64)
    left = total - runs.counted(counts.n) + gone
    return Watch(counts.cell, counts.hour, gone, left, left / total)


def weighted_events(curves: Curves, watch: Watch) -> tuple[Floats, Floats]:
    """Return the events of each curve so far, over G and over G squared."""
    runs = curves.runs
    cell = np.repeat(curves.cell, runs.lengths)
    day = np.where(curves.hour > 0, (curves.hour - 1) // 24, 0)
    # watched to the start of the day: those whose watching ends on that day or later
    at = np.searchsorted(watch.cell * _ROOM + watch.day, cell * _ROOM + day)
    here = np.append(watch.cell, -1)[at] == cell
    weight = 1.0 / np.where(here, np.append(watch.g, 1.0)[at], 1.0)
    events = curves.events - runs.before(curves.events, 0)
    so_far = runs.so_far(np.stack((events * weight, events * weight**2), axis=1))
    return so_far[:, 0], so_far[:, 1]


def share_when_watching_ends(curves: Curves, column: Ints, columns: int, watch: Watch) -> Floats:
    """Return the share that had each piece at the start of each of the days.

    Args:
        curves: the pieces.
        column: where the piece of each run is wanted, -1 where it is not.
        columns: how many are wanted.
        watch: days of some cells.
    """
    runs = curves.runs
    column = np.repeat(column, runs.lengths)
    cell = np.repeat(curves.cell, runs.lengths)
    # the first end of watching at which a step has been made
    day = (curves.hour + 23) // 24
    at = np.searchsorted(watch.cell * _ROOM + watch.day, cell * _ROOM + day)
    kept = (column >= 0) & (np.append(watch.cell, -1)[at] == cell)
    found = np.zeros((columns, len(watch.day)))
    # of several steps on the way to one end the last is the largest
    np.maximum.at(found, (column[kept], at[kept]), curves.share[kept])
    days = Runs(watch.cell)
    for start, length in zip(days.starts.tolist(), days.lengths.tolist(), strict=True):
        part = found[:, start : start + length]
        np.maximum.accumulate(part, axis=1, out=part)
    return found


def known_when_watching_ended(
    share: Floats, then: Floats, watch: Watch, horizons: Sequence[int]
) -> Floats:
    """Return the sum over ends of watching before each horizon: how much more certain G makes.

    Args:
        share: by state, horizon and cell.
        then: by state and end of watching.
        watch: the ends of watching before the longest horizon.
        horizons: days.
    """
    weight = watch.gone / watch.left / watch.g
    found = np.zeros_like(share)
    for i, days in enumerate(horizons):
        early = np.flatnonzero(watch.day < days)
        if not len(early):
            continue
        cell = watch.cell[early]
        change = share[:, i, cell] - then[:, early]
        runs = Runs(cell)
        found[:, i, cell[runs.starts]] = np.add.reduceat(
            change**2 * weight[early], runs.starts, axis=1
        )
    return found
