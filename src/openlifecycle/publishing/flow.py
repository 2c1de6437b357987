"""The course of one cohort as columns of a picture: who is where at each horizon, and no more.

A cohort that left the gate says how many are in each state after so many days. It does not say who
went from one state to another, so nothing here joins two states: a band joins a state to itself.
The one true flow is the first: everybody begins at the entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from openlifecycle.disclosure.cohorts import CohortAnswer
from openlifecycle.disclosure.gate import Cleared, opened

#: From the top of a column to its foot: who is held stands above, so that the eye sees it drain.
ORDER: Final = (
    "held_first_facility", "held_after_transfer",
    "removed", "voluntary_departure", "expelled", "departed",
    "released_bond", "released_recognizance", "released_supervision", "released_parole",
    "released_case_closed",
    "other_custody", "transferred_out", "administrative",
    "died", "escaped", "reason_blank", "other_reason",
    "returned", "not_detained", "unknown",
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """The people of a column who are in one state.

    Attributes:
        state: its name.
        share: of the cohort.
        top: where it begins, as a share of the cohort from the top of the column.
    """

    state: str
    share: float
    top: float

    @property
    def foot(self) -> float:
        """Return where it ends."""
        return self.top + self.share


@dataclass(frozen=True)
class Column:
    """A cohort after so many days.

    Attributes:
        days: since the entry.
        blocks: the states that are shown, from the top.
        followed: people who were watched for all the days; None where it is not told.
        unshown: states whose share may not be shown.
        reason: why nothing is shown; empty where something is.
    """

    days: int
    blocks: tuple[Block, ...]
    followed: int | None
    unshown: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class Course:
    """One cohort from its entry through every horizon.

    Attributes:
        entry: ``arrest`` or ``book_in``.
        cell: its period and the values that it is split by.
        people: how many, with noise.
        columns: one for each horizon.
        synthetic: whether the records are of a made-up world.
    """

    entry: str
    cell: tuple[str, ...]
    people: int
    columns: tuple[Column, ...]
    synthetic: bool

    @property
    def drawn(self) -> tuple[str, ...]:
        """Return the states that any column shows, from the top."""
        seen = {block.state for column in self.columns for block in column.blocks}
        return tuple(state for state in ORDER if state in seen)


def cells(cleared: Cleared[CohortAnswer]) -> list[tuple[str, ...]]:
    """Return the cohorts of an answer, period first, in the order of the answer."""
    answer = opened(cleared)
    if answer.rows.is_empty():
        return []
    return answer.rows.select("period", *answer.question.by).unique(maintain_order=True).rows()


def course(cleared: Cleared[CohortAnswer], cell: Sequence[str]) -> Course:
    """Return one cohort of an answer as columns; what is hidden is in none of them.

    Raises:
        KeyError: the answer has no such cohort.
    """
    answer = opened(cleared)
    rows = of_cell(cleared, cell).filter(pl.col("kind") == "state")
    found = [
        _column(int(days[0]), part.rows(named=True))
        for days, part in rows.sort("horizon_days", maintain_order=True).group_by(
            "horizon_days", maintain_order=True
        )
    ]
    return Course(
        entry=answer.question.entry,
        cell=tuple(cell),
        people=int(rows["n_people"][0]),
        columns=tuple(found),
        synthetic=is_synthetic(cleared),
    )


def of_cell(cleared: Cleared[CohortAnswer], cell: Sequence[str]) -> pl.DataFrame:
    """Return the rows of one cohort, or raise KeyError."""
    answer = opened(cleared)
    names = ["period", *answer.question.by]
    rows = answer.rows
    for name, value in zip(names, cell, strict=True):
        rows = rows.filter(pl.col(name) == value)
    if rows.is_empty():
        raise KeyError(tuple(cell))
    return rows


def is_synthetic(cleared: Cleared[CohortAnswer]) -> bool:
    """Return whether an answer says that its records describe nobody."""
    return any(note.startswith("SYNTHETIC") for note in opened(cleared).notes)


def _column(days: int, rows: list[dict[str, Any]]) -> Column:
    by_state = {row["state"]: row for row in rows}
    blocks, top = [], 0.0
    for state in ORDER:
        share = by_state[state]["share"] if state in by_state else None
        if share:
            blocks.append(Block(state, share, top))
            top += share
    unshown = tuple(s for s in ORDER if s in by_state and by_state[s]["share"] is None)
    reason = "" if blocks else max((row["note"] for row in rows), key=len, default="")
    return Column(days, tuple(blocks), rows[0]["n_followed"], unshown, reason)
