"""How much is missing behind a figure: person keys, and the fields that a question needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from typing import Any, Final

import polars as pl

from openlifecycle.engine.backend import fetch
from openlifecycle.engine.record_answer import Missing
from openlifecycle.engine.record_cells import PERIOD, spread
from openlifecycle.engine.record_rows import window
from openlifecycle.engine.record_store import RecordTables
from openlifecycle.engine.record_units import UNIT
from openlifecycle.measures.record_plan import RecordPlan

#: How a missing person key is named where people read it.
KEY: Final = "person key"
TIME: Final = "time"


def coverage(
    tables: RecordTables, rows: Any, plan: RecordPlan, cells: pl.DataFrame
) -> tuple[pl.DataFrame, tuple[Missing, ...]]:
    """Return coverage per period, and over the whole answer per field.

    Args:
        tables: the tables of the collection.
        rows: the records in the time asked for, before the conditions of the measure.
        plan: what is asked.
        cells: of a stock, its cells before any filter by values: its records have no condition.

    Returns:
        ``period``, ``all_rows``, ``missing_rows`` (those that lack a value of the split) and
        ``keyless_rows``; and the counts by field.
    """
    fields = _fields(plan)
    if plan.spec.value == "stock" and not plan.spec.where:
        frame = _of_cells(cells, plan.split, fields)
    elif lacks := tables.lacks(plan.spec.table, plan.spec.at):
        frame = lacks.by_period(
            granularity=plan.granularity, split=plan.split, fields=fields, span=window(plan),
            latest=tables.held.through - timedelta(days=plan.spec.follow_up_days),
        )  # fmt: skip
    else:
        frame = _of_rows(tables, spread(rows), plan.split, fields)
    every = int(frame["all_rows"].sum())
    found = [Missing(KEY, int(frame["keyless_rows"].sum()), every)]
    found += [Missing(f, int(frame[f"f_{f}"].sum()), every) for f in fields]
    timeless = _timeless(tables, plan)
    return (
        frame.select(PERIOD, "all_rows", "missing_rows", "keyless_rows"),
        (*found, timeless) if timeless else tuple(found),
    )


def _of_rows(
    tables: RecordTables, rows: Any, split: Sequence[str], fields: Sequence[str]
) -> pl.DataFrame:
    lacking = {f"f_{f}": rows.count(where=rows[f].isnull()) for f in fields}
    empty = [rows[d].isnull() for d in split]
    unsplit = {"missing_rows": rows.count(where=reduce(lambda a, b: a | b, empty))} if split else {}
    made = rows.group_by(PERIOD).agg(
        all_rows=rows.count(), keyless_rows=rows.count(where=rows[UNIT] < 0),
        **unsplit, **lacking,
    )  # fmt: skip
    frame = pl.DataFrame(pl.from_arrow(fetch(tables.backend, made)))
    return frame if unsplit else frame.with_columns(missing_rows=pl.lit(0, pl.Int64))


def _of_cells(cells: pl.DataFrame, split: Sequence[str], fields: Sequence[str]) -> pl.DataFrame:
    """Return what the records of cells lack: each record without a key is a unit of its own."""
    rows, none = pl.col("n_rows"), pl.lit(0, pl.Int64)
    some = pl.any_horizontal([pl.col(d).is_null() for d in split]) if split else None
    return cells.group_by(PERIOD).agg(
        rows.sum().alias("all_rows"),
        pl.col("n_keyless").sum().alias("keyless_rows"),
        (none if some is None else rows.filter(some).sum()).alias("missing_rows"),
        *(
            (rows.filter(pl.col(f).is_null()).sum() if f in split else none).alias(f"f_{f}")
            for f in fields
        ),
    )


def _fields(plan: RecordPlan) -> tuple[str, ...]:
    """Return the split and the fields that the conditions test, flags left out."""
    spec = plan.spec
    named = [*plan.split, *(f for c in (*spec.where, *spec.counts) for f in c.fields), *spec.since]
    return tuple(dict.fromkeys(f for f in named if not f.startswith("is_")))


def _timeless(tables: RecordTables, plan: RecordPlan) -> Missing | None:
    """Return how many records cannot be placed in time; an open stay is not one of them."""
    at = plan.spec.at
    if not at or at == "book_out_at":
        return None
    missing, every = tables.without(plan.spec.table, at)
    return Missing(TIME, missing, every)
