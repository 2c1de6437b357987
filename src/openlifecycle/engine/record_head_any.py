"""People present at any time of a day, by cell: counted once for all splits by one column.

Somebody who is moved is at two places on one day, and is one person where both are one cell. Nearly
all who are moved are, so that the stints are gone through person by person, sorted once for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openlifecycle.engine.backend import DUCKDB, fetch
from openlifecycle.engine.record_facts import HEADS
from openlifecycle.engine.record_store import RecordTables
from openlifecycle.lifecycle.day_numbers import number_of
from openlifecycle.lifecycle.head_steps import KEYLESS, spans_of
from openlifecycle.lifecycle.headcounts import RECORD_KEY
from openlifecycle.lifecycle.rules import ruleset

Numbers = NDArray[np.int64]

#: More than any number of a day, so that a group and a day fit in one number.
_DAYS: Final = 1 << 24
#: A day before all days: until then somebody was there who was not there before.
_NEVER: Final = -(1 << 40)
#: Stints that are held at once, some 350 bytes each: those of some people, then of others.
_TOGETHER: Final = 4_000_000


def changes_at_any_time(
    tables: RecordTables, splits: Sequence[Sequence[str]], days: tuple[date, date]
) -> list[pl.DataFrame]:
    """Return for each split by how much the people present change on each day.

    Args:
        tables: the tables of the collection; its rule set allows for steps.
        splits: of no column, or of one.
        days: the first and the last day that count.
    """
    by = sorted({name for split in splits for name in split})
    parts = -(-tables.held.releases["detention_stint"].rows // _TOGETHER) or 1
    found: list[list[pl.DataFrame]] = [[] for _ in splits]
    for part in range(parts):
        present = Present(tables, by, days, (part, parts))
        for split, frames in zip(splits, found, strict=True):
            frames.append(present.changes(split))
    sums = pl.col("change", "key_change").sum()
    return [
        pl.concat(frames).group_by([*split, KEYLESS, "day"]).agg(sums)
        for split, frames in zip(splits, found, strict=True)
    ]


class Present:
    """The days of every stint that counts, in the order of people."""

    def __init__(
        self,
        tables: RecordTables,
        by: Sequence[str],
        days: tuple[date, date],
        part: tuple[int, int],
    ) -> None:
        """Read the stints of a collection.

        Args:
            tables: the tables of the collection; its rule set allows for steps.
            by: the columns that may be asked for, one at a time.
            days: the first and the last day that count.
            part: which part of the people, and how many parts there are.
        """
        held = tables.held
        rules = ruleset(tables.rules).headcount
        spans = spans_of(tables.fact(HEADS), rules=rules, through=held.through, by=by)
        spans = spans.filter(spans.person_key.fill_null(0) % part[1] == part[0])
        frame = _read(tables.backend, spans.order_by("person_key", "first", "until"))
        self._start, self._end = (number_of(day) for day in days)
        self._keyless = frame["person_key"].is_null().to_numpy()
        person = frame["person_key"].fill_null(-1).to_numpy().astype(np.int64)
        # a record without a person key is a person of its own
        person[self._keyless] = -1 - np.arange(self._keyless.sum())
        self._person = person - person.min(initial=0)
        self._key = frame[RECORD_KEY].to_numpy().astype(np.int64)
        self._first = frame["first"].to_numpy().astype(np.int64)
        # the day of the book-out still counts
        self._until = frame["until"].to_numpy().astype(np.int64) + 1
        self._columns = {name: frame[name] for name in by}

    def changes(self, split: Sequence[str]) -> pl.DataFrame:
        """Return by how much the people present change on each day, as steps do of midnights.

        Args:
            split: no column, or one of those that were read.
        """
        code, values = np.zeros(len(self._first), np.int64), pl.Series([None])
        for name in split:
            code, values = _coded(self._columns[name])
        begins, until, order = self._spans(code, len(values))
        span = self._end - self._start + 2
        places, key = code[order] * 2 + self._keyless[order], self._key[order]
        size = len(values) * 2 * span
        heads, keys = np.zeros(size, np.int64), np.zeros(size, np.int64)
        for day, sign in ((begins, 1), (until, -1)):
            # what lies before the first day counts from it on; after the last, it never does
            at = places * span + np.clip(day - self._start, 0, span - 1)
            np.add.at(heads, at, sign)
            np.add.at(keys, at, key * sign)
        some = np.flatnonzero((heads != 0) | (keys != 0))
        cell, day = np.divmod(some, span)
        named = {name: values.gather(cell // 2) for name in split}
        return pl.DataFrame(
            {
                **named, KEYLESS: cell % 2 == 1, "day": (day + self._start).astype(np.int32),
                "change": heads[some], "key_change": keys[some],
            }
        )  # fmt: skip

    def _spans(self, code: Numbers, many: int) -> tuple[Numbers, Numbers, Numbers]:
        """Return the days that each stint adds to what the person's stints before it cover.

        Returns:
            the first such day, the day after the last, and which stints they are of; those that
            add nothing are left out.
        """
        group = self._person * many + code
        order = np.argsort(group, kind="stable")
        first, until = self._first[order], self._until[order]
        begun = np.diff(group[order], prepend=-1) != 0
        number = begun.cumsum() * _DAYS
        low = int(until.min(initial=0))
        reached = np.maximum.accumulate(number + until - low) - number + low
        before = np.where(begun, _NEVER, np.concatenate([[_NEVER], reached[:-1]]))
        adds = until > before
        return np.maximum(first, before)[adds], until[adds], order[adds]


def _read(backend: Any, spans: Any) -> pl.DataFrame:
    """Return the rows of spans; texts that DuckDB keeps as codes stay codes."""
    if backend.name == DUCKDB:
        rows = backend.con.sql(str(backend.compile(spans))).to_arrow_table()
    else:
        rows = fetch(backend, spans)
    return pl.DataFrame(pl.from_arrow(rows))


def _coded(column: pl.Series) -> tuple[Numbers, pl.Series]:
    """Return a number for each value of a column, and the values by number, missing last."""
    coded = (
        column
        if isinstance(column.dtype, pl.Enum | pl.Categorical)
        else column.cast(pl.Categorical)
    )
    known = coded.drop_nulls().unique()
    values = known.cast(pl.String)
    numbers = known.to_physical().to_numpy()
    at = np.zeros(int(numbers.max(initial=0)) + 1, np.int64)
    at[numbers] = np.arange(len(known))
    codes = at[coded.to_physical().fill_null(0).to_numpy()]
    codes[coded.is_null().to_numpy()] = len(known)
    return codes, values.append(pl.Series([None], dtype=pl.String))
