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


def answered(tables: RecordTables, rows: Any, plan: RecordPlan) -> tuple[pl.DataFrame, str]:
    """Return the cells with median and quartiles in days, and the query of the counts behind them.

    Lengths are counted in started hours; records that run backwards have no length and are left
    out. A cell of which fewer than half have ended has no median; likewise the quartiles.
    """
    from openlifecycle.lifecycle.survival import survival_curve

    spec = plan.spec
    ended = rows[spec.ended].cast("timestamp")
    until = ended.fill_null(ibis.literal(tables.held.through))
    lasted = until.epoch_seconds() - rows[spec.at].cast("timestamp").epoch_seconds()
    rows = rows.mutate(lasted=lasted, cause=ibis.ifelse(ended.isnull(), "", "ended"))
    rows = rows.filter(rows.lasted >= 0)
    rows = rows.mutate(hour=((rows.lasted + _HOUR - 1) // _HOUR).cast("int64"))
    group = [PERIOD, *plan.split]
    made = rows.group_by([*group, "hour", "cause"]).agg(n=rows.count())
    table, sql = fetch_with_query(tables.backend, made)
    counts = pl.DataFrame(pl.from_arrow(table))
    behind = pl.DataFrame(pl.from_arrow(fetch(tables.backend, cells(rows, spec, plan.split))))
    medians = _medians(survival_curve(counts, group), group)
    found = behind.join(medians, on=group, how="left", nulls_equal=True)
    return found, sql


def _medians(curve: pl.DataFrame, group: Sequence[str]) -> pl.DataFrame:
    return curve.group_by(list(group)).agg(
        (pl.col("hour").filter(pl.col("surv") <= left + _NEAR).min() / _DAY_HOURS).alias(name)
        for name, left in _LEFT.items()
    )
