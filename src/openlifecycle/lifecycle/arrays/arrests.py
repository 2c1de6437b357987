"""Arrests: which records are one episode, cut where the gap to the record before is too long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.numbers import (
    LAST,
    MISSING,
    Marks,
    Numbers,
    begins,
    coded,
    codes,
    missing_last,
    numbers,
    seconds,
    several,
    sorted_by,
)
from openlifecycle.lifecycle.arrays.people import People
from openlifecycle.lifecycle.arrays.source import Source
from openlifecycle.lifecycle.arrests import REPROCESSED
from openlifecycle.lifecycle.columns import HOUR
from openlifecycle.lifecycle.event_rules import ArrestRules
from openlifecycle.model.places import states


def columns(rules: ArrestRules) -> frozenset[str]:
    """Return the columns of arrests that are held."""
    read = {"row_id", "person_key", "arrested_at", "arrest_method", "arrest_state", "duty_site"}
    return frozenset(read | set(rules.order))


@dataclass(frozen=True)
class Arrests:
    """Arrests in the order of record numbers; every array has a value for each.

    Attributes:
        source: the table.
        is_reprocessed: which repeat an earlier arrest, missing where no method is printed.
        people: whose they are.
        at: when.
        episode: filled in later: the episode of the person, from 1.
        number: the number of the record in its episode, from 0.
        alike: how many records the episode has.
        link: the record number of the stay, the seconds to it, and the attempt that found it.
    """

    source: Source
    is_reprocessed: pl.Series
    people: People
    at: Numbers
    episode: Numbers
    number: Numbers
    alike: Numbers
    link: Numbers

    @classmethod
    def of(cls, source: Source, seed: int) -> Arrests:
        """Return the arrests of a table of which what ``columns`` says is held."""
        frame = source.held
        every = frame.height
        return cls(
            source=source,
            is_reprocessed=frame["arrest_method"] == REPROCESSED,
            people=People.of(frame["person_key"], seed),
            at=numbers(frame["arrested_at"]),
            episode=np.ones(every, np.int64),
            number=np.zeros(every, np.int64),
            alike=np.ones(every, np.int64),
            link=np.full((3, every), MISSING),
        )

    def is_out(self, rules: ArrestRules, rows: Numbers | None = None) -> Marks:
        """Return which of the arrests, or of all, are left out."""
        number = self.number if rows is None else self.number[rows]
        return (number > 0) & (rules.keep == "first")


def count(arrests: Arrests, rows: Numbers, rules: ArrestRules) -> None:
    """Fill in the episodes of the arrests of some people."""
    rows = rows[several(arrests.people.number[rows])]
    held = arrests.source.held.with_columns(is_reprocessed=arrests.is_reprocessed)
    keys = [_sortable(held[name].gather(rows)) for name in rules.order if name in held]
    rows = rows[sorted_by(arrests.people.number[rows], *keys)]
    is_new = begins(arrests.people.in_order(rows))
    at = arrests.at[rows]
    gap = seconds(np.append(np.full(1, MISSING), at[:-1])[: len(at)], at)
    is_cut = is_new | (gap == MISSING) | (gap > rules.gap_hours * HOUR)
    starts = np.flatnonzero(is_cut)
    record = np.cumsum(is_cut) - 1
    arrests.episode[rows] = record - np.maximum.accumulate(np.where(is_new, record, 0)) + 1
    arrests.number[rows] = np.arange(len(rows)) - starts[record]
    arrests.alike[rows] = np.diff(np.append(starts, len(rows)))[record]


def tell(arrests: Arrests, rules: ArrestRules) -> pl.LazyFrame:
    """Return every arrest with its episode, flags and state."""
    likely = (arrests.alike > 1) & ((arrests.number > 0) | (rules.duplicate == "every"))
    return arrests.source.beside(
        pl.DataFrame(
            {
                "episode": arrests.episode,
                "is_first_of_episode": arrests.number == 0,
                "is_duplicate": pl.Series(likely).set(pl.Series(~arrests.people.is_known), None),
                "is_left_out": arrests.is_out(rules),
                "arrest_state_filled": _state(arrests.source.held, rules),
                "is_reprocessed": arrests.is_reprocessed.fill_null(value=False),
            }
        )
    )


def _sortable(column: pl.Series) -> Numbers:
    """Return numbers in the order of what a column says, missing last."""
    if column.dtype == pl.String:
        number = codes(coded(column)[0]).astype(np.int64)
        return np.where(number < 0, LAST, number)
    return missing_last(numbers(column))


def _state(arrests: pl.DataFrame, rules: ArrestRules) -> pl.Series:
    """Return the state of each arrest, read from the duty site where the rules say so (R7)."""
    state = pl.Series([None], dtype=pl.String).new_from_index(0, arrests.height)
    if "arrest_state" in arrests.columns:
        state = arrests["arrest_state"]
    if rules.state != "duty_site" or "duty_site" not in arrests.columns:
        return state
    sites, texts = coded(arrests["duty_site"])
    text = texts.str.to_uppercase()
    names = {one.code: one.name.upper() for one in states().values()}
    by_code = text.str.extract(rf"\b({'|'.join(names)})\b").replace_strict(names, default=None)
    by_name = text.str.extract(rf"\b({'|'.join(names.values())})\b")
    told = pl.select(pl.coalesce(by_code, by_name)).to_series().extend_constant(None, 1)
    number = codes(sites)
    filled = told.gather(np.where(number < 0, len(text), number))
    return pl.select(pl.coalesce(state, filled)).to_series()
