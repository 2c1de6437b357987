"""What the catalogue says of record releases and collections, as frozen records."""

from __future__ import annotations

import hashlib
from collections.abc import Collection as Several
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

#: Length of the start of a hash in an identity (DESIGN.md, "The door").
ID_LENGTH: Final = 12

#: Collections are of all series of one publisher's records, so their name names no series.
_COLLECTION: Final = "us_ice.records"


def identity(members: Several[str]) -> str:
    """Return the hash that is the identity of a record release.

    The hash of its file, or for several files that of their sorted hashes: neither names nor the
    order in which files were given play a part.

    Args:
        members: sha256 of each file, in hex.
    """
    hashes = sorted(set(members))
    return hashes[0] if len(hashes) == 1 else _hash_of(hashes)


def collection_of(releases: Several[str]) -> str:
    """Return the id of the collection that these record releases are."""
    return f"{_COLLECTION}@{_hash_of(sorted(set(releases)))[:ID_LENGTH]}"


def _hash_of(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@dataclass(frozen=True)
class MemberRow:
    """One file of a record release.

    Attributes:
        name: the name it was first seen under; its rows carry it.
        suffix: of that name, in lower case; the file keeps it in the store.
    """

    sha256: str
    size: int
    name: str
    suffix: str


@dataclass(frozen=True)
class RecordRelease:
    """One release of records in the store.

    Attributes:
        table: noun of the event table, e.g. ``detention_stint``.
        layout: name of the layout family.
        form: ``original`` or ``processed``.
        sha256: its identity: the hash of its file, or of the sorted hashes of its members.
        size: bytes of all members.
        rows: records that landed.
        first: day of the earliest plausible event.
        through: last moment it speaks of; None where no row has an event.
        through_why: how that is known.
        names: every name that its files were seen under.
        members: its files in name order.
        collection_id: the latest collection it belongs to.
        follows: the release whose file name, or else last moment, it has; "" where none.
    """

    release_id: str
    series: str
    table: str
    layout: str
    form: str
    sha256: str
    size: int
    rows: int
    first: date | None
    through: datetime | None
    through_why: str
    received_at: datetime
    names: tuple[str, ...]
    members: tuple[MemberRow, ...]
    collection_id: str = ""
    follows: str = ""
    follows_why: str = ""

    @property
    def event_table(self) -> str:
        """Return the name of its derived table."""
        return f"core__{self.table}"

    def as_dict(self) -> dict[str, Any]:
        """Return the record for ``--json``: times as ISO text."""
        shown = asdict(self)
        for key in ("received_at", "first", "through"):
            value = getattr(self, key)
            shown[key] = value.isoformat() if value else None
        return {"kind": "records", **shown}


@dataclass(frozen=True)
class Collection:
    """Record releases that were taken together and share one pseudonym of people.

    Attributes:
        layout: the layout family of its releases.
        through: the last moment that any of them speaks of.
        received_at: when it became one.
        releases: release id by noun of the event table.
    """

    collection_id: str
    layout: str
    through: datetime | None
    received_at: datetime
    releases: dict[str, str]

    def order(self) -> tuple[datetime, datetime, str]:
        """Return the key by which the last collection is the latest."""
        return (self.through or datetime.min, self.received_at, self.collection_id)  # noqa: DTZ901

    def as_dict(self) -> dict[str, Any]:
        """Return the record for ``--json``: times as ISO text."""
        return {
            **asdict(self),
            "through": self.through.isoformat() if self.through else None,
            "received_at": self.received_at.isoformat(),
        }


@dataclass(frozen=True)
class DerivedRecords:
    """What reading a record release gives, ready to be put in place.

    Attributes:
        events: the Parquet file of the event table, in the folder it was worked out in.
        account: JSON bytes: receipt and findings.
    """

    series: str
    table: str
    layout: str
    form: str
    rows: int
    first: date | None
    through: datetime | None
    through_why: str
    events: Path
    account: bytes

    @property
    def event_table(self) -> str:
        """Return the name of the derived table."""
        return f"core__{self.table}"
