"""Is this order of labels known? If not, which known order is nearest, and what differs?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from openlifecycle.reading.layouts import Layout


@dataclass(frozen=True)
class Fit:
    """How a table's labels compare with the known layouts."""

    layout: str
    exact: bool
    differs: tuple[str, ...] = ()


def _differences(kind: str, seen: Sequence[str], known: Sequence[str]) -> list[str]:
    out: list[str] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, seen, known, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if a2 > a1:
            out.append(f"{kind} new here: {', '.join(repr(s) for s in seen[a1:a2])}")
        if b2 > b1:
            out.append(f"{kind} missing here: {', '.join(repr(s) for s in known[b1:b2])}")
    return out


def _likeness(seen: Sequence[str], known: Sequence[str]) -> float:
    return SequenceMatcher(None, seen, known, autojunk=False).ratio()


def fit(header: Sequence[str], rows: Sequence[str] | None, layouts: Sequence[Layout]) -> Fit:
    """Return the layout whose columns and rows stand in exactly this order, else the nearest.

    Args:
        header: canonical column labels, left to right.
        rows: canonical row labels, top to bottom; None where rows are an open list.
        layouts: the known structures of the table.
    """
    head = tuple(header)
    body = None if rows is None else tuple(rows)
    for layout in reversed(layouts):
        if layout.header == head and (body is None or layout.rows == body):
            return Fit(layout.name, True)
    if not layouts:
        return Fit("", False, ("no layout is known",))

    def score(layout: Layout) -> float:
        own = _likeness(head, layout.header)
        return own if body is None else own + _likeness(body, layout.rows)

    nearest = max(layouts, key=score)
    differs = _differences("column", head, nearest.header)
    if body is not None:
        differs += _differences("row", body, nearest.rows)
    return Fit(nearest.name, False, tuple(differs))
