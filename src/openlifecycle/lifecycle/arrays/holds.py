"""The hours that stays spent in hold rooms, beside the limit that was in force."""

from __future__ import annotations

from datetime import datetime, time

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.numbers import MISSING, Numbers, numbers
from openlifecycle.lifecycle.arrays.order import Order
from openlifecycle.lifecycle.arrays.places import Places
from openlifecycle.lifecycle.arrays.runs import Runs
from openlifecycle.lifecycle.columns import HOUR
from openlifecycle.model.thresholds import threshold


def holds(
    stints: pl.DataFrame, order: Order, spots: Places, length: Numbers
) -> dict[str, pl.Series]:
    """Return the hours of each stay in hold rooms, where it was in one, and whether too many."""
    runs = Runs.of(order, spots.is_hold[order.rows])
    spent = length[runs.at]
    limit = _limits(stints["book_in_at"].gather(runs.rows))
    known = (spent != MISSING) & (limit != MISSING)
    over = runs.most((known & (spent > np.where(known, limit, 0) * HOUR)).astype(np.int64))
    return {
        "hold_hours": runs.sum(spent).cast(pl.Float64) / HOUR,
        "hold_longest_hours": runs.most(spent).cast(pl.Float64) / HOUR,
        "hold_limit_hours": runs.most(limit),
        "is_over_hold_limit": over.cast(pl.Boolean).fill_null(value=False),
    }


def _limits(began: pl.Series) -> Numbers:
    """Return the limit in hours that was in force at each time."""
    changes = threshold("hold_room_hours").changes
    starts = pl.Series([datetime.combine(c.start, time()) for c in changes], dtype=began.dtype)
    values = np.array([MISSING, *(change.value for change in changes)])
    # a missing time lies before all changes
    return values[np.searchsorted(numbers(starts), numbers(began), side="right")]
