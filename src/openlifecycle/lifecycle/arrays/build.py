"""The lifecycle of stints and arrests on arrays: what the room's verb makes, several times faster.

The same tables as ``lifecycle.build.build`` makes, under rule sets whose choices are those of the
default one, in the memory of one machine. docs/decisions/0014-arrays.md says why there are two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays import arrests, links, stays
from openlifecycle.lifecycle.arrays.arrests import Arrests
from openlifecycle.lifecycle.arrays.numbers import Numbers, nullable
from openlifecycle.lifecycle.arrays.order import ORDERS, in_order
from openlifecycle.lifecycle.arrays.people import SEEDS, SharedHash
from openlifecycle.lifecycle.arrays.stints import judge
from openlifecycle.lifecycle.arrays.table import Stints
from openlifecycle.lifecycle.columns import BONDS
from openlifecycle.lifecycle.possible import TIMES
from openlifecycle.lifecycle.rules import RuleSet
from openlifecycle.model.events import EVENTS

#: Records of some people that are worked on at once: more would not fit near a core.
_TOGETHER: Final = 500_000
#: How many parts people are numbered in at the most.
_MOST_PARTS: Final = 250
#: What a rule set must choose, by section.
_CHOICES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "stints": {
        "missing_person": ("kept",),
        "undecided_person": ("null",),
        "key_time": ("none",),
        "bond": ("stint",),
        "exact": ("provenance", "provenance_bond", "none"),
        "same_stint": ("none",),
    },
    "stays": {"missing_start": ("book_in",)},
    "arrests": {"missing_person": ("kept",), "episode": ("chain",)},
}


def allows(rules: RuleSet) -> bool:
    """Return whether a rule set makes choices that are made here."""
    chosen = all(
        getattr(getattr(rules, section), setting) in choices
        for section, settings in _CHOICES.items()
        for setting, choices in settings.items()
    )
    return chosen and all(key.partition(" ")[0] in ORDERS for key in rules.stays.order)


def build_arrays(
    events: Mapping[str, pl.DataFrame], rules: RuleSet, through: datetime
) -> dict[str, pl.DataFrame]:
    """Return ``stint``, ``stay``, ``arrest`` and ``link__arrest_stay``, as the events allow.

    Args:
        events: ``detention_stint``, ``arrest``, or both, with the columns of model/events.py.
        rules: a rule set that ``allows`` is true of.
        through: the last moment that the collection speaks of.
    """
    read = {name: _possible(name, table, rules) for name, table in events.items()}
    for seed in SEEDS:
        try:
            return _built(read, rules, through, seed)
        except SharedHash:
            continue
    raise SharedHash


def _built(
    read: Mapping[str, pl.DataFrame], rules: RuleSet, through: datetime, seed: int
) -> dict[str, pl.DataFrame]:
    """Return the tables that hashes of a seed make, a part of the people on each core."""
    held = arrested = None
    if "detention_stint" in read:
        held = Stints.of(read["detention_stint"], seed, rules.stays, through)
    if "arrest" in read:
        arrested = Arrests.of(read["arrest"], seed)
    many = _many(max((table.height for table in read.values()), default=0))
    given = [table.people.parts(many) if table else [None] * many for table in (held, arrested)]
    made: dict[str, Callable[[], pl.DataFrame]] = {}
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        counted = list(
            pool.map(lambda some, others: _part(held, arrested, some, others, rules), *given)
        )
        if held:
            made["stay"] = partial(stays.tell, held, [part for part in counted if part])
            made["stint"] = partial(_stints, held)
        if arrested:
            made["arrest"] = partial(arrests.tell, arrested, rules.arrests)
        if held and arrested:
            rule = rules.rule_of("links.arrest_hours").id
            out = arrested.is_out(rules.arrests)
            made["link__arrest_stay"] = partial(links.tell, arrested, out, rule)
        said = pl.lit(rules.name).alias("rule_set")
        told = {n: pool.submit(lambda tell: tell().with_columns(said), m) for n, m in made.items()}
    return {name: table.result() for name, table in told.items()}


def _many(records: int) -> int:
    """Return in how many parts people are worked on: no core waits for another."""
    parts = -(-records // _TOGETHER)
    if parts < 2:
        return 1
    cores = pl.thread_pool_size()
    return min(-(-parts // cores) * cores, _MOST_PARTS)


def _part(
    held: Stints | None,
    arrested: Arrests | None,
    stint_rows: Numbers | None,
    arrest_rows: Numbers | None,
    rules: RuleSet,
) -> stays.Counted | None:
    """Fill in what is found of some people, given the rows of their records; return their stays."""
    order = counted = None
    if held and stint_rows is not None:
        judge(held, stint_rows, rules.stints)
        order = in_order(held, stint_rows, rules.stays)
        counted = stays.count(held, order, rules.stays)
    if arrested and arrest_rows is not None:
        arrests.count(arrested, arrest_rows, rules.arrests)
        if held and order:
            kept = arrest_rows[~arrested.is_out(rules.arrests, arrest_rows)]
            links.link(arrested, kept, held, order, rules.links)
    return counted


def _stints(held: Stints) -> pl.DataFrame:
    """Return every stint with its flags, its lowest bonds, its stay, and what its facility is."""
    is_out = pl.Series(held.is_copy | held.is_earlier)
    no_text = pl.lit(None, dtype=pl.String)
    return held.frame.with_columns(
        stay_key=no_text,
        stint_key=no_text,
        is_duplicate_exact=pl.Series(held.is_copy),
        is_duplicate_same_day=pl.Series(held.is_earlier),
        is_duplicate=is_out.set(pl.Series(~held.people.is_known), None),
        is_left_out=is_out,
        **{BONDS[name]: held.bond(name, found) for name, found in held.bonds.items()},
        stay_id=nullable(held.stay_id),
        place=nullable(held.place),
        **held.spots.told("", np.arange(held.frame.height)),
        is_hold_room=pl.Series(held.spots.is_hold),
    )


def _possible(event: str, table: pl.DataFrame, rules: RuleSet) -> pl.DataFrame:
    """Return an event table in the order of record numbers, as the rules take flagged dates."""
    if not table["row_id"].is_sorted():
        table = table.sort("row_id")
    if rules.others.impossible_dates != "missing" or "date_flags" not in table.columns:
        return table
    # few records are flagged, and few fields: each flag is field:reason
    flags = "," + table["date_flags"]
    said = flags.unique().drop_nulls().str.join("").item()
    times = [
        field.name
        for field in EVENTS[event].fields
        if field.kind in TIMES and field.name in table.columns and f",{field.name}:" in said
    ]
    return table.with_columns(
        table[name].set(flags.str.contains(f",{name}:", literal=True).fill_null(value=False), None)
        for name in times
    )
