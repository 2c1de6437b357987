"""Which printed labels a table's numbers hang on: found from the grid, without any layout.

A row label is text to the left of a table's numbers, up to the next number; a column header is
the nearest text above them. Which cells a label governs is inferred from where the meaning read
from the published workbook changes along the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from openlifecycle.model.dimensions import DIMENSIONS
from tests.fuzz.base import FIELDS, Base, Meaning
from tests.fuzz.book import Page, Place

#: Tables whose rows stand each for themselves (their labels never head a block of rows).
FLAT = {
    "facilities", "facility_extract", "stateless", "segregation_by_facility", "transgender",
    "bond", "tps_arrests", "tps_book_ins", "tps_removals", "special_population_arrests",
    "special_population_book_ins", "special_population_removals", "vulnerable_placements",
}  # fmt: skip
_SPLITS = [d for d in DIMENSIONS if d == "facility_type" or not d.startswith("facility_")]
_AXES = tuple(FIELDS.index(name) for name in ("measure", "fiscal_year", *_SPLITS))


@dataclass(frozen=True)
class Label:
    """A label, and the places of the numbers that hang on it."""

    place: Place
    governs: frozenset[Place]
    kind: str


def pick_table(base: Base, random: Random, sheets: list[str] | None = None) -> tuple[str, str]:
    """A sheet and one of its tables, every table equally likely."""
    among = base.sheets if sheets is None else sheets
    return random.choice(sorted(key for key in base.tables if key[0] in among))


def numeric_places(base: Base, page: Page, key: tuple[str, str]) -> list[Place]:
    """The numbers of a table, in reading order."""
    return sorted(p for p in base.tables[key] if p in page.cells and page.cells[p].is_number)


def _meaning(base: Base, sheet: str, place: Place) -> Meaning:
    return base.read[(sheet, *place)][0]


def row_label_places(base: Base, page: Page, key: tuple[str, str], row: int) -> list[Place]:
    """The text cells to the left of a table's numbers in a row, the nearest last."""
    columns = [c for r, c in base.tables[key] if r == row]
    found: list[Place] = []
    for column in range(min(columns) - 1, -1, -1):
        cell = page.cells.get((row, column))
        if cell is None:
            continue
        if cell.is_number and (page.name, row, column) in base.read:
            break
        if cell.is_text and cell.value.strip():
            found.append((row, column))
    return found[::-1]


def row_labels(base: Base, page: Page, key: tuple[str, str]) -> list[Label]:
    """Every row label of a table."""
    rows = sorted({r for r, _ in base.tables[key]})
    labels = []
    for row in rows:
        places = row_label_places(base, page, key, row)
        if key[1] in FLAT:
            places = places[:1]
        labels += [
            Label(place, _governed_rows(base, page, key, place, len(places)), "row")
            for place in places
        ]
    return labels


def _governed_rows(
    base: Base, page: Page, key: tuple[str, str], place: Place, labels_in_row: int
) -> frozenset[Place]:
    row, column = place
    places = base.tables[key]
    own = frozenset(p for p in places if p[0] == row)
    if key[1] in FLAT:
        return own
    later = sorted({r for r, _ in places if r > row})
    last = row
    if labels_in_row > 1:
        for r in later:
            if (r, column) in page.cells:
                break
            last = r
    elif not _starts_under_a_heading(page, base, key, place):
        last = _end_of_block(base, page, key, row, later)
    return frozenset(p for p in places if row <= p[0] <= last)


def _starts_under_a_heading(page: Page, base: Base, key: tuple[str, str], place: Place) -> bool:
    """Whether the row above is a heading without numbers (ICLOS populations)."""
    above = (place[0] - 1, place[1])
    return above in page.cells and not any(r == above[0] for r, _ in base.tables[key])


def _end_of_block(base: Base, page: Page, key: tuple[str, str], row: int, later: list[int]) -> int:
    """The last row that shares with this one something that the row above does not share."""
    places = base.tables[key]
    first = min(c for r, c in places if r == row)
    here = _meaning(base, page.name, (row, first))
    earlier = [r for r, c in places if r < row and c == first]
    above = _meaning(base, page.name, (max(earlier), first)) if earlier else None
    begins = [i for i in _AXES if here[i] is not None and (above is None or above[i] != here[i])]
    whole = [i for i in begins if _constant(base, page.name, places, i)]
    begins = [i for i in begins if i not in whole]
    last = row
    for r in later:
        if (r, first) not in places:
            break
        there = _meaning(base, page.name, (r, first))
        begins = [i for i in begins if there[i] == here[i]]
        if not begins:
            break
        last = r
    return last


def _constant(base: Base, sheet: str, places: set[Place], index: int) -> bool:
    return len({_meaning(base, sheet, place)[index] for place in places}) == 1


def column_headers(base: Base, page: Page, key: tuple[str, str]) -> list[Label]:
    """Every column header of a table: the nearest text above its numbers."""
    governed: dict[Place, set[Place]] = {}
    for row, column in base.tables[key]:
        above = _header_above(base, page, key, (row, column))
        if above is not None:
            governed.setdefault(above, set()).add((row, column))
    return [Label(place, frozenset(cells), "column") for place, cells in sorted(governed.items())]


def _header_above(base: Base, page: Page, key: tuple[str, str], place: Place) -> Place | None:
    row, column = place
    if page.cells[place].is_text and column == 0:
        return None  # a number inside a sentence has no header
    for r in range(row - 1, max(row - 400, -1), -1):
        cell = page.cells.get((r, column))
        if cell is None or (r, column) in base.tables[key]:
            continue
        if cell.is_text:
            if not cell.value.strip():
                continue  # a lone no-break space is a blank
            return (r, column)
        return None
    return None


def titles(base: Base, page: Page, key: tuple[str, str]) -> list[Place]:
    """The nearest text above a table's first row label: its title, as a rule."""
    first = min(base.tables[key])
    labels = row_label_places(base, page, key, first[0])
    if not labels:
        return []
    column = labels[0][1]
    above = [r for r, c in page.cells if c == column and first[0] - 5 <= r < first[0]]
    return [(r, column) for r in sorted(above) if page.cells[(r, column)].is_text][:1]
