"""Small worlds of stints for these tests: few people, few days, many midnights and ties."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import polars as pl
from hypothesis import strategies as st

from openlifecycle.lifecycle.headcount_rules import CHOICES, HeadcountRules

BEGIN = datetime(2024, 3, 8)  # a DST night (10 March 2024) lies inside
SCHEMA = {
    "row_id": pl.Int64,
    "stay_id": pl.Int64,
    "person_key": pl.String,
    "place": pl.String,
    "book_in_at": pl.Datetime("us"),
    "book_out_at": pl.Datetime("us"),
    "is_left_out": pl.Boolean,
    "record_key": pl.Int64,
}

#: Secret numbers of people; a record without a person key has its own.
_KEYS = {"a": 2**32 - 1, "b": 17, "c": 2**20}

_moments = st.builds(
    lambda day, minute: BEGIN + timedelta(days=day, minutes=minute),
    st.integers(0, 9),
    st.sampled_from([0, 0, 1, 150, 720, 1439]),
)
_stint = st.fixed_dictionaries(
    {
        "person_key": st.sampled_from(["a", "a", "b", "c", None]),
        "place": st.sampled_from(["P", "P", "Q", None]),
        "book_in_at": st.one_of(
            _moments, _moments, _moments, st.sampled_from([None, datetime(212, 5, 1)])
        ),
        "book_out_at": st.one_of(_moments, _moments, st.none()),
        "is_left_out": st.sampled_from([False, False, False, True]),
    }
)


def stint_rows() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(_stint, max_size=16).map(_numbered)


def _numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Number the rows and end every stay with the last row of a person and place."""
    ends = {(row["person_key"], row["place"]): nr for nr, row in enumerate(rows)}
    return [
        dict(
            row,
            row_id=nr,
            stay_id=None if row["is_left_out"] else ends[row["person_key"], row["place"]],
            record_key=_KEYS.get(row["person_key"], 2**31 + 1000 * nr),
        )
        for nr, row in enumerate(rows)
    ]


def all_rules() -> st.SearchStrategy[HeadcountRules]:
    return st.builds(HeadcountRules, **{k: st.sampled_from(v) for k, v in CHOICES.items()})


def table(rows: list[dict[str, Any]]) -> ir.Table:
    return ibis.memtable(pl.DataFrame(rows, schema=SCHEMA))


def stint(
    person: str | None, place: str | None, begins: str, ends: str | None, **more: Any
) -> dict[str, Any]:
    """One stint, times as ``D HH:MM`` of March 2024."""

    def moment(text: str) -> datetime:
        day, clock = text.split()
        hour, minute = clock.split(":")
        return datetime(2024, 3, int(day), int(hour), int(minute))

    row: dict[str, Any] = {
        "row_id": 0,
        "stay_id": 0,
        "person_key": person,
        "place": place,
        "book_in_at": moment(begins),
        "book_out_at": None if ends is None else moment(ends),
        "is_left_out": False,
    }
    return {**row, **more}
