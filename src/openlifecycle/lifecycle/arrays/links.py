"""Arrest to stay: the pairs of a person inside the window, settled by the nearest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.arrests import Arrests
from openlifecycle.lifecycle.arrays.numbers import (
    MISSING,
    Marks,
    Numbers,
    nullable,
    seconds,
)
from openlifecycle.lifecycle.arrays.order import Order
from openlifecycle.lifecycle.arrays.table import Stints
from openlifecycle.lifecycle.columns import HOUR
from openlifecycle.lifecycle.event_rules import LinkRules
from openlifecycle.lifecycle.links import ROUNDS


@dataclass(frozen=True)
class _Pairs:
    """Arrests and stays of one person inside the window.

    Attributes:
        arrest: which of the arrests.
        stay: the number of the stay in order.
        gap: seconds from the arrest to the stay.
    """

    arrest: Numbers
    stay: Numbers
    gap: Numbers

    def where(self, chosen: Marks) -> _Pairs:
        return _Pairs(self.arrest[chosen], self.stay[chosen], self.gap[chosen])


def link(arrests: Arrests, rows: Numbers, stints: Stints, order: Order, rules: LinkRules) -> None:
    """Fill in the stay of arrests.

    Args:
        arrests: the arrests, counted.
        rows: those of some people that are not left out, person by person.
        stints: the stints.
        order: the order of those of the same people.
        rules: the section on links.
    """
    began = stints.stay_began[order.last]
    pairs = _pairs(arrests, rows, began, order, rules)
    # most arrests and stays have one another and nobody else
    rivals = np.bincount(pairs.arrest)[pairs.arrest] * np.bincount(pairs.stay)[pairs.stay]
    alone, rest = pairs.where(rivals == 1), pairs.where(rivals > 1)
    found = (order.stay_id[alone.stay], alone.gap, np.ones_like(alone.gap))
    for which, one in zip(arrests.link, found, strict=True):
        which[rows[alone.arrest]] = one
    contested = pl.DataFrame(
        {
            "arrest": rows[rest.arrest],
            "gap": rest.gap,
            "distance": np.abs(rest.gap),
            "episode": arrests.episode[rows[rest.arrest]],
            "began": began[rest.stay],
            "stay_id": order.stay_id[rest.stay],
        }
    )
    for attempt in range(1, (ROUNDS if rules.second_choice == "nearest_free" else 1) + 1):
        if contested.is_empty():
            break
        settled = _settled(contested)
        one = settled["arrest"].to_numpy()
        arrests.link[:, one] = settled["stay_id"], settled["gap"], np.full(len(one), attempt)
        contested = contested.join(settled, "arrest", "anti").join(settled, "stay_id", "anti")


def tell(arrests: Arrests, is_out: Marks, rule: str) -> pl.LazyFrame:
    """Return one row for each arrest that is not left out, with its stay or none.

    Args:
        arrests: the arrests, linked.
        is_out: which are left out.
        rule: the id of the rule.
    """
    stay_id, gap, attempt = arrests.link[:, ~is_out]
    none = stay_id == MISSING
    return pl.DataFrame(
        {
            "row_id": arrests.source.held["row_id"].filter(pl.Series(~is_out)),
            "stay_id": nullable(stay_id),
            "gap_hours": nullable(gap).cast(pl.Float64) / HOUR,
            "rule": pl.Series([rule, None]).gather(none.astype(np.uint32)),
            "attempt": nullable(attempt),
        }
    ).lazy()


def _pairs(
    arrests: Arrests, rows: Numbers, began: Numbers, order: Order, rules: LinkRules
) -> _Pairs:
    """Return every arrest and stay of one person inside the window."""
    person = arrests.people.short(rows)
    low = np.searchsorted(order.person, person, "left")
    many = np.searchsorted(order.person, person, "right") - low
    arrest = np.repeat(np.arange(len(rows)), many)
    stay = np.repeat(low - np.cumsum(many) + many, many) + np.arange(len(arrest))
    row = rows[arrest]
    gap = seconds(arrests.at[row], began[stay])
    least, most = (hours * HOUR for hours in rules.arrest_hours)
    # two people may share what they are grouped by
    is_one = arrests.people.check[row] == order.check[stay]
    return _Pairs(arrest, stay, gap).where(is_one & (gap >= least) & (gap <= most))


def _settled(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of one round: nearest arrest per stay, then nearest stay per arrest."""
    # Equally near: the earlier arrest of a stay, the earlier stay of an arrest. Arrests stand in
    # the order of record numbers.
    chosen = pairs.sort("distance", "episode", "arrest").unique("stay_id", keep="first")
    return chosen.sort("distance", "began", "stay_id").unique("arrest", keep="first")
