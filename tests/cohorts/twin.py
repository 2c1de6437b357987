"""The slow, obvious twin: one person at a time, one definition at a time, exact fractions.

It shares no code with the engine: its own reading of the reasons file, its own clocks, estimates
by the definition over people, not counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path

import yaml

import openlifecycle.model

NEVER = None
EXIT_ONLY = ("removed", "voluntary_departure", "expelled", "died")


@dataclass(frozen=True)
class Stay:
    id: int
    person: str | None
    start: datetime
    end: datetime | None
    last_start: datetime
    last_end: datetime | None
    first_end: datetime | None
    moves: int
    reason: str | None
    last_reason: str | None
    departed: date | None
    linked_departure: date | None = None


@dataclass(frozen=True)
class Arrest:
    id: int
    person: str | None
    at: datetime
    stay: int | None
    departed: date | None = None


@dataclass
class Course:
    """What happened to a person: (moment, state entered), in order; ``end`` of watching."""

    entry: datetime
    first: str
    steps: list[tuple[datetime, str]]
    end: datetime

    def state_at(self, moment: datetime) -> str:
        state = self.first
        for when, name in self.steps:
            if when <= moment:
                state = name
        return state


def reason_states() -> dict[str, str]:
    path = Path(openlifecycle.model.__file__).with_name("release_reasons.yml")
    told = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return {r.lower(): name for name, group in told.items() for r in group["reasons"]}


def state_of_reason(reason: str | None) -> str:
    if reason is None or not reason.strip():
        return "reason_blank"
    return reason_states().get(reason.strip().lower(), "other_reason")


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def exit_of(stay: Stay, through: datetime) -> tuple[datetime, str] | None:
    """When and as what the stay ended, None while it lasts."""
    end = stay.end if stay.end is not None else stay.last_end
    if end is None or end > through:
        return None
    if end < stay.start:
        return stay.start, "unknown"
    state = state_of_reason(stay.reason if stay.reason is not None else stay.last_reason)
    if stay.end is None and state in ("reason_blank", "transferred_out"):
        return end, "unknown"
    return end, state


def next_custody(
    stays: list[Stay], person: str | None, own: int | None, since: datetime, free: datetime,
    through: datetime,
) -> datetime | None:  # fmt: skip
    found = [
        max(s.start, free)
        for s in stays
        if person is not None
        and s.person == person
        and s.id != own
        and since <= s.start <= through
        and (s.end is None or s.end > free)
    ]
    return min(found, default=None)


def departure_of(stay: Stay, left: datetime) -> date | None:
    """The departure linked to the stay, else its own if it is not five days older than the exit."""
    if stay.linked_departure is not None or stay.departed is None:
        return stay.linked_departure
    return stay.departed if stay.departed >= left.date() - timedelta(days=5) else None


def first_move(stay: Stay) -> datetime | None:
    if stay.moves == 0:
        return None
    return stay.first_end if stay.first_end is not None else stay.last_start


def course_of_stay(
    stay: Stay, stays: list[Stay], entry: datetime, through: datetime, first: str
) -> Course:
    steps: list[tuple[datetime, str]] = []
    if first == "not_detained":
        steps.append((max(entry, stay.start), "held_first_facility"))
    booked = max(entry, stay.start)
    left = exit_of(stay, through)
    impossible = left is not None and (stay.end or stay.last_end) < stay.start
    move = first_move(stay)
    if move is not None and move <= through and not impossible:
        at = max(move, booked)
        if left is None or at <= max(left[0], entry):
            steps.append((at, "held_after_transfer"))
    if left is None:
        return Course(entry, first, steps, through)
    when, state = left
    at = max(when, entry)
    steps.append((at, state))
    back = None
    if state != "died":
        back = next_custody(stays, stay.person, stay.id, stay.start, when, through)
    departed = departure_of(stay, when)
    if state not in EXIT_ONLY and not impossible and departed is not None:
        gone = max(midnight(departed), at)
        if midnight(departed) <= through and (back is None or gone < back):
            steps.append((gone, "departed"))
    if back is not None:
        steps.append((back, "returned"))
    return Course(entry, first, steps, through)


def course_of_arrest(arrest: Arrest, stays: list[Stay], through: datetime) -> Course:
    if arrest.person is None:
        return Course(arrest.at, "unknown", [], through)
    by_id = {s.id: s for s in stays}
    own = by_id.get(arrest.stay) if arrest.stay is not None else None
    if own is None:
        around = [
            s
            for s in stays
            if s.person == arrest.person
            and s.start <= arrest.at
            and (s.end is None or s.end > arrest.at)
            and (s.end is not None or s.last_end is None or s.last_end > arrest.at)
        ]
        own = max(around, key=lambda s: (s.start, s.id), default=None)
    if own is not None:
        return course_of_stay(own, stays, arrest.at, through, "not_detained")
    steps: list[tuple[datetime, str]] = []
    back = next_custody(stays, arrest.person, None, arrest.at, arrest.at, through)
    if arrest.departed is not None and arrest.departed >= arrest.at.date():
        gone = max(midnight(arrest.departed), arrest.at)
        if midnight(arrest.departed) <= through and (back is None or gone < back):
            steps.append((gone, "departed"))
    if back is not None:
        steps.append((back, "returned"))
    return Course(arrest.at, "not_detained", steps, through)


def hours(course: Course, moment: datetime) -> int:
    """Hours from entry, counted up."""
    return -(-int((moment - course.entry).total_seconds()) // 3600)


def watched(course: Course) -> int:
    return hours(course, course.end + timedelta(seconds=1))


def followed(course: Course, days: int) -> bool:
    return course.end + timedelta(seconds=1) - course.entry >= timedelta(days=days)


def first_event(course: Course, events: dict[str, str], stops: set[str]) -> tuple[int, str]:
    """Hour and kind of the first step that is in ``events`` or ``stops``, else end of watching."""
    for when, state in course.steps:
        if state in events:
            return hours(course, when), events[state]
        if state in stops:
            return hours(course, when), "stop"
    return watched(course), ""


def aalen_johansen(rows: list[tuple[int, str]], kind: str, hour: int) -> Fraction:
    """By definition: over event times, survival before x events of the kind / at risk."""
    alive, total = Fraction(1), Fraction(0)
    for t in sorted({h for h, k in rows if k and h <= hour}):
        at_risk = sum(1 for h, _ in rows if h >= t)
        here = [k for h, k in rows if h == t and k]
        total += alive * Fraction(sum(1 for k in here if k == kind), at_risk)
        alive *= 1 - Fraction(len(here), at_risk)
    return total
