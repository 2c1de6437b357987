"""A row of headings -> the layout it belongs to, and what becomes of each column."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from openlifecycle.reading.records.spec import (
    Layout,
    RecordSpec,
    Shared,
    plain,
    record_specs,
    shared,
)

#: So many known headings make a row a header, and so many a file a record table.
_HEADER_LEAST = 4
_TABLE_LEAST = 5
_TABLE_SHARE = 0.4


@dataclass(frozen=True)
class Planned:
    """What becomes of one column of a file.

    Attributes:
        position: zero-based place in the row.
        heading: as printed.
        outcome: ``field``, ``dropped``, ``ignored`` or ``unknown``.
        field: the field that it fills, else "".
        canonical: the publisher's heading that it stands for, "" where there is none.
        why: reason for anything but ``field``.
    """

    position: int
    heading: str
    outcome: str
    field: str = ""
    canonical: str = ""
    why: str = ""


@dataclass(frozen=True)
class Match:
    """A header held against one layout.

    Attributes:
        spec: the series.
        layout: the layout.
        form: ``original`` or ``processed``.
        columns: what becomes of each column.
        absent: headings of the layout that the file does not have.
        also: layouts that the header fits as well: clean names can be those of two.
    """

    spec: RecordSpec
    layout: Layout
    form: str
    columns: tuple[Planned, ...]
    absent: tuple[str, ...]
    also: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[Planned, ...]:
        """Return the columns that the layout does not know."""
        return tuple(column for column in self.columns if column.outcome == "unknown")

    @property
    def known(self) -> int:
        """Return how many headings belong to the layout itself."""
        return sum(1 for column in self.columns if column.canonical)

    @property
    def missing_fields(self) -> tuple[str, ...]:
        """Return the required fields that no column fills."""
        have = {column.field for column in self.columns}
        return tuple(field for field in self.spec.required if field not in have)

    @property
    def is_table(self) -> bool:
        """Return whether so much of it is known that it must be this table, perhaps changed."""
        if self.known >= _HEADER_LEAST and not self.unknown and not self.missing_fields:
            return True  # processing drops blank columns, and may leave no more than the required
        named = sum(1 for column in self.columns if column.heading)
        return self.known >= _TABLE_LEAST and self.known >= _TABLE_SHARE * named

    def nearest(self) -> str:
        """Return, for each unknown column, the nearest heading of the layout, as one line."""
        names = {plain(column.heading): column.heading for column in self.layout.columns}
        pairs = []
        for column in self.unknown:
            near = difflib.get_close_matches(plain(column.heading), names, n=1, cutoff=0.6)
            pairs.append(f"{column.heading!r} ~ {names[near[0]]!r}" if near else "")
        return "; ".join(pair for pair in pairs if pair)


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    return frozenset(
        name for spec in record_specs() for layout in spec.layouts for name in layout.names
    )


def known_headings(row: Sequence[str]) -> int:
    """Return how many cells of a row are headings of any layout; 0 where it is no header."""
    known = sum(1 for cell in row if plain(cell) in _vocabulary())
    return known if known >= _HEADER_LEAST else 0


def best_match(header: Sequence[str]) -> Match | None:
    """Return the layout that a header fits best, None where it resembles no record table."""
    if not known_headings(header):
        return None
    found = [_match(header, spec, layout) for spec in record_specs() for layout in spec.layouts]
    best = min(found, key=_distance)
    also = tuple(
        match.layout.name
        for match in found
        if match.spec is best.spec
        and match.layout is not best.layout
        and _distance(match) == _distance(best)
    )
    return replace(best, also=also) if best.is_table else None


def _distance(match: Match) -> tuple[int, int]:
    return len(match.unknown), len(match.absent)


def _match(header: Sequence[str], spec: RecordSpec, layout: Layout) -> Match:
    common = shared(spec.series.split(".", maxsplit=1)[0])
    seen: dict[str, int] = {}
    columns: list[Planned] = []
    for position, heading in enumerate(header):
        columns.append(_plan(position, heading, spec, layout, common, seen))
    columns = _with_additions(columns, spec)
    have = {column.canonical for column in columns}
    absent = tuple(c.heading for c in layout.columns if c.heading not in have)
    own = [column.heading for column in columns if column.canonical]
    is_clean = all(name == name.lower() and " " not in name for name in own)
    return Match(spec, layout, "processed" if is_clean else "original", tuple(columns), absent)


def _plan(
    position: int,
    heading: str,
    spec: RecordSpec,
    layout: Layout,
    common: Shared,
    seen: dict[str, int],
) -> Planned:
    """Return what becomes of one column; ``seen`` counts the headings that came before."""
    name = plain(heading)
    times = seen[name] = seen.get(name, 0) + 1
    canonical = layout.names.get(name, "")
    each = layout.repeats.get(name, ())
    if each and plain(each[0]) not in seen:
        canonical = each[times - 1] if times <= len(each) else ""
    elif times > 1:
        canonical = ""
    if canonical:
        column = layout.column(canonical)
        if column.field:
            return Planned(position, heading, "field", column.field, canonical)
        why = f"{column.drop}: {common.drop_reasons[column.drop]}"
        return Planned(position, heading, "dropped", "", canonical, why)
    if name in spec.instead:
        return Planned(position, heading, "ignored", "", "", "instead")
    if name in spec.computed:
        why = "worked out by earlier processing; worked out again here by named rules"
        return Planned(position, heading, "ignored", "", "", why)
    if name in common.provenance:
        why = "place of the row in another file; this receipt keeps its own"
        return Planned(position, heading, "ignored", "", "", why)
    return Planned(position, heading, "unknown")


def _with_additions(columns: list[Planned], spec: RecordSpec) -> list[Planned]:
    """Let an added column take the place of the one whose full value it holds."""
    for added in [column for column in columns if column.why == "instead"]:
        heading = spec.instead[plain(added.heading)]
        old = next((column for column in columns if column.canonical == heading), None)
        if old is None:
            continue
        columns[added.position] = Planned(
            added.position, added.heading, "field", old.field, old.canonical
        )
        columns[old.position] = Planned(
            old.position, old.heading, "ignored", why=f"{added.heading} holds the same in full"
        )
    return columns
