"""A small world of records, told row by row, in a folder that answers questions like a store."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from openlifecycle.api import Session
from openlifecycle.engine.record_answer import Exact
from openlifecycle.engine.record_source import EventFolder
from openlifecycle.engine.records import ask
from openlifecycle.measures.question import Question
from openlifecycle.model.events import EVENTS

TYPES = {
    "text": pl.String(),
    "moment": pl.Datetime("us"),
    "day": pl.Date(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "flag": pl.Boolean(),
}

#: The last moment that the small world speaks of.
THROUGH = datetime.fromisoformat("2025-06-30T23:59:59")


@dataclasses.dataclass(frozen=True)
class Records(EventFolder):
    """A folder of records that has no workbooks, as a session wants its source."""

    def observation_files(self, series: str) -> list[Path]:
        """Return no workbook rows."""
        return []

    def releases(self) -> list[Any]:
        """Return no workbooks."""
        return []


def at(text: str) -> datetime:
    """Return a wall-clock time: 2025-01-31 13:00."""
    return datetime.fromisoformat(text)


def frame(table: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return an event table of the rows; whatever a row does not say is missing."""
    schema = {f.name: TYPES[f.kind] for f in EVENTS[table].columns}
    filled = [
        {"release_id": "x", "row_id": i, "member": "f", "sheet": "", "row": i + 2,
         "dropped_variant": 0} | dict(row)
        for i, row in enumerate(rows)
    ]  # fmt: skip
    unknown = {name for row in filled for name in row} - set(schema)
    assert not unknown, unknown
    return pl.DataFrame(filled, schema=schema)


def session(folder: Path, **tables: Sequence[Mapping[str, Any]]) -> Session:
    """Return a session on event tables: ``arrest=[{...}], detention_stint=[...]``."""
    for name, rows in tables.items():
        frame(name, rows).write_parquet(folder / f"{name}.parquet")
    return Session(Records(folder, THROUGH))


def stint(person: str | None, start: str, end: str | None, **more: Any) -> dict[str, Any]:
    """Return a stint that is a stay of its own, unless it says otherwise."""
    out = at(end) if end else None
    return {
        "person_key": person,
        "stay_book_in_at": at(start),
        "stay_book_out_at": out,
        "book_in_at": at(start),
        "book_out_at": out,
        "facility_code": "AAAAATX",
        "facility_label": "A",
        "release_reason": "Removed" if end else None,
        "stay_release_reason": "Removed" if end else None,
        **more,
    }


def arrest(person: str | None, when: str, **more: Any) -> dict[str, Any]:
    """Return an arrest."""
    return {"person_key": person, "arrested_at": at(when), **more}


def exact(session: Session, measure: str, **words: Any) -> Exact:
    """Return what the engine counts, before the gate: for tests of counting, never to be shown."""
    return ask(session._records(), Question.of(measure, **words))


def values(session: Session, measure: str, **words: Any) -> dict[Any, float | None]:
    """Return the exact values of an answer by period end, or by split where there is one."""
    counted = exact(session, measure, **words)
    return _by_period(counted.frame, counted.plan.split)


def told(session: Session, measure: str, **words: Any) -> dict[Any, float | None]:
    """Return the values of an answer as it leaves, in the same form."""
    answer = session.ask(measure, **words)
    return _by_period(answer.rows, answer.split)


def _by_period(rows: pl.DataFrame, split: Sequence[str]) -> dict[Any, float | None]:
    found: dict[Any, float | None] = {}
    for row in rows.iter_rows(named=True):
        key = (row["period_end"].isoformat(), *(row[d] for d in split))
        found[key if split else key[0]] = row["value"]
    return found
