"""A cohort answer as rows for a page: a table for each cohort, states down, horizons across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from openlifecycle.disclosure.cohorts import CohortAnswer
from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.lifecycle.outcomes import REACHED, SUMS, states
from openlifecycle.publishing.cohort_words import cell_words, days_words


@dataclass(frozen=True)
class CohortTable:
    """One cohort: who it is, how many, and where they are after so many days."""

    title: str
    people: str
    headings: list[str]
    rows: list[list[str]]


def cohort_tables(cleared: Cleared[CohortAnswer]) -> list[CohortTable]:
    """Return the shares of each cohort, with their bands; states that are nowhere shown left out.

    Raises:
        ValueError: the answer is about lengths of stay.
    """
    answer = opened(cleared)
    if answer.question.lengths:
        raise ValueError("lengths of stay have no states")
    cell = ["period", *answer.question.by]
    return [
        _table([str(key) for key in keys], rows)
        for keys, rows in answer.rows.group_by(cell, maintain_order=True)
    ]


def _table(cell: list[str], rows: pl.DataFrame) -> CohortTable:
    days = rows["horizon_days"].unique().sort().to_list()
    words = {("state", one.name): one.text for one in states().values()}
    words |= {("sum", name): f"together: {text}" for name, text in SUMS.items()}
    words |= {("reached", name): f"at some time: {text}" for name, text in REACHED.items()}
    lines = []
    for (kind, name), text in words.items():
        one = rows.filter(pl.col("kind") == kind, pl.col("state") == name).sort("horizon_days")
        if one["n_seen"].null_count() < one.height:
            lines.append([text, *(_share(row) for row in one.iter_rows(named=True))])
    people = rows["n_people"][0]
    return CohortTable(
        title=cell_words(cell),
        people="not shown" if people is None else f"{people:,}",
        headings=["state", *(f"after {days_words(d)}" for d in days)],
        rows=lines,
    )


def _share(row: dict[str, Any]) -> str:
    if row["share"] is None:
        return "none or few" if row["n_seen"] is None else "not shown"
    return f"{row['share']:.1%} ({row['low']:.1%} to {row['high']:.1%})"
