"""The lifecycle of stints and arrests on arrays: what the room's verb makes, several times faster.

The same tables as ``lifecycle.build.build`` makes, under rule sets whose choices are those of the
default one, in the memory of one machine. docs/decisions/0014-arrays.md says why there are two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

import polars as pl

from openlifecycle.lifecycle.arrays import arrests, links, stays
from openlifecycle.lifecycle.arrays.arrests import Arrests
from openlifecycle.lifecycle.arrays.cores import both, each, together
from openlifecycle.lifecycle.arrays.grouping import Grouped, by_person
from openlifecycle.lifecycle.arrays.numbers import Numbers, nullable
from openlifecycle.lifecycle.arrays.order import ORDERS, in_order
from openlifecycle.lifecycle.arrays.source import Source
from openlifecycle.lifecycle.arrays.stints import judge
from openlifecycle.lifecycle.arrays.table import COLUMNS, Stints
from openlifecycle.lifecycle.columns import BONDS
from openlifecycle.lifecycle.rules import RuleSet

#: Records of some people that are worked on at once: more would not fit near a core.
_TOGETHER: Final = 500_000
#: Parts above which each is put in order before all are: what is fetched then lies close together.
_FEW: Final = 4
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
    events: Mapping[str, pl.LazyFrame], rules: RuleSet, through: datetime
) -> dict[str, pl.LazyFrame]:
    """Return ``stint``, ``stay``, ``arrest`` and ``link__arrest_stay``, as the events allow.

    What is compared and counted is done, in memory; the tables are put together when they are
    collected or written, and their wide columns only pass by.

    Args:
        events: ``detention_stint``, ``arrest``, or both, with the columns of model/events.py.
        rules: a rule set that ``allows`` is true of.
        through: the last moment that the collection speaks of.
    """
    held = {"detention_stint": COLUMNS, "arrest": arrests.columns(rules.arrests)}
    read = together(
        **{name: partial(Source.of, name, rows, held[name], rules) for name, rows in events.items()}
    )
    said = pl.lit(rules.name, pl.Enum([rules.name])).alias("rule_set")
    tables = _built(read, rules, through)
    return {name: table.with_columns(said) for name, table in tables.items()}


def _built(
    read: Mapping[str, Source], rules: RuleSet, through: datetime
) -> dict[str, pl.LazyFrame]:
    """Return the tables, which are counted with a part of the people on each core."""
    many = _many(max((table.held.height for table in read.values()), default=0))
    (held, stint_parts), (arrested, arrest_parts) = both(
        lambda: _judged(read, many, rules, through), lambda: _episodes(read, many, rules)
    )
    counted = each(
        lambda rows: _part(held, arrested, rows[0], rows[1], rules, many > _FEW),
        zip(stint_parts, arrest_parts, strict=True),
    )
    made: dict[str, Callable[[], pl.LazyFrame]] = {}
    if held:
        made["stay"] = partial(stays.tell, held, [part for part in counted if part])
        made["stint"] = partial(_stints, held)
    if arrested:
        made["arrest"] = partial(arrests.tell, arrested, rules.arrests)
    if held and arrested:
        rule = rules.rule_of("links.arrest_hours").id
        out = arrested.is_out(rules.arrests)
        made["link__arrest_stay"] = partial(links.tell, arrested, out, rule)
    return together(**made)


def _many(records: int) -> int:
    """Return in how many parts people are worked on: no core waits for another."""
    parts = -(-records // _TOGETHER)
    if parts < 2:
        return 1
    cores = pl.thread_pool_size()
    return min(-(-parts // cores) * cores, _MOST_PARTS)


def _judged(
    read: Mapping[str, Source], many: int, rules: RuleSet, through: datetime
) -> tuple[Stints | None, list[Grouped | None]]:
    """Return the stints, judged, and the rows of each part of the people."""
    if "detention_stint" not in read:
        return None, [None] * many
    held = Stints.of(read["detention_stint"], rules.stays, through)
    parts = each(
        lambda rows: by_person(held.people, rows, held.began[rows]), held.people.parts(many)
    )
    judge(held, parts, rules.stints)
    return held, [*parts]


def _episodes(
    read: Mapping[str, Source], many: int, rules: RuleSet
) -> tuple[Arrests | None, list[Numbers | None]]:
    """Return the arrests, counted, and the rows of each part of the people, person by person."""
    if "arrest" not in read:
        return None, [None] * many
    found = Arrests.of(read["arrest"])
    parts = found.people.parts(many)
    return found, [arrests.count(found, rows, rules.arrests) for rows in parts]


def _part(
    held: Stints | None,
    arrested: Arrests | None,
    stint_rows: Grouped | None,
    arrest_rows: Numbers | None,
    rules: RuleSet,
    is_one_of_many: bool,
) -> stays.Counted | None:
    """Return the stays of some people, and fill in their links, given the rows of their records."""
    if held is None or stint_rows is None:
        return None
    order = in_order(held, stint_rows, rules.stays)
    if arrested and arrest_rows is not None:
        kept = arrest_rows[~arrested.is_out(rules.arrests, arrest_rows)]
        links.link(arrested, kept, held, order, rules.links)
    found = stays.count(held, order, rules.stays)
    return stays.by_row(found) if is_one_of_many else found


def _stints(held: Stints) -> pl.LazyFrame:
    """Return every stint with its flags, its lowest bonds, its stay, and what its facility is."""
    is_out = pl.Series(held.is_copy | held.is_earlier)
    found = {
        "is_duplicate_exact": held.is_copy,
        "is_duplicate_same_day": held.is_earlier,
        "is_duplicate": is_out.set(pl.Series(~held.people.is_known), None),
        "is_left_out": is_out,
        **{BONDS[name]: held.bond(name, bonds) for name, bonds in held.bonds.items()},
        "stay_id": nullable(held.stay_id),
        "place": nullable(held.place),
        **held.spots.told("", held.spots.facility),
        "is_hold_room": held.spots.is_hold,
    }
    no_text = pl.lit(None, dtype=pl.String)
    return held.source.beside(pl.DataFrame(found)).with_columns(stay_key=no_text, stint_key=no_text)
