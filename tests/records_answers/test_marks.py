"""Marks of records whose person comes again, against a comparison of every two records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openlifecycle.engine import record_native
from openlifecycle.engine.backend import open_backend
from openlifecycle.engine.record_marks import BESIDE, LEVELS, SEVERAL, again, beside, marked
from openlifecycle.engine.record_memory import Remembered
from openlifecycle.engine.record_periods import number_on

_days = st.one_of(
    st.none(), st.dates(date(2023, 6, 1), date(2025, 1, 31)), st.just(date(2024, 9, 30))
)
Rows = list[tuple[int, date | None, date | None]]


def _level(one: date | None, other: date | None) -> int:
    if one is None or other is None:
        return SEVERAL
    same = [m for fine, m in LEVELS.items() if number_on(one, fine) == number_on(other, fine)]
    return max([SEVERAL, *same])


def _overlap(one: Sequence[Any], other: Sequence[Any]) -> bool:
    if one[1] is None or other[1] is None:
        return False
    late = date.max
    return bool(one[1] <= (other[2] or late) and other[1] <= (one[2] or late))


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(-2, 3), _days, _days), max_size=10))
def test_marks_are_those_of_every_two_records(rows: Rows) -> None:
    rows = [(who, *(sorted((a, b)) if a and b else (a, b))) for who, a, b in rows]
    frame = pl.DataFrame(
        [(i, *row) for i, row in enumerate(rows)],
        schema={"nr": pl.Int64, "unit": pl.Int64, "a": pl.Date, "b": pl.Date}, orient="row",
    )  # fmt: skip
    made = beside(marked(ibis.memtable(frame), ("a",)), "a", "b").to_polars().sort("nr")
    for nr, (who, begins, ends) in enumerate(rows):
        others = [r for i, r in enumerate(rows) if i != nr and r[0] == who]
        found = made.row(nr, named=True)
        assert found[again("a")] == max([_level(begins, r[1]) for r in others], default=0)
        overlaps = any(_overlap((who, begins, ends), r) for r in others)
        # a mark too many costs time, one too few would count a person twice
        assert found[BESIDE] or not overlaps
        assert overlaps or begins is None or not found[BESIDE]


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / record_native.NATIVE).write_bytes(b"not a database")
    assert not record_native.open_native(open_backend(), tmp_path)
    assert not record_native.open_native(open_backend(), tmp_path / "nowhere")


def test_native_tables_hold_what_the_parquet_files_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_native, "MOST_CODES", 3)
    rows = pl.DataFrame(
        {
            "few": ["it's", None, "b", "it's"],
            "many": ["a", "b", "c", "d"],
            "none": pl.Series([None] * 4, dtype=pl.String),
            "at": [datetime(2024, 1, 1) + timedelta(days=n) for n in range(4)],
        }
    )
    rows.write_parquet(tmp_path / "stay.parquet")
    record_native.write_native(tmp_path)
    backend = open_backend()
    assert record_native.open_native(backend, tmp_path)
    table = record_native.native_table(backend, "stay")
    assert table.order_by("at").to_polars().equals(rows)
    assert table.filter(table.few.isin(["it's", "unheard of"])).to_polars().height == 2
    kinds = backend.raw_sql("DESCRIBE fact_stay").fetchall()
    told = [kind.split("(")[0] for _, kind, *_ in kinds]
    assert told == ["ENUM", "VARCHAR", "VARCHAR", "TIMESTAMP"]


class _Counted:
    """Stands for an answer: only the height of its frame is looked at."""

    def __init__(self, rows: int) -> None:
        self.frame = pl.DataFrame({"n": range(rows)})


def test_answers_asked_for_last_are_kept() -> None:
    kept: Any = Remembered(lambda made: made.frame.height, most_rows=10)
    first = kept.found("a", lambda: _Counted(4))
    assert kept.found("a", lambda: _Counted(1)) is first
    kept.found("b", lambda: _Counted(4))
    assert kept.found("a", lambda: _Counted(1)) is first
    kept.found("c", lambda: _Counted(4))  # too many: b was asked for longest ago
    assert kept.found("a", lambda: _Counted(1)) is first
    assert kept.found("b", lambda: _Counted(2)).frame.height == 2
