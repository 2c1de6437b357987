"""Stints as numbers: the narrow table that is compared, put in order and summed up.

Person keys and facilities are long texts that are read once for each step. A number for each makes
the sorts and joins of a build cheap; the texts come back when a table is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import present
from openlifecycle.lifecycle.event_rules import StayRules
from openlifecycle.lifecycle.facilities import SPOT

#: The number that stands for a text where stints are put in order.
_NUMBERS = {"person_key": "person", "facility_code": "facility"}


#: A table of at most so many columns goes through every step whole: to carry them costs less than
#: to read the file again and join it.
_FEW: Final = 12


def carried(stints: ir.Table) -> list[str]:
    """Return the columns that narrow rows carry along: all, or none where there are many.

    What a stint prints of its facility is never among them: its spot says that.
    """
    if len(stints.columns) > _FEW:
        return []
    return [name for name in stints.columns if name not in SPOT]


def people(stints: ir.Table, rules: StayRules) -> ir.Table:
    """Return every person key with a number, ``person``, that is never negative.

    The number is that of the person's first record. Where stints of several people are put in
    order by person, numbers stand in the order of the keys instead, which costs a sort.
    """
    known = stints.filter(stints.person_key.notnull())
    if rules.missing_start == "one_for_all":
        found = known.select(who="person_key").distinct()
        return found.mutate(person=ibis.row_number().over(order_by=found.who))
    return known.group_by(who="person_key").aggregate(person=known.row_id.min())


def numbered(stints: ir.Table, persons: ir.Table, spots: ir.Table, rules: StayRules) -> ir.Table:
    """Return one narrow row for each stint.

    Columns: ``row_id``, ``person`` (missing where the key is), ``spot``, ``facility`` (missing
    where the code is), the times of the stint and of its stay, what else orders a stay, and what
    is carried along.
    """
    names = present(stints, SPOT)
    numbers = spots.select("spot", "facility", **{f"at_{name}": spots[name] for name in names})
    found = stints.left_join(persons, [("person_key", "who")])
    # Every stint is at one spot, so the join loses none; missing equals missing.
    found = found.inner_join(
        numbers, [found[name].identical_to(numbers[f"at_{name}"]) for name in names]
    )
    times = ("stay_book_in_at", "book_in_at", "book_out_at")
    others = [name for name in _fields(rules) if name in stints.columns and name not in _NUMBERS]
    columns = ("row_id", "person", "spot", "facility", *times, *others, *carried(stints))
    return found.select(*dict.fromkeys(columns))


def stay_order(rules: StayRules) -> list[str]:
    """Return the order of the stints of a stay, by numbers where there are such."""
    keys = (name.partition(" ") for name in rules.order)
    return [f"{_NUMBERS.get(column, column)} {where}".strip() for column, _, where in keys]


def _fields(rules: StayRules) -> Sequence[str]:
    return [name.partition(" ")[0] for name in rules.order]
