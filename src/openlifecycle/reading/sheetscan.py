"""What a worksheet part shows in passing: its error cells, its corner, and texts of its own."""

from __future__ import annotations

import re
from typing import Final

from openlifecycle.errors import UnsafeInput
from openlifecycle.reading.extent import Extent
from openlifecycle.settings import KIB, MIB, WorkbookLimits

Cells = tuple[tuple[str, str], ...]

#: Overlap of two pieces: longer than any error cell (a formula is at most 8,192 characters).
OVERLAP: Final = 64 * KIB
#: A first piece of this size may have a second one.
LARGE: Final = 4 * MIB

_ERROR_TAG: Final = re.compile(rb"""<(\w+:)?c\s(?:[^>]*?\s)?t=(?:"e"|'e')[^>]*(?<!/)>""")
#: A cell of a type that is looked at: an error, or a text outside xl/sharedStrings.xml.
_TYPED: Final = re.compile(rb"""t=["'](?:e["']|str["']|inlineStr)""")
_ERROR: Final = re.compile(rb"""t=["']e["']""")
_OWN_TEXT: Final = re.compile(rb"""t=["'](?:str["']|inlineStr)""")
_REFERENCE: Final = re.compile(rb"""\sr=["']([A-Z]{1,3}[0-9]{1,7})["']""")
_VALUE: Final = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]{0,64})<")


class SheetScan:
    """Looks at one worksheet part, piece by piece."""

    def __init__(self, name: str, limits: WorkbookLimits) -> None:
        """Begin a part; its name is for messages."""
        self._name, self._limits = name, limits
        self._extent = Extent()
        self._cells: list[tuple[str, str]] = []
        self._last = -1
        #: whether the part has texts outside xl/sharedStrings.xml: inline, or by formula
        self.own_text = False

    @property
    def cells(self) -> Cells:
        """Return the error cells: (A1 reference, "" where the file gives none; text)."""
        return tuple(self._cells)

    def see(self, data: bytes, offset: int, *, whole: bool) -> None:
        """Look at a piece.

        Args:
            data: the piece, with the end of the one before it.
            offset: where in the part it begins.
            whole: there is no other piece.

        Raises:
            UnsafeInput: a grid or a number of error cells beyond the limits, or a cell whose
                place cannot be told.
        """
        self._extent.see(data, whole=whole)
        if self._extent.unreadable:
            raise UnsafeInput("the place of a cell cannot be told", where=self._name)
        if self._extent.places > self._limits.grid_places:
            raise UnsafeInput(
                f"the cells of a sheet span more than {self._limits.grid_places:,} places",
                where=self._name,
            )
        # One pass tells that a sheet has neither, which is the rule.
        if _TYPED.search(data) is None:
            return
        if not self.own_text:
            self.own_text = _OWN_TEXT.search(data) is not None
        if _ERROR.search(data) is not None:
            self._see_errors(data, offset)

    def _see_errors(self, data: bytes, offset: int) -> None:
        for match in _ERROR_TAG.finditer(data):
            if offset + match.start() <= self._last:  # seen in the overlap
                continue
            value = _cell_value(data, match)
            if value is None:  # its end is in the next piece
                continue
            self._last = offset + match.start()
            reference = _REFERENCE.search(match.group())
            self._cells.append((reference.group(1).decode() if reference else "", value))
            if len(self._cells) > self._limits.error_cells:
                raise UnsafeInput("a sheet has more error cells than the limit", where=self._name)


def _cell_value(data: bytes, tag: re.Match[bytes]) -> str | None:
    """Return the text of an error cell, "" where it has none, None where it is cut off."""
    close = b"</" + (tag.group(1) or b"") + b"c>"
    end = data.find(close, tag.end(), tag.end() + OVERLAP)
    if end < 0:
        return None
    value = _VALUE.search(data, tag.end(), end)
    return value.group(1).decode("utf-8", "replace").strip() if value else ""
