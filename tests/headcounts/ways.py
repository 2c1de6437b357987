"""Both ways of counting heads: every count of these tests is made by each, and they must agree."""

from __future__ import annotations

from typing import Any

import polars as pl

from openlifecycle.engine.backend import fetch
from openlifecycle.lifecycle.arrays.heads import allows, count_heads
from openlifecycle.lifecycle.headcounts import headcount


def on_arrays(stints: Any, **asked: Any) -> pl.DataFrame:
    """Return what arrays count."""
    assert allows(stints, asked.get("by", ()))
    backend = stints.get_backend()
    return count_heads(stints, fetch=lambda narrow: fetch(backend, narrow), **asked)


def both_ways(stints: Any, **asked: Any) -> pl.DataFrame:
    """Return what an expression counts, and arrays as well."""
    found = headcount(stints, **asked).to_polars()
    same = on_arrays(stints, **asked)
    order = [*asked.get("by", ()), "date"]
    assert same.schema == found.schema
    assert same.sort(order).equals(found.sort(order))
    return found
