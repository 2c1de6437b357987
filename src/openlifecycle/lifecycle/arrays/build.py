"""The lifecycle of stints and arrests on arrays: what the room's verb makes, several times faster.

The same tables as ``lifecycle.build.build`` makes, under rule sets whose choices are those of the
default one, in the memory of one machine. docs/decisions/0014-arrays.md says why there are two.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.lifecycle.arrays.arrests import mark_arrests
from openlifecycle.lifecycle.arrays.links import arrest_stay
from openlifecycle.lifecycle.arrays.order import Order, in_order
from openlifecycle.lifecycle.arrays.people import SEEDS, People, SharedHash
from openlifecycle.lifecycle.arrays.places import places
from openlifecycle.lifecycle.arrays.stays import stays
from openlifecycle.lifecycle.arrays.stints import verdicts
from openlifecycle.lifecycle.columns import BONDS
from openlifecycle.lifecycle.possible import TIMES
from openlifecycle.lifecycle.rules import RuleSet
from openlifecycle.model.events import EVENTS

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
    return all(
        getattr(getattr(rules, section), setting) in chosen
        for section, settings in _CHOICES.items()
        for setting, chosen in settings.items()
    )


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
            tables = _built(read, rules, through, seed)
        except SharedHash:
            continue
        said = pl.lit(rules.name).alias("rule_set")
        return {name: table.with_columns(said) for name, table in tables.items()}
    raise SharedHash


def _built(
    read: Mapping[str, pl.DataFrame], rules: RuleSet, through: datetime, seed: int
) -> dict[str, pl.DataFrame]:
    made = {}
    order = None
    if "detention_stint" in read:
        made["stint"], made["stay"], order = _detention(
            read["detention_stint"], rules, through, seed
        )
    if "arrest" in read:
        people = People.of(read["arrest"]["person_key"], seed)
        made["arrest"] = mark_arrests(read["arrest"], people, rules.arrests)
        if order is not None:
            rule = rules.rule_of("links.arrest_hours").id
            made["link__arrest_stay"] = arrest_stay(
                made["arrest"], people, made["stay"], order, rules.links, rule
            )
    return made


def _detention(
    stints: pl.DataFrame, rules: RuleSet, through: datetime, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame, Order]:
    """Return the stints with their flags and stays, the stays, and the order of both."""
    people, spots = People.of(stints["person_key"], seed), places(stints)
    found = verdicts(stints, people, spots.facility, rules.stints)
    is_held = ~found.is_out & people.is_known
    order = in_order(stints, people, spots.facility, is_held, rules.stays)
    ended = stays(stints, order, spots, found.bonds, rules.stays, through)
    stay_id, place = np.zeros((2, stints.height), np.int64)
    stay_id[order.rows] = ended["stay_id"].to_numpy()[order.stay]
    place[order.rows] = order.place
    no_stay = pl.Series(~is_held)
    no_text = pl.lit(None, dtype=pl.String)
    marked = stints.with_columns(
        stay_key=no_text,
        stint_key=no_text,
        is_duplicate_exact=pl.Series(found.is_copy),
        is_duplicate_same_day=pl.Series(found.is_earlier),
        is_duplicate=pl.Series(found.is_out).set(pl.Series(~people.is_known), None),
        is_left_out=pl.Series(found.is_out),
        **{BONDS[name]: bond for name, bond in found.bonds.items()},
        stay_id=pl.Series(stay_id).set(no_stay, None),
        place=pl.Series(place).set(no_stay, None),
        **spots.told("", np.arange(stints.height)),
        is_hold_room=pl.Series(spots.is_hold),
    )
    return marked, ended, order


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
