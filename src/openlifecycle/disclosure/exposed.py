"""Especially exposed groups: printed as the agency printed them, and nothing more is made of it.

Transgender, vulnerable and family tables hold few people. A picture travels further than its
caveats, so nothing of them is charted, mapped or ranked as long as one cell is below the minimum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from openlifecycle.disclosure.minimum_cell import MINIMUM_CELL

if TYPE_CHECKING:
    from openlifecycle.engine.answer import Answer

_INSTEAD = "ask for --format table, csv or json, which print what ICE published"


def is_exposed(answer: Answer) -> bool:
    """Return whether an answer speaks of an exposed group."""
    return answer.measure.exposed


def drawn_refusal(answer: Answer, counts: Answer | None) -> tuple[str, str]:
    """Return why an answer about an exposed group may not be drawn, and what to do instead.

    Both are empty where it may be drawn.

    Args:
        answer: what would be drawn.
        counts: for an average, the answer that counts the people or events behind it.
    """
    counted = answer if answer.measure.is_count else counts
    if counted is None:
        return (
            f"{answer.measure.name} concerns an exposed group, and the counts behind its values "
            "are not at hand",
            _INSTEAD,
        )
    small = counted.rows.filter(pl.col("value") < MINIMUM_CELL).height
    if not small:
        return "", ""
    return (
        f"a chart of {answer.measure.name} would draw {small} of {counted.rows.height} cells below "
        f"{MINIMUM_CELL}, in a group that is easily exposed",
        f"{_INSTEAD}, or for a broader split",
    )
