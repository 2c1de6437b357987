"""What goes into the reading of a record release, and what comes out of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Member:
    """One file of a record release.

    Attributes:
        name: the name it was seen under; rows are ordered by it, and it is the row's ``member``.
        path: where its bytes lie now.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Recognised:
    """What a file was recognised as, from its header alone.

    Attributes:
        series: e.g. ``us_ice.detentions``.
        table: the noun of the event table, e.g. ``detention_stint``.
        layout: ``2012-2023``, ``mid-2025``, ``2026-03`` or ``uwchr-2022``.
        form: ``original`` (the publisher's own header) or ``processed`` (clean names).
        sheets: the sheets that hold rows of the table; one empty name where files have no sheets.
        also: other layouts that the header fits as well; a file taken together with others of
            such a layout belongs to theirs.
    """

    series: str
    table: str
    layout: str
    form: str
    sheets: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordFrame:
    """A record release as read: one Parquet file, and the account of how it was read.

    Attributes:
        series: e.g. ``us_ice.detentions``.
        table: the noun of the event table.
        layout: name of the layout family.
        form: ``original`` or ``processed``.
        rows: records in the file.
        first: day of the earliest plausible event; None where no row has one.
        through: last moment that the release speaks of; None where no row has an event.
        through_why: how that is known, in words.
        receipt: what became of every column and row; no value of a person is in it.
        findings: what a reader of the release should know, one dict a finding.
    """

    series: str
    table: str
    layout: str
    form: str
    rows: int
    first: dt.date | None
    through: dt.datetime | None
    through_why: str
    receipt: dict[str, Any]
    findings: list[dict[str, Any]] = field(default_factory=list)
