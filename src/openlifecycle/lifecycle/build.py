"""The room's verb: events of one collection and a rule set in, lifecycle tables out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.arrests import mark_arrests, repeats
from openlifecycle.lifecycle.build_steps import VIEW, Keep, unkept
from openlifecycle.lifecycle.columns import present
from openlifecycle.lifecycle.facilities import facility_spots
from openlifecycle.lifecycle.links import arrest_stay, detainer_stay, stay_removal
from openlifecycle.lifecycle.others import mark_others
from openlifecycle.lifecycle.placements import placements, with_stays
from openlifecycle.lifecycle.possible import possible
from openlifecycle.lifecycle.rules import RuleSet
from openlifecycle.lifecycle.stays import stay_facts, stays
from openlifecycle.lifecycle.stints import alike, mark_stints, verdicts

#: What links read of a stay.
STAY_KEYS: Final = ("stay_id", "person_key", "book_in_at", "book_out_at", "departed_on")


@dataclass(frozen=True)
class Events:
    """The event tables of one collection.

    Attributes:
        collection: id of the collection.
        through: the last moment that the collection speaks of.
        tables: event table by noun (arrest, detainer, detention_stint, encounter, removal), each
            with at least the columns of model/events.py that it has; further columns are carried.
    """

    collection: str
    through: datetime
    tables: Mapping[str, ir.Table]


@dataclass(frozen=True)
class Lifecycle:
    """What a rule set makes of the events of one collection.

    Attributes:
        collection: id of the collection.
        through: the last moment that the collection speaks of.
        rules: the rule set.
        tables: ``stint``, ``stay``, ``arrest``, ``link__arrest_stay``, ``link__stay_removal``,
            ``link__detainer_stay``, ``removal``, ``detainer``, ``encounter``: those that the
            event tables given allow.
    """

    collection: str
    through: datetime
    rules: RuleSet
    tables: Mapping[str, ir.Table]


def build(events: Events, rules: RuleSet, *, keep: Keep = unkept) -> Lifecycle:
    """Return the lifecycle tables of a collection under a rule set, as lazy expressions.

    Args:
        events: the event tables.
        rules: the rule set.
        keep: what to do with each step; by default nothing is computed before it is asked for.
    """
    read = dict(events.tables)
    if rules.others.impossible_dates == "missing":
        read = {n: keep(f"{VIEW}{n}", possible(n, table)) for n, table in read.items()}
    tables: dict[str, ir.Table] = {}
    if "detention_stint" in read:
        tables |= _detention(read["detention_stint"], events.through, rules, keep)
    if "arrest" in read:
        repeated = keep("repeats", repeats(read["arrest"], rules.arrests))
        tables["arrest"] = mark_arrests(read["arrest"], repeated, rules.arrests)
    for name in ("detainer", "removal", "encounter"):
        if name in read:
            tables[name] = mark_others(read[name], getattr(rules.others, name), rules.others)
    if "stay" in tables:
        tables |= _links(tables, rules, keep)
    said = {name: table.mutate(rule_set=ibis.literal(rules.name)) for name, table in tables.items()}
    return Lifecycle(events.collection, events.through, rules, said)


def _detention(
    read: ir.Table, through: datetime, rules: RuleSet, keep: Keep
) -> dict[str, ir.Table]:
    """Return ``stint`` and ``stay``."""
    chosen = keep("alike", alike(read, rules.stints))
    judged = keep("judged", verdicts(read, chosen, rules.stints))
    marked = mark_stints(read, judged, rules.stints)
    # From the table as read: from another expression every use would compute that once more.
    spots = keep("spots", facility_spots(read))
    placed = keep("placed", placements(marked, spots, rules.stays, through))
    facts = keep("stay_facts", stay_facts(marked, placed, spots, rules.stays, keep))
    return {
        "stint": with_stays(marked, placed, spots),
        "stay": stays(read, facts, spots, rules.stints),
    }


def _links(tables: Mapping[str, ir.Table], rules: RuleSet, keep: Keep) -> dict[str, ir.Table]:
    """Return the links that the tables allow."""
    stay = tables["stay"]
    ends = keep("stay_ends", stay.select(*present(stay, STAY_KEYS)))
    found = {}
    if "arrest" in tables:
        rule = rules.rule_of("links.arrest_hours").id
        found["link__arrest_stay"] = arrest_stay(tables["arrest"], ends, rules.links, rule, keep)
    if "departed_on" in ends.columns:
        removals = tables.get("removal")
        found["link__stay_removal"] = stay_removal(ends, removals, rules.links)
    if "detainer" in tables:
        found["link__detainer_stay"] = detainer_stay(tables["detainer"], ends, rules.links)
    return found
