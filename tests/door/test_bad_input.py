"""Bad input gets a clear refusal with exit code 3 and leaves the store byte-identical."""

from __future__ import annotations

import errno
import io
import json
import os
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_reader import tiny_workbook, tree, workbook_of

from openlifecycle.errors import DamagedInput, UnsafeInput
from openlifecycle.intake import offers
from openlifecycle.intake.record_files import Bench
from openlifecycle.reading.safety import check_bytes
from openlifecycle.settings import WorkbookLimits
from openlifecycle.vault.places import Places

EXIT_REFUSED = 3


def rezip(change: Callable[[dict[str, bytes]], None], data: bytes | None = None) -> bytes:
    """Return a workbook whose parts were changed."""
    with zipfile.ZipFile(io.BytesIO(data or tiny_workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def set_part(name: str, content: bytes) -> bytes:
    return rezip(lambda parts: parts.update({name: content}))


def replace_in(name: str, old: bytes, new: bytes) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new, 1)

    return rezip(change)


def rows_of(rows: str) -> bytes:
    """Return a workbook whose only sheet has these rows."""

    def change(parts: dict[str, bytes]) -> None:
        sheet = parts[SHEET].decode()
        begin, end = sheet.index("<sheetData>"), sheet.index("</sheetData>")
        parts[SHEET] = (sheet[: begin + 11] + rows + sheet[end:]).encode()

    return rezip(change)


def elsewhere(data: bytes) -> bytes:
    """Return a workbook whose sheet lies outside xl/worksheets/: the relationships decide."""

    def change(parts: dict[str, bytes]) -> None:
        parts["data/one.bin"] = parts.pop(SHEET)
        rels = "xl/_rels/workbook.xml.rels"
        assert b"/xl/worksheets/sheet1.xml" in parts[rels]
        parts[rels] = parts[rels].replace(b"/xl/worksheets/sheet1.xml", b"/data/one.bin")

    return rezip(change, data)


def encrypted_zip() -> bytes:
    """Set the "encrypted" flag of every entry, in both copies of it (APPNOTE.TXT 4.4.4)."""
    data = bytearray(tiny_workbook())
    for signature, flag_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + flag_at] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + stream.encode("utf-16-le")


def lying_zip() -> bytes:
    """A part that says 10 bytes in both headers and unpacks to a megabyte."""
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = body.compress(b"0" * 1_000_000) + body.flush()
    good = io.BytesIO()
    with zipfile.ZipFile(good, "w") as archive:
        archive.writestr("xl/workbook.xml", packed)
    data = bytearray(good.getvalue())
    for signature, method_at, size_at in ((b"PK\x03\x04", 8, 22), (b"PK\x01\x02", 10, 24)):
        at = data.find(signature)
        struct.pack_into("<H", data, at + method_at, 8)
        struct.pack_into("<I", data, at + size_at, 10)
    return bytes(data)


def overlapping_zip() -> bytes:
    """Two directory entries that point at the same part (as in 42.zip's descendants)."""
    data = bytearray(rezip(lambda parts: parts.update({"xl/b.xml": b"<b/>", "xl/c.xml": b"<b/>"})))
    places = []
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        if data[at + 46 : at + 54] in (b"xl/b.xml", b"xl/c.xml"):
            places.append(at)
        at = data.find(b"PK\x01\x02", at + 4)
    first, second = places
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    return bytes(data)


def nested_part() -> bytes:
    """A part whose bytes lie inside another part's bytes, each with a header of its own."""
    inner = zip_of("xl/inner.xml", b"<inner/>")
    inner = inner[: inner.find(b"PK\x01\x02")]  # its local header and body
    buffer = io.BytesIO(tiny_workbook())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/outer.bin", inner)
        archive.writestr("xl/inner.xml", b"<inner/>")
    data = bytearray(buffer.getvalue())
    entry = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 42, data.find(inner))
    return bytes(data)


def twice_named() -> bytes:
    buffer = io.BytesIO(tiny_workbook())
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    return buffer.getvalue()


