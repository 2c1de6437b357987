"""The wall clock of the world against the time zones of the operating system."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from openlifecycle.demo.world.clock import changes, minutes, wall, zone_of_state

EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
#: One place in each zone of the world, by the names of the time zone database.
PLACES = {
    "NY": "America/New_York",
    "TX": "America/Chicago",
    "CO": "America/Denver",
    "AZ": "America/Phoenix",
    "CA": "America/Los_Angeles",
    "AK": "America/Anchorage",
    "HI": "Pacific/Honolulu",
    "PR": "America/Puerto_Rico",
    "GU": "Pacific/Guam",
}


@pytest.mark.parametrize("state", PLACES)
def test_the_wall_clock_is_that_of_the_time_zone_database(state: str) -> None:
    zone = ZoneInfo(PLACES[state])
    moments = np.arange(minutes(date(2010, 10, 1)), minutes(date(2026, 3, 11)), 997)
    nights = [minutes(day) for year in range(2011, 2026) for day in changes(year)]
    close = np.concatenate([np.arange(night, night + 26 * 60, 7) for night in nights])
    every = np.concatenate([moments, close])
    shown = wall(every, np.full(len(every), zone_of_state()[state]))
    for utc, local in zip(every.tolist(), shown.tolist(), strict=True):
        there = datetime.fromtimestamp(utc * 60, UTC).astimezone(zone).replace(tzinfo=None)
        assert there == EPOCH + timedelta(minutes=local)


def test_clocks_change_on_the_days_that_calendars_print() -> None:
    assert changes(2025) == (date(2025, 3, 9), date(2025, 11, 2))
    assert changes(2026)[0] == date(2026, 3, 8)
