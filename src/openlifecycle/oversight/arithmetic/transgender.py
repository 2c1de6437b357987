"""The transgender table: one total printed once or twice, and two splits of it."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from openlifecycle.model.dimensions import TOTAL
from openlifecycle.oversight.finding import ERROR, Issue, number
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release


@check(
    "transgender_orders", "arithmetic",
    "Transgender people held with, without and of unknown final order add up to the total held "
    "(from 2024 on only the total by location is printed).",
    "workbook_layouts 7.5, 8", ERROR,
)  # fmt: skip
def transgender_orders(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue if the split by final order does not add up to a printed total."""
    frame = release.numbers("transgender")
    if frame is None:
        return
    held = frame.filter(pl.col("measure") == "transgender_detained")
    order = pl.col("final_order_status")
    parts = held.filter(order.is_not_null() & (order != TOTAL))
    totals = held.filter((order == TOTAL) | (pl.col("aor") == TOTAL))
    if parts.height == 0:
        return
    computed = float(parts["value"].sum())
    for row in totals.filter(pl.col("value") != computed).to_dicts():
        yield Issue(
            what=f"{number(row['value'])} transgender people held, but those with and without "
            f"final order sum to {number(computed)}",
            table="transgender", sheet=row["sheet"], cell=row["cell"],
            printed=row["value"], computed=computed,
        )  # fmt: skip
