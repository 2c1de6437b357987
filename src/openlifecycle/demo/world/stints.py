"""Where each person is when: a stay cut into stints at facilities, with journeys between them.

A stint is true and in UTC here; the wall clock of its facility is beside it, which is what gets
printed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openlifecycle.demo.world.clock import wall
from openlifecycle.demo.world.course import BORDER, Course
from openlifecycle.demo.world.draws import Flags, Floats, Ints, happens, lognormal, stream
from openlifecycle.demo.world.people import People
from openlifecycle.demo.world.places import Places
from openlifecycle.demo.world.rates import Rates

_MOST_TRANSFERS = 11


@dataclass(frozen=True)
class Stints:
    """Stints in order of person and time.

    Attributes:
        stay: number of the apprehension (its place in the course) that led to the stay.
        nth: 0 for the first stint of the stay.
        is_last: the stay ends with it.
        facility: number of the facility.
        start, end: true moments in UTC.
        wall_in, wall_out: what the clock on the wall showed.
    """

    stay: Ints
    nth: Ints
    is_last: Flags
    facility: Ints
    start: Ints
    end: Ints
    wall_in: Ints
    wall_out: Ints


def stints(what: Course, who: People, where: Places, rates: Rates, seed: int) -> Stints:
    """Return the stints of every stay."""
    rng = stream(seed, "stints")
    booked = np.flatnonzero(what.booked)
    long = (what.stay_out - what.stay_in)[booked]
    held = happens(rng, rates.hold_room, len(booked)) & (what.route[booked] != BORDER)
    held |= what.short[booked] | (
        (what.route[booked] == BORDER) & happens(rng, 0.25 * rates.hold_room, len(booked))
    )
    count = _counts(rng, rates, long, held, what.short[booked])
    place = np.repeat(np.arange(len(booked)), count)
    ends = np.cumsum(count)
    nth = np.arange(len(place)) - np.repeat(ends - count, count)
    is_last = nth == count[place] - 1
    is_hold = held[place] & (nth == 0)
    is_hold |= (nth > 0) & ~is_last & happens(rng, 0.15, len(place))
    start, end = _cut(rng, long, place, nth, is_last, is_hold)
    facility = _facilities(rng, where, who.area[what.person[booked]], place, nth, is_hold)
    start += what.stay_in[booked][place]
    end += what.stay_in[booked][place]
    zone = where.zone[facility]
    return Stints(
        booked[place], nth, is_last, facility, start, end, wall(start, zone), wall(end, zone)
    )


def _counts(rng: np.random.Generator, rates: Rates, long: Ints, held: Flags, short: Flags) -> Ints:
    """Return the number of stints of each stay: the longer, the more transfers."""
    days = long / 1440
    mean = rates.transfers * (0.12 + 1.3 * (1 - np.exp(-days / 20.0)))
    moves = np.minimum(rng.poisson(mean), _MOST_TRANSFERS)
    # With transfers at 0, nobody is moved out of the hold room either.
    leaves = held & ~short & (rates.transfers > 0)
    return np.where(short, 1, 1 + moves + leaves).astype(np.int64)


def _cut(
    rng: np.random.Generator, long: Ints, place: Ints, nth: Ints, is_last: Flags, is_hold: Flags
) -> tuple[Ints, Ints]:
    """Return start and end of each stint, in minutes from the start of its stay.

    A first stint in a hold room lasts hours; others share what is left of the stay.
    """
    n = len(place)
    first_hold = is_hold & (nth == 0) & ~is_last
    share = np.where(first_hold, 0.0, rng.standard_exponential(n) + 1e-6)
    share = np.where(is_hold & (nth > 0), share * 0.02, share)
    total = np.bincount(place, weights=share, minlength=len(long))
    hours = np.minimum(lognormal(rng, 6.5, 0.8, n) * 60, 0.5 * long[place])
    hold = np.bincount(place, weights=np.where(first_hold, hours, 0.0), minlength=len(long))
    left = (long - hold)[place]
    duration: Floats = np.where(first_hold, hours, left * share / np.maximum(total[place], 1e-9))
    until = np.cumsum(duration)
    before = np.where(nth == 0, until - duration, 0.0)
    until -= np.maximum.accumulate(before)
    end = np.where(is_last, long[place], np.floor(until)).astype(np.int64)
    start = np.where(nth == 0, 0, np.concatenate([[0], end[:-1]]))
    # A journey leads from one facility to the next; a third are recorded as taking no time.
    journey = np.where(happens(rng, 0.33, n), 0, np.minimum(lognormal(rng, 240.0, 0.7, n), 1440))
    journey = np.minimum(journey, 0.3 * (end - start)).astype(np.int64)
    return start, np.where(is_last, end, end - journey)


def _facilities(
    rng: np.random.Generator, where: Places, area: Ints, place: Ints, nth: Ints, is_hold: Flags
) -> Ints:
    """Return the facility of each stint: near the start of the stay, then wherever beds are."""
    home = area[place]
    near = happens(rng, 0.85, len(place)) & (nth <= 1) | happens(rng, 0.35, len(place))
    found = np.where(near, where.in_area(rng, home), where.anywhere(rng, len(place)))
    region = where.table["area"].to_numpy()[found]
    hold = where.hold_in(rng, np.where(nth == 0, home, region))
    found = np.where(is_hold, hold, found)
    same = (nth > 0) & (found == np.concatenate([[-1], found[:-1]])) & ~is_hold
    again: Ints = np.where(same, where.other_in_area(np.where(is_hold, 0, found)), found)
    return again
