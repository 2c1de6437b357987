"""What identifies people is refused or dropped, and never repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openlifecycle.errors import PersonalData
from openlifecycle.reading.records.pace import Pace
from openlifecycle.reading.records.personal import personal_data_kind
from tests.records_reading.books import ARRESTS, arrest, columns_of, read, write_book

MARKER = "marker-of-a-person"


def test_a_birth_date_that_is_not_redacted_refuses_the_release(tmp_path: Path) -> None:
    rows = [arrest(), arrest(Birth_Date="1985-02-03"), arrest(Birth_Date="1986-02-03")]
    with pytest.raises(PersonalData, match="a date of birth") as refused:
        read(write_book(tmp_path / "FY24.xlsx", {"S": rows}))
    assert "FY24.xlsx, sheet 'S', column 'Birth Date', 2 or more" in refused.value.where
    assert "N9" in refused.value.where
    assert "1985" not in str(refused.value)
    assert list((tmp_path / "place").iterdir()) == []


@pytest.mark.parametrize("text", ["A 012 345 678", "see A12345678", "123-45-6789"])
def test_numbers_of_people_in_any_text_refuse_the_release(tmp_path: Path, text: str) -> None:
    for heading in ("Apprehension_Site_Landmark", "State", "Departed_Date", "Birth_Year"):
        rows = [arrest(), arrest(**{heading: text})]
        with pytest.raises(PersonalData) as refused:
            read(write_book(tmp_path / "a.xlsx", {"S": rows}))
        assert text not in str(refused.value)


def test_a_key_is_no_number_of_a_person(tmp_path: Path) -> None:
    _, events = read(write_book(tmp_path / "a.xlsx", {"S": [arrest("a12345678")]}))
    assert events["person_key"].to_list() == ["a12345678"]


def test_headings_that_ask_for_people() -> None:
    assert personal_data_kind([*ARRESTS, "Last Name", "A-Number", "Home Address"]) == {
        "Birth Date": "a date of birth",
        "Last Name": "a person's name",
        "A-Number": "an A-number",
        "Home Address": "a home address",
    }


def test_dropped_fields_are_named_and_gone(tmp_path: Path) -> None:
    rows = [arrest(Apprehension_Site_Landmark=MARKER, Operation=MARKER) for _ in range(3)]
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": rows}))
    dropped = {h: c["why"] for h, c in columns_of(frame).items() if c["became"] == "dropped"}
    assert set(dropped) == {"Birth Date", "Apprehension Site Landmark", "Operation"}
    assert all(": " in why for why in dropped.values())
    assert MARKER not in str(events.rows())


def test_no_value_of_a_person_is_in_receipt_or_findings(tmp_path: Path) -> None:
    texts = ("State", "County", "Gender", "Case Status", "Operation", "Departed Date", "Birth Year")
    row = arrest(MARKER) | dict.fromkeys(texts, MARKER)
    frame, _ = read(write_book(tmp_path / "a.xlsx", {"S": [row]}))
    assert MARKER not in json.dumps(frame.receipt)
    assert MARKER not in json.dumps(frame.findings)
    assert frame.receipt["totals"]["unparsable_cells"] == 2


def test_receipts_add_up(tmp_path: Path) -> None:
    first = write_book(
        tmp_path / "a.xlsx", {"S": [arrest(), None, None, arrest()], "T": [arrest()]}
    )
    second = write_book(tmp_path / "b.xlsx", {"S": [arrest(), None, arrest()]})
    frame, events = read(first, second)
    sheets = [s for member in frame.receipt["members"] for s in member["sheets"]]
    for sheet in sheets:
        assert sheet["rows"] == sheet["landed_rows"] + sheet["blank_rows"]
        for column in sheet["columns"]:
            assert column["became"] in {"field", "dropped", "ignored"}
            assert 0 <= column["nulls"] <= sheet["landed_rows"]
    assert sum(sheet["landed_rows"] for sheet in sheets) == events.height == frame.rows == 5
    assert frame.receipt["totals"]["rows"] == 8
    assert frame.receipt["totals"]["redacted_cells"] == 5


def test_the_same_input_gives_the_same_bytes_at_any_pace(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": [arrest(f"syn-{n}") for n in range(3_000)]})
    first, _ = read(path)
    kept = (tmp_path / "place" / "events.parquet").read_bytes()
    again, _ = read(path, pace=Pace(piece=50_000, workers=2))
    assert (tmp_path / "place" / "events.parquet").read_bytes() == kept
    assert first == again
