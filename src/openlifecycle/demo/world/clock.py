"""Wall clocks: what a clock on the wall of a facility shows at a moment, changes of clock included.

Moments are minutes since 1970 in UTC. Releases print the wall clock of the facility, so an hour
is printed twice in November and one is never printed in March, and a stint can seem to end before
it began.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache

import numpy as np

from openlifecycle.demo.world.draws import Ints, data

DAY = 24 * 60
_EPOCH = date(1970, 1, 1)


def minutes(moment: datetime | date) -> int:
    """Return a naive moment, or the start of a day, as minutes since 1970."""
    if not isinstance(moment, datetime):
        return (moment - _EPOCH).days * DAY
    return int((moment - datetime(1970, 1, 1)) // timedelta(minutes=1))  # noqa: DTZ001


@cache
def zone_names() -> tuple[str, ...]:
    """Return the time zones of the world."""
    return tuple(data("places")["zones"])


@cache
def zone_of_state() -> dict[str, int]:
    """Return the place of each state's zone in ``zone_names``."""
    zones = data("places")["zones"]
    return {state: i for i, zone in enumerate(zones.values()) for state in zone["states"]}


def _sunday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))


def changes(year: int) -> tuple[date, date]:
    """Return the days on which clocks go forward and back: March and November since 2007."""
    return _sunday(year, 3, 2), _sunday(year, 11, 1)


@cache
def _edges(first: int, last: int) -> Ints:
    """Return minutes, in local winter time, at which clocks go forward and back by turns."""
    edges = []
    for year in range(first, last + 1):
        forward, back = changes(year)
        # Both changes happen when summer clocks would show 3:00 or 2:00: in winter time 2:00, 1:00.
        edges += [minutes(forward) + 120, minutes(back) + 60]
    return np.array(edges, dtype=np.int64)


def wall(utc: Ints, zone: Ints) -> Ints:
    """Return what the clocks of some zones show at some moments, as minutes since 1970."""
    zones = list(data("places")["zones"].values())
    hours = np.array([one["hours"] for one in zones], dtype=np.int64)
    moves = np.array([one["changes"] for one in zones], dtype=np.bool_)
    winter = utc + hours[zone] * 60
    summer = np.searchsorted(_edges(1990, 2040), winter, side="right") % 2 == 1
    shown: Ints = winter + np.where(summer & moves[zone], 60, 0)
    return shown
