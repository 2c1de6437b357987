"""A large sheet cut at row ends into small workbooks, so that memory does not grow with it.

calamine holds every cell of a sheet at once: 2 GB for a million rows of thirty columns. Cut into
pieces of some 16 MB of XML, each wrapped as a workbook of its own with the styles and strings of
the whole, the same reader needs little memory, and two pieces can be read at a time. Every piece
begins with a row of our own column names, which keeps blank first columns in their place.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Final, NamedTuple

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

    @cached_property
    def checksum_of_strings(self) -> int:
        """Return the checksum of the strings, which travel many times."""
        return zlib.crc32(self.strings or b"")


@dataclass(frozen=True)
class Piece:
    """Whole rows of one sheet.

    Attributes:
        root: the opening tag of the worksheet, which binds the prefixes that the rows use.
        tag: prefix of the tags, with its colon; usually empty.
        rows: the rows' XML.
        first_row: number of the first of them.
        gap: blank rows before it that the XML leaves out.
    """

    root: bytes
    tag: bytes
    rows: bytes
    first_row: int
    gap: int = 0


def cut(stream: io.BufferedIOBase, after_row: int, size: int) -> Iterator[Piece]:
    """Yield the rows of a worksheet part below a given row, in pieces of whole rows.

    Args:
        stream: the unpacked part.
        after_row: number of the last row that is not wanted, usually the header.
        size: bytes of XML to a piece.

    Raises:
        DamagedInput: the part ends before its rows do.
    """
    head, root, tag = _head(stream, min(size, _READ))
    start, end, last = b"<" + tag + b"row", b"</" + tag + b"row>", b"</" + tag + b"sheetData>"
    held, row, is_last = head, 1, False
    while not is_last:
        held, more = _filled(stream, held, size)
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
        expected = max(row, after_row + 1)
        rows, row = _from_row(rows, start, row, after_row)
        if rows:
            yield Piece(root, tag, rows, row, row - expected)
            row = _next_row(rows, start, row)


def _filled(stream: io.BufferedIOBase, held: bytes, size: int) -> tuple[bytes, bool]:
    """Return what is held with so much more of the part, and whether there was more."""
    parts, length = [held], len(held)
    while length < size:
        piece = stream.read(min(size, _READ))
        if not piece:
            return b"".join(parts), False
        parts.append(piece)
        length += len(piece)
    return b"".join(parts), True


def _head(stream: io.BufferedIOBase, step: int) -> tuple[bytes, bytes, bytes]:
    """Return what follows ``<sheetData>`` in the first bytes, the root tag, and the prefix."""
    held = b""
    while piece := stream.read(step):
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
    sheet = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + piece.root,
        b"<%bsheetData>" % tag,
        b'<%brow r="%b">%b</%brow>' % (tag, row, names, tag),
        piece.rows,
        b"</%bsheetData></%bworksheet>" % (tag, tag),
    )
    parts = [(b"worksheet", b"worksheets/sheet1.xml")]
    files = [PartFile(b"xl/worksheets/sheet1.xml", sheet)]
    if dressing.styles is not None:
        files.append(PartFile(b"xl/styles.xml", (dressing.styles,)))
        parts.append((b"styles", b"styles.xml"))
    if dressing.strings is not None:
        checksum = dressing.checksum_of_strings
        files.append(PartFile(b"xl/sharedStrings.xml", (dressing.strings,), checksum))
        parts.append((b"sharedStrings", b"sharedStrings.xml"))
    files += [
        PartFile(b"[Content_Types].xml", (_CONTENT_TYPES,)),
        PartFile(b"_rels/.rels", (_relations((b"officeDocument", b"xl/workbook.xml")),)),
        PartFile(b"xl/workbook.xml", (_workbook(dressing.is_1904),)),
        PartFile(b"xl/_rels/workbook.xml.rels", (_relations(*parts),)),
    ]
    return stored_zip(files)


class PartFile(NamedTuple):
    """A file of a zip: its name, its bytes in chunks, and their checksum where it is known."""

    name: bytes
    chunks: Sequence[bytes]
    checksum: int | None = None


def stored_zip(files: Sequence[PartFile]) -> bytes:
    """Return a zip of some files, none packed: one copy of the bytes where zipfile makes three.

    Layout: PKWARE APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
    """
    body: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for name, chunks, checksum in files:
        crc = checksum if checksum is not None else reduce(_crc_with, chunks, 0)
        size = sum(len(chunk) for chunk in chunks)
        facts = struct.pack("<5H3I2H", 20, 0, 0, 0, 0x21, crc, size, size, len(name), 0)
        body += [b"PK\3\4", facts, name, *chunks]
        entry = struct.pack("<H", 20) + facts + struct.pack("<3H2I", 0, 0, 0, 0, offset)
        directory += [b"PK\1\2", entry, name]
        offset += 4 + len(facts) + len(name) + size
    central = b"".join(directory)
    end = struct.pack("<4H2IH", 0, 0, len(files), len(files), len(central), offset, 0)
    return b"".join([*body, central, b"PK\5\6", end])


def _crc_with(crc: int, chunk: bytes) -> int:
    return zlib.crc32(chunk, crc)


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
