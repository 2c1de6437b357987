"""Arrests: which records are one episode, cut where the gap to the record before is too long."""

from __future__ import annotations

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.numbers import (
    Marks,
    Numbers,
    begins,
    seconds,
    several,
    sorted_by,
    text_numbers,
)
from openlifecycle.lifecycle.arrays.people import People
from openlifecycle.lifecycle.arrests import REPROCESSED
from openlifecycle.lifecycle.columns import HOUR
from openlifecycle.lifecycle.event_rules import ArrestRules
from openlifecycle.model.places import states


def mark_arrests(arrests: pl.DataFrame, people: People, rules: ArrestRules) -> pl.DataFrame:
    """Return every arrest with its episode, flags and state.

    Args:
        arrests: the table, in the order of record numbers.
        people: whose they are.
        rules: the section on arrests.
    """
    is_reprocessed = arrests["arrest_method"] == REPROCESSED
    rows, is_cut, is_new = _repeats(
        arrests.with_columns(is_reprocessed=is_reprocessed), people, rules
    )
    starts = np.flatnonzero(is_cut)
    record = np.cumsum(is_cut) - 1
    in_person = np.maximum.accumulate(np.where(is_new, record, 0))
    many = np.diff(np.append(starts, len(rows)))
    whole = [np.full(arrests.height, fill) for fill in (1, 0, 1)]
    for into, found in zip(
        whole,
        (record - in_person + 1, np.arange(len(rows)) - starts[record], many[record]),
        strict=True,
    ):
        into[rows] = found
    episode, number, alike = (pl.Series(one) for one in whole)
    likely = (alike > 1) if rules.duplicate == "every" else number > 0
    return arrests.with_columns(
        episode=episode,
        is_first_of_episode=number == 0,
        is_duplicate=likely.set(arrests["person_key"].is_null(), None),
        is_left_out=(number > 0) if rules.keep == "first" else pl.lit(value=False),
        arrest_state_filled=_state(arrests, rules),
        is_reprocessed=is_reprocessed.fill_null(value=False),
    )


def _repeats(
    arrests: pl.DataFrame, people: People, rules: ArrestRules
) -> tuple[Numbers, Marks, Marks]:
    """Return the arrests of people who have several, in order; which begin an episode, a person."""
    known = np.flatnonzero(people.is_known)
    some = known[several(people.number[known])]
    keys = [pl.Series(people.number[some])]
    for name in rules.order:
        if name in arrests.columns:
            column = arrests[name].gather(some)
            if column.dtype == pl.String:
                number, texts = text_numbers(column)
                column = pl.Series(np.where(number < 0, len(texts), number))
            keys.append(column)
    rows = some[sorted_by(keys, [True] * len(keys))]
    person = people.in_order(rows)
    is_new = begins(person)
    at = arrests["arrested_at"].gather(rows)
    near = (seconds(at.shift(1), at) <= rules.gap_hours * HOUR).fill_null(value=False)
    return rows, is_new | ~near.to_numpy(), is_new


def _state(arrests: pl.DataFrame, rules: ArrestRules) -> pl.Series:
    """Return the state of each arrest, read from the duty site where the rules say so (R7)."""
    state = pl.Series([None], dtype=pl.String).new_from_index(0, arrests.height)
    if "arrest_state" in arrests.columns:
        state = arrests["arrest_state"]
    if rules.state != "duty_site" or "duty_site" not in arrests.columns:
        return state
    number, sites = text_numbers(arrests["duty_site"])
    text = sites.str.to_uppercase()
    names = {one.code: one.name.upper() for one in states().values()}
    by_code = text.str.extract(rf"\b({'|'.join(names)})\b").replace_strict(names, default=None)
    by_name = text.str.extract(rf"\b({'|'.join(names.values())})\b")
    told = pl.select(pl.coalesce(by_code, by_name)).to_series().extend_constant(None, 1)
    return pl.select(pl.coalesce(state, told.gather(np.where(number < 0, len(sites), number))))[
        state.name
    ]
