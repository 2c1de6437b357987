"""What happens to the people: apprehensions, stays and how they end. Times are true and in UTC.

A course is a sequence of apprehensions of one person. All persons take their next step at once,
in arrays; the few who come back into custody take another.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from openlifecycle.demo.world.clock import DAY, changes, minutes
from openlifecycle.demo.world.draws import Flags, Floats, Ints, data, happens, lognormal, stream
from openlifecycle.demo.world.people import People
from openlifecycle.demo.world.rates import Rates

#: Nobody is apprehended more often than this.
_MOST: Final = 8
#: Stays that began so many days before the releases speak are part of the world.
BURN_IN: Final = 300
_LONGEST: Final = 6 * 365 * DAY
BORDER, CUSTODIAL, AT_LARGE = 0, 1, 2


@dataclass(frozen=True)
class Course:
    """Apprehensions, one element each, in order of person and time.

    Attributes:
        person: number of the person.
        route: border, custodial or at-large.
        at: moment of the apprehension.
        booked: whether a stay follows.
        stay_in, stay_out: its true start and end; equal to ``at`` without a stay.
        outcome: place of the outcome in values.yml.
        short: the stay is over within the hold room.
    """

    person: Ints
    route: Ints
    at: Ints
    booked: Flags
    stay_in: Ints
    stay_out: Ints
    outcome: Ints
    short: Flags


def course(who: People, rates: Rates, seed: int, start: date, through: datetime) -> Course:
    """Return everything that happens to the people until the world ends."""
    rng = stream(seed, "course")
    end = minutes(through)
    person = np.arange(len(who.born), dtype=np.int64)
    at = _arrivals(rng, len(person), minutes(start) - BURN_IN * DAY, end)
    nights = _change_nights(minutes(start), end)
    at = _some_in_clock_changes(rng, rates, at, nights)
    parts = []
    for _ in range(_MOST):
        step = _step(rng, rates, person, at, np.isin(at // DAY * DAY, nights))
        parts.append(step)
        again = happens(rng, rates.returned, len(person))
        gap = lognormal(rng, 120.0, 1.1, len(person)) * DAY
        later = step.stay_out + gap.astype(np.int64) + DAY
        again &= later < end
        person, at = person[again], _working_hour(rng, later[again])
        if not len(person):
            break
    whole = {
        one.name: np.concatenate([getattr(part, one.name) for part in parts])
        for one in fields(Course)
    }
    order = np.lexsort((whole["at"], whole["person"]))
    return Course(**{name: column[order] for name, column in whole.items()})


def _arrivals(rng: np.random.Generator, n: int, begin: int, end: int) -> Ints:
    """Return moments of first apprehensions: growing, with seasons, fewer at weekends."""
    days = np.arange(begin // DAY, end // DAY + 1)
    age = (days - days[0]) / max(len(days), 1)
    season = 1 + 0.15 * np.sin(2 * np.pi * (days % 365.25) / 365.25)
    week = np.where((days + 3) % 7 >= 5, 0.6, 1.0)
    edges = np.cumsum((0.6 + 0.8 * age**2) * season * week)
    day = days[np.searchsorted(edges, rng.random(n) * edges[-1], side="right")]
    return np.minimum(_working_hour(rng, day.astype(np.int64) * DAY), end - 1)


def _change_nights(begin: int, end: int) -> Ints:
    """Return the starts of the days between two moments on which clocks change."""
    years = range(1970 + begin // (365 * DAY), 1971 + end // (365 * DAY))
    nights = np.array([minutes(day) for year in years for day in changes(year)], dtype=np.int64)
    return nights[(nights >= begin) & (nights + DAY < end)]


def _some_in_clock_changes(rng: np.random.Generator, rates: Rates, at: Ints, nights: Ints) -> Ints:
    """Return the moments with some moved to the hours in which clocks go forward or back."""
    moved = happens(rng, rates.clock_change, len(at))
    when = nights[rng.integers(0, len(nights), len(at))] + rng.integers(4 * 60, 9 * 60, len(at))
    return np.where(moved, when, at)


def _working_hour(rng: np.random.Generator, moment: Ints) -> Ints:
    """Return the moments moved to an hour of the same day, most often between 5 and 15."""
    hour = np.where(
        rng.random(len(moment)) < 0.8, 15 + 4 * rng.standard_normal(len(moment)), 24 * rng.random()
    )
    within = (np.clip(hour, 0, 23.98) * 60).astype(np.int64)
    moved: Ints = moment // DAY * DAY + within
    return moved


def _step(rng: np.random.Generator, rates: Rates, person: Ints, at: Ints, night: Flags) -> Course:
    """Return one apprehension of each person, with its stay; some are in nights of clock change."""
    n = len(person)
    border = happens(rng, rates.border, n)
    route = np.where(border, BORDER, np.where(happens(rng, 0.6, n), CUSTODIAL, AT_LARGE))
    booked = border | ~happens(rng, rates.never_booked, n)
    outcome = _outcomes(rng, border)
    short = (happens(rng, 0.06, n) | night & happens(rng, 0.5, n)) & booked
    # In those nights some are booked in at once and out within the hour, as clocks do not show.
    brief = short & night
    # Most are booked in within hours of the arrest; some days later, some are recorded before it.
    wait = lognormal(rng, 5.0, 1.1, n) * 60
    wait = np.where(happens(rng, 0.02, n), wait + rng.random(n) * 20 * DAY, wait)
    wait = np.where(happens(rng, 0.03, n), -rng.random(n) * 12 * 60, wait)
    wait = np.where(brief, rng.random(n) * 90, wait)
    stay_in = at + np.where(booked, wait, 0).astype(np.int64)
    length = np.where(short, lognormal(rng, 9.0, 0.9, n) * 60, _lengths(rng, rates, outcome))
    length = np.where(brief, 25 + 60 * rng.random(n), length)
    stay_out = stay_in + np.where(booked, np.maximum(length, 20), 0).astype(np.int64)
    return Course(person, route, at, booked, stay_in, stay_out, outcome, short)


def _outcomes(rng: np.random.Generator, border: Flags) -> Ints:
    outcomes = list(data("values")["outcomes"].values())
    found = np.zeros(len(border), dtype=np.int64)
    for column, here in ((0, ~border), (1, border)):
        edges = np.cumsum([float(one[column]) for one in outcomes])
        drawn = rng.random(int(here.sum())) * edges[-1]
        found[here] = np.searchsorted(edges, drawn, side="right")
    return found


def _lengths(rng: np.random.Generator, rates: Rates, outcome: Ints) -> Floats:
    """Return lengths of stays in minutes: lognormal by outcome, some from a heavy tail."""
    outcomes = list(data("values")["outcomes"].values())
    median: npt.NDArray[Any] = np.array([float(one[2]) for one in outcomes])[outcome]
    spread: npt.NDArray[Any] = np.array([float(one[3]) for one in outcomes])[outcome]
    days = lognormal(rng, median, spread, len(outcome))
    tail = happens(rng, rates.long_stays, len(outcome))
    days = np.where(tail, 90 * (1 + rng.pareto(1.3, len(outcome))), days)
    long: Floats = np.minimum(days * DAY, _LONGEST)
    # Over a day long, most leave in the morning.
    morning = long // DAY * DAY + (12 + 5 * rng.random(len(outcome))) * 60
    return np.where((long > 2 * DAY) & happens(rng, 0.6, len(outcome)), morning, long)
