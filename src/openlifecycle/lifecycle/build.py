"""The room's verb: events of one collection and a rule set in, lifecycle tables out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.placements import placements, with_stays
from openlifecycle.lifecycle.rules import RuleSet
from openlifecycle.lifecycle.stays import stays
from openlifecycle.lifecycle.stints import mark_stints, verdicts

#: Takes the name of a step and its expression, returns the expression that later steps read.
#: The default changes nothing, and every table is one lazy expression over the events; an engine
#: that keeps the step (a temporary table, a cache) saves doing it again for every later table.
Keep = Callable[[str, ir.Table], ir.Table]


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


def unkept(name: str, table: ir.Table) -> ir.Table:
    """Return the expression as it is: nothing is computed before somebody asks."""
    return table


def build(events: Events, rules: RuleSet, *, keep: Keep = unkept) -> Lifecycle:
    """Return the lifecycle tables of a collection under a rule set, as lazy expressions."""
    tables: dict[str, ir.Table] = {}
    if "detention_stint" in events.tables:
        tables |= _detention(events, rules, keep)
    return Lifecycle(events.collection, events.through, rules, tables)


def _detention(events: Events, rules: RuleSet, keep: Keep) -> dict[str, ir.Table]:
    """Return ``stint`` and ``stay``."""
    read = events.tables["detention_stint"]
    judged = keep("judged", verdicts(read, rules.stints))
    marked = mark_stints(read, judged, rules.stints)
    placed = keep("placed", placements(marked, rules.stays, events.through))
    stay = stays(marked, placed, rules.stays).mutate(rule_set=ibis.literal(rules.name))
    stint = with_stays(marked, placed).mutate(rule_set=ibis.literal(rules.name))
    return {"stint": stint, "stay": stay}
