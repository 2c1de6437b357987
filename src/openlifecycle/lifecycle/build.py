"""The room's verb: events of one collection and a rule set in, lifecycle tables out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.arrests import mark_arrests, repeats
from openlifecycle.lifecycle.build_steps import VIEW, Keep, unkept
from openlifecycle.lifecycle.facilities import facility_spots
from openlifecycle.lifecycle.links import arrest_stay, detainer_stay, stay_removal
from openlifecycle.lifecycle.numbered import carried, numbered, people
from openlifecycle.lifecycle.others import mark_others
from openlifecycle.lifecycle.placements import last_stints, placed_stints, placements
from openlifecycle.lifecycle.possible import possible
from openlifecycle.lifecycle.rules import RuleSet
from openlifecycle.lifecycle.stays import ends_of, stay_ends, stay_facts, stays
from openlifecycle.lifecycle.stints import alike, left_out, lowest_bonds, mark_stints, verdicts


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


def build(
    events: Events,
    rules: RuleSet,
    *,
    keep: Keep = unkept,
    made: Mapping[str, ir.Table] | None = None,
) -> Lifecycle:
    """Return the lifecycle tables of a collection under a rule set, as lazy expressions.

    Args:
        events: the event tables.
        rules: the rule set.
        keep: what to do with each step; by default nothing is computed before it is asked for.
        made: what ``arrays.build`` made of stints and arrests already, with the rule set's name:
            these tables are taken as they are, and the others rest on them.
    """
    read = dict(events.tables)
    if rules.others.impossible_dates == "missing":
        read = {n: keep(f"{VIEW}{n}", possible(n, table)) for n, table in read.items()}
    made = made or {}
    tables: dict[str, ir.Table] = {}
    ends = None
    if "stay" in made:
        ends = ends_of(made["stay"])
    elif "detention_stint" in read:
        tables, ends = _detention(read["detention_stint"], events.through, rules, keep)
    if "arrest" in read and "arrest" not in made:
        repeated = keep("repeats", repeats(read["arrest"], rules.arrests))
        tables["arrest"] = mark_arrests(read["arrest"], repeated, rules.arrests)
    for name in ("detainer", "removal", "encounter"):
        if name in read:
            tables[name] = mark_others(read[name], getattr(rules.others, name), rules.others)
    if ends is not None:
        tables |= _links(tables, keep("stay_ends", ends), rules, keep)
    said = {name: table.mutate(rule_set=ibis.literal(rules.name)) for name, table in tables.items()}
    return Lifecycle(events.collection, events.through, rules, dict(made) | said)


def _detention(
    read: ir.Table, through: datetime, rules: RuleSet, keep: Keep
) -> tuple[dict[str, ir.Table], ir.Table]:
    """Return ``stint`` and ``stay``, and of each stay what links read."""
    spots = keep("spots", facility_spots(read))
    persons = keep("people", people(read, rules.stays))
    narrow = keep("numbered", numbered(read, persons, spots, rules.stays))
    chosen = keep("alike", alike(narrow, rules.stints))
    judged = keep("judged", verdicts(read, chosen, rules.stints))
    kept = left_out(narrow, judged, rules.stints)
    placed = keep("placed", placements(kept, rules.stays, through, carried(read)))
    bonds = lowest_bonds(read, judged, rules.stints)
    facts = keep("stay_facts", stay_facts(placed, bonds, spots, rules.stays, keep))
    # Where stints are wide, the join with the facts finds the last ones.
    last = last_stints(read, placed, spots) if carried(read) else read
    made = {
        "stint": mark_stints(read, placed_stints(read, placed, spots), judged, rules.stints),
        "stay": stays(last, facts, spots, rules),
    }
    return made, stay_ends(last_stints(read, placed, spots))


def _links(
    tables: Mapping[str, ir.Table], ends: ir.Table, rules: RuleSet, keep: Keep
) -> dict[str, ir.Table]:
    """Return the links that the tables allow, given what they read of each stay."""
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
