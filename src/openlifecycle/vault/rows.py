"""What the catalogue says of a release, as frozen records."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

#: A release whose tables all landed, and one of which some tables were refused by name.
WHOLE: Final = "whole"
IN_PART: Final = "in_part"


@dataclass(frozen=True)
class Origin:
    """How the bytes reached the door.

    Attributes:
        kind: ``file``, ``archive`` (member of a zip) or ``url``.
        name: file name, without the folders of the person who took it (they name people).
        archive: name of the zip, for members.
        url: address without user, password or signature, for downloads.
        etag: the server's tag of these bytes, where it gave one.
        last_modified: the server's date of these bytes, as printed.
    """

    kind: str
    name: str
    archive: str = ""
    url: str = ""
    etag: str = ""
    last_modified: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the parts that are not empty."""
        return {key: value for key, value in asdict(self).items() if value}


@dataclass(frozen=True)
class ReleaseRow:
    """One release of the store.

    Attributes:
        names: every name that these bytes were seen under, the first one first.
        published_why: how ``published_on`` is known.
        follows: the release that had this name or date before, "" where there is none.
        status: ``whole``, or ``in_part`` where tables were refused.
        statuses: observations by status (observed, not_yet, ...).
        tables_refused: the tables that did not land, as ``sheet: table``.
        dates: every date that the workbook states, and what each was used for.
    """

    release_id: str
    series: str
    sha256: str
    size: int
    names: tuple[str, ...]
    received_at: datetime
    fiscal_year: int
    as_of: date
    published_on: date | None
    published_why: str
    follows: str
    follows_why: str
    status: str
    statuses: dict[str, int] = field(default_factory=dict)
    tables_refused: tuple[str, ...] = ()
    dates: tuple[dict[str, Any], ...] = ()

    def order(self) -> tuple[date, date, datetime, str]:
        """Return the key of published order: published_on, as_of, received_at."""
        return (self.published_on or self.as_of, self.as_of, self.received_at, self.release_id)

    def as_dict(self) -> dict[str, Any]:
        """Return the record for ``--json``: dates as ISO text."""
        shown = asdict(self)
        for key in ("received_at", "as_of", "published_on"):
            value = getattr(self, key)
            shown[key] = value.isoformat() if value else None
        return shown


@dataclass(frozen=True)
class DerivedRow:
    """One derived file of a release: its table, hash, row count and place."""

    release_id: str
    table: str
    sha256: str
    size: int
    rows: int
    path: Path


@dataclass(frozen=True)
class Derived:
    """What reading a release gives, ready to be written.

    Attributes:
        observations: the Parquet bytes of core__observation.
        rows: its row count.
        receipt: JSON bytes: receipt, findings and dates.
        dates: what the release row carries of them.
    """

    series: str
    fiscal_year: int
    as_of: date
    published_on: date | None
    published_why: str
    observations: bytes
    rows: int
    statuses: dict[str, int]
    receipt: bytes
    tables_refused: tuple[str, ...]
    dates: tuple[dict[str, Any], ...]

    @property
    def status(self) -> str:
        """Whole, or in part where a table was refused."""
        return IN_PART if self.tables_refused else WHOLE
