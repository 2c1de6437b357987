"""A finding: one thing in a release that does not hold, at its cell, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypedDict

ERROR: Final = "error"
WARNING: Final = "warning"
NOTE: Final = "note"
SEVERITIES: Final = (ERROR, WARNING, NOTE)

Number = float | int | str | None


class Finding(TypedDict):
    """What a check reports; the same form that the reader uses."""

    check: str
    severity: str
    release_id: str
    sheet: str
    cell: str
    table: str
    what: str
    printed: Number
    computed: Number


@dataclass(frozen=True)
class Issue:
    """What a check function returns; the registry adds check id, release and severity.

    ``severity`` is set only where one check judges by size; otherwise the check's own holds.
    """

    what: str
    table: str
    sheet: str = ""
    cell: str = ""
    printed: Number = None
    computed: Number = None
    severity: str | None = None


def number(value: float | None) -> str:
    """Return a number as a reader would write it: 1,234 or 0.0525."""
    if value is None:
        return "nothing"
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4g}"
