"""The sections of a rule set, except headcounts: which choices exist and what each means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

Choices = dict[str, tuple[object, ...]]


@dataclass(frozen=True)
class StintRules:
    """Which stints are duplicates, which are left out, and what their bonds are.

    Attributes:
        missing_person: a stint without a person key is ``kept``, or ``left_out`` of everything.
        undecided_person: a stint without a person key is never compared (its duplicate flags are
            ``null``), or compared like any other (``compared``).
        key_time: times in ``stay_key`` and ``stint_key`` are ISO text (``iso``), or R's text,
            which leaves the time out at exactly midnight (``r``); or there are no such texts
            (``none``).
        bond: lowest amount and earliest day over a person's stint (``stint``), the same with all
            stints that lack a part of the key taken as one (``stint_shared``), or ``none``.
        exact: two stints are the same record when equal in every field except ``provenance``, or
            except provenance and bond (``provenance_bond``), or when the fields pasted together
            without a separator are equal (``pasted``), or never (``none``).
        same_day: of a person's stints of one stay at one facility with one book-in day keep the
            ``last``, drop only those that ``overlap`` the next, or keep all (``none``).
        same_stint: of a person's stints with one book-in at one facility keep the one with the
            lowest first bond, the last of these (``lowest_bond``); the group of stints that lack
            a part of the key counts as one stint. ``none`` keeps all.
        order: fields that put equal or like records in order, missing first, then record number.
    """

    missing_person: str
    undecided_person: str
    key_time: str
    bond: str
    exact: str
    same_day: str
    same_stint: str
    order: tuple[str, ...]

    CHOICES: ClassVar[Choices] = {
        "missing_person": ("kept", "left_out"),
        "undecided_person": ("null", "compared"),
        "key_time": ("none", "iso", "r"),
        "bond": ("stint", "stint_shared", "none"),
        "exact": ("provenance", "provenance_bond", "pasted", "none"),
        "same_day": ("last", "overlap", "none"),
        "same_stint": ("lowest_bond", "none"),
    }


@dataclass(frozen=True)
class StayRules:
    """What a stay is and which of its stints speaks for it.

    Attributes:
        missing_start: stints without a stay book-in, of all people, are one stay (``one_for_all``),
            those of one person are one (``own_of_person``), or such a stint belongs to the stay
            that began at its own book-in (``book_in``).
        order: order of the stints of a stay, each field with ``first`` or ``last`` for missing.
        longest_tie: of stints of the same length the ``first`` or the ``last`` is the longest.
        open_end: a stint without a book-out lasts ``through`` the last moment of the release, or
            to the start of that day (``through_day``).
        missing_code: a missing facility code makes ``facility_codes`` missing (``whole``), or is
            shown as a question mark (``marked``).
    """

    missing_start: str
    order: tuple[str, ...]
    longest_tie: str
    open_end: str
    missing_code: str

    CHOICES: ClassVar[Choices] = {
        "missing_start": ("one_for_all", "own_of_person", "book_in"),
        "longest_tie": ("first", "last"),
        "open_end": ("through", "through_day"),
        "missing_code": ("whole", "marked"),
    }


@dataclass(frozen=True)
class ArrestRules:
    """Which arrest records are one episode.

    Attributes:
        missing_person: an arrest without a person key is ``kept``, or ``left_out``.
        episode: records of a person are one episode while the gap to the record before is at most
            ``gap_hours`` (``chain``), when the fields of ``same`` agree (``same``), when equal in
            every field except provenance (``exact``), or a record is an episode of its own and
            only flagged when another lies within ``gap_hours`` (``neighbours``).
        gap_hours: longest gap inside an episode; exactly so long is inside.
        same: fields, for ``same``; ``day:`` before a moment compares its day.
        keep: leave out all but the ``first`` of an episode, or keep ``all``.
        duplicate: every record of an episode of several is a likely duplicate (``every``), or
            every one after the first (``after_first``).
        order: order of records, missing last.
        state: state of the arrest ``as_released``, or filled in from the duty site (``duty_site``).
    """

    missing_person: str
    episode: str
    gap_hours: int
    same: tuple[str, ...]
    keep: str
    duplicate: str
    order: tuple[str, ...]
    state: str

    CHOICES: ClassVar[Choices] = {
        "missing_person": ("kept", "left_out"),
        "episode": ("chain", "same", "exact", "neighbours"),
        "keep": ("first", "all"),
        "duplicate": ("every", "after_first"),
        "state": ("as_released", "duty_site"),
    }


@dataclass(frozen=True)
class LinkRules:
    """Which events of one person belong together.

    Attributes:
        arrest_hours: least and most hours from the arrest to the book-in of the stay, both in.
        second_choice: an arrest or stay that loses its nearest partner is left alone (``none``),
            or takes the nearest that is free (``nearest_free``).
        removal_days: least and most days from the book-out of the stay to the departure, both in.
        detainer_days: least and most days from the detainer to the book-in of the stay, both in.
    """

    arrest_hours: tuple[int, int]
    second_choice: str
    removal_days: tuple[int, int]
    detainer_days: tuple[int, int]

    CHOICES: ClassVar[Choices] = {"second_choice": ("none", "nearest_free")}


@dataclass(frozen=True)
class OtherRules:
    """Which records of the other tables are duplicates.

    Attributes:
        detainer: fields that make two detainers one; ``day:`` before a moment compares its day.
        removal: fields that make two removals one.
        encounter: fields that make two encounters one; empty = equal in every field.
        keep: leave out all but the ``first`` record, or flag only (``all``).
        impossible_dates: in every table, dates that reading flagged as impossible are taken as
            printed (``kept``) or as ``missing``.
    """

    detainer: tuple[str, ...]
    removal: tuple[str, ...]
    encounter: tuple[str, ...]
    keep: str
    impossible_dates: str

    CHOICES: ClassVar[Choices] = {
        "keep": ("first", "all"),
        "impossible_dates": ("kept", "missing"),
    }
