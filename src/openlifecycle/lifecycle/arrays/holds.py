"""The hours that stays spent in hold rooms, beside the limit that was in force."""

from __future__ import annotations

from datetime import datetime, time

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.numbers import MISSING, Numbers, nullable, numbers
from openlifecycle.lifecycle.arrays.order import Order
from openlifecycle.lifecycle.arrays.runs import Runs
from openlifecycle.lifecycle.arrays.table import Stints
from openlifecycle.lifecycle.columns import HOUR
from openlifecycle.model.thresholds import threshold


def holds(stints: Stints, order: Order) -> dict[str, pl.Series]:
    """Return the hours of each stay in hold rooms, where it was in one, and whether too many."""
    runs = Runs.of(order, stints.spots.is_hold[order.rows])
    spent, limit = order.length[runs.at], _limits(order.began[runs.at])
    known = (spent != MISSING) & (limit != MISSING)
    over = known & (spent > np.where(known, limit, 0) * HOUR)
    return {
        "hold_hours": nullable(runs.sum(spent)).cast(pl.Float64) / HOUR,
        "hold_longest_hours": nullable(runs.most(spent)).cast(pl.Float64) / HOUR,
        "hold_limit_hours": nullable(runs.most(limit)),
        "is_over_hold_limit": pl.Series(runs.most(over.astype(np.int64)) == 1),
    }


def _limits(began: Numbers) -> Numbers:
    """Return the limit in hours that was in force at each time."""
    changes = threshold("hold_room_hours").changes
    starts = [datetime.combine(change.start, time()) for change in changes]
    values = np.array([MISSING, *(change.value for change in changes)])
    # a missing time lies before all changes
    at = numbers(pl.Series(starts, dtype=pl.Datetime("us")))
    return values[np.searchsorted(at, began, side="right")]
