"""A score as text: a line for each measure, a column for each rule set."""

from __future__ import annotations

from typing import Final

import polars as pl

from openlifecycle.demo.world.names import MARK

#: What each measure of a score counts, in words for a reader.
MEASURES: Final[dict[str, str]] = {
    "stays": "stays",
    "people_with_a_stay": "people with a stay",
    "stays_open": "stays open at the end",
    "mean_days_completed": "mean days of completed stays",
    "median_days_completed": "median days of completed stays",
    "transfers_per_stay": "transfers per stay",
    "share_of_stays_never_moved": "share of stays never moved",
    "share_over_hold_limit": "share of stays over the hold-room limit",
    "stays_right": "true stays found with person, start, end",
    "arrests": "arrests",
    "share_of_arrests_with_stay": "share of arrests with a stay",
    "links_right": "links that are right, of those made",
    "true_links_found_right": "true links found, of those there are",
    "mean_midnight_population": "mean midnight population",
    "midnight_population_at_end": "midnight population on the last day",
    "facility_days_error": "persons off, summed over facility-days",
}
#: Measures that compare case by case: shown as shares, without a relative error.
CASES: Final = ("stays_right", "links_right", "true_links_found_right", "facility_days_error")
_WORDS: Final = 42
_COLUMN: Final = 20


def score_table(scores: pl.DataFrame) -> str:
    """Return a score as text for a terminal."""
    names = scores["rule_set"].unique(maintain_order=True).to_list()
    heads = "".join(f"{name:>{_COLUMN}}" for name in ("truth", *names))
    lines = [MARK, "", f"{'':<{_WORDS}}{heads}"]
    cells = {(row["rule_set"], row["measure"]): row for row in scores.iter_rows(named=True)}
    for measure, words in MEASURES.items():
        rows = [cells.get((name, measure)) for name in names]
        truth = next((row["truth"] for row in rows if row), None)
        if truth is None:
            continue
        shown = "".join(f"{_cell(row, measure):>{_COLUMN}}" for row in rows)
        lines.append(f"{words:<{_WORDS}}{_number(truth):>{_COLUMN}}{shown}")
    return "\n".join(lines)


def _cell(row: dict[str, float] | None, measure: str) -> str:
    if row is None:
        return "not answered"
    if measure in CASES:
        return f"{row['answer']:.2%}"
    error = row["relative_error"]
    return f"{_number(row['answer'])} ({error:+.2%})" if error is not None else "-"


def _number(value: float) -> str:
    if value == int(value) and abs(value) > 1:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3f}"