def zip_of(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
FAR_CORNERS = (
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)
DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
PEOPLE = [["Last Name", "First Name", "DOB"], ["Placeholder", "Ann", "1970-01-01"]]

BAD: dict[str, tuple[Callable[[], bytes], str, str]] = {
    # name: (bytes, class of the refusal, words that the message must have)
    "empty file": (lambda: b"", "NotAWorkbook", "empty"),
    "csv": (lambda: b"a,b,c\n1,2,3\n", "NotAWorkbook", "comma-separated"),
    "pdf": (lambda: b"%PDF-1.7\n...", "NotAWorkbook", "PDF"),
    "web page": (lambda: b"\n<!DOCTYPE html><html></html>", "NotAWorkbook", "web page"),
    "random bytes": (lambda: bytes(range(256)), "NotAWorkbook", "not an Excel workbook"),
    "plain zip": (lambda: zip_of("a.txt", b"a"), "NotAWorkbook", "without xl/workbook.xml"),
    "word document": (lambda: zip_of("word/document.xml", b"<a/>"), "NotAWorkbook", "Word"),
    "xlsb": (lambda: zip_of("xl/workbook.bin", b"\0"), "NotAWorkbook", ".xlsb"),
    "old xls": (lambda: ole("Workbook"), "NotAWorkbook", "old .xls"),
    "password": (lambda: ole("EncryptedPackage"), "DamagedInput", "encrypted with a password"),
    "truncated in the middle": (lambda: tiny_workbook()[:2500], "DamagedInput", "cut short"),
    "truncated by one byte": (lambda: tiny_workbook()[:-1], "DamagedInput", "cut short"),
    "truncated after 5 bytes": (lambda: tiny_workbook()[:5], "DamagedInput", "cut short"),
    "encrypted zip": (encrypted_zip, "DamagedInput", "encrypted"),
    "zip bomb": (lambda: set_part("xl/bomb.xml", b"0" * 30_000_000), "UnsafeInput", "zip bomb"),
    "part larger than it says": (lying_zip, "UnsafeInput", "larger than the directory says"),
    "overlapping parts": (overlapping_zip, "DamagedInput", "not where the directory says"),
    "part inside a part": (nested_part, "UnsafeInput", "share the same bytes"),
    "two cells at far corners": (
        lambda: rows_of(FAR_CORNERS),
        "UnsafeInput",
        "span more than",
    ),
    "far corners in a sheet that lies elsewhere": (
        lambda: elsewhere(rows_of(FAR_CORNERS)),
        "UnsafeInput",
        "span more than",
    ),
    "far corners under a namespace prefix": (
        lambda: rows_of(FAR_CORNERS.replace("<c ", "<x:c ").replace("</c>", "</x:c>")),
        "UnsafeInput",
        "span more than",
    ),
    "far corner behind an attribute with a bracket": (
        lambda: rows_of(FAR_CORNERS.replace('<c r="XFD', '<c s=">" r="XFD')),
        "UnsafeInput",
        "cannot be told",
    ),
    "far corner written in small letters": (
        lambda: rows_of(FAR_CORNERS.replace('"XFD', '"xfd')),
        "UnsafeInput",
        "cannot be told",
    ),
    "far corners, rows upside down": (
        lambda: rows_of(
            "<row r=\"1048576\"><c r='B1048576'><v>1</v></c></row>"
            '<row r="1"><c s="0" r="ZZ1"><v>1</v></c></row>'
        ),
        "UnsafeInput",
        "span more than",
    ),
    "far corners without references": (
        lambda: rows_of(
            "<row>" + "<c><v>1</v></c>" * 16384 + '</row><row r="1048576"><c><v>1</v></c></row>'
        ),
        "UnsafeInput",
        "span more than",
    ),
    "too many parts": (
        lambda: rezip(lambda parts: parts.update({f"x/{i}": b"" for i in range(2001)})),
        "UnsafeInput",
        "parts",
    ),
    "duplicate part": (twice_named, "UnsafeInput", "same name"),
    "path traversal": (lambda: set_part("../../evil.xml", b"<a/>"), "UnsafeInput", "leads out"),
    "absolute part name": (lambda: set_part("/etc/x", b"<a/>"), "UnsafeInput", "leads out"),
    "entity attack in the workbook part": (
        lambda: replace_in("xl/workbook.xml", b"<workbook", DOCTYPE + b"<workbook"),
        "UnsafeInput",
        "entity",
    ),
    "entity attack in a sheet": (
        lambda: replace_in(SHEET, b"<worksheet", DOCTYPE + b"<worksheet"),
        "UnsafeInput",
        "entity",
    ),
    "entity attack in a part of unknown suffix": (
        lambda: set_part("xl/media/image1.png", b"<?xml version='1.0'?>" + DOCTYPE + b"<a/>"),
        "UnsafeInput",
        "entity",
    ),
    "entity attack in UTF-16": (
        lambda: set_part(
            "customXml/item1.xml",
            b"\xff\xfe" + ('<?xml version="1.0"?>' + DOCTYPE.decode()).encode("utf-16-le"),
        ),
        "UnsafeInput",
        "entity",
    ),
    "encoding that hides declarations": (
        lambda: set_part("customXml/item1.xml", b'<?xml version="1.0" encoding="UTF-7"?><a/>'),
        "UnsafeInput",
        "UTF-7",
    ),
    "not well-formed": (lambda: set_part("xl/workbook.xml", b"<workbook>"), "DamagedInput", "XML"),
    "wrong series": (
        lambda: workbook_of({"Sales": [["Fruit", "Sold"], ["Apples", 3]]}),
        "UnknownSeries",
        "",
    ),
    "personal data": (lambda: workbook_of({"People": PEOPLE}), "PersonalData", "'People' cell A1"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_and_the_store_stays_byte_identical(
    case: str, store: Path, tmp_path: Path, olc: Callable[..., object]
) -> None:
    make, error, words = BAD[case]
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(make())
    before = tree(store)
    ran = olc("take", "--store", store, "--json", bad)
    assert ran.code == EXIT_REFUSED
    (outcome,) = json.loads(ran.out)
    assert outcome["outcome"] == "refused"
    assert outcome["error"]["error"] == error
    assert words in outcome["error"]["what"] + outcome["error"]["where"]
    assert str(bad) in outcome["error"]["where"]
    assert tree(store) == before


def test_a_refusal_makes_no_store(tmp_path: Path, olc: Callable[..., object]) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n")
    assert olc("take", "--store", tmp_path / "new", bad).code == EXIT_REFUSED
    assert not (tmp_path / "new").exists()


def test_the_refusal_is_printed_with_its_parts(tmp_path: Path, olc: Callable[..., object]) -> None:
    bad = tmp_path / "old.xls"
    bad.write_bytes(ole("Workbook"))
    ran = olc("take", "--store", tmp_path / "store", bad)
    assert "NotAWorkbook: the file is an old .xls workbook" in ran.err
    assert f"where    {bad}" in ran.err
    assert "next     open it, save it as .xlsx" in ran.err
    assert ran.out == "1 refused\n"


@pytest.mark.parametrize("damage_at", range(100, 4000, 130))
def test_a_flipped_byte_is_never_taken_for_whole(damage_at: int) -> None:
    """Every byte of the packed parts is under a CRC; a changed one shows."""
    data = bytearray(tiny_workbook(numbers=range(200)))
    whole = check_bytes(bytes(data))
    data[damage_at] ^= 0xFF
    try:
        facts = check_bytes(bytes(data))
    except (DamagedInput, UnsafeInput):
        return
    assert facts == whole  # the byte was in a field that says nothing (a time, an attribute)


def test_a_store_made_by_a_newer_version_is_refused_untouched(
    store: Path, tmp_path: Path, olc: Callable[..., object]
) -> None:
    good = tmp_path / "in" / "first.xlsx"
    (store / "store.json").write_text('{"format": 3}\n')
    before = tree(store)
    for words in (("take", good), ("verify",), ("verify", "--clean"), ("releases",)):
        ran = olc(words[0], "--store", store, *words[1:])
        assert ran.code == EXIT_REFUSED
        assert "StoreTooNew: the store has format 3" in ran.err
    assert tree(store) == before


def test_a_newer_catalogue_is_refused_even_under_an_old_marker(
    store: Path, tmp_path: Path, olc: Callable[..., object]
) -> None:
    connection = sqlite3.connect(store / "catalogue.sqlite")
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    before = tree(store)
    ran = olc("take", "--store", store, tmp_path / "in" / "first.xlsx")
    assert (ran.code, tree(store)) == (EXIT_REFUSED, before)
    assert "format 9" in ran.err


def test_somebody_elses_folder_is_not_made_a_store(
    tmp_path: Path, olc: Callable[..., object]
) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear")
    good = tmp_path / "good.xlsx"
    good.write_bytes(tiny_workbook())
    ran = olc("take", "--store", tmp_path / "letters", good)
    assert ran.code == 5
    assert "not a store" in ran.err
    assert list(tree(tmp_path / "letters")) == ["dear.txt"]


def test_a_file_that_the_disk_cannot_give_is_refused(
    store: Path, tmp_path: Path, olc: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """EIO from a real descriptor cannot be had everywhere: the open of this one path fails."""
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(tiny_workbook())
    real = Path.open

    def failing(self: Path, *args: object, **kwargs: object) -> object:
        if self == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))
        return real(self, *args, **kwargs)

    before = tree(store)
    monkeypatch.setattr(Path, "open", failing)
    ran = olc("take", "--store", store, bad)
    monkeypatch.undo()
    assert ran.code == EXIT_REFUSED
    assert "DamagedInput: the file cannot be read: Input/output error" in ran.err
    assert tree(store) == before


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc/self/mem (Linux)")
def test_a_real_read_error_of_the_system_is_a_refusal(
    store: Path, tmp_path: Path, take_tiny: Callable[..., list[object]]
) -> None:
    """Reading address 0 of a process gives a real EIO from a real file."""
    link = tmp_path / "broken.xlsx"
    link.symlink_to("/proc/self/mem")
    before = tree(store)
    (outcome,) = take_tiny(link)
    assert (outcome.outcome, outcome.error["error"]) == ("refused", "DamagedInput")
    assert tree(store) == before


@pytest.mark.parametrize("what", ["missing", "pipe"])
def test_what_is_no_file_is_refused_without_waiting(
    what: str, tmp_path: Path, take_tiny: Callable[..., list[object]]
) -> None:
    path = tmp_path / "thing.xlsx"
    if what == "pipe":
        os.mkfifo(path)
    (outcome,) = take_tiny(path)
    assert outcome.outcome == "refused"
    assert ("no such file" if what == "missing" else "not a regular file") in outcome.message


def test_styled_blanks_far_away_do_no_harm() -> None:
    """As in the published workbooks of June to August 2025: styles to XFC923, no values there."""
    blanks = "".join(f'<row r="{n}"><c r="XFC{n}" s="0"/></row>' for n in range(2, 900))
    check_bytes(rows_of('<row r="1"><c r="A1"><v>1</v></c></row>' + blanks))


def test_a_long_narrow_sheet_is_no_bomb() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 60_000))
    check_bytes(rows_of(rows))


def test_limits_are_asked_at_their_edge() -> None:
    data = tiny_workbook()
    sizes = check_bytes(data).parts
    total, largest = sum(sizes.values()), max(sizes.values())
    check_bytes(data, limits=WorkbookLimits(total_bytes=total, part_bytes=largest))
    check_bytes(data, limits=WorkbookLimits(parts=len(sizes), file_bytes=len(data)))
    for tight in (
        WorkbookLimits(total_bytes=total - 1),
        WorkbookLimits(part_bytes=largest - 1),
        WorkbookLimits(parts=len(sizes) - 1),
        WorkbookLimits(file_bytes=len(data) - 1),
    ):
        with pytest.raises(UnsafeInput):
            check_bytes(data, limits=tight)


def test_a_folder_without_workbooks_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    found = list(offers.unfold(tmp_path, Bench(Places(tmp_path / "store"))))
    assert [type(item).__name__ for item in found] == ["Skipped", "Turned"]
