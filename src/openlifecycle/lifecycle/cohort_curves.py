"""From the counts of a cohort to the incidence of each of its first events, in arrays.

A cohort of 25 areas and 30 months has 25,000 incidences of a few steps each. They lie one after
another in arrays and are estimated together (running.py); survival.py has the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from openlifecycle.lifecycle.cohort_codes import (
    AFTER,
    ANY,
    CAUSES,
    CENSORED,
    CLOCKS,
    DEPART,
    ELSE,
    EXIT,
    RETURN,
    UNKNOWN_TIMES,
    UNKNOWN_TRACE,
    WATCH,
    cause_code,
    clock_code,
)
from openlifecycle.lifecycle.cohort_counts import Counts
from openlifecycle.lifecycle.outcomes import UNKNOWN
from openlifecycle.lifecycle.running import Floats, Ints, Runs
from openlifecycle.lifecycle.survival import curve_steps, incidence_steps

#: Room for every event of every clock (``cohort_codes.piece_code``).
PIECES: Final = CAUSES * len(CLOCKS)


@dataclass(frozen=True)
class Curves:
    """The incidence of every event of a clock (a piece), step by step.

    Attributes:
        runs: the rows of each piece of each cell, by hour.
        cell: the number of the cell of each run.
        piece: the number of the piece of each run.
        hour: the hour of each row.
        events: people who had the event so far.
        key: the sum of their secret numbers.
        share: F_k.
        sums: what the variance of F_k is made of (``survival.variance``).
    """

    runs: Runs
    cell: Ints
    piece: Ints
    hour: Ints
    events: Ints
    key: Ints
    share: Floats
    sums: Floats


def curves(counts: Counts, cells: int, horizons: Sequence[int]) -> Curves:
    """Return the incidences of all cells.

    Args:
        counts: what ``cohort_counts.told`` returned.
        cells: how many cells there are.
        horizons: days after entry.
    """
    # nothing is later than the hour after the last horizon: it and a number make one number
    room = max(horizons) * 24 + 2
    still = counts.of((counts.cause == cause_code(CENSORED)) & (counts.clock != clock_code(WATCH)))
    events = _stretched(counts, still, cells, horizons, room)
    clock = events.cell * len(CLOCKS) + events.clock
    moments, d, n = _at_risk(clock * room + events.hour, events.n, still, room)
    of_clock = Runs(moments // room)
    surv, spent = curve_steps(of_clock, d, n)
    before, spent = of_clock.before(surv, 1.0), of_clock.before(spent, 0.0)

    at, mine, key = _pieces(events, room)
    piece, hour = np.divmod(at, room)
    runs = Runs(piece)
    cell, number = np.divmod(piece, PIECES)
    when = np.searchsorted(moments, (cell * len(CLOCKS) + number // CAUSES) * room + hour)
    share, sums = incidence_steps(runs, mine.astype(np.float64), n[when], before[when], spent[when])
    return Curves(
        runs, cell[runs.starts], number[runs.starts], hour,
        runs.counted(mine), runs.counted(key), share, sums,
    )  # fmt: skip


def _stretched(
    counts: Counts, still: Counts, cells: int, horizons: Sequence[int], room: int
) -> Counts:
    """Return the events with hours taken together between which nobody's watching ends.

    Nothing is lost: while the watched stay the same people, both estimates and both variances at
    the end of a stretch are the same for the stretch as for its hours (they telescope).
    """
    events = counts.of(counts.cause != cause_code(CENSORED))
    asked = np.arange(cells)[:, None] * room + 24 * np.array(sorted(horizons))
    stops = np.sort(np.append(still.cell * room + still.hour, asked), kind="stable")
    at = np.searchsorted(stops, events.cell * room + events.hour)
    stop = stops[at] % room if len(at) else at
    # rows of one kind stand together, by hour
    kind = ((events.cell * len(CLOCKS) + events.clock) * 2 + events.after) * CAUSES + events.cause
    runs = Runs(kind * room + stop)
    first = runs.starts
    return Counts(
        events.cell[first], events.clock[first], events.after[first], events.cause[first],
        stop[first], runs.summed(events.n), runs.summed(events.key),
    )  # fmt: skip


def _at_risk(at: Ints, events: Ints, still: Counts, room: int) -> tuple[Ints, Floats, Floats]:
    """Return the moments of events on a clock, how many have one, and how many are watched then.

    Events come before the end of watching at the same hour.
    """
    order = np.argsort(at, kind="stable")
    at, events = at[order], events[order]
    same = Runs(at)
    moments, d = at[same.starts], same.summed(events)
    ends = (still.cell * len(CLOCKS) + still.clock) * room + still.hour
    line_ends = (moments // room + 1) * room
    had, gone = np.append(0, np.cumsum(d)), np.append(0, np.cumsum(still.n))
    n = had[np.searchsorted(moments, line_ends)] - had[:-1]
    n += gone[np.searchsorted(ends, line_ends)] - gone[np.searchsorted(ends, moments)]
    return moments, d.astype(np.float64), n.astype(np.float64)


def _pieces(events: Counts, room: int) -> tuple[Ints, Ints, Ints]:
    """Return piece and hour in one number, people and keys of every piece that is estimated."""
    lost = (events.cause == cause_code(UNKNOWN_TIMES)) | (events.cause == cause_code(UNKNOWN_TRACE))
    cause = np.where(lost, cause_code(UNKNOWN), events.cause)
    told = events.cause != cause_code(ELSE)
    merging = told & np.isin(events.clock, [clock_code(c) for c in (EXIT, DEPART, RETURN)])
    after = told & (events.clock == clock_code(EXIT)) & (events.after == 1)
    parts = (
        (told, cause[told]),
        (merging, np.full(merging.sum(), cause_code(ANY))),
        (after, np.full(after.sum(), cause_code(AFTER))),
    )
    at = np.concatenate(
        [
            (events.cell[rows] * PIECES + events.clock[rows] * CAUSES + named) * room
            + events.hour[rows]
            for rows, named in parts
        ]
    )
    order = np.argsort(at, kind="stable")
    at = at[order]
    same = Runs(at)
    n, key = (
        same.summed(np.concatenate([of[rows] for rows, _ in parts])[order])
        for of in (events.n, events.key)
    )
    return at[same.starts], n, key
