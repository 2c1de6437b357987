"""What the XML parts of a workbook say before the grid is read: declarations, errors, names, dates.

Parts come in pieces, so that memory stays bounded whatever a part claims. Only the three small
parts that are parsed whole (workbook, relationships, core properties) go through an XML parser,
and only after they were shown to declare nothing.
"""

from __future__ import annotations

import posixpath
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime

from openlifecycle.errors import DamagedInput, UnsafeInput
from openlifecycle.reading.sheetscan import LARGE, OVERLAP, SheetScan

_XML_SUFFIXES = (".xml", ".rels", ".vml")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
#: Encodings in which ``<!`` is the two bytes 3C 21; any other could hide a declaration.
_ASCII_LIKE = {b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"}
_DECLARATION = re.compile(rb"<!")
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_ID_NAMES = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",  # "strict" workbooks
)
_DCTERMS = "{http://purl.org/dc/terms/}"


def scan_part(name: str, pieces: Iterator[bytes], *, sheet: SheetScan | None = None) -> None:
    """Refuse declarations in a part, and show it to ``sheet``. Consumes every piece in any case.

    Args:
        name: name of the part; its suffix or its first bytes say whether it is XML.
        pieces: the unpacked part.
        sheet: what looks at the part besides, if it is a worksheet.

    Raises:
        UnsafeInput: a DOCTYPE or ENTITY declaration, or an encoding that could hide one; or
            what ``sheet`` refuses.
    """
    is_xml = wide = False
    tail, offset = b"", 0
    for number, piece in enumerate(pieces):
        if number == 0:
            is_xml = bool(sheet) or name.lower().endswith(_XML_SUFFIXES) or _begins_like_xml(piece)
            refuse_wide = bool(sheet) or name.startswith("xl/")
            wide = is_xml and _is_wide(name, piece, refuse=refuse_wide)
        if not is_xml:
            continue
        data = tail + piece
        _refuse_declarations(name, data.replace(b"\0", b"") if wide else data)
        if sheet is not None:
            sheet.see(data, offset, whole=number == 0 and len(piece) < LARGE)
        tail = data[-(OVERLAP if sheet is not None else 16) :]
        offset += len(data) - len(tail)


def _begins_like_xml(piece: bytes) -> bool:
    head = piece[:64].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n")
    return head.startswith((b"<?xml", b"<!"))


def _is_wide(name: str, piece: bytes, *, refuse: bool) -> bool:
    """Return whether an XML part is UTF-16; refuse encodings that could hide a declaration."""
    if b"\0" in piece[:4] or piece.startswith((b"\xff\xfe", b"\xfe\xff")):
        if refuse:
            # Excel writes UTF-8; a sheet in UTF-16 could not be searched for its error cells.
            raise UnsafeInput("a part of the workbook is not UTF-8", where=name)
        return True
    stated = _ENCODING.match(piece[:512].removeprefix(b"\xef\xbb\xbf"))
    if stated and stated.group(1).lower() not in _ASCII_LIKE:
        raise UnsafeInput(
            f"a part states the encoding {stated.group(1).decode()}, which could hide declarations",
            where=name,
        )
    return False


def _refuse_declarations(name: str, data: bytes) -> None:
    """Raise at the first ``<!`` that opens neither a comment nor a CDATA section."""
    for found in _DECLARATION.finditer(data):
        after = data[found.end() : found.end() + 7]
        # Cut off by the end of the piece: the overlap shows it whole in the next one.
        if not after.startswith(b"--") and not b"[CDATA[".startswith(after):
            raise UnsafeInput(
                "an XML part declares a document type or an entity (an entity attack begins so)",
                where=name,
                next_step="no workbook that Excel wrote has one; do not open this file",
            )


def _parse(name: str, data: bytes) -> ET.Element:
    try:
        # Shown above to declare nothing, and bounded by settings.parsed_part_bytes.
        return ET.fromstring(data)  # noqa: S314
    except (ET.ParseError, ValueError) as why:
        raise DamagedInput("a part is not well-formed XML", where=f"{name}: {why}") from why


def sheet_parts(workbook: bytes, relationships: bytes | None) -> dict[str, str]:
    """Return sheet name -> part name, in workbook order, as the relationships say."""
    targets: dict[str, str] = {}
    if relationships is not None:
        for relation in _parse("xl/_rels/workbook.xml.rels", relationships).iter(_RELATION):
            target = relation.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            targets[relation.get("Id", "")] = posixpath.normpath(path)
    sheets: dict[str, str] = {}
    for element in _parse("xl/workbook.xml", workbook).iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        name = element.get("name", "")
        ids = [element.get(key) for key in _ID_NAMES]
        part = next((targets[i] for i in ids if i is not None and i in targets), None)
        if part is None or not name:
            raise DamagedInput("a sheet of the workbook has no part", where=f"sheet {name!r}")
        if name in sheets:
            raise DamagedInput("two sheets of the workbook have the same name", where=name)
        sheets[name] = part
    if not sheets:
        raise DamagedInput("the workbook has no sheets", where="xl/workbook.xml")
    return sheets


def core_dates(core: bytes | None) -> tuple[datetime | None, datetime | None, tuple[str, ...]]:
    """Return (created, modified, notes) of docProps/core.xml; who made it is not read."""
    if core is None:
        return None, None, ("docProps/core.xml is missing",)
    root = _parse("docProps/core.xml", core)
    found: dict[str, datetime | None] = {"created": None, "modified": None}
    notes: list[str] = []
    for key in found:
        element = root.find(_DCTERMS + key)
        text = (element.text or "").strip() if element is not None else ""
        if not text:
            notes.append(f"docProps/core.xml has no date {key}")
            continue
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            notes.append(f"docProps/core.xml: {key} is not a date")
            continue
        found[key] = when if when.tzinfo else when.replace(tzinfo=UTC)
    return found["created"], found["modified"], tuple(notes)
