"""The Kaplan-Meier median of a length: open records count as not yet ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import ibis
import polars as pl

from openlifecycle.engine.backend import fetch, fetch_with_query
from openlifecycle.engine.record_cells import PERIOD, cells
from openlifecycle.engine.record_store import RecordTables
from openlifecycle.measures.record_plan import RecordPlan

#: The share still there when each has passed.
_LEFT: Final = {"low_quartile": 0.75, "value": 0.5, "high_quartile": 0.25}
#: Shares are products of fractions: the last bits of exactly a half may lie above it.
_NEAR: Final = 1e-12
_HOUR: Final = 3600
_DAY_HOURS: Final = 24


def lengths(tables: RecordTables, rows: Any, plan: RecordPlan) -> Any:
    """Return how many records lasted how many started hours, by cell and by whether they ended."""
    rows = _lasting(tables, rows, plan)
    rows = rows.mutate(hour=((rows.lasted + _HOUR - 1) // _HOUR).cast("int64"))
    return rows.group_by([PERIOD, *plan.split, "hour", "cause"]).agg(n=rows.count())


def _lasting(tables: RecordTables, rows: Any, plan: RecordPlan) -> Any:
    """Return the records that do not run backwards, with how many seconds they ``lasted``."""
    ended = rows[plan.spec.ended].cast("timestamp")
    until = ended.fill_null(ibis.literal(tables.held.through))
    lasted = until.epoch_seconds() - rows[plan.spec.at].cast("timestamp").epoch_seconds()
    rows = rows.mutate(lasted=lasted, cause=ibis.ifelse(ended.isnull(), "", "ended"))
    return rows.filter(rows.lasted >= 0)


def answered(
    tables: RecordTables, counts: Any, rows: Any, plan: RecordPlan
) -> tuple[pl.DataFrame, str]:
    """Return the cells with median and quartiles in days, and the query of the counts behind them.

    Lengths are counted in started hours; records that run backwards have no length and are left
    out. A cell of which fewer than half have ended has no median; likewise the quartiles.

    Args:
        tables: the tables of the collection.
        counts: what ``lengths`` gives of the rows.
        rows: the records that the measure counts.
        plan: what is asked.
    """
    from openlifecycle.lifecycle.survival import survival_curve

    group = [PERIOD, *plan.split]
    table, sql = fetch_with_query(tables.backend, counts)
    found = pl.DataFrame(pl.from_arrow(table))
    behind = cells(_lasting(tables, rows, plan), plan.spec, plan.split)
    made = pl.DataFrame(pl.from_arrow(fetch(tables.backend, behind)))
    medians = _medians(survival_curve(found, group), group)
    return made.join(medians, on=group, how="left", nulls_equal=True), sql


def _medians(curve: pl.DataFrame, group: Sequence[str]) -> pl.DataFrame:
    return curve.group_by(list(group)).agg(
        (pl.col("hour").filter(pl.col("surv") <= left + _NEAR).min() / _DAY_HOURS).alias(name)
        for name, left in _LEFT.items()
    )
