"""A small world of observations made by hand, for tests that say what they expect and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from openlifecycle.engine.corpus import Corpus
from openlifecycle.engine.source import Files, ReleaseFacts
from openlifecycle.model.observation import SCHEMA

SERIES = "us_ice.detention_statistics"


def release(name: str, published: date, as_of: date | None = None) -> ReleaseFacts:
    """Return a release whose id is its name."""
    return ReleaseFacts(
        release_id=f"{SERIES}@{name}",
        series=SERIES,
        sha256=name * 8,
        names=(f"{name}.xlsx",),
        fiscal_year=None,
        as_of=as_of or published,
        published_on=published,
        received_at="2026-01-01T00:00:00Z",
    )


def row(of: ReleaseFacts, **given: Any) -> dict[str, Any]:
    """Return one observation: everything not given is what a plain printed cell would have."""
    made: dict[str, Any] = dict.fromkeys(SCHEMA)
    made.update(
        release_id=of.release_id, series=SERIES, status="observed", edition="both", flags="",
        sheet="Detention FY24", cell="A1", hidden=False, layout="by_hand", rule_version="1",
        as_of=of.as_of, unit="persons",
    )  # fmt: skip
    made.update(given)
    return made


def month(of: ReleaseFacts, start: date, end: date, value: float, **given: Any) -> dict[str, Any]:
    """Return a monthly book-ins row."""
    words: dict[str, Any] = {
        "table": "book_ins_by_agency_month", "measure": "book_ins", "unit": "events",
        "period_kind": "interval", "arresting_agency": "Total",
    }  # fmt: skip
    return row(of, **(words | {"period_start": start, "period_end": end, "value": value} | given))


def snapshot(of: ReleaseFacts, day: date, value: float, **given: Any) -> dict[str, Any]:
    """Return a row of people detained on a day."""
    words: dict[str, Any] = {
        "table": "detained_by_criminality", "measure": "detained", "period_kind": "instant",
        "criminality": "Total", "arresting_agency": "Total",
    }  # fmt: skip
    return row(of, **(words | {"period_start": day, "period_end": day, "value": value} | given))


def to_date(of: ReleaseFacts, year: int, end: date, value: float, **given: Any) -> dict[str, Any]:
    """Return a year-to-date ADP row."""
    words: dict[str, Any] = {
        "table": "adp_by_agency_month", "measure": "adp", "period_kind": "fiscal_year_to_date",
        "arresting_agency": "Total", "criminality": "Total",
        "period_start": date(year - 1, 10, 1), "fiscal_year": year,
    }  # fmt: skip
    return row(of, **(words | {"period_end": end, "value": value} | given))


def corpus(
    folder: Path, releases: Iterable[ReleaseFacts], rows: Iterable[Mapping[str, Any]]
) -> Corpus:
    """Write the rows, one file per release as a store does, and return the corpus over them."""
    return Corpus(source(folder, releases, rows))


def source(
    folder: Path, releases: Iterable[ReleaseFacts], rows: Iterable[Mapping[str, Any]]
) -> Files:
    """Write the rows, one file per release as a store does."""
    facts, all_rows, files = tuple(releases), list(rows), []
    for one in facts:
        mine = [dict(r) for r in all_rows if r["release_id"] == one.release_id]
        path = folder / f"{one.sha256[:12]}.parquet"
        pl.DataFrame(mine, schema=SCHEMA).write_parquet(path)
        files.append(path)
    return Files(tuple(files), facts)
