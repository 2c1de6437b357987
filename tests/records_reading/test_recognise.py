"""A record table is known by its header; what is not known is refused by name."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from openlifecycle.errors import DamagedInput, RefusedInput, UnknownSeries
from openlifecycle.reading.records.recognise import recognise
from openlifecycle.reading.records.spec import record_specs
from tests.records_reading.books import ARRESTS, OLD_STINTS, arrest, read, write_book, write_text

LAYOUTS = [
    (spec.series, layout.name, [column.heading for column in layout.columns])
    for spec in record_specs()
    for layout in spec.layouts
]


@pytest.mark.parametrize(("series", "layout", "header"), LAYOUTS)
def test_every_layout_is_recognised_in_both_forms(
    tmp_path: Path, series: str, layout: str, header: list[str]
) -> None:
    original = recognise(write_text(tmp_path / "original", [header], delimiter="|", preamble=6))
    assert original is not None
    assert (original.series, original.layout, original.form) == (series, layout, "original")
    clean = [heading.lower().replace(" ", "_") for heading in header]
    pl.DataFrame({name: ["x"] for name in clean}).write_parquet(tmp_path / "clean")
    processed = recognise(tmp_path / "clean")
    assert processed is not None
    assert (processed.series, processed.form) == (series, "processed")
    assert layout in {processed.layout, *processed.also}


def test_the_layouts_are_those_that_were_asked_for() -> None:
    known = {(series.removeprefix("us_ice."), layout) for series, layout, _ in LAYOUTS}
    everywhere = {"arrests", "detentions", "removals", "detainers", "encounters"}
    assert known == {
        *((series, "mid-2025") for series in everywhere),
        *((series, "2026-03") for series in everywhere),
        *((series, "2012-2023") for series in ("arrests", "detentions", "removals")),
        ("detentions", "uwchr-2022"),
    }


def test_the_sheets_are_named(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"One": [arrest()], "Two": [arrest()]})
    found = recognise(path)
    assert found is not None
    assert found.sheets == ("One", "Two")


def test_an_unknown_column_is_refused_by_name(tmp_path: Path) -> None:
    header = [*ARRESTS, "Aprehension Metod", "Shoe Size"]
    path = write_book(tmp_path / "a.xlsx", {"S": [arrest()]}, header)
    for act in (recognise, read):
        with pytest.raises(UnknownSeries) as refused:
            act(path)
        assert "'Aprehension Metod', 'Shoe Size'" in refused.value.what
        assert "2026-03" in refused.value.nearest
        assert "'Aprehension Metod' ~ 'Apprehension Method'" in refused.value.nearest
    assert not (tmp_path / "place" / "events.parquet").exists()


def test_a_column_without_heading_is_refused_where_it_holds_something(tmp_path: Path) -> None:
    header = [*ARRESTS[:5], "", *ARRESTS[6:]]
    with pytest.raises(UnknownSeries):
        recognise(write_book(tmp_path / "a.xlsx", {"S": [arrest()]}, header))


def test_values_right_of_the_header_are_refused(tmp_path: Path) -> None:
    header = [*ARRESTS, ""]
    with pytest.raises(RefusedInput, match="under no heading") as refused:
        read(write_book(tmp_path / "a.xlsx", {"S": [arrest(), {"": "stray"}]}, header))
    assert "Z9" in refused.value.where
    assert "stray" not in str(refused.value)


def test_a_table_without_the_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownSeries, match="Anonymized Identifier"):
        recognise(write_book(tmp_path / "a.xlsx", {"S": [arrest()]}, ARRESTS[:-1]))


def test_a_repeated_heading_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownSeries, match="Gender"):
        recognise(write_text(tmp_path / "a.csv", [[*ARRESTS, "Gender"]]))


def test_the_heading_that_the_publisher_prints_twice_is_told_apart(tmp_path: Path) -> None:
    detainers = next(h for s, n, h in LAYOUTS if s == "us_ice.detainers" and n == "mid-2025")
    header = [name.replace("Case Final Order", "Final Order") for name in detainers]
    assert header.count("Final Order Yes No") == 2
    values = [{"Final Order Yes No": "YES"}.get(name, "") for name in header]
    values[header.index("Final Order Yes No")] = "NO"
    values[header.index("Unique Identifier")] = "syn-1"
    values[header.index("Detainer Prepare Date")] = "2025-01-02 03:04:05"
    _, events = read(write_text(tmp_path / "a.csv", [header, values]))
    assert events["final_order"].to_list() == ["NO"]


def test_aggregates_and_other_files_are_no_record_tables(tmp_path: Path) -> None:
    facilities = ["Name", "Address", "City", "State", "Zip", "AOR", "Type Detailed", "Level A"]
    book = write_book(tmp_path / "a.xlsx", {"Facilities": []}, facilities)
    assert recognise(book) is None
    (tmp_path / "note.txt").write_text("State, County, Gender and Operation are words\n")
    assert recognise(tmp_path / "note.txt") is None


def test_two_tables_in_one_workbook_are_refused(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for name, header in (("A", ARRESTS), ("B", OLD_STINTS)):
            book.add_worksheet(name).write_row(6, 0, header)
    with pytest.raises(RefusedInput, match="more than one record table"):
        recognise(tmp_path / "a.xlsx")


def test_files_of_two_tables_are_no_release(tmp_path: Path) -> None:
    arrests = write_book(tmp_path / "a.xlsx", {"S": [arrest()]})
    stints = write_book(tmp_path / "b.xlsx", {"S": []}, OLD_STINTS, preamble=5)
    with pytest.raises(RefusedInput, match="not of one record table"):
        read(arrests, stints)


def test_a_sheet_of_rows_without_a_header_is_refused(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("A").write_row(6, 0, ARRESTS)
        more = book.add_worksheet("continued")
        for row in range(9):
            more.write_row(row, 0, ["a", "b", "c", "d", "e", "f"])
    with pytest.raises(RefusedInput, match="without a known header") as refused:
        recognise(tmp_path / "a.xlsx")
    assert "continued" in refused.value.where


def test_stays_worked_out_by_others_are_refused_with_what_to_take(tmp_path: Path) -> None:
    header = ["stay_ID", "unique_identifier", "n_stints", "n_stays", "gender", "case_status"]
    header += ["departed_date", "final_order_yes_no", "book_in_criminality", "birth_year"]
    with pytest.raises(UnknownSeries, match="stays worked out") as refused:
        recognise(write_text(tmp_path / "a.csv", [header]))
    assert "stints" in refused.value.next_step


def test_a_cut_off_workbook_is_damaged(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": [arrest() for _ in range(50)]})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert recognise(path) is None  # no longer a zip: its directory is at the end
    broken = bytearray(whole)
    at = whole.index(b"xl/worksheets/sheet1.xml") + 60
    broken[at : at + 40] = bytes(40)
    path.write_bytes(bytes(broken))
    with pytest.raises(DamagedInput):
        recognise(path)
