"""What the engine needs of a store: the Parquet files of the rows, and the releases.

The engine names no store class, so that the starter set of the demo, a test and a vault all
answer questions the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol


class ObservationSource(Protocol):
    """A place that holds observations and knows its releases (vault.store.Store is one)."""

    def observation_files(self, series: str) -> list[Path]:
        """Return the Parquet files of core__observation for a series."""
        ...

    def releases(self) -> Sequence[Any]:
        """Return the releases; each has the attributes of ``ReleaseFacts``."""
        ...


@dataclass(frozen=True)
class ReleaseFacts:
    """What an answer says of a release: which bytes, under which names, from when."""

    release_id: str
    series: str
    sha256: str
    names: tuple[str, ...]
    fiscal_year: int | None
    as_of: date | None
    published_on: date | None
    received_at: str

    @property
    def known_on(self) -> date | None:
        """Return the day from which the release counts as known: its publication, else its as-of.

        A year-end file without a publication date is taken as known on the day it speaks of,
        which is early; so a later file of the same period always wins over it.
        """
        return self.published_on or self.as_of

    @property
    def name(self) -> str:
        """Return the publisher's file name, or the release id where none is known."""
        return self.names[0] if self.names else self.release_id


@dataclass(frozen=True)
class Files:
    """A plain list of Parquet files with their releases: a starter set, or a test's small world."""

    files: tuple[Path, ...]
    facts: tuple[ReleaseFacts, ...]

    def observation_files(self, series: str) -> list[Path]:
        """Return the files; all are of the one series."""
        return list(self.files)

    def releases(self) -> Sequence[ReleaseFacts]:
        """Return the releases."""
        return self.facts


def release_facts(rows: Iterable[Any]) -> list[ReleaseFacts]:
    """Return the releases in published order: publication, then as-of, then arrival."""
    facts = [
        ReleaseFacts(
            release_id=row.release_id,
            series=row.series,
            sha256=row.sha256,
            names=tuple(row.names),
            fiscal_year=row.fiscal_year,
            as_of=_day(row.as_of),
            published_on=_day(row.published_on),
            received_at=str(getattr(row, "received_at", "") or ""),
        )
        for row in rows
    ]
    early = date.min
    return sorted(
        facts, key=lambda f: (f.known_on or early, f.as_of or early, f.received_at, f.release_id)
    )


def _day(given: object) -> date | None:
    if isinstance(given, datetime):
        return given.date()
    if given is None or isinstance(given, date):
        return given
    return date.fromisoformat(str(given)[:10]) if given else None
