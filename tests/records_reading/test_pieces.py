"""A sheet cut into pieces reads as the whole does, however its XML is written."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.errors import DamagedInput, UnsafeInput
from openlifecycle.reading.records.pace import BOUNDED, FAST, Pace, pace_for
from openlifecycle.reading.records.pieces import cut
from tests.records_reading.books import arrest, read, write_book

SMALL = Pace(piece=20_000, workers=2)
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def rows(count: int) -> list[dict[str, object] | None]:
    """Return rows of which every seventh is blank and texts hold what XML must escape."""
    return [
        None
        if n % 7 == 3
        else arrest(
            f"syn-{n:04}",
            TOA_Current_Duty_Site=f"A & B <{n % 5}> “quoted”",
            Apprehension_Date=dt.datetime(2024, 1, 1) + dt.timedelta(minutes=n),
        )
        for n in range(count)
    ]


def rewritten(path: Path, name: str, change: Callable[[str], str]) -> Path:
    """Write a workbook anew with one of its parts changed."""
    out = path.with_name("changed " + path.name)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == name:
                changed = change(data.decode())
                assert changed != data.decode()
                data = changed.encode()
            new.writestr(info.filename, data)
    return out


def test_cut_yields_whole_rows_and_their_numbers() -> None:
    xml = (
        b'<worksheet xmlns="x"><sheetData>'
        + b"".join(b'<row r="%d"><c r="A%d"/></row>' % (n, n) for n in (1, 2, 7, 8, 9, 20, 21))
        + b"</sheetData><pageMargins/></worksheet>"
    )
    for size in (30, 60, 100, 10_000):
        found = list(cut(io.BytesIO(xml), 7, size))
        assert b"".join(piece.rows for piece in found).count(b"<row") == 4
        starts = [int(re.findall(rb'r="(\d+)"', piece.rows)[0]) for piece in found]
        assert starts == [piece.first_row for piece in found]
        assert all(piece.rows.endswith(b"</row>") for piece in found)


def test_rows_without_numbers_are_counted() -> None:
    body = b"".join(b"<row><c><v>%d</v></c></row>" % n for n in range(1, 100))
    xml = b'<worksheet xmlns="x"><sheetData>' + body + b"</sheetData></worksheet>"
    found = list(cut(io.BytesIO(xml), 2, 600))
    assert len(found) > 2
    for piece in found:
        first = re.search(rb"<v>(\d+)</v>", piece.rows)
        assert first is not None
        assert piece.first_row == int(first.group(1))


def test_a_sheet_that_ends_in_the_middle_is_refused() -> None:
    with pytest.raises(DamagedInput):
        list(cut(io.BytesIO(b'<worksheet><sheetData><row r="1"><c/></row><row'), 0, 100))


@pytest.mark.parametrize("shared", [True, False])
def test_pieces_give_the_same_events_as_the_whole(tmp_path: Path, shared: bool) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": rows(400), "T": rows(90)}, shared=shared)
    whole, events = read(path, pace=FAST)
    pieces, again = read(path, pace=SMALL)
    assert whole.receipt == pieces.receipt
    assert again.equals(events)
    keys = [row["Anonymized Identifier"] for row in rows(400) if row]
    assert events.filter(pl.col("sheet") == "S")["person_key"].to_list() == keys
    assert events["duty_site"][0] == "A & B <0> “quoted”"


def test_strings_looked_up_once_equal_strings_that_travel(tmp_path: Path) -> None:
    # In the small pace the table of strings is larger than a piece, in the fast one smaller.
    tiny = Pace(piece=4_000, workers=1)
    path = write_book(tmp_path / "a.xlsx", {"S": rows(300)})
    with zipfile.ZipFile(path) as book:
        assert len(book.read(STRINGS)) > tiny.piece
    _, looked_up = read(path, pace=tiny)
    _, travelled = read(path, pace=FAST)
    assert looked_up.equals(travelled)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (SHEET, lambda xml: re.sub(r' t="s"><v>', ' t="s" ><v>', xml)),
        (SHEET, lambda xml: re.sub(r' t="s"', " t='s'", xml)),
        (STRINGS, lambda xml: xml.replace("<si><t>syn-0011</t></si>",
            "<si><r><t>syn</t></r><r><t>-0011</t></r><rPh sb='0' eb='1'><t>x</t></rPh></si>")),
        (STRINGS, lambda xml: xml.replace("syn-0011", "syn-00&#49;1")),
    ],
    ids=["space", "single quotes", "rich text", "escaped"],
)  # fmt: skip
def test_other_spellings_of_the_same_cells(
    tmp_path: Path, part: str, change: Callable[[str], str]
) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": rows(300)})
    _, expected = read(path, pace=FAST)
    _, events = read(rewritten(path, part, change), pace=Pace(piece=4_000, workers=2))
    same = [name for name in events.columns if name != "member"]
    assert events.select(same).equals(expected.select(same))


def test_prefixed_tags_are_read(tmp_path: Path) -> None:
    def prefixed(xml: str) -> str:
        xml = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", xml)
        return xml.replace(' xmlns="', ' xmlns:x="')

    path = write_book(tmp_path / "a.xlsx", {"S": rows(60)})
    _, expected = read(path)
    _, events = read(rewritten(path, SHEET, prefixed), pace=SMALL)
    assert events["person_key"].to_list() == expected["person_key"].to_list()


def test_days_counted_from_1904(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": [arrest()]})
    book = rewritten(
        path, "xl/workbook.xml", lambda xml: xml.replace("<workbookPr", '<workbookPr date1904="1"')
    )
    _, events = read(book)
    moved = dt.datetime(2024, 5, 6, 7, 8) + dt.timedelta(days=1462)
    assert events["arrested_at"].to_list() == [moved]


def test_a_declaration_in_a_part_is_refused(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": [arrest()]})
    bad = rewritten(
        path,
        SHEET,
        lambda xml: xml.replace("<worksheet", '<!DOCTYPE w [<!ENTITY a "b">]><worksheet', 1),
    )
    with pytest.raises(UnsafeInput):
        read(bad)


def test_a_wrong_checksum_is_found_and_leaves_nothing(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": rows(50)})
    with zipfile.ZipFile(path) as book:
        crc = book.getinfo(SHEET).CRC
    data = path.read_bytes().replace(crc.to_bytes(4, "little"), bytes(4))
    path.write_bytes(data)
    with pytest.raises(DamagedInput):
        read(path)
    assert list((tmp_path / "place").iterdir()) == []


def test_large_sheets_are_read_in_the_bounded_way() -> None:
    assert pace_for(100 * 2**20) is FAST
    assert pace_for(4 * 2**30) is BOUNDED
    assert BOUNDED.piece < FAST.piece


def test_error_cells_are_counted(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": [arrest(State="x"), arrest(State="TEXAS")]})
    with zipfile.ZipFile(path) as book:
        number = re.search(r'<c r="C8" t="s"><v>(\d+)</v></c>', book.read(SHEET).decode())
    assert number is not None
    broken = rewritten(
        path, SHEET, lambda xml: xml.replace(number.group(0), '<c r="C8" t="e"><v>#N/A</v></c>')
    )
    frame, events = read(broken)
    assert events["arrest_state"].to_list() == [None, "TEXAS"]
    assert frame.receipt["totals"]["error_cells"] == 1
    assert "error_cells" in {finding["rule"] for finding in frame.findings}
