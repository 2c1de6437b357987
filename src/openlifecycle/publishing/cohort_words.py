"""Words for cohorts, their horizons and their states, told once for pictures and pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from openlifecycle.disclosure.cohorts import CohortAnswer, CohortQuestion
from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.publishing.citation import PUBLISHER, version

#: Days after the entry at which people are looked for.
HORIZONS: Final = CohortQuestion("arrest").horizons
ENTERED: Final = {"arrest": "First arrest", "book_in": "First book-in"}


def days_words(days: int) -> str:
    """Return a horizon: 1 day, 7 days."""
    return "1 day" if days == 1 else f"{days} days"


def period_words(period: str) -> str:
    """Return a period: FY2025 -> fiscal year 2025, 2025-03 -> March 2025, all -> all the time."""
    if period == "all":
        return "the whole time of the records"
    if period.startswith("FY"):
        return f"fiscal year {period[2:]}"
    return f"{date(int(period[:4]), int(period[5:]), 1):%B %Y}"


def cell_words(cell: Sequence[str]) -> str:
    """Return which cohort: its period, and the values that it is split by."""
    return ", ".join([period_words(cell[0]), *cell[1:]])


def cohort_citation(cleared: Cleared[CohortAnswer]) -> str:
    """Return the releases, the collection, the rules and the program, as they are to be cited."""
    answer = opened(cleared)
    made_up = any(note.startswith("SYNTHETIC") for note in answer.notes)
    who = f"{PUBLISHER}, records released under FOIA"
    lines = [
        f"{'SYNTHETIC, not released by anybody: ' if made_up else ''}{who}: "
        f"{', '.join(answer.releases)}, speaking through {answer.through:%Y-%m-%d}."
    ]
    what = "lengths of stay" if answer.question.lengths else "cohorts"
    lines.append(
        f"Counted by OpenLifecycle {version()} in {answer.collection_id}; {what}, rules "
        f"{answer.question.rules}; policy {answer.policy} applied."
    )
    return "\n".join(lines)
