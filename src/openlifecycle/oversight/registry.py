"""The checks, each with its definition in plain words, its source and its severity."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from openlifecycle.oversight.finding import SEVERITIES, Issue
from openlifecycle.oversight.history import History
from openlifecycle.oversight.release import Release

Run = Callable[[Release, History], Iterable[Issue]]


@dataclass(frozen=True)
class Check:
    """One check: what it says of a release, where the rule comes from, how grave a breach is."""

    id: str
    family: str
    text: str
    source: str
    severity: str
    run: Run


CHECKS: Final[dict[str, Check]] = {}


def add(id: str, family: str, text: str, source: str, severity: str, run: Run) -> None:  # noqa: A002
    """Register a check; an id that is taken or a severity that does not exist is a mistake."""
    if id in CHECKS:
        raise ValueError(f"check {id} is registered twice")
    if severity not in SEVERITIES:
        raise ValueError(f"check {id}: severity {severity!r} is unknown")
    CHECKS[id] = Check(id, family, text, source, severity, run)


def check(id: str, family: str, text: str, source: str, severity: str) -> Callable[[Run], Run]:  # noqa: A002
    """Return the decorator that registers a function as the check."""

    def register(run: Run) -> Run:
        add(id, family, text, source, severity, run)
        return run

    return register
