"""Tables are found by their titles, wherever they stand on the sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from openlifecycle.reading.labels import normal, printed
from openlifecycle.reading.layouts import TableSpec
from openlifecycle.reading.workbook import Grid

#: Titles this many rows apart still stand side by side (merged preambles push one down).
_SIDE_BY_SIDE = 2
_LONGEST_TITLE = 900


@dataclass(frozen=True)
class Anchor:
    """One title found on a sheet, and the region that is the table's to read."""

    spec: TableSpec
    row: int
    column: int
    bottom: int
    right: int
    text: str
    groups: Mapping[str, str]

    def overlaps(self, other: Anchor) -> bool:
        """Return whether two regions share columns."""
        return self.column <= other.right and other.column <= self.right


#: What each label in normal form is a title of, by the tables looked for: releases repeat them.
_known: dict[tuple[int, str], tuple[TableSpec, dict[str, str]] | None] = {}
_MOST_KNOWN = 50_000


def _match(specs: tuple[TableSpec, ...], text: str) -> tuple[TableSpec, dict[str, str]] | None:
    label = normal(text)
    key = (id(specs[0]), label)
    if key not in _known:
        if len(_known) > _MOST_KNOWN:
            _known.clear()
        _known[key] = _title(specs, label)
    return _known[key]


def _title(specs: tuple[TableSpec, ...], label: str) -> tuple[TableSpec, dict[str, str]] | None:
    for spec in specs:
        found = spec.titles.fullmatch(label) if spec.titles is not None else None
        if found is not None:
            return spec, {k: v for k, v in found.groupdict().items() if v}
    return None


def find_anchors(grid: Grid, specs: tuple[TableSpec, ...]) -> list[Anchor]:
    """Return the titles of known tables on a sheet, each with its region, top to bottom."""
    specs = tuple(spec for spec in specs if spec.titles is not None)
    if not specs:
        return []
    found = [
        (r, c, text, hit)
        for r, c, text in grid.texts
        if len(text) < _LONGEST_TITLE and (hit := _match(specs, text)) is not None
    ]
    last, width = len(grid.rows) - 1, grid.width - 1
    flat = []
    for r, c, text, (spec, groups) in found:
        beside = [oc for orow, oc, _, _ in found if abs(orow - r) <= _SIDE_BY_SIDE and oc > c]
        flat.append(
            Anchor(spec, r, c, last, min(beside, default=width + 1) - 1, printed(text), groups)
        )
    anchors = []
    for anchor in flat:
        below = [o.row for o in flat if o.row > anchor.row + _SIDE_BY_SIDE and anchor.overlaps(o)]
        bottom = min(below, default=last + 1) - 1
        anchors.append(
            Anchor(
                anchor.spec,
                anchor.row,
                anchor.column,
                bottom,
                anchor.right,
                anchor.text,
                anchor.groups,
            )
        )
    return anchors


def nearest_title(text: str, titles: Mapping[str, str]) -> str:
    """Return the table whose known title is nearest to an unknown one, or the empty string."""
    near = get_close_matches(normal(text), list(titles), n=1, cutoff=0.5)
    return titles[near[0]] if near else ""
