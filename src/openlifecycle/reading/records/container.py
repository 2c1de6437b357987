"""The zip container of a large workbook: its parts as streams, its first rows without the rest."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.parsers import expat

from openlifecycle.errors import DamagedInput, UnsafeInput
from openlifecycle.reading.parts import scan_part, sheet_parts

WORKBOOK: Final = "xl/workbook.xml"
RELATIONSHIPS: Final = "xl/_rels/workbook.xml.rels"
STYLES: Final = "xl/styles.xml"
SHARED_STRINGS: Final = "xl/sharedStrings.xml"
#: Parts that are held whole; a hundred times what a real one weighs.
_SMALL_PART: Final = 64 * 2**20
#: XML of records packs 10 to 25 times; beyond this it is made to fill a disk or a memory.
_RATIO: Final = 200
_STREAM_PIECE: Final = 256 * 2**10


class _Enough(Exception):  # noqa: N818 - not an error: the parser has seen what it was asked for
    """The parser may stop."""


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a workbook's container and refuse one that is damaged or made to overflow."""
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.flag_bits & 0x1:
                    raise DamagedInput("the workbook is protected by a password")
                if info.file_size > _RATIO * max(info.compress_size, 2**16):
                    raise UnsafeInput(
                        f"the part {info.filename!r} would expand {_RATIO} times and more",
                        next_step="fetch the file again from its publisher",
                    )
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as problem:
        raise DamagedInput(
            f"the workbook's container cannot be read: {problem}",
            next_step="download it again and compare its size with the publisher's",
        ) from problem


def small_part(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """Return a part that is held whole, None where the workbook has none of that name."""
    real = {info.filename.lower(): info for info in archive.infolist()}.get(name.lower())
    if real is None:
        return None
    if real.file_size > _SMALL_PART:
        raise UnsafeInput(f"the part {name!r} is {real.file_size:,} bytes")
    data = archive.read(real)
    scan_part(name, iter((data,)))
    return data


def sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name -> part, in the order of the workbook; {} where it is none."""
    workbook = small_part(archive, WORKBOOK)
    if workbook is None:
        return {}
    found = sheet_parts(workbook, small_part(archive, RELATIONSHIPS))
    real = {name.lower(): name for name in archive.namelist()}
    return {name: real[part.lower()] for name, part in found.items() if part.lower() in real}


def is_1904(archive: zipfile.ZipFile) -> bool:
    """Return whether the workbook counts its days from 1904."""
    workbook = small_part(archive, WORKBOOK) or b""
    return b'date1904="1"' in workbook or b'date1904="true"' in workbook


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise UnsafeInput("a part of the workbook declares a document type or an entity")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _run(archive: zipfile.ZipFile, part: str, parser: expat.XMLParserType) -> None:
    """Feed a part to a parser until it has seen enough or the part ends."""
    try:
        with archive.open(part) as stream:
            while piece := stream.read(_STREAM_PIECE):
                parser.Parse(piece, False)
    except _Enough:
        return
    except expat.ExpatError as problem:
        raise DamagedInput(f"the part {part!r} is not well-formed: {problem}") from problem


def first_rows(archive: zipfile.ZipFile, part: str, count: int) -> dict[int, dict[int, str]]:
    """Return the first rows of a sheet that hold anything: row number -> column -> text."""
    cells = _Cells(count)
    parser = _parser()
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.CharacterDataHandler = cells.data
    _run(archive, part, parser)
    texts = _strings(archive, cells.wanted)
    return {
        number: {
            column: texts.get(int(value), "") if kind == "s" else value
            for column, (kind, value) in row.items()
        }
        for number, row in cells.rows.items()
    }


class _Cells:
    """Handlers that collect the cells of the first rows of a sheet.

    Attributes:
        rows: row number -> column -> (type, text), for rows that hold anything.
        wanted: numbers of the shared strings that they name.
    """

    def __init__(self, count: int) -> None:
        self.rows: dict[int, dict[int, tuple[str, str]]] = {}
        self.wanted: set[int] = set()
        self._count = count
        self._row = self._column = 0
        self._kind, self._text, self._is_inside = "", "", False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """See an element open."""
        tag = name.rpartition(" ")[2]
        if tag == "row":
            self._row, self._column = int(attributes.get("r", self._row + 1)), -1
            if len(self.rows) >= self._count:
                raise _Enough
        elif tag == "c":
            has_place = "r" in attributes
            self._column = _column(attributes["r"]) if has_place else self._column + 1
            self._kind, self._text = attributes.get("t", "n"), ""
        elif tag in {"v", "t"}:
            self._is_inside = True

    def end(self, name: str) -> None:
        """See an element close."""
        tag = name.rpartition(" ")[2]
        if tag in {"v", "t"}:
            self._is_inside = False
        elif tag == "c" and self._text.strip():
            self.rows.setdefault(self._row, {})[self._column] = (self._kind, self._text)
            if self._kind == "s":
                self.wanted.add(int(self._text))

    def data(self, piece: str) -> None:
        """See text."""
        if self._is_inside:
            self._text += piece


def _strings(archive: zipfile.ZipFile, wanted: set[int]) -> dict[int, str]:
    """Return the shared strings of the given numbers, reading no further than the last."""
    real = {name.lower(): name for name in archive.namelist()}.get(SHARED_STRINGS.lower())
    if not wanted or real is None:
        return {}
    found: dict[int, str] = {}
    number, phonetic, inside, last = -1, False, False, max(wanted)

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal number, phonetic, inside
        tag = name.rpartition(" ")[2]
        if tag == "si":
            number += 1
            if number > last:
                raise _Enough
        phonetic = phonetic or tag == "rPh"
        inside = tag == "t" and not phonetic and number in wanted

    def end(name: str) -> None:
        nonlocal phonetic, inside
        inside = False
        phonetic = phonetic and name.rpartition(" ")[2] != "rPh"

    def data(piece: str) -> None:
        if inside:
            found[number] = found.get(number, "") + piece

    parser = _parser()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    _run(archive, real, parser)
    return found


def _column(reference: str) -> int:
    """Return the zero-based column of a reference such as ``AB12``."""
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter.upper()) - 64
    return number - 1
