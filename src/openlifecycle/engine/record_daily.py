"""Heads by day: counted on arrays where the engine is DuckDB, as an expression elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from openlifecycle.engine.backend import DUCKDB, MEMORY_ENV, fetch, query_of
from openlifecycle.lifecycle.arrays.heads import allows, count_heads
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import headcount

#: Stints of which arrays hold all at once, some 200 bytes each; of more, DuckDB counts and spills.
MOST: Final = 16_000_000


def on_arrays(backend: Any, stints: Any, by: Sequence[str], rows: int) -> bool:
    """Return whether heads are counted on arrays: not beyond the memory that was allowed.

    Args:
        backend: the engine.
        stints: the stints to count, as an expression.
        by: the columns that make the cells.
        rows: how many stints there are at most.
    """
    bounded = rows > MOST or bool(os.environ.get(MEMORY_ENV, ""))
    return backend.name == DUCKDB and not bounded and allows(stints, by)


def heads_by_day(
    backend: Any,
    stints: Any,
    *,
    rows: int,
    rules: HeadcountRules,
    through: datetime,
    start: date | None = None,
    end: date | None = None,
    by: Sequence[str] = (),
    counts: Sequence[str] = ("midnight", "any_time"),
    keys: bool = False,
) -> pl.DataFrame:
    """Return the number held on each day in each cell, without an order.

    The arguments are those of ``headcount``, with the engine, and how many stints there are at
    most.
    """
    asked: dict[str, Any] = {
        "rules": rules, "through": through, "start": start, "end": end, "by": by,
        "counts": counts, "keys": keys,
    }  # fmt: skip
    if not on_arrays(backend, stints, by, rows):
        return pl.DataFrame(pl.from_arrow(fetch(backend, headcount(stints, **asked))))

    def narrow(expression: Any) -> Any:
        # texts that lie as codes in a table come as codes
        return backend.con.sql(query_of(backend, expression)).to_arrow_table()

    return count_heads(stints, fetch=narrow, **asked)
