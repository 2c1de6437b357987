"""Especially exposed groups: printed as the agency printed them, and nothing more is made of it.

Tables of transgender and vulnerable people and of family units hold few people. A picture, a rank
or a difference travels further than its caveats, so below the minimum cell nothing of them is
charted, mapped, ranked or used in a figure of ours. Whether a figure is about such a group is told
by the printed cells behind it: a sum over many facilities is not, though one of them is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import polars as pl

from openlifecycle.disclosure.exposed_cells import (
    FAMILIES,
    PEOPLE,
    exposed_cells,
    exposed_tables,
    marked,
)
from openlifecycle.disclosure.minimum_cell import MINIMUM_CELL
from openlifecycle.engine.answer import NOT_MADE

if TYPE_CHECKING:
    from openlifecycle.engine.answer import Answer
    from openlifecycle.engine.changes import Changes
    from openlifecycle.engine.source import ObservationSource

F = TypeVar("F", bound=Mapping[str, Any])

_INSTEAD: Final = (
    "ask for --format table, csv or json, which print what ICE published, for a broader split, or "
    "leave the group out with --where"
)


@dataclass(frozen=True)
class Judged:
    """An answer as it may be shown, and what may not be done with it.

    Attributes:
        answer: the answer, without figures of ours that are too small.
        exposed: whether a row of it is about an exposed group.
        not_drawn: why it may not be charted, mapped or ranked; empty where it may.
        instead: what to ask for then.
    """

    answer: Answer
    exposed: bool = False
    not_drawn: str = ""
    instead: str = ""


def judged(answer: Answer, source: ObservationSource, counts: Answer | None) -> Judged:
    """Return a published answer with its exposed rows found and what is too small not made.

    Args:
        answer: what the engine read off printed cells.
        source: the store that holds the cells.
        counts: for an average, the answer that counts the people or events behind it.
    """
    if not _may_be(answer):
        return Judged(answer)
    found = marked(answer.rows, source)
    if not found["exposed"].any():
        return Judged(answer)
    made = _is_made(answer, found)
    few = (found["least"] < MINIMUM_CELL).fill_null(True)
    if answer.measure.is_count:
        few = few | (answer.rows["value"] < MINIMUM_CELL)
    withheld = found["exposed"] & made & few
    shown = _without(answer, withheld) if withheld.any() else answer
    return Judged(shown, True, _not_drawn(shown, found["exposed"], counts), _INSTEAD)


def _may_be(answer: Answer) -> bool:
    """Return whether some row could be about an exposed group; most answers need no search."""
    named = {*answer.split, *(dim for dim, _ in answer.question.where)}
    return not answer.rows.is_empty() and (
        answer.measure.exposed or bool(named & FAMILIES.keys()) and not answer.measure.is_text
    )


def _is_made(answer: Answer, found: pl.DataFrame) -> pl.Series:
    """Return which rows are figures of ours: made of several cells, or declared as derived."""
    if answer.measure.derivation != "printed":
        return pl.Series(name="made", values=[True] * found.height)
    return found["cells"] > 1


def _without(answer: Answer, withheld: pl.Series) -> Answer:
    """Return the answer without the figures withheld; each row says so."""
    note = pl.concat_str([pl.col("note"), pl.lit(NOT_MADE)], separator="; ", ignore_nulls=True)
    rows = answer.rows.with_columns(
        value=pl.when(~withheld).then(pl.col("value")),
        note=pl.when(withheld).then(note.str.strip_prefix("; ")).otherwise(pl.col("note")),
    )
    said = (
        f"{withheld.sum()} figures about an exposed group are not made: they, or a printed number "
        f"behind them, are below {MINIMUM_CELL}"
    )
    return replace(answer, rows=rows, notes=(*answer.notes, said))


def _not_drawn(answer: Answer, exposed: pl.Series, counts: Answer | None) -> str:
    name = answer.measure.name
    if answer.measure.is_count:
        values = answer.rows["value"].filter(exposed)
    elif counts is not None:
        values = counts.rows["value"]
    else:
        return f"{name} concerns an exposed group, and the counts behind its values are not at hand"
    small = (values.fill_null(0.0) < MINIMUM_CELL).sum()
    if not small:
        return ""
    return (
        f"a chart of {name} would draw {small} of {len(values)} cells below {MINIMUM_CELL}, in a "
        "group that is easily exposed"
    )


def unranked(found: Changes, source: ObservationSource) -> Changes:
    """Return changes without difference and share where a cell of an exposed group is small.

    Both numbers stay as they were printed; without a share a row has no place in the order.
    """
    known = exposed_cells(source)
    rows = found.rows.with_row_index("row")
    hit = pl.lit(False)
    for release, side in ((found.before, "before"), (found.after, "after")):
        mine = known.filter(pl.col("release_id") == release)
        ids = rows.join(mine, left_on=[f"{side}_sheet", f"{side}_cell"], right_on=["sheet", "cell"])
        hit = hit | pl.col("row").is_in(ids["row"].to_list())
    people = pl.col("unit").is_in(PEOPLE)
    least = pl.min_horizontal("before", "after")
    hide = hit & (~people | (least < MINIMUM_CELL).fill_null(True))
    kept = [pl.when(~hide).then(pl.col(c)).alias(c) for c in ("difference", "share")]
    return replace(found, rows=rows.with_columns(kept).drop("row"))


def without_small_numbers(finding: F) -> F:
    """Return a finding without its numbers, where one is small and of an exposed group.

    A finding sets a printed number beside one that was computed: a figure of ours.
    """
    numbers = [finding[c] for c in ("printed", "computed")]
    small = any(isinstance(n, int | float) and n < MINIMUM_CELL for n in numbers)
    if finding["table"] not in exposed_tables() or not small:
        return finding
    said = f"does not hold; the numbers are of an exposed group and below {MINIMUM_CELL}"
    return cast("F", {**finding, "what": said, "printed": None, "computed": None})
