"""Is this file a workbook that is safe to open? Asked of the bytes, before any reader sees them.

Every part is unpacked exactly once, in bounded pieces: its CRC is proved, its true size is held
against the limits of :mod:`openlifecycle.settings`, and XML is searched for document type and
entity declarations (the only way an XML part can grow or reach outside itself; OPC, ECMA-376
part 2 section 7.2, forbids them anyway). The same pass collects what the grid reader loses:
error cells, and the dates of ``docProps/core.xml``. Names of people in that part are not kept.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from openlifecycle.errors import DamagedInput, NotAWorkbook, UnsafeInput
from openlifecycle.reading import parts as xml_parts
from openlifecycle.reading.sheetscan import SheetScan
from openlifecycle.settings import MIB, WORKBOOK_LIMITS, WorkbookLimits

WORKBOOK_PART = "xl/workbook.xml"
RELATIONSHIPS_PART = "xl/_rels/workbook.xml.rels"
CORE_PART = "docProps/core.xml"
_PARSED = (WORKBOOK_PART, RELATIONSHIPS_PART, CORE_PART)

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_PIECE = 4 * MIB
_STORED, _DEFLATED = 0, 8
_ENCRYPTED_FLAG = 0x1

_NEXT_XLSX = "save it as .xlsx without a password and take that, or fetch the file again"

#: What the zip directory of a damaged file raises; UnicodeDecodeError is a ValueError.
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError)

#: First bytes (in lower case) of things people hand over by mistake, and what to call them.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%pdf", "a PDF document"),
    (b"<!doctype html", "a web page (often an error page saved under the file's name)"),
    (b"<html", "a web page (often an error page saved under the file's name)"),
    (b"<?xml", "an XML document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"rar!", "a RAR archive"),
    (b"sqlite format 3", "an SQLite database"),
    (b"par1", "a Parquet file"),
)
#: Zip members that tell what a zip is, when it is not a workbook.
_ZIP_KINDS: tuple[tuple[str, str], ...] = (
    ("xl/workbook.bin", "a binary workbook (.xlsb)"),
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a PowerPoint file"),
    ("content.xml", "an OpenDocument file (.ods, .odt)"),
)


@dataclass(frozen=True)
class ZipFacts:
    """What one pass over the parts of a workbook showed.

    Attributes:
        parts: size of every part, unpacked, by name, in the order of the central directory.
        sheets: sheet name as printed -> worksheet part, in the order of the workbook.
        error_cells: worksheet part -> its error cells as (A1 reference, text such as ``#N/A``).
        created: ``dcterms:created`` of docProps/core.xml, None where the workbook has none.
        modified: ``dcterms:modified`` likewise.
        notes: what was odd but harmless, e.g. a core date that is not a date.
        own_text: worksheet parts with text outside xl/sharedStrings.xml.
    """

    parts: dict[str, int]
    sheets: dict[str, str]
    error_cells: dict[str, tuple[tuple[str, str], ...]]
    created: datetime | None
    modified: datetime | None
    notes: tuple[str, ...] = ()
    own_text: tuple[str, ...] = ()

    def errors_of_sheet(self, sheet: str) -> tuple[tuple[str, str], ...]:
        """Return the error cells of a sheet by its printed name."""
        return self.error_cells.get(self.sheets.get(sheet, ""), ())


#: The last workbook found safe: the door and the grid reader ask one after the other about the
#: same bytes object, and the answer costs 5 ms. One workbook is held, at most 64 MB.
_last: tuple[bytes, WorkbookLimits, ZipFacts | None] = (b"", WORKBOOK_LIMITS, None)


def check_bytes(data: bytes, *, limits: WorkbookLimits = WORKBOOK_LIMITS) -> ZipFacts:
    """Return the facts of a workbook that is whole and safe to open, or refuse it.

    Args:
        data: the bytes of the file, as they came.
        limits: sizes above which the file is refused.

    Raises:
        NotAWorkbook: some other kind of file, old ``.xls`` included.
        DamagedInput: cut short, a wrong checksum, or protected by a password.
        UnsafeInput: it would expand beyond the limits, or carries entity declarations, or part
            names that are duplicated or leave the archive.
    """
    global _last
    last_data, last_limits, facts = _last
    if last_data is data and last_limits == limits and facts is not None:
        return facts
    facts = _check(data, limits)
    _last = (data, limits, facts)
    return facts


def _check(data: bytes, limits: WorkbookLimits) -> ZipFacts:
    refuse_other_files(data)
    if len(data) > limits.file_bytes:
        raise UnsafeInput(
            f"the file is {len(data):,} bytes; the limit for one workbook is {limits.file_bytes:,}"
        )
    infos = _directory(data)
    if WORKBOOK_PART not in {info.filename for info in infos}:
        raise _not_a_workbook(infos)
    _check_directory(infos, limits)
    packed = dict(zip((i.filename for i in infos), _packed(data, infos), strict=True))

    kept: dict[str, bytes] = {}
    for info in infos:
        if info.filename in _PARSED:
            if info.file_size > limits.parsed_part_bytes:
                raise _too_big(info, limits.parsed_part_bytes)
            kept[info.filename] = b"".join(_unpack(packed[info.filename], info))
            xml_parts.scan_part(info.filename, iter((kept[info.filename],)))
    # A worksheet is what the workbook calls one, wherever it lies in the archive.
    sheets = xml_parts.sheet_parts(kept[WORKBOOK_PART], kept.get(RELATIONSHIPS_PART))
    by_lower = {info.filename.lower(): info.filename for info in infos}
    sheets = {sheet: by_lower.get(part.lower(), part) for sheet, part in sheets.items()}
    is_sheet = set(sheets.values())
    scans: dict[str, SheetScan] = {}
    for info in infos:
        name = info.filename
        if name in kept:
            continue
        if name in is_sheet:
            scans[name] = SheetScan(name, limits)
        xml_parts.scan_part(name, _unpack(packed[name], info), sheet=scans.get(name))

    created, modified, notes = xml_parts.core_dates(kept.get(CORE_PART))
    return ZipFacts(
        parts={info.filename: info.file_size for info in infos},
        sheets=sheets,
        error_cells={name: scan.cells for name, scan in scans.items() if scan.cells},
        created=created,
        modified=modified,
        notes=notes,
        own_text=tuple(name for name, scan in scans.items() if scan.own_text),
    )


def refuse_other_files(data: bytes) -> None:
    """Raise unless the first bytes are those of a zip; say what the file is instead."""
    if data.startswith(b"PK\x03\x04"):
        return
    if not data:
        raise NotAWorkbook("the file is empty (0 bytes)", next_step="fetch the file again")
    if data.startswith(b"PK\x05\x06"):
        raise NotAWorkbook("the file is an empty zip archive")
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        # [MS-OFFCRYPTO] 2.3.4.4: an encrypted xlsx is an OLE2 file with an EncryptedPackage stream.
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DamagedInput(
                "the workbook is encrypted with a password",
                next_step="open it with the password, save it without one, and take that",
            )
        raise NotAWorkbook(
            "the file is an old .xls workbook (Excel 97-2003), not .xlsx",
            next_step="open it, save it as .xlsx and take that; say so when you cite it",
        )
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise NotAWorkbook(f"the file is {kind}, not an Excel workbook (.xlsx)")
    if b"\0" not in head and len(head.split(b"\n", 1)[0].split(b",")) > 1:
        raise NotAWorkbook("the file looks like comma-separated text, not an Excel workbook")
    raise NotAWorkbook(
        "the file is not an Excel workbook (.xlsx): it does not begin like a zip archive",
        next_step=_NEXT_XLSX,
    )


def _directory(data: bytes) -> list[zipfile.ZipInfo]:
    """Return the entries of the central directory, folders left out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [info for info in archive.infolist() if not info.is_dir()]
    except (*_UNREADABLE, struct.error) as why:
        raise DamagedInput(
            f"the file is cut short or damaged: its zip directory cannot be read ({why})",
            nearest="it begins like a workbook; an interrupted download looks like this",
            next_step="fetch the file again",
        ) from why


def _not_a_workbook(infos: list[zipfile.ZipInfo]) -> NotAWorkbook:
    names = {info.filename for info in infos}
    for member, kind in _ZIP_KINDS:
        if member in names:
            return NotAWorkbook(f"the file is {kind}, not .xlsx", next_step=_NEXT_XLSX)
    return NotAWorkbook(
        f"the file is a zip of {len(names)} files without {WORKBOOK_PART}, not a workbook",
        nearest=", ".join(sorted(names)[:3]),
    )


def _check_directory(infos: list[zipfile.ZipInfo], limits: WorkbookLimits) -> None:
    """Hold what the directory claims against the limits, before anything is unpacked."""
    if len(infos) > limits.parts:
        raise UnsafeInput(f"the workbook has {len(infos):,} parts; the limit is {limits.parts:,}")
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        # ECMA-376 part 2, 6.2.2: part names are equal without regard to case.
        if name.lower() in seen:
            raise UnsafeInput("two parts of the workbook have the same name", where=name)
        seen.add(name.lower())
        if unsafe_name(info):
            raise UnsafeInput("a part name leads out of the archive", where=repr(name))
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise DamagedInput(
                "the zip is encrypted: a part needs a password", where=name, next_step=_NEXT_XLSX
            )
        if info.compress_type not in (_STORED, _DEFLATED):
            raise DamagedInput(
                f"a part is packed by method {info.compress_type}; workbooks use only 0 and 8",
                where=name,
            )
        if info.file_size > limits.part_bytes:
            raise _too_big(info, limits.part_bytes)
        if (
            info.file_size > limits.ratio_from_bytes
            and info.file_size > limits.ratio * info.compress_size
        ):
            raise UnsafeInput(
                f"a part expands {info.file_size // max(1, info.compress_size):,} times; the limit"
                f" is {limits.ratio} (a zip bomb looks like this)",
                where=name,
            )
    total = sum(info.file_size for info in infos)
    if total > limits.total_bytes:
        raise UnsafeInput(
            f"the workbook would expand to {total:,} bytes; the limit is {limits.total_bytes:,}"
        )


def unsafe_name(info: zipfile.ZipInfo) -> bool:
    """Return whether a member's name would leave the archive, or hides bytes after a NUL."""
    name = info.orig_filename.replace("\\", "/")
    return "\0" in name or ":" in name or name.startswith("/") or ".." in name.split("/")


def _too_big(info: zipfile.ZipInfo, limit: int) -> UnsafeInput:
    return UnsafeInput(
        f"a part expands to {info.file_size:,} bytes; the limit is {limit:,}", where=info.filename
    )


def _packed(data: bytes, infos: list[zipfile.ZipInfo]) -> list[memoryview]:
    """Return each part's packed bytes; parts may not overlap (as in the best zip bombs)."""
    view = memoryview(data)
    packed: list[memoryview] = []
    spans: list[tuple[int, int, str]] = []
    for info in infos:
        at = info.header_offset
        try:
            fields = _LOCAL_HEADER.unpack_from(data, at)
        except struct.error as why:
            raise DamagedInput(
                "a part lies beyond the end of the file", where=info.filename
            ) from why
        start = at + _LOCAL_HEADER.size + fields[9] + fields[10]
        name = data[at + _LOCAL_HEADER.size :][: fields[9]] if fields[9] < 4096 else b""
        # Compare as the directory stores it; a reader that trusted the other copy would differ.
        encoding = "utf-8" if info.flag_bits & 0x800 else "cp437"
        if fields[0] != b"PK\x03\x04" or name != info.orig_filename.encode(encoding, "replace"):
            raise DamagedInput("a part is not where the directory says", where=info.filename)
        if start + info.compress_size > len(data):
            raise DamagedInput(
                "the file is cut short: a part is missing its end",
                where=info.filename,
                next_step="fetch the file again",
            )
        packed.append(view[start : start + info.compress_size])
        spans.append((at, start + info.compress_size, info.filename))
    spans.sort()
    for (_, end, first), (begin, _, second) in zip(spans, spans[1:], strict=False):
        if begin < end:
            raise UnsafeInput("two parts share the same bytes", where=f"{first} and {second}")
    return packed


def _unpack(packed: memoryview, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in pieces of at most 4 MiB; prove its size and CRC, never trust them."""
    size = crc = 0
    try:
        for piece in _inflate(packed, info):
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            if size > info.file_size:
                raise UnsafeInput("a part is larger than the directory says", where=info.filename)
            yield piece
    except zlib.error as why:
        raise DamagedInput("a part cannot be unpacked", where=info.filename) from why
    if size != info.file_size or crc != info.CRC:
        raise DamagedInput(
            "a part does not have the size or checksum that the zip states",
            where=info.filename,
            next_step="fetch the file again",
        )


def _inflate(packed: memoryview, info: zipfile.ZipInfo) -> Iterator[bytes]:
    if info.compress_type == _STORED:
        for at in range(0, len(packed), _PIECE):
            yield bytes(packed[at : at + _PIECE])
        return
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    # One byte more than promised is enough to catch a part that lies about its size.
    room = min(_PIECE, info.file_size + 1)
    piece = engine.decompress(packed, room)
    while piece:
        yield piece
        piece = engine.decompress(engine.unconsumed_tail, _PIECE)
