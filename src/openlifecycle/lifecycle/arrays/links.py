"""Arrest to stay: the pairs of a person inside the window, settled by the nearest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.numbers import Marks, Numbers, numbers, seconds
from openlifecycle.lifecycle.arrays.order import Order
from openlifecycle.lifecycle.arrays.people import People, SharedHash
from openlifecycle.lifecycle.columns import HOUR
from openlifecycle.lifecycle.event_rules import LinkRules
from openlifecycle.lifecycle.links import ROUNDS


@dataclass(frozen=True)
class _Pairs:
    """Arrests and stays of one person inside the window, by row, with seconds between them."""

    arrest: Numbers
    stay: Numbers
    gap: Numbers

    def where(self, chosen: Marks) -> _Pairs:
        return _Pairs(self.arrest[chosen], self.stay[chosen], self.gap[chosen])


def arrest_stay(
    arrests: pl.DataFrame,
    people: People,
    stays: pl.DataFrame,
    order: Order,
    rules: LinkRules,
    rule: str,
) -> pl.DataFrame:
    """Return one row for each arrest that is not left out, with its stay or none.

    Args:
        arrests: the marked arrests.
        people: whose they are.
        stays: the stays, in the order of people.
        order: that order.
        rules: the section on links.
        rule: the id of the rule.
    """
    pairs = _pairs(arrests, people, stays, order, rules)
    # most arrests and stays have one another and nobody else
    rivals = np.bincount(pairs.arrest)[pairs.arrest] * np.bincount(pairs.stay)[pairs.stay]
    contested = _contested(pairs.where(rivals > 1), arrests, stays)
    rounds = ROUNDS if rules.second_choice == "nearest_free" else 1
    found = np.full((3, arrests.height), -1)
    for attempt in range(1, rounds + 1):
        settled = _settled(contested)
        taken = settled.select("arrest", "stay", "gap").to_numpy().T
        found[:, taken[0]] = taken[1], taken[2], np.full(len(taken[0]), attempt)
        contested = contested.join(settled, "arrest", "anti").join(settled, "stay", "anti")
    alone = pairs.where(rivals == 1)
    found[:, alone.arrest] = alone.stay, alone.gap, np.ones_like(alone.stay)
    stay, gap, attempt_of = found[:, np.flatnonzero(~arrests["is_left_out"].to_numpy())]
    none = pl.Series(stay < 0)
    return pl.DataFrame(
        {
            "row_id": arrests["row_id"].filter(~arrests["is_left_out"]),
            "stay_id": stays["stay_id"].gather(pl.Series(stay).set(none, None)),
            "gap_hours": (pl.Series(gap).cast(pl.Float64) / HOUR).set(none, None),
            "rule": pl.Series([rule, None]).gather(none.cast(pl.UInt32)),
            "attempt": pl.Series(attempt_of).set(none, None),
        }
    )


def _pairs(
    arrests: pl.DataFrame, people: People, stays: pl.DataFrame, order: Order, rules: LinkRules
) -> _Pairs:
    """Return every arrest and stay of one person inside the window."""
    kept = np.flatnonzero(people.is_known & ~arrests["is_left_out"].to_numpy())
    number = people.number[kept]
    by_person = np.argsort(number)  # neighbours are looked up faster
    kept, number = kept[by_person], number[by_person]
    low = np.searchsorted(order.person, number, "left")
    many = np.searchsorted(order.person, number, "right") - low
    arrest = np.repeat(kept, many)
    stay = np.repeat(low - np.cumsum(many) + many, many) + np.arange(len(arrest))
    if (people.check[arrest] != order.check[stay]).any():
        raise SharedHash
    gap = seconds(arrests["arrested_at"].gather(arrest), stays["book_in_at"].gather(stay))
    least, most = (hours * HOUR for hours in rules.arrest_hours)
    near = gap.is_between(least, most).fill_null(value=False).to_numpy()
    return _Pairs(arrest, stay, numbers(gap)).where(near)


def _contested(pairs: _Pairs, arrests: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """Return pairs of which an arrest or a stay is in another one too, with what decides."""
    return pl.DataFrame(
        {
            "arrest": pairs.arrest,
            "stay": pairs.stay,
            "gap": pairs.gap,
            "distance": np.abs(pairs.gap),
            "episode": arrests["episode"].gather(pairs.arrest),
            "began": stays["book_in_at"].gather(pairs.stay),
            "stay_id": stays["stay_id"].gather(pairs.stay),
        }
    )


def _settled(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of one round: nearest arrest per stay, then nearest stay per arrest."""
    # Equally near: the earlier arrest of a stay, the earlier stay of an arrest. Arrests stand in
    # the order of record numbers.
    chosen = pairs.sort("distance", "episode", "arrest").unique("stay", keep="first")
    return chosen.sort("distance", "began", "stay_id").unique("arrest", keep="first")
