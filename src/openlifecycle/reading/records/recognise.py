"""Which record table a file is, from its header alone."""

from __future__ import annotations

from pathlib import Path

from openlifecycle.reading.records.frame import Recognised

__all__ = ["Recognised", "recognise"]


def recognise(path: Path) -> Recognised | None:
    """Return which record table a file holds, None where it is no record table at all.

    Raises:
        UnknownSeries: a record table with columns that no layout knows, named.
    """
    raise NotImplementedError(path)
