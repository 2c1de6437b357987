"""Errors as problem+json (RFC 9457): what, where, nearest, next; never a path of the server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from openlifecycle.errors import (
    NotCleared,
    OpenLifecycleError,
    RefusedInput,
    StoreProblem,
    UnknownMeasure,
    UnknownRelease,
    UsageError,
)

MEDIA: Final = "application/problem+json"
TYPE: Final = "urn:openlifecycle:problem:"


class NotFound(UsageError):
    """Nothing is served under that address."""


class NotAcceptable(UsageError):
    """None of the forms asked for is served."""


class WrongHost(UsageError):
    """The request was meant for a server of another name."""


class TooMany(UsageError):
    """The client asks faster than it may."""

    def __init__(self, what: str, seconds: int) -> None:
        """Keep the seconds that the client is to wait."""
        super().__init__(what, next_step=f"ask again after {seconds} s")
        self.seconds = seconds


class TooLarge(UsageError):
    """The body or the query string is longer than allowed."""


class TooBusy(StoreProblem):
    """Too many questions of this kind wait already, or the answer takes too long."""

    def __init__(self, what: str, seconds: int, *, next_step: str = "") -> None:
        """Keep the seconds that the client is to wait."""
        super().__init__(what, next_step=next_step)
        self.seconds = seconds


#: By family, the first that fits; the codes of the command line say the same (errors.py).
_STATUS: Final[tuple[tuple[type[OpenLifecycleError], int], ...]] = (
    (NotFound, 404),
    (UnknownMeasure, 404),
    (UnknownRelease, 404),
    (NotAcceptable, 406),
    (WrongHost, 421),
    (TooLarge, 413),
    (TooMany, 429),
    (UsageError, 400),
    (RefusedInput, 422),
    (NotCleared, 403),
    (StoreProblem, 503),
)
_TITLES: Final = {
    400: "The question cannot be answered as asked",
    403: "Not cleared: it cannot be shown safely",
    404: "There is no such thing here",
    405: "This address is read with GET",
    406: "Not served in that form",
    413: "Longer than allowed",
    421: "This server does not go by that name",
    422: "Refused",
    429: "Asked too fast",
    500: "A fault of this server",
    503: "Not now",
}


@dataclass(frozen=True)
class Problem:
    """One problem, ready to be sent."""

    status: int
    body: bytes
    headers: dict[str, str]


def problem(
    status: int, name: str, *, what: str, where: str = "", nearest: str = "", next_step: str = "",
    headers: dict[str, str] | None = None,
) -> Problem:  # fmt: skip
    """Return a problem of a status."""
    said: dict[str, Any] = {
        "type": TYPE + name,
        "title": _TITLES.get(status, name),
        "status": status,
        "detail": what,
        "what": what,
        "where": where,
        "nearest": nearest,
        "next": next_step,
    }
    return Problem(status, json.dumps(said, ensure_ascii=False).encode(), dict(headers or {}))


def status_of(error: OpenLifecycleError) -> int:
    """Return the status of an error's family."""
    return next((status for family, status in _STATUS if isinstance(error, family)), 503)


def problem_of(error: OpenLifecycleError, root: str = "") -> Problem:
    """Return an error as a problem.

    Args:
        error: what was raised.
        root: folder of the store; it is nobody's business on the other side.
    """
    status = status_of(error)
    seconds = getattr(error, "seconds", None)
    headers = {} if seconds is None else {"retry-after": str(seconds)}
    # where in the store something is broken is for the log of whoever runs the server
    hidden = isinstance(error, StoreProblem) or bool(root and root in error.where)
    what = error.what.replace(root, "the store") if root else error.what
    return problem(
        status,
        type(error).__name__,
        what=what,
        where="" if hidden else error.where,
        nearest=error.nearest,
        next_step=error.next_step,
        headers=headers,
    )
