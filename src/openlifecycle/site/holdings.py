"""What a store holds, in the few words that stand on every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from weakref import WeakKeyDictionary

from openlifecycle.api import Session
from openlifecycle.engine.source import ReleaseFacts

#: What ``demo/unpack.py`` leaves in the folder of a store that it made.
_STAMP: Final = "starter.sha256"
#: ICE publishes about every two weeks; after a month, newer figures are most likely out.
OLD: Final = 30
#: How a publisher names a series.
_SERIES: Final = {"us_ice.detention_statistics": "ICE Detention Statistics"}


@dataclass(frozen=True)
class Holdings:
    """What is held.

    Attributes:
        releases: how many published releases.
        title: what they are, in words.
        latest: the one published last; None where none is held.
        is_starter: whether it is the set that comes with the package.
        record_releases: how many releases of records.
        through: the day that the latest records run to.
        is_synthetic: whether records are of a made-up world; the names of their files say so.
    """

    releases: int
    title: str
    latest: ReleaseFacts | None
    is_starter: bool
    record_releases: int
    through: str
    is_synthetic: bool

    def age(self, today: date) -> int | None:
        """Return the days since the latest release became public."""
        known = self.latest.known_on if self.latest else None
        return (today - known).days if known else None

    def is_old(self, today: date) -> bool:
        """Return whether newer figures are most likely out."""
        return (self.age(today) or 0) > OLD


#: By session, with the state of the store that it was true in.
_kept: WeakKeyDictionary[Session, tuple[str, Holdings]] = WeakKeyDictionary()


def holdings(session: Session) -> Holdings:
    """Return what the store of a session holds; it reads the store where that has changed."""
    state = session.state()
    kept = _kept.get(session)
    if kept is None or kept[0] != state:
        kept = (state, _found(session))
        _kept[session] = kept
    return kept[1]


def last_holdings(session: Session) -> Holdings | None:
    """Return what was found last without touching the store: for what may not wait for it."""
    kept = _kept.get(session)
    return kept[1] if kept else None


def _found(session: Session) -> Holdings:
    releases = session.releases()
    records = session.collections()
    rows = {one["release_id"]: one for found in records for one in found["releases"]}
    names = [str(name) for row in rows.values() for name in row["names"]]
    root: Any = getattr(getattr(session.source, "places", None), "root", None)
    return Holdings(
        releases=len(releases),
        title=_title(releases),
        latest=releases[-1] if releases else None,
        is_starter=bool(root and (root / _STAMP).is_file()),
        record_releases=len(rows),
        through=max((str(one["through"] or "")[:10] for one in records), default=""),
        is_synthetic=any("synthetic" in name.casefold() for name in names),
    )


def _title(releases: list[ReleaseFacts]) -> str:
    series = ", ".join(dict.fromkeys(_SERIES.get(one.series, one.series) for one in releases))
    years = sorted({one.fiscal_year for one in releases if one.fiscal_year})
    if not years:
        return series
    first, last = years[0], years[-1]
    return f"{series} FY{first}" + (f" to FY{last}" if last != first else "")
