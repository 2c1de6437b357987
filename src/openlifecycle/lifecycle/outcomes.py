"""Where a person can be, so many days after an arrest or book-in: the states, told once.

The states at a horizon exclude each other and add up to everyone in the cohort. Which release
reason leads to which state is data: ``model/release_reasons.yml``. Why the states are these is in
docs/decisions/0009-survival.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import yaml

from openlifecycle.errors import OpenLifecycleError

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: A stay that ended and gives no reason.
BLANK: Final = "reason_blank"
#: A stay that ended for a reason that ``release_reasons.yml`` does not know.
OTHER: Final = "other_reason"
#: A person whose course cannot be told from these records.
UNKNOWN: Final = "unknown"
#: In one of these a departure that is recorded later is a state of its own, ``departed``.
DEPARTED: Final = "departed"
RETURNED: Final = "returned"
NOT_DETAINED: Final = "not_detained"
HELD_FIRST: Final = "held_first_facility"
HELD_AFTER_TRANSFER: Final = "held_after_transfer"
TRANSFERRED_OUT: Final = "transferred_out"
DIED: Final = "died"

_KINDS: Final = ("released", "country", "custody", "end")


@dataclass(frozen=True)
class Group:
    """Release reasons that lead to one state.

    Attributes:
        name: the state.
        text: the state in words.
        kind: ``released`` into the country, left the ``country``, other ``custody``, or ``end``.
        why: why these reasons are one group.
        reasons: the reasons as printed, with the marks of where they were read.
    """

    name: str
    text: str
    kind: str
    why: str
    reasons: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class State:
    """One state of a person: its name, its words, and the sums that it belongs to."""

    name: str
    text: str
    sums: tuple[str, ...] = ()


@cache
def groups() -> dict[str, Group]:
    """Return the groups of release reasons by name; a reason in two groups is refused."""
    path = resources.files("openlifecycle.model").joinpath("release_reasons.yml")
    told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    found: dict[str, Group] = {}
    seen: dict[str, str] = {}
    for name, one in told.items():
        reasons = {str(text): tuple(marks) for text, marks in one["reasons"].items()}
        if one["kind"] not in _KINDS:
            raise OpenLifecycleError(f"release reason group {name} has no kind {one['kind']!r}")
        for text in reasons:
            if seen.setdefault(plain(text), name) != name:
                raise OpenLifecycleError(f"{text!r} stands in {name} and in {seen[plain(text)]}")
        found[name] = Group(name, one["text"], one["kind"], one["why"].strip(), reasons)
    return found


def plain(reason: str) -> str:
    """Return a release reason as it is compared: trimmed, in small letters."""
    return reason.strip().lower()


@cache
def group_of() -> dict[str, str]:
    """Return the group of every known reason, by its plain text."""
    return {plain(text): g.name for g in groups().values() for text in g.reasons}


def exit_state(reason: ir.StringValue) -> ir.StringValue:
    """Return the state that a stay with this release reason ends in.

    Blank is ``reason_blank``; a text that is not known is ``other_reason``, never a guess.
    """
    import ibis

    text = reason.strip().lower()
    branches = [(text == known, ibis.literal(group)) for known, group in group_of().items()]
    named = ibis.cases(*branches, else_=OTHER)
    return (text.isnull() | (text == "")).ifelse(BLANK, named)


def exit_states() -> tuple[str, ...]:
    """Return the states that an exit from detention can lead to."""
    return (*groups(), BLANK, OTHER, UNKNOWN)


def may_depart_later() -> tuple[str, ...]:
    """Return the exits after which a recorded departure is news: not those that say so already."""
    told = tuple(g.name for g in groups().values() if g.kind in ("released", "custody"))
    return (*told, "escaped", BLANK, OTHER)


@cache
def states() -> dict[str, State]:
    """Return every state in the order of a person's course, with the sums that it is part of."""
    sums = {"released": ("released",), "country": ("left_country",)}
    found = [
        State(NOT_DETAINED, "not seen in detention since the arrest"),
        State(HELD_FIRST, "held, in the first facility of the stay", ("held",)),
        State(HELD_AFTER_TRANSFER, "held, after at least one transfer", ("held",)),
        *(State(g.name, g.text, sums.get(g.kind, ())) for g in groups().values()),
        State(BLANK, "left detention, no reason given"),
        State(OTHER, "left detention for a reason that is not known here"),
        State(
            DEPARTED, "left detention otherwise, and a departure is on record", ("left_country",)
        ),
        State(RETURNED, "booked in again since (whether or not still held)"),
        State(UNKNOWN, "cannot be told: no person key, impossible times, or traces end"),
    ]
    return {state.name: state for state in found}


#: Sums of states, printed beside them.
SUMS: Final[dict[str, str]] = {
    "held": "still held in the same stay",
    "released": "released into the country, all reasons",
    "left_country": "removed, returned, expelled or departed",
}

#: Events that a person has or has not reached by a horizon, whatever came after.
REACHED: Final[dict[str, str]] = {
    "detained": "booked in by then",
    "transferred": "moved to a second facility by then",
    "left_detention": "left detention by then, for whatever reason",
}


def unknown_reasons(stay: ir.Table) -> ir.Table:
    """Return the release reasons of stays that are not known: ``reason``, ``stays``, ``people``.

    Args:
        stay: the table of stays.
    """
    import ibis

    reason = ibis.coalesce(stay.stay_release_reason, stay.last_release_reason)
    rows = stay.select(reason=reason, state=exit_state(reason), person_key=stay.person_key)
    rows = rows.filter(rows.state == OTHER)
    keyless = rows.person_key.isnull().any().cast("int64")
    return rows.group_by("reason").agg(
        stays=rows.count(), people=rows.person_key.nunique() + keyless
    )
