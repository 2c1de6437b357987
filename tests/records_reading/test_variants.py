"""Rows that differ only in dropped fields are told apart by number, as a slow twin says."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from openlifecycle.reading.records.variants import dropped_variants
from tests.records_reading.books import read, write_text

HEADER = (
    *("Stay Book In Date Time", "Book In Date Time", "Detention Facility Code", "Religion"),
    *("Race", "Birth Date", "Bond Posted Amount", "Anonymized Identifier"),
)
ROW = st.tuples(
    st.sampled_from(["2024-01-01 10:00:00", "2024-01-02 10:00:00"]),
    st.sampled_from(["2024-01-01 10:00:00", ""]),
    st.sampled_from(["SYNATX", "SYNBTX"]),
    st.sampled_from(["one", "two", " one", "b(6)", ""]),
    st.sampled_from(["x", "y", ""]),
    st.sampled_from(["(b)(6)", ""]),
    st.sampled_from(["100", "200", ""]),
    st.sampled_from(["syn-1", "syn-2", ""]),
)


def slow(rows: list[tuple[str, ...]]) -> list[int]:
    """Return the variant of each row, by lists and dicts."""
    seen: dict[Any, list[Any]] = {}
    out = []
    for row in rows:
        stay, book_in, code, religion, race, _, _, key = row
        religion = "" if religion == "b(6)" else religion.strip()
        combinations = seen.setdefault((stay, book_in, code, key), [])
        if (religion, race) not in combinations:
            combinations.append((religion, race))
        out.append(combinations.index((religion, race)))
    return out


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=25))
def test_variants_equal_the_slow_twin(rows: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        _, events = read(write_text(Path(place) / "a.csv", [HEADER, *rows]))
    assert events["dropped_variant"].to_list() == slow(rows)
    assert events["book_in_at"].drop_nulls().unique().to_list() in (
        [],
        [dt.datetime(2024, 1, 1, 10)],
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=40))
def test_rows_compared_in_shares_give_the_same(prints: list[tuple[int, int]]) -> None:
    kept, dropped = [row[0] for row in prints], [row[1] for row in prints]
    frame = pl.DataFrame(
        {"kept_print": kept, "dropped_print": dropped},
        schema={"kept_print": pl.UInt64, "dropped_print": pl.UInt64},
    )
    whole = dropped_variants([frame])
    assert dropped_variants([frame], at_once=3).equals(whole)
    seen: dict[int, list[int]] = {}
    expected = []
    for row, (kept_one, dropped_one) in enumerate(prints):
        known = seen.setdefault(kept_one, [])
        if dropped_one not in known:
            known.append(dropped_one)
        if known.index(dropped_one):
            expected.append((row, known.index(dropped_one)))
    assert whole.rows() == expected
