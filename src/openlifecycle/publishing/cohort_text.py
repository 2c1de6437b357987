"""A cohort answer as the terminal shows it: one block a cohort, states down, horizons across."""

from __future__ import annotations

import textwrap
from typing import Any, Final

import polars as pl

from openlifecycle.disclosure.cohorts import CohortAnswer
from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.lifecycle.outcomes import REACHED, SUMS, states

_WIDTH: Final = 100
_LENGTHS: Final = {
    "n_stays": "stays begun",
    "n_ended": "of which ended",
    "median_days": "median, days (Kaplan-Meier)",
    "median_low_days": "  band from",
    "median_high_days": "  band to",
    "lower_quartile_days": "a quarter gone after, days",
    "upper_quartile_days": "three quarters gone after, days",
    "median_completed_days": "naive: median of ended stays",
    "mean_completed_days": "naive: mean of ended stays (ALOS)",
    "mean_so_far_days": "naive: mean so far of open stays (ICLOS)",
}


def cohort_text(cleared: Cleared[CohortAnswer]) -> str:
    """Return the whole answer as text."""
    answer = opened(cleared)
    asked = answer.question
    what = "stays begun" if asked.lengths else f"people by first {asked.entry.replace('_', '-')}"
    lines = [
        f"{what}, rule set {asked.rules}, {answer.collection_id}",
        f"records through {answer.through:%Y-%m-%d}",
    ]
    cell = ["period", *asked.by]
    if answer.rows.is_empty():
        lines.append("\nno cohort of that time has enough people to be shown")
    for keys, rows in answer.rows.group_by(cell, maintain_order=True):
        lines += ["", " ".join(str(key) for key in keys)]
        lines += _lengths(rows) if asked.lengths else _shares(rows)
    lines.append("")
    for label, texts in (("note", answer.notes), ("caveat", answer.caveats)):
        for text in texts:
            lines += textwrap.wrap(f"{label}: {text}", _WIDTH, subsequent_indent="  ")
    lines += textwrap.wrap(f"disclosure: {answer.disclosure}", _WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def _shares(rows: pl.DataFrame) -> list[str]:
    days = rows["horizon_days"].unique().sort().to_list()
    lines = [f"  people {rows['n_people'][0]:,}"]
    lines.append(f"  {'':<34}" + "".join(f"{f'{d} d':>22}" for d in days))
    unshown: list[str] = []
    words = {("state", s.name): s.name for s in states().values()}
    words |= {("sum", name): f"= {name}" for name in SUMS}
    words |= {("reached", name): f"by then: {name}" for name in REACHED}
    for (kind, name), word in words.items():
        one = rows.filter(pl.col("kind") == kind, pl.col("state") == name).sort("horizon_days")
        if one["n_seen"].null_count() == len(one):
            unshown.append(word)
            continue
        cells = "".join(f"{_cell(row):>22}" for row in one.iter_rows(named=True))
        lines.append(f"  {word:<34}{cells}")
    few = f"too few or nobody at every horizon: {', '.join(unshown)}"
    return lines + textwrap.wrap(few, _WIDTH, initial_indent="  ", subsequent_indent="    ")


def _cell(row: dict[str, Any]) -> str:
    if row["share"] is None:
        return "-" if row["n_seen"] is None else "(not shown)"
    return f"{row['share']:.1%} ({row['low']:.1%}-{row['high']:.1%})"


def _lengths(rows: pl.DataFrame) -> list[str]:
    row = rows.row(0, named=True)
    lines = []
    for name, word in _LENGTHS.items():
        value = row[name]
        shown = (
            "-" if value is None else f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
        )
        lines.append(f"  {word:<44}{shown:>12}")
    for name in rows.columns:
        if name.startswith("held_") and name[5].isdigit() and row[name] is not None:
            day = name.removeprefix("held_")
            band = f"{row[f'held_low_{day}']:.1%}-{row[f'held_high_{day}']:.1%}"
            lines.append(f"  {f'still held after {day[:-1]} days':<44}{row[name]:>12.1%} ({band})")
    return lines
