"""From a fact table to cells: one row per period and split, with the people behind each number.

A cell is counted in two steps: first what each unit (a person, or a record without a key) adds to
it, then the units. So the same pass gives the distinct people, their cell key and how much of the
cell is one person's: what the disclosure rules need, and what never leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

import ibis

from openlifecycle.engine.record_units import RECORD_KEY, UNIT
from openlifecycle.measures.record_declaration import Condition, RecordSpec

#: The column that numbers the period.
PERIOD: Final = "period"

#: The columns of rows that stand in several periods: the first, and the one after the last.
SPAN: Final = ("first_period", "after_period")

#: The column that says whether another record of the unit may be in the same cell; rows without the
#: column are taken as if it could.
REPEATS: Final = "may_repeat"

#: Whether a unit is a person with a key.
IS_KEYED: Final = "is_keyed"

#: What is told of a median: quantiles need the rows, and not what each unit adds.
QUANTILES: Final = {"low_quartile": 0.25, "value": 0.5, "high_quartile": 0.75}


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
        ``period``, the split, ``n_rows``, ``n_keys`` (people), ``n_keyless`` (records without a
        key), ``units`` (both), ``cell_key``, ``largest`` (most rows of one unit); of a share also
        the ``in_`` of all of them, and ``out_n_keys`` and ``out_n_keyless``; of a mean ``total``,
        ``largest_part`` (the largest absolute sum of one unit) and ``spread`` (the standard
        deviation of the rows, as of a whole population).
    """
    rows = _with_value(rows, spec)
    if spec.value == "share":
        rows = rows.mutate(is_inside=all_hold(rows, spec.counts))
    return cells_by(rows, [PERIOD, *split], spec)


def cells_by(rows: Any, cell: Sequence[str], spec: RecordSpec | None = None) -> Any:
    """Return the cells of rows by any columns, as ``cells`` does."""
    kind = spec.value if spec else "rows"
    units = _units(rows, cell, spec)
    says = _counted(units, units.n)
    if kind == "share":
        inside, outside = units.n_in > 0, units.n_in < units.n
        says |= _counted(units, units.n_in, "in_", inside)
        says |= _people(units, "out_", outside)
    if kind == "mean":
        says |= {"total": units.part.sum(), "largest_part": units.largest_part.max()}
        says["n_squares"] = units.squares.sum()
    made = units.group_by(list(cell)).agg(**says)
    if kind == "mean":
        mean = made.total / made.n_rows
        variance = ibis.greatest(made.n_squares / made.n_rows - mean * mean, 0.0)
        made = made.mutate(value=mean, spread=variance.sqrt()).drop("n_squares")
    return made


def _units(rows: Any, cell: Sequence[str], spec: RecordSpec | None) -> Any:
    """Return what each unit adds to each cell, those that add the same taken together.

    A unit that has one record in the cell adds what that record says, and is counted with its like;
    only the others are grouped by themselves. ``alike`` is how many a row stands for.
    """
    said: dict[str, Any] = {IS_KEYED: rows[UNIT] >= 0}
    if spec and spec.value == "share":
        said["n_in"] = rows.is_inside.cast("int64")
    if spec and spec.value == "mean":
        field = rows[spec.of].cast("float64")
        said |= {"part": field, "squares": field * field}
    mark = [REPEATS] if REPEATS in rows.columns else []
    told = rows.select(*_lasting(rows, cell), UNIT, RECORD_KEY, *mark, **said)
    several = spread(told.filter(told[REPEATS]) if mark else told)
    adds = {name: several[name].sum() for name in said if name != IS_KEYED}
    grouped = several.group_by([*cell, UNIT]).agg(
        n=several.count(), **adds, **{RECORD_KEY: several[RECORD_KEY].max()}
    )
    # DuckDB adds whole numbers up in 128 bits; the sum of 2**31 record keys fits in 64
    units = grouped.select(
        *cell, RECORD_KEY, "n",
        **{IS_KEYED: grouped[UNIT] >= 0, "alike": ibis.literal(1, "int64")},
        **{name: _narrow(name, grouped[name]) for name in adds},
        **({"largest_part": grouped.part.abs()} if "part" in adds else {}),
    )  # fmt: skip
    if not mark:
        return units
    alone = told.filter(~told[REPEATS])
    kinds = [*_lasting(rows, cell), IS_KEYED, *(["n_in"] if "n_in" in adds else [])]
    says = {name: alone[name].sum() for name in adds if name != "n_in"}
    if "part" in adds:
        says["largest_part"] = alone.part.abs().max()
    counted = alone.group_by(kinds).agg(
        alike=alone.count(), **{RECORD_KEY: _narrow("n_key", alone[RECORD_KEY].sum())}, **says
    )
    # those of a kind that last as long are one row by now: few are spread over their periods
    counted = spread(counted).mutate(n=ibis.literal(1, "int64"))
    return units.union(counted.select(units.columns), distinct=False)


def _lasting(rows: Any, cell: Sequence[str]) -> list[str]:
    """Return the columns of cells, for rows that stand in several periods with these in place."""
    is_long = SPAN[0] in rows.columns
    return [name for one in cell for name in (SPAN if is_long and one == PERIOD else (one,))]


def spread(rows: Any) -> Any:
    """Return rows that stand in several periods once for each of them."""
    if SPAN[0] not in rows.columns:
        return rows
    periods = ibis.range(rows[SPAN[0]], rows[SPAN[1]])
    return rows.mutate(**{PERIOD: periods.unnest()}).drop(*SPAN)


def _narrow(name: str, column: Any) -> Any:
    return column.cast("int64") if name[0] == "n" else column


def quantiles(rows: Any, spec: RecordSpec, split: Sequence[str]) -> Any:
    """Return ``period``, the split, the median of a field as ``value``, and its quartiles."""
    rows = _with_value(rows, spec)
    field = rows[spec.of].cast("float64")
    groups = rows.group_by([PERIOD, *split])
    # all at once: an engine orders the values of a cell once and not three times
    made = groups.agg(all=field.quantile(list(QUANTILES.values())))
    at = {name: made["all"][place] for place, name in enumerate(QUANTILES)}
    return made.select(PERIOD, *split, **at)


def _with_value(rows: Any, spec: RecordSpec) -> Any:
    """Return the rows that have the field of a mean or median."""
    if spec.of and spec.value != "survival":
        return rows.filter(rows[spec.of].notnull())
    return rows


def _counted(units: Any, added: Any, prefix: str = "", where: Any = None) -> dict[str, Any]:
    # DuckDB adds whole numbers up in 128 bits; the sum of 2**31 record keys fits in 64
    key = units[RECORD_KEY].sum(where=where).fill_null(0).cast("int64")
    return {
        f"{prefix}n_rows": (added * units.alike).sum().cast("int64"),
        **_people(units, prefix, where),
        f"{prefix}cell_key": key,
        f"{prefix}units": _alike(units, where),
        f"{prefix}largest": added.max(),
    }


def _people(units: Any, prefix: str = "", where: Any = None) -> dict[str, Any]:
    keyed, keyless = units[IS_KEYED], ~units[IS_KEYED]
    return {
        f"{prefix}n_keys": _alike(units, keyed if where is None else keyed & where),
        f"{prefix}n_keyless": _alike(units, keyless if where is None else keyless & where),
    }


def _alike(units: Any, where: Any) -> Any:
    """Return how many units there are, rows of several counted as so many."""
    return units.alike.sum(where=where).fill_null(0).cast("int64")
