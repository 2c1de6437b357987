"""The door scan: columns about people are refused by place, facilities' columns are not."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from tiny_reader import tiny_workbook, workbook_of

from openlifecycle.errors import PersonalData
from openlifecycle.intake.scan import personal_data, refuse_personal_data
from openlifecycle.reading import words
from openlifecycle.reading.safety import check_bytes

VALUE = "Q1-NEVER-SHOWN"


def hits_of(rows: list[list[object]], sheet: str = "Sheet A") -> list[str]:
    data = workbook_of({"First": [["as of 2024-01-01"]], sheet: rows})
    return [f"{hit.sheet} {hit.cell}" for hit in personal_data(data, check_bytes(data))]


@pytest.mark.parametrize(
    "header",
    [
        *("Last Name", "LAST_NAME", "lastname", "LastName", "First  Name:", "Detainee Name"),
        *("A-Number", "A Number", "A#", "Alien Number", "ALIEN FILE NUMBER", "Alien File No."),
        *("Date of Birth", "DOB", "Birth Date", "BIRTH_DATE", "Date of Birth (mm/dd/yyyy)"),
        *("SSN", "Social Security Number", "Home Address", "Residential Address"),
        *("Phone", "Telephone Number", "E-mail", "Email Address", "Passport Number", "FIN"),
        *("Alien's Last Name", "Subject DOB", "Last\xa0Name"),
    ],
)
def test_a_header_about_people_is_refused_wherever_it_stands(header: str) -> None:
    rows: list[list[object]] = [["Title"], [None], ["City", "Count", header], ["X", 1, VALUE]]
    assert hits_of(rows) == ["Sheet A C3"]
    # far down and in a hidden sheet as well
    assert hits_of([["x"]] * 70 + [[header], [VALUE]]) == ["Sheet A A71"]


@pytest.mark.parametrize(
    "header",
    [
        *("Name", "Address", "City", "State", "Zip", "AOR", "Type Detailed", "Male/Female"),
        *("DETLOC", "Facility Name", "Facility Address", "Facility Phone", "Country of Birth"),
        *("Number of Aliens", "Detention Facility Code", "Final Order", "A number of facilities"),
        *("Last Inspection Date", "Birth Year", "Level A", "No ICE Threat Level", "Mandatory"),
    ],
)
def test_a_header_about_facilities_or_counts_is_taken(header: str) -> None:
    assert hits_of([[header, "AOR"], ["ADAMS COUNTY DET CENTER", "NOL"]]) == []


@pytest.mark.parametrize(
    "value",
    ["A123456789", "A12345678", "A 123-456-789", "A123-456-789", "A# 123456789", "see A-12345678."],
)
def test_an_a_number_is_refused_without_a_header(value: str) -> None:
    assert hits_of([["Remarks"], [value]]) == ["Sheet A A2"]


@pytest.mark.parametrize(
    "value", ["FA123456789", "A1234567", "A1234567890", "1-800-555-0100", "2024-01-02", "A 5"]
)
def test_a_number_of_another_form_is_taken(value: str) -> None:
    assert hits_of([["Remarks"], [value]]) == []


def test_a_column_of_people_under_a_plain_name_is_refused() -> None:
    people = [
        [f"{last}, {first}"]
        for last in ("ROSSI", "Garcia Lopez", "O'Hara", "Núñez")
        for first in ("Maria", "JOHN A.", "Li", "J.")
    ]
    assert hits_of([["Name"], *people]) == ["Sheet A A2"]


def test_cities_with_states_and_a_few_commas_are_taken() -> None:
    cities = [
        [f"{city}, TX"]
        for city in (
            "EL PASO",
            "LAREDO",
            "DALLAS",
            "HOUSTON",
            "AUSTIN",
            "CONROE",
            "PEARSALL",
            "KARNES CITY",
            "TAYLOR",
        )
    ]
    assert hits_of([["City"], *cities]) == []
    assert hits_of([["Name"], ["CCA, Florence Center"], *[["JAIL"]] * 20]) == []


def test_a_column_that_the_publisher_redacted_is_taken() -> None:
    struck = [["(b)(6)"], ["(b)(6), (b)(7)(C)"], ["REDACTED"], ["XXXX"]]
    assert hits_of([["Alien File Number"], *struck]) == []
    assert hits_of([["Alien File Number"], *struck, [VALUE]]) == ["Sheet A A1"]
    assert hits_of([["Alien File Number"]]) == ["Sheet A A1"]


def test_the_message_shows_the_place_and_never_the_value() -> None:
    data = workbook_of({"People": [["Last Name", "A-Number"], [VALUE, "A123456789"]]})
    with pytest.raises(PersonalData) as caught:
        refuse_personal_data(data, check_bytes(data))
    message = str(caught.value)
    assert "sheet 'People' cell A1 (a person's name)" in message
    assert "cell B1 (an A-number)" in message
    assert VALUE not in message
    assert "A123456789" not in message


def test_text_inside_the_sheet_is_scanned_too() -> None:
    """Some programs write inline strings, and formulas give text, beside the shared strings."""
    for cell in (
        '<c r="B7" t="inlineStr"><is><t>Date of Birth</t></is></c>',
        '<c r="B7" t="inlineStr"><is><r><t>Date of </t></r><r><t>Birth</t></r></is></c>',
        '<c r="B7" t="str"><f>A1</f><v>Date of Birth</v></c>',
    ):
        with zipfile.ZipFile(io.BytesIO(tiny_workbook())) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        sheet = parts["xl/worksheets/sheet1.xml"].decode()
        row = f'<row r="7">{cell}</row></sheetData>'
        parts["xl/worksheets/sheet1.xml"] = sheet.replace("</sheetData>", row).encode()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        data = buffer.getvalue()
        (hit,) = personal_data(data, check_bytes(data))
        assert (hit.cell, hit.kind) == ("B7", "a date of birth")


def test_a_last_first_pattern_is_not_a_place() -> None:
    assert words.is_last_first("Smith, John A.")
    assert not words.is_last_first("El Paso, TX")


def test_every_published_workbook_passes_the_door(corpus_workbooks: list[Path]) -> None:
    fired = {}
    for path in corpus_workbooks:
        data = path.read_bytes()
        if hits := personal_data(data, check_bytes(data)):
            fired[path.name] = hits
    assert fired == {}


def test_a_published_workbook_with_one_column_of_people_does_not_pass(
    corpus_workbooks: list[Path],
) -> None:
    """The header goes over the facilities' Address column of a real workbook."""
    path = next(p for p in corpus_workbooks if p.name.startswith("FY24_2024-10-07"))
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    strings = parts["xl/sharedStrings.xml"]
    assert strings.count(b"<t>Address</t>") == 1
    parts["xl/sharedStrings.xml"] = strings.replace(b"<t>Address</t>", b"<t>Home Address</t>")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    data = buffer.getvalue()
    hits = personal_data(data, check_bytes(data))
    assert {(hit.kind, hit.cell[0]) for hit in hits} == {("a home address", "B")}
    assert all(hit.sheet.startswith("Facilities") for hit in hits)
