"""What the expressions of this room share: groups of columns, orders, and durations.

Everything here must run on DuckDB and on Spark: no as-of join, no FIRST_VALUE over nulls, no
aggregate whose result depends on the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.model.events import PROVENANCE

#: Columns that say where a record stands in the files, not what it says.
WHERE: Final = frozenset(
    field.name for field in PROVENANCE if field.name not in ("person_key", "dropped_variant")
)
#: The four bond columns, each with the name and the words of its minimum.
BONDS: Final[dict[str, str]] = {
    "initial_bond_set_amount": "initial_bond_lowest",
    "initial_bond_set_on": "initial_bond_earliest_on",
    "bond_posted_amount": "bond_posted_lowest",
    "bond_posted_on": "bond_posted_earliest_on",
}
#: The person key as the file printed it, where a reader kept it (a redaction mark is null in
#: ``person_key`` but stands in the text keys of other tools).
PRINTED_PERSON: Final = "person_key_printed"

#: Durations are counted in whole seconds: the sources print none shorter.
HOUR: Final = 3600
DAY: Final = 86400


def present(table: ir.Table, names: Iterable[str]) -> list[str]:
    """Return those of the names that the table has, in the order of the names."""
    have = set(table.columns)
    return [name for name in names if name in have]


def said(table: ir.Table, *, without_bonds: bool = False) -> list[str]:
    """Return the columns in which two copies of one record agree."""
    skip = WHERE | {PRINTED_PERSON} | (set(BONDS) if without_bonds else set())
    return [name for name in table.columns if name not in skip]


def ordered(
    table: ir.Table, names: Sequence[str], *, missing_first: bool = True, last: str = "row_id"
) -> list[ir.Value]:
    """Return sort keys: the named columns that the table has, then the record number.

    A name may say for itself where missing values stand, as in ``book_out_at last``.
    """
    keys = []
    for name in names:
        column, _, where = name.partition(" ")
        if column in table.columns:
            first = where == "first" if where else missing_first
            keys.append(ibis.asc(table[column], nulls_first=first))
    return [*keys, ibis.asc(table[last])]


def same(left: ir.Table, right: ir.Table, names: Iterable[str]) -> list[ir.BooleanValue]:
    """Return join predicates under which missing equals missing."""
    return [left[name].identical_to(right[name]) for name in names]


def seconds(end: ir.TimestampValue, start: ir.TimestampValue) -> ir.IntegerValue:
    """Return whole seconds from start to end."""
    # DuckDB's epoch is a double though Ibis types it an integer; the two casts make it one.
    return (end.epoch_seconds() - start.epoch_seconds()).cast("float64").cast("int64")


def hours(end: ir.TimestampValue, start: ir.TimestampValue) -> ir.FloatingValue:
    """Return hours from start to end."""
    return seconds(end, start).cast("float64") / float(HOUR)


def field(table: ir.Table, name: str) -> ir.Value:
    """Return a column, or the day of it where the name says ``day:``."""
    kind, _, column = name.rpartition(":")
    return table[column].date() if kind == "day" else table[column]
