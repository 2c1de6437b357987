"""How large a sheet's grid would be: two cells at far corners are a bomb of their own.

The grid reader holds a rectangle around all cells that have a value. A sheet of a hundred bytes
with a value in A1 and one in XFD1048576 would need 17 billion places, and the memory for them
is asked for in one piece, which ends the process. So the corners are looked at first.
"""

from __future__ import annotations

import re
from typing import Final

#: A cell with content whose reference is not near (at most two letters, at most four digits).
#: A sheet without one has at most 702 x 9,999 places, which is always allowed.
_NOT_NEAR: Final = re.compile(rb"""<c(?:>|\s(?!r="[A-Z]{1,2}[0-9]{1,4}")[^>]*+(?<!/)>)""")
#: A cell under a namespace prefix, as no spreadsheet program writes it but any may.
_PREFIXED: Final = re.compile(rb":c[\s>]")
_PLACE: Final = re.compile(
    rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r=["']([A-Z]{1,3})([0-9]{1,7})["'][^>]*+(?<!/)>"""
)
_COLUMN: Final = re.compile(rb'<c r="([A-Z]{1,3})')
_UNPLACED: Final = re.compile(rb"""<(?:\w+:)?c(?:>|\s(?![^>]*\br=)[^>]*+(?<!/)>)""")
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b(?:[^>]*?\sr=[\"']([0-9]{1,7})[\"'])?")

#: Tags that would be misread here: a raw ">" inside an attribute, a reference of another form.
_UNREADABLE: Final = re.compile(
    rb"""<(?:\w+:)?(?:c|row)\s(?:[^>]*=\s*["'][^"'>]*>)"""
    rb"""|<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*["'](?![A-Z]{1,3}[0-9]{1,7}["'])"""
)
_NEAR_ROWS: Final = 9_999


class Extent:
    """The corner of a sheet's cells, as its pieces go by."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._rows = self._columns = 0
        self._far = False
        #: whether a cell's place cannot be told, so that the corner is not known
        self.unreadable = False

    def see(self, data: bytes, *, whole: bool) -> None:
        """Look at a piece of a sheet; closely only where a cell is far away.

        Args:
            data: the piece.
            whole: there is no other piece, so nothing need be remembered of a near one.
        """
        if _NOT_NEAR.search(data) is None and _PREFIXED.search(data) is None:
            if not whole:
                found = set(_COLUMN.findall(data))
                self._columns = max([self._columns, *map(column_number, found)])
                self._rows = max(self._rows, _NEAR_ROWS)
            return
        self._far = True
        self.unreadable = self.unreadable or _UNREADABLE.search(data) is not None
        for letters, digits in _PLACE.findall(data):
            self._rows = max(self._rows, int(digits))
            self._columns = max(self._columns, column_number(letters))
        if _UNPLACED.search(data):
            self._see_unplaced(data)

    def _see_unplaced(self, data: bytes) -> None:
        """Count cells that stand where the one before them ends: legal, and Excel reads them."""
        begins = list(_ROW.finditer(data))
        for number, row in enumerate(begins):
            end = begins[number + 1].start() if number + 1 < len(begins) else len(data)
            cells = len(_UNPLACED.findall(data, row.start(), end))
            self._columns = max(self._columns, cells)
            self._rows = max(self._rows, int(row.group(1) or 0))
        self._rows += len(begins)

    @property
    def places(self) -> int:
        """Return the places of the rectangle from A1, 0 where every cell is near."""
        return self._rows * self._columns if self._far else 0


def column_number(letters: bytes) -> int:
    """Return the number of a column from its letters: A is 1, XFD is 16384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
