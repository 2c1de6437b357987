"""Exposed groups: printed as ICE published them, never drawn while a shown cell is small.

Transgender, vulnerable and family tables hold few people. A picture travels further than its
caveats, so a chart of them is refused as long as one cell in it is below the threshold.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from openlifecycle.engine.answer import Answer
from openlifecycle.errors import NotCleared

#: Below this many people or events a cell is small (DESIGN, exposed groups).
SMALLEST_SHOWN: Final = 5


def refuse_small_cells(answer: Answer, counts: pl.DataFrame | None = None) -> None:
    """Raise NotCleared when a chart of the answer would draw a small cell of an exposed group.

    Args:
        answer: what would be drawn.
        counts: for an average, the rows that count the people or events behind it.
    """
    if not answer.measure.exposed:
        return
    rows = answer.rows if answer.measure.is_count else counts
    if rows is None:
        raise NotCleared(
            f"{answer.measure.name} concerns an exposed group, and the counts behind its values "
            "are not at hand",
            next_step="ask for --format table, csv or json",
        )
    small = rows.filter(pl.col("value") < SMALLEST_SHOWN).height
    if small:
        raise NotCleared(
            f"a chart of {answer.measure.name} would draw {small} of {rows.height} cells below "
            f"{SMALLEST_SHOWN}, in a group that is easily exposed",
            next_step="ask for --format table, csv or json, which print what ICE published, or "
            "for a broader split",
        )
