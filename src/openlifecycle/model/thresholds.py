"""Limits that policy sets, each with the day from which it was in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True)
class Change:
    """One value of a limit: from which day, and where that is written."""

    start: date
    value: int
    source: str


@dataclass(frozen=True)
class Threshold:
    """A limit over time.

    Attributes:
        name: how the code asks for it.
        text: what it limits.
        changes: its values, oldest first.
        unsure: what is not known of it, to be said with every figure that uses it.
        unsure_from: from which day that matters.
    """

    name: str
    text: str
    changes: tuple[Change, ...]
    unsure: str
    unsure_from: date | None

    def on(self, day: date) -> int | None:
        """Return the limit in force on a day, None before the first."""
        return next((c.value for c in reversed(self.changes) if c.start <= day), None)


@cache
def threshold(name: str) -> Threshold:
    """Return the limit of that name."""
    text = (resources.files("openlifecycle.model") / "thresholds.yml").read_text("utf-8")
    body = yaml.load(text, Loader=yaml.CSafeLoader)[name]
    changes = [
        Change(one["from"], int(one["value"]), " ".join(one["source"].split()))
        for one in body["changes"]
    ]
    return Threshold(
        name,
        body["text"],
        tuple(sorted(changes, key=lambda change: change.start)),
        " ".join(body.get("unsure", "").split()),
        body.get("unsure_from"),
    )
