"""Numbers for the clocks, events and states of a cohort, so that no text is grouped or sorted.

They live for one question only and are never written down: what is published has names.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import ibis

from openlifecycle.lifecycle.outcomes import states

BOOK: Final = "book"
MOVE: Final = "move"
EXIT: Final = "exit"
DEPART: Final = "depart"
RETURN: Final = "return"
WATCH: Final = "watch"

BOOKED: Final = "booked"
MOVED: Final = "moved"
#: An event that ends a clock and is told by another.
ELSE: Final = "-"
CENSORED: Final = ""
#: Exits that say why nothing more can be told of a person.
UNKNOWN_TIMES: Final = "unknown_times"
UNKNOWN_TRACE: Final = "unknown_trace"
#: Any event of a clock; an exit after a transfer; the whole cohort as a piece of a state.
ANY: Final = "any"
AFTER: Final = "after_move"
ALL: Final = "all"

CLOCKS: Final = (BOOK, MOVE, EXIT, DEPART, RETURN, WATCH, ALL)
#: Room for every cause in a number of clock and cause.
CAUSES: Final = 100


@cache
def causes() -> dict[str, int]:
    """Return the number of each cause: the two that are no event first."""
    own = (CENSORED, ELSE, BOOKED, MOVED, UNKNOWN_TIMES, UNKNOWN_TRACE, ANY, AFTER, ALL)
    return {name: number for number, name in enumerate((*own, *states()))}


def clock_code(clock: str) -> int:
    """Return the number of a clock."""
    return CLOCKS.index(clock)


def cause_code(cause: str) -> int:
    """Return the number of a cause."""
    return causes()[cause]


def piece_code(clock: str, cause: str) -> int:
    """Return the number of an event of a clock."""
    return clock_code(clock) * CAUSES + cause_code(cause)


def coded(cause: str) -> Any:
    """Return the number of a cause as a literal of the engine."""
    return ibis.literal(cause_code(cause), "int64")


def coded_states(state: Any, names: Sequence[str]) -> Any:
    """Return the numbers of states that stand as text in the engine."""
    known = [(state == name, coded(name)) for name in names]
    return ibis.cases(*known, else_=ibis.null("int64"))
