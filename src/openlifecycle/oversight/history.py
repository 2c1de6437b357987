"""What earlier releases printed, kept small: the last of each table, and digests of all."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

import polars as pl

from openlifecycle.oversight.release import Release


@dataclass(frozen=True)
class TableDigest:
    """The hash of all numbers of a table in one release, and how many there are."""

    release_id: str
    as_of: dt.date
    published: dt.date
    digest: int
    numbers: int


@dataclass(frozen=True)
class Earlier:
    """A table as an earlier release printed it."""

    release_id: str
    as_of: dt.date
    rows: pl.DataFrame


@dataclass
class History:
    """The releases published before the one under check, in published order."""

    tables: dict[tuple[str, int], Earlier] = field(default_factory=dict)
    digests: dict[tuple[str, int], list[TableDigest]] = field(default_factory=dict)
    #: Comparisons of the release under check, kept for the checks that share them.
    kept: dict[str, list[tuple[str, Earlier, pl.DataFrame]]] = field(default_factory=dict)
    #: How many releases have a facility in a city, and at a ZIP.
    places: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, release: Release) -> None:
        """Remember a release: each table's rows until a later release prints it again."""
        self.kept.clear()
        for name in release.tables:
            for year, rows in by_year(release, name).items():
                digest = digest_of(release, rows)
                self.digests.setdefault((name, year), []).append(digest)
                self.tables[name, year] = Earlier(release.release_id, digest.as_of, rows)
                for old in [key for key in self.tables if key[0] == name and key[1] < year - 1]:
                    del self.tables[old]
        for label, city, code in facility_places(release):
            self.places.setdefault(label, Counter()).update((city, code))

    def last(self, name: str, year: int) -> Earlier | None:
        """Return the table as last printed for the fiscal year, or else for the one before."""
        return self.tables.get((name, year)) or self.tables.get((name, year - 1))


def by_year(release: Release, name: str) -> dict[int, pl.DataFrame]:
    """Return a table's numbers by the latest fiscal year of their sheet; empty without it."""
    return release.by_year.get(name, {})


def digest_of(release: Release, rows: pl.DataFrame) -> TableDigest:
    """Return the digest of a table's printed numbers in sheet order, without cells or dates."""
    ordered = rows.sort("row", "column")["value"]
    as_of = cast(dt.date, rows["as_of"].max())
    return TableDigest(
        release_id=release.release_id,
        as_of=as_of,
        published=release.published_on or release.as_of,
        digest=hash(tuple(ordered.to_list())),
        numbers=rows.height,
    )


def facility_places(release: Release) -> list[tuple[str, str, str]]:
    """Return (facility, city, ZIP) of the facility list, once each, in capitals."""
    frame = release.table("facilities")
    if frame is None:
        return []
    label, city = pl.col("facility_label"), pl.col("facility_city")
    named = frame.filter(label.is_not_null() & city.is_not_null())
    places = named.select(
        label.str.to_uppercase(), city.str.to_uppercase(), pl.col("facility_zip").fill_null("")
    )
    return [(str(name), str(where), str(code)) for name, where, code in places.unique().rows()]
