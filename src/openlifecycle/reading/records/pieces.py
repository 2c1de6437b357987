"""A large sheet cut at row ends into small workbooks, so that memory does not grow with it.

calamine holds every cell of a sheet at once: 2 GB for a million rows of thirty columns. Cut into
pieces of some 16 MB of XML, each wrapped as a workbook of its own with the styles and strings of
the whole, the same reader needs little memory, and two pieces can be read at a time. Every piece
begins with a row of our own column names, which keeps blank first columns in their place.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from openlifecycle.errors import DamagedInput
from openlifecycle.reading.records.batches import column_name

_READ: Final = 2**20
_ROOT = re.compile(rb"<(?:(\w+):)?worksheet\b[^>]*>")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d+)["']""")

_CONTENT_TYPES: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="rels" '
    b'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    b'<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE: Final = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = b"http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN: Final = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@dataclass(frozen=True)
class Dressing:
    """What every piece of a workbook carries along: its styles, strings and calendar."""

    styles: bytes | None
    strings: bytes | None
    is_1904: bool


@dataclass(frozen=True)
class Piece:
    """Whole rows of one sheet.

    Attributes:
        root: the opening tag of the worksheet, which binds the prefixes that the rows use.
        tag: prefix of the tags, with its colon; usually empty.
        rows: the rows' XML.
        first_row: number of the first of them.
    """

    root: bytes
    tag: bytes
    rows: bytes
    first_row: int


def cut(stream: io.BufferedIOBase, after_row: int, size: int) -> Iterator[Piece]:
    """Yield the rows of a worksheet part below a given row, in pieces of whole rows.

    Args:
        stream: the unpacked part.
        after_row: number of the last row that is not wanted, usually the header.
        size: bytes of XML to a piece.

    Raises:
        DamagedInput: the part ends before its rows do.
    """
    head, root, tag = _head(stream)
    start, end, last = b"<" + tag + b"row", b"</" + tag + b"row>", b"</" + tag + b"sheetData>"
    held, row, is_last = head, 1, False
    while not is_last:
        more = True
        while more and len(held) < size:
            more = bool(piece := stream.read(_READ))
            held += piece
        stop = held.find(last)
        is_last = stop >= 0
        if not is_last:
            if not more:
                raise DamagedInput("a sheet ends in the middle of its rows")
            stop = held.rfind(end)
            if stop < 0:
                raise DamagedInput(f"a row of a sheet is larger than {size:,} bytes")
            stop += len(end)
        rows, held = held[:stop], held[stop:]
        rows, row = _from_row(rows, start, row, after_row)
        if rows:
            yield Piece(root, tag, rows, row)
            row = _next_row(rows, start, row)


def _head(stream: io.BufferedIOBase) -> tuple[bytes, bytes, bytes]:
    """Return what follows ``<sheetData>`` in the first bytes, the root tag, and the prefix."""
    held = b""
    while piece := stream.read(_READ):
        held += piece
        root = _ROOT.search(held)
        if root is None:
            continue
        tag = root.group(1) + b":" if root.group(1) else b""
        opening = re.search(rb"<" + re.escape(tag) + rb"sheetData\b[^>]*(/?)>", held)
        if opening and opening.group(1):  # an empty sheet: <sheetData/>
            return b"</" + tag + b"sheetData>", root.group(0), tag
        if opening:
            return held[opening.end() :], root.group(0), tag
    raise DamagedInput("a sheet has no rows to speak of: its sheetData is missing")


def _from_row(rows: bytes, start: bytes, number: int, after_row: int) -> tuple[bytes, int]:
    """Return the rows below ``after_row``, and the number of the first of them."""
    at = rows.find(start)
    while at >= 0:
        number = _number(rows, at, number)
        if number > after_row:
            return rows[at:], number
        following = rows.find(start, at + len(start))
        at, number = following, number + 1
    return b"", number


def _number(rows: bytes, at: int, otherwise: int) -> int:
    """Return the number that a row's opening tag gives itself."""
    found = _ROW_NUMBER.search(rows, at, rows.find(b">", at))
    return int(found.group(1)) if found else otherwise


def _next_row(rows: bytes, start: bytes, first: int) -> int:
    """Return the number that the row after these would have without one of its own."""
    at = rows.rfind(start)
    # Rows without numbers are counted; rows with numbers say it themselves.
    counted = first + rows.count(start + b" ") + rows.count(start + b">") - 1
    return _number(rows, at, counted) + 1


def as_workbook(piece: Piece, width: int, dressing: Dressing) -> bytes:
    """Return a piece as a workbook of one sheet, under a header of our own column names."""
    tag = piece.tag
    row = str(piece.first_row - 1).encode()
    names = b"".join(
        b'<%bc t="str"><%bv>%b</%bv></%bc>' % (tag, tag, column_name(i).encode(), tag, tag)
        for i in range(width)
    )
    sheet = b"".join(
        (
            b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + piece.root,
            b"<%bsheetData>" % tag,
            b'<%brow r="%b">%b</%brow>' % (tag, row, names, tag),
            piece.rows,
            b"</%bsheetData></%bworksheet>" % (tag, tag),
        )
    )
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _relations((b"officeDocument", b"xl/workbook.xml")))
        archive.writestr("xl/workbook.xml", _workbook(dressing.is_1904))
        parts = [(b"worksheet", b"worksheets/sheet1.xml")]
        for kind, name, data in (
            (b"styles", "styles.xml", dressing.styles),
            (b"sharedStrings", "sharedStrings.xml", dressing.strings),
        ):
            if data is not None:
                archive.writestr(f"xl/{name}", data)
                parts.append((kind, name.encode()))
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(*parts))
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return book.getvalue()


def _relations(*parts: tuple[bytes, bytes]) -> bytes:
    each = b"".join(
        b'<Relationship Id="rId%d" Type="%b/%b" Target="%b"/>' % (n, _OFFICE, kind, target)
        for n, (kind, target) in enumerate(parts, start=1)
    )
    return b'<Relationships xmlns="%b">%b</Relationships>' % (_PACKAGE, each)


def _workbook(is_1904: bool) -> bytes:
    calendar = b'<workbookPr date1904="1"/>' if is_1904 else b""
    return (
        b'<workbook xmlns="%b" xmlns:r="%b">%b<sheets><sheet name="s" sheetId="1" r:id="rId1"/>'
        b"</sheets></workbook>" % (_MAIN, _OFFICE, calendar)
    )
