"""From a fact table to cells: one row per period and split, with the people behind each number.

The people behind a cell are the distinct keys, and whether there are records without one: what
the disclosure rules need, and what never leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

import ibis

from openlifecycle.engine.record_facts import PERSON
from openlifecycle.measures.record_declaration import Condition, RecordSpec

#: The column that numbers the period.
PERIOD: Final = "period"

#: What a query says of every cell, whatever the kind of value.
COUNTS: Final = ("n_rows", "n_keys", "n_keyless")


def holds(rows: Any, condition: Condition) -> Any:
    """Return whether a condition holds; a missing field passes only ``missing: true``."""
    column, value = rows[condition.field], condition.value
    if condition.test == "missing":
        return column.isnull() if value else column.notnull()
    passed = {
        "is": lambda: column == value,
        "in": lambda: column.isin(value),
        "not_in": lambda: column.notin(value),
        "above": lambda: column > value,
        "at_least": lambda: column >= value,
        "below": lambda: column < value,
        "at_most": lambda: column <= value,
        "differs_from": lambda: column != rows[value],
    }[condition.test]()
    return passed.fill_null(False)


def all_hold(rows: Any, conditions: Sequence[Condition]) -> Any:
    """Return whether every condition holds."""
    every = [holds(rows, c) for c in conditions]
    return reduce(lambda one, other: one & other, every, ibis.literal(True))


def cells(rows: Any, spec: RecordSpec, split: Sequence[str]) -> Any:
    """Return the cells of rows that carry the column ``period``.

    Returns:
        ``period``, the split, ``n_rows``, ``n_keys``, ``n_keyless``; of a share also ``in_`` and
        ``out_`` of the three; of a mean or median ``value``.
    """
    if spec.of and spec.value != "survival":
        rows = rows.filter(rows[spec.of].notnull())
    if spec.value == "share":
        rows = rows.mutate(is_inside=all_hold(rows, spec.counts))
    groups = rows.group_by([PERIOD, *split])
    return groups.agg(**_counted(rows), **_valued(rows, spec))


def _counted(rows: Any, prefix: str = "", where: Any = None) -> dict[str, Any]:
    keyless = rows[PERSON].isnull()
    return {
        f"{prefix}n_rows": rows.count(where=where),
        f"{prefix}n_keys": rows[PERSON].nunique(where=where),
        f"{prefix}n_keyless": rows.count(where=keyless if where is None else keyless & where),
    }


def _valued(rows: Any, spec: RecordSpec) -> dict[str, Any]:
    if spec.value == "share":
        return _counted(rows, "in_", rows.is_inside) | _counted(rows, "out_", ~rows.is_inside)
    if spec.value in {"mean", "median"}:
        column = rows[spec.of].cast("float64")
        return {"value": getattr(column, spec.value)()}
    return {}
