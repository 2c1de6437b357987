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
    order, office = (pl.col(d).fill_null(TOTAL) for d in ("final_order_status", "aor"))
    rows = frame.filter(office == TOTAL).with_columns(order=order)
    for group in rows.partition_by("measure", maintain_order=True):
        parts = group.filter(pl.col("order") != TOTAL)
        computed = float(parts["value"].sum())
        totals = group.filter((pl.col("order") == TOTAL) & (pl.col("value") != computed))
        for row in totals.to_dicts() if parts.height else ():
            yield Issue(
                what=f"{number(row['value'])} transgender people, but those with and without "
                f"final order sum to {number(computed)}",
                table="transgender",
                sheet=row["sheet"],
                cell=row["cell"],
                printed=row["value"],
                computed=computed,
            )
