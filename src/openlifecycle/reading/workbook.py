"""Bytes to grids: every sheet of an .xlsx workbook, with what calamine alone would lose.

calamine reads cached values fast but prints error cells as blanks; the safety scan of the door
finds those in the XML on its one pass over the parts.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass, field

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from openlifecycle.errors import DamagedInput
from openlifecycle.reading.labels import normal, position
from openlifecycle.reading.safety import ZipFacts, check_bytes

#: A cell as calamine gives it: text, number, date, or the empty string for a blank.
Cell = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta


@dataclass
class Grid:
    """One sheet: its cells by zero-based row and column, and who sees it."""

    name: str
    hidden: bool
    rows: list[list[Cell]]
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    numbers: list[tuple[int, int]] = field(default_factory=list)
    texts: list[tuple[int, int, str]] = field(default_factory=list)
    dates: list[tuple[int, int]] = field(default_factory=list)
    width: int = 0

    def __post_init__(self) -> None:
        """Sort the non-empty cells once, so that no later step walks the blanks again."""
        self.width = max((len(row) for row in self.rows), default=0)
        numbers, texts, dates = self.numbers, self.texts, self.dates
        for r, row in enumerate(self.rows):
            for c, value in enumerate(row):
                # By exact type: this runs for every place of the grid, blanks included.
                kind = type(value)
                if kind is str:
                    if value:
                        texts.append((r, c, value))  # type: ignore[arg-type]
                elif kind is float or kind is int:
                    numbers.append((r, c))
                elif kind is bool:
                    texts.append((r, c, str(value)))
                else:
                    dates.append((r, c))

    def at(self, row: int, column: int) -> Cell:
        """Return the cell, or the empty string for a blank or a place outside the sheet."""
        if row < 0 or column < 0 or row >= len(self.rows):
            return ""
        cells = self.rows[row]
        return cells[column] if column < len(cells) else ""

    def label(self, row: int, column: int) -> str:
        """Return the text of a cell in normal form; the empty string when it holds no text."""
        value = self.at(row, column)
        return normal(value) if isinstance(value, str) else ""


@dataclass(frozen=True)
class Workbook:
    """All sheets of one workbook, in the order of the file, with the facts of its container."""

    grids: tuple[Grid, ...]
    facts: ZipFacts

    def texts(self) -> set[str]:
        """Return every distinct text of every sheet."""
        return {text for grid in self.grids for _, _, text in grid.texts}


#: The bytes opened last and what they held: the door looks at the texts before the reader does.
_last: tuple[bytes, Workbook | None] = (b"", None)


def open_workbook(data: bytes) -> Workbook:
    """Return every sheet of a workbook as a grid, hidden sheets included.

    Args:
        data: the bytes of the release, as received.

    Raises:
        NotAWorkbook, DamagedInput, UnsafeInput: what the safety scan refuses.
        DamagedInput: a part that the container lists cannot be parsed.
    """
    global _last
    last_data, last_book = _last
    if last_data is data and last_book is not None:
        return last_book
    facts = check_bytes(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        grids = tuple(
            Grid(
                meta.name,
                meta.visible != SheetVisibleEnum.Visible,
                book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False),
                errors={position(ref): text for ref, text in facts.errors_of_sheet(meta.name)},
            )
            for meta in book.sheets_metadata
        )
    except CalamineError as problem:
        raise DamagedInput(
            f"the workbook's parts do not fit together: {problem}",
            next_step="download it again; if it is whole, open and save it in Excel and compare",
        ) from problem
    opened = Workbook(grids, facts)
    _last = (data, opened)
    return opened
