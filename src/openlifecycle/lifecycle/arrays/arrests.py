"""Arrests: which records are one episode, cut where the gap to the record before is too long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.grouping import Grouped, by_person, settled
from openlifecycle.lifecycle.arrays.numbers import (
    LAST,
    MISSING,
    Hashes,
    Marks,
    Numbers,
    begins,
    coded,
    codes,
    grouped,
    index,
    missing_last,
    numbers,
    seconds,
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
    def of(cls, source: Source) -> Arrests:
        """Return the arrests of a table of which what ``columns`` says is held."""
        frame = source.held
        every = frame.height
        return cls(
            source=source,
            is_reprocessed=frame["arrest_method"] == REPROCESSED,
            people=People.of(frame["person_key"]),
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


def count(arrests: Arrests, rows: Numbers, rules: ArrestRules) -> Numbers:
    """Fill in the episodes of the arrests of some people; return the rows, person by person."""
    people = arrests.people
    person, at = grouped(people.short(rows))
    together = rows[at]
    is_repeated = np.zeros(len(rows), np.bool_)
    is_repeated[1:] = person[1:] == person[:-1]
    is_repeated[:-1] |= is_repeated[1:]
    rows = np.sort(together[is_repeated])
    if not len(rows):
        return together
    rows, person, check = _in_order(arrests, rows, rules)
    is_new = begins(person, check)
    at = arrests.at[rows]
    gap = seconds(np.append(np.full(1, MISSING), at[:-1]), at)
    is_cut = is_new | (gap == MISSING) | (gap > rules.gap_hours * HOUR)
    starts = np.flatnonzero(is_cut)
    record = np.cumsum(is_cut) - 1
    arrests.episode[rows] = record - np.maximum.accumulate(np.where(is_new, record, 0)) + 1
    arrests.number[rows] = np.arange(len(rows)) - starts[record]
    arrests.alike[rows] = np.diff(np.append(starts, len(rows)))[record]
    return together


def _in_order(
    arrests: Arrests, rows: Numbers, rules: ArrestRules
) -> tuple[Numbers, Hashes, Hashes]:
    """Return arrests in the order of people and of the rules; of each the numbers of the person."""
    known = {*arrests.source.held.columns, "is_reprocessed"}
    first, *rest = (name for name in rules.order if name in known)
    given = by_person(arrests.people, rows, arrests.at[rows])
    rows, check, (key,) = settled(arrests.people, given, [_sortable(arrests, first, given.rows)])
    # what else they are in order by is dear to read, and matters to few
    alike = np.zeros(len(rows), np.bool_)
    alike[1:] = ~begins(given.person, check, key)[1:]
    alike[:-1] |= alike[1:]
    those = Grouped(rows[alike], given.person[alike], given.time[alike])
    keys = [_sortable(arrests, name, those.rows) for name in (first, *rest)]
    rows[alike] = settled(arrests.people, those, keys)[0]
    return rows, given.person, check


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


def _sortable(arrests: Arrests, name: str, rows: Numbers) -> Numbers:
    """Return numbers in the order of what some arrests say, missing last."""
    held = arrests.is_reprocessed if name == "is_reprocessed" else arrests.source.held[name]
    column = held.gather(index(rows))
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
