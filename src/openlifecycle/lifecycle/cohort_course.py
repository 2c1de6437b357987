"""The course of each person of a cohort: seconds from entry to each thing that happened.

Person-level rows: they stay in the engine. Only counts of them leave (cohort_counts.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import ibis

from openlifecycle.lifecycle.cohort_codes import UNKNOWN_TIMES, UNKNOWN_TRACE, cause_code, coded
from openlifecycle.lifecycle.cohort_entry import Frame, entries, seconds
from openlifecycle.lifecycle.cohort_stays import next_stays, stays_of, with_stay_of_arrest
from openlifecycle.lifecycle.outcomes import (
    BLANK,
    DIED,
    TRANSFERRED_OUT,
    may_depart_later,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: Computes a step once under a name and returns it as a table (engine/backend.py: hold).
Keep = Callable[[str, "ir.Table"], "ir.Table"]
#: Returns rows that carry ``entry_id`` and ``person_key`` with the ``record_key`` of each.
Keyed = Callable[["ir.Table"], "ir.Table"]

DAY: Final = 86_400
#: The column with the secret number of a person, or of a record without a person key.
RECORD_KEY: Final = "record_key"
#: A departure recorded up to so many days before the book-out is still that book-out's (R18).
DEPARTURE_BEFORE_DAYS: Final = 5


def courses(
    tables: Mapping[str, ir.Table],
    frame: Frame,
    keep: Keep | None = None,
    keyed: Keyed | None = None,
) -> ir.Table:
    """Return one row per person of the cohort with the course that the records show.

    Columns: the cell, and in seconds since entry, null where it was not seen by the end of the
    records: ``booked``, ``moved`` (first transfer), ``gone`` (left detention) with ``gone_as`` (the
    number of a state), ``departed``, ``returned``; ``watched`` is the time to the end of the
    records, ``known`` whether the person can be followed at all, and ``record_key`` the secret
    number of the person, nothing without ``keyed``.
    """
    people = entries(tables, frame)
    none = ibis.literal(0, "int64")
    people = keyed(people) if keyed else people.mutate(**{RECORD_KEY: none})
    if keep:
        people = keep("cohort_people", people)
    stays = stays_of(tables, frame)
    if keep:
        stays = keep("cohort_stays", stays)
    if frame.entry == "book_in":
        people = people.mutate(own=people.entry_id, entry_departed_on=ibis.null("date"))
        people = people.mutate(known=ibis.literal(True))
    else:
        people = with_stay_of_arrest(people, tables, stays)
        people = people.mutate(known=people.person_key.notnull())
    course = people.left_join(stays, people.own == stays.stay_id)
    for step in (_custody, _exit, _departure):
        course = step(course, frame)
    # kept while the next stay is looked for: no more than is still needed
    course = course.select(
        *frame.cell, RECORD_KEY, "entry_id", "person_key", "entry_s", "own", "known", "booked",
        "moved", "gone", "gone_as", "departed", "free_s", "from_s",
    )  # fmt: skip
    again = next_stays(course, stays)
    course = course.left_join(again, course.entry_id == again.again_entry)
    course = course.mutate(returned=course.again_s - course.entry_s)
    # a departure after the next book-in belongs to the next stay
    mine = course.returned.isnull() | (course.departed < course.returned)
    course = course.mutate(
        departed=mine.ifelse(course.departed, _none()),
        watched=frame.watched_until - course.entry_s,
    )
    wanted = ("known", "booked", "moved", "gone", "gone_as", "departed", "returned", "watched")
    return course.select(*frame.cell, *wanted, RECORD_KEY)


def _none() -> Any:
    return ibis.null("int64")


def _custody(course: ir.Table, frame: Frame) -> ir.Table:
    """Add ``booked``, and ``end_s``: when the stay ended, as far as the records reach.

    A stay without a book-out ends with its last stint, if that has ended.
    """
    course = course.mutate(
        booked=ibis.greatest(course.in_s - course.entry_s, ibis.literal(0, "int64")),
        any_out_s=ibis.coalesce(course.out_s, course.last_out_s),
    )
    # in_s is null without a stay, and greatest() of some engines passes over a null
    booked = course.in_s.isnull().ifelse(_none(), course.booked)
    seen = course.any_out_s < frame.watched_until
    return course.mutate(booked=booked, end_s=seen.ifelse(course.any_out_s, _none()))


def _exit(course: ir.Table, frame: Frame) -> ir.Table:
    """Add ``gone``, ``gone_as`` and ``moved``."""
    state = course.ends_as
    no_reason = (state == coded(BLANK)) | (state == coded(TRANSFERRED_OUT))
    traces_end = course.out_s.isnull() & course.last_out_s.notnull() & no_reason
    backwards = course.end_s < course.in_s
    state = ibis.cases(
        (course.end_s.isnull(), _none()),
        (backwards, coded(UNKNOWN_TIMES)),
        (traces_end, coded(UNKNOWN_TRACE)),
        else_=state,
    )
    # no exit before the book-in, none before the entry
    out = ibis.greatest(course.end_s, course.in_s) - course.entry_s
    out = course.end_s.isnull().ifelse(_none(), ibis.greatest(out, ibis.literal(0, "int64")))
    course = course.mutate(gone=out, gone_as=state)
    left_first = ibis.coalesce(course.first_out_s, course.last_in_s) - course.entry_s
    at = ibis.greatest(left_first, course.booked)
    real = (
        (course.moves > 0)
        & left_first.notnull()
        & (left_first < frame.watched_until - course.entry_s)
        & (course.gone.isnull() | (at <= course.gone))
        & (course.gone_as.isnull() | (course.gone_as != coded(UNKNOWN_TIMES)))
    )
    return course.mutate(moved=real.ifelse(at, _none()))


def _departure(course: ir.Table, frame: Frame) -> ir.Table:
    """Add ``departed``, and ``free_s`` and ``from_s`` for the search of a next stay.

    After an exit: the departure linked to the stay, else the stay's own if it is not older than
    the book-out by more than five days. Never held: the arrest's own, from that day on.
    """
    never = course.own.isnull() & course.known
    own_on = seconds(course.departed_on)
    fresh = own_on >= course.end_s - (course.end_s % DAY) - DEPARTURE_BEFORE_DAYS * DAY
    on = ibis.coalesce(seconds(course.linked_on), fresh.ifelse(own_on, _none()))
    news = [cause_code(name) for name in (*may_depart_later(), UNKNOWN_TRACE)]
    after_exit = course.gone_as.isin(news).ifelse(on, _none())
    arrest_on = seconds(course.entry_departed_on)
    not_before = arrest_on >= course.entry_s - (course.entry_s % DAY)
    on = never.ifelse(not_before.ifelse(arrest_on, _none()), after_exit)
    earliest = ibis.coalesce(course.gone, ibis.literal(0, "int64"))
    at = ibis.greatest(on - course.entry_s, earliest)
    course = course.mutate(departed=(on < frame.watched_until).ifelse(at, _none()))
    can_return = course.gone_as.notnull() & (course.gone_as != coded(DIED))
    free = can_return.ifelse(ibis.greatest(course.end_s, course.in_s), _none())
    return course.mutate(
        free_s=never.ifelse(course.entry_s, free),
        from_s=never.ifelse(course.entry_s, course.in_s),
    )
