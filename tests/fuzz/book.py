"""A workbook as a mutable grid in which every cell remembers where it came from.

The origin is what makes the oracle independent of the reader: whatever a mutation moves, the
cell's origin, and with it its true meaning, travels along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineWorkbook, SheetVisibleEnum

from tests.fuzz.xlsx import Sheet, sheet_xml, workbook_bytes

Place = tuple[int, int]
Origin = tuple[str, int, int]


class Cell(NamedTuple):
    """A cell: what it holds, and where it stood in the published workbook (None if invented)."""

    value: Any
    origin: Origin | None

    @property
    def is_text(self) -> bool:
        """Whether the cell holds text."""
        return isinstance(self.value, str)

    @property
    def is_number(self) -> bool:
        """Whether the cell holds a number."""
        return isinstance(self.value, (int, float)) and not isinstance(self.value, bool)


@dataclass
class Page:
    """One sheet: its name, whether it is hidden, and its non-empty cells."""

    name: str
    hidden: bool
    cells: dict[Place, Cell]
    changed: bool = False

    def move(self, where: Callable[[Place], Place | None]) -> None:
        """Move every cell; a place of None deletes the cell."""
        moved = ((where(place), cell) for place, cell in self.cells.items())
        self.cells = {place: cell for place, cell in moved if place is not None}
        self.changed = True

    def put(self, place: Place, value: Any) -> None:
        """Change what a cell holds and keep its origin; None empties it."""
        old = self.cells.pop(place, Cell(None, None))
        if value is not None:
            self.cells[place] = Cell(value, old.origin)
        self.changed = True

    def copy(self) -> Page:
        """A page whose cells can be changed without changing this one."""
        return replace(self, cells=dict(self.cells))

    @property
    def height(self) -> int:
        """One more than the last row that holds something."""
        return max((row for row, _ in self.cells), default=-1) + 1

    @property
    def width(self) -> int:
        """One more than the last column that holds something."""
        return max((column for _, column in self.cells), default=-1) + 1


@dataclass
class Book:
    """A workbook: its pages, and the modified date of its properties."""

    pages: list[Page]
    modified: str
    rendered: dict[str, str] = field(default_factory=dict)

    def page(self, name: str) -> Page:
        """The page of that name."""
        return next(page for page in self.pages if page.name == name)

    def copy(self) -> Book:
        """A book to mutate; rendered sheets are shared until they change."""
        return Book([page.copy() for page in self.pages], self.modified, self.rendered)

    def to_bytes(self) -> bytes:
        """The workbook as .xlsx bytes."""
        return workbook_bytes([self._sheet(page) for page in self.pages], self.modified)

    def _sheet(self, page: Page) -> Sheet:
        if page.changed:
            xml = sheet_xml({place: cell.value for place, cell in page.cells.items()})
            return Sheet(page.name, page.hidden, xml)
        if page.name not in self.rendered:
            grid = {place: cell.value for place, cell in page.cells.items()}
            self.rendered[page.name] = sheet_xml(grid)
        return Sheet(page.name, page.hidden, self.rendered[page.name])


def load_book(path: Path, modified: str) -> Book:
    """A published workbook as a book, read by python-calamine only."""
    workbook = CalamineWorkbook.from_path(str(path))
    pages = []
    for meta in workbook.sheets_metadata:
        grid = workbook.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
        cells = {
            (r, c): Cell(value, (meta.name, r, c))
            for r, row in enumerate(grid)
            for c, value in enumerate(row)
            if value != ""
        }
        pages.append(Page(meta.name, meta.visible != SheetVisibleEnum.Visible, cells))
    return Book(pages, modified)
