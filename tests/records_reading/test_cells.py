"""Hand-made workbooks: every cell that was written is found where it belongs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.model.events import EVENTS
from tests.records_reading.books import ARRESTS, OLD_STINTS, arrest, columns_of, read, write_book


def test_a_row_by_hand(tmp_path: Path) -> None:
    full = arrest(
        Apprehension_Type="Targeted",
        State="TEXAS",
        TOA_Current_Duty_AOR="Dallas Area of Responsibility",
        Case_Threat_Level=2,
        Final_Order_Yes_No="NO",
        Final_Order_Date=dt.datetime(2023, 1, 2),
        Departed_Date=dt.datetime(2024, 6, 7, 13, 30),
        TOA_Current_Duty_Site="DALLAS, TX",
        Operation="a free text",
    )
    frame, events = read(write_book(tmp_path / "ICE Arrests FY2024.xlsx", {"Arrests": [full]}))
    assert (frame.series, frame.table, frame.layout, frame.form) == (
        *("us_ice.arrests", "arrest"),
        *("2026-03", "original"),
    )
    row = events.row(0, named=True)
    filled = {name: value for name, value in row.items() if value is not None}
    assert filled == {
        "release_id": "us_ice.arrests@test",
        "row_id": 0,
        "member": "ICE Arrests FY2024.xlsx",
        "sheet": "Arrests",
        "row": 8,  # six lines of preamble, the header, the first record
        "person_key": "syn-1",
        "dropped_variant": 0,
        "date_flags": "departed_on:after_release",  # the last event of the file is the arrest
        "arrested_at": dt.datetime(2024, 5, 6, 7, 8),
        "arrest_type": "Targeted",
        "arrest_state": "TEXAS",
        "aor": "Dallas Area of Responsibility",
        "arrest_method": "Located",
        "criminality": "2 Pending Criminal Charges",
        "case_threat_level": "2",
        "duty_site": "DALLAS, TX",
        "final_order": "NO",
        "final_order_on": dt.date(2023, 1, 2),
        "departed_on": dt.date(2024, 6, 7),
        "birth_year": 1985,
        "gender": "Female",
    }
    assert frame.first == dt.date(2024, 5, 6)
    assert frame.through == dt.datetime(2024, 5, 6, 23, 59, 59)


def test_types_and_order_are_the_event_tables(tmp_path: Path) -> None:
    _, events = read(write_book(tmp_path / "a.xlsx", {"S": [arrest()]}))
    kinds = {"text": pl.String, "moment": pl.Datetime("us"), "day": pl.Date, "integer": pl.Int64}
    assert dict(events.schema) == {f.name: kinds[f.kind] for f in EVENTS["arrest"].columns}


def test_several_files_and_sheets_in_the_order_of_their_names(tmp_path: Path) -> None:
    later = write_book(tmp_path / "FY2025.xlsx", {"A": [arrest("syn-4")]})
    first = write_book(
        tmp_path / "FY2024.xlsx",
        {"Z": [arrest("syn-1"), None, arrest("syn-2")], "B": [arrest("syn-3")]},
    )
    frame, events = read(later, first)
    places = events.select("row_id", "member", "sheet", "row", "person_key").rows()
    assert places == [
        (0, "FY2024.xlsx", "Z", 8, "syn-1"),
        (1, "FY2024.xlsx", "Z", 10, "syn-2"),  # a blank row keeps its number
        (2, "FY2024.xlsx", "B", 8, "syn-3"),
        (3, "FY2025.xlsx", "A", 8, "syn-4"),
    ]
    totals = frame.receipt["totals"]
    assert (totals["rows"], totals["landed_rows"], totals["blank_rows"]) == (5, 4, 1)


def test_five_lines_of_preamble_and_the_older_names(tmp_path: Path) -> None:
    stint = {
        "Stay Book In Date": dt.datetime(2015, 1, 2, 3, 4),
        "Detention Book In Date": dt.datetime(2015, 1, 2, 3, 4),
        "Detention Facility Code": "SYNHOLD",
        "Detention Book Out Date": dt.datetime(2015, 1, 5),
        "Bond Posted Amount": 1500.5,
        "Initial Bond Set Amount": "$2,000.00",
        "Charge Section Code": "212a",
        "Anonymized Identifier": "syn-9",
    }
    path = write_book(tmp_path / "FY2015.xlsx", {"S": [stint]}, OLD_STINTS, preamble=5)
    frame, events = read(path)
    assert (frame.series, frame.layout) == ("us_ice.detentions", "2012-2023")
    assert events.select(
        *("row", "stay_book_in_at", "book_out_at", "facility_code"),
        *("bond_posted_amount", "initial_bond_set_amount", "final_charge_section"),
    ).row(0) == (
        *(7, dt.datetime(2015, 1, 2, 3, 4), dt.datetime(2015, 1, 5), "SYNHOLD"),
        *(1500.5, 2000.0, "212a"),
    )
    # a book-out at midnight exactly may be a day without a time: said, not guessed
    assert columns_of(frame)["Detention Book Out Date"]["without_time"] == 1


def test_a_misspelt_header_and_other_lines_above_are_read_and_told(tmp_path: Path) -> None:
    header = [name.replace("Identifier", "Identifer") for name in ARRESTS]
    row = {name.replace("Identifier", "Identifer"): v for name, v in arrest("syn-7").items()}
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": [row]}, header, preamble=3))
    assert events["person_key"].to_list() == ["syn-7"]
    assert events["row"].to_list() == [5]
    rules = {finding["rule"] for finding in frame.findings}
    assert {"spelling", "preamble"} <= rules


def test_blank_first_columns_keep_their_place(tmp_path: Path) -> None:
    row = {"Gender": "Male", "Anonymized Identifier": "syn-1"}
    _, events = read(write_book(tmp_path / "a.xlsx", {"S": [row]}))
    assert events.select("gender", "person_key", "arrested_at").row(0) == ("Male", "syn-1", None)


@pytest.mark.parametrize("shared", [True, False])
def test_every_minute_of_two_days_keeps_its_digits(tmp_path: Path, shared: bool) -> None:
    start = dt.datetime(2024, 3, 10)  # a night without 02:00 to 03:00 in most of the US
    moments = [start + dt.timedelta(minutes=m) for m in range(2 * 24 * 60)]
    rows = [arrest(Apprehension_Date=moment) for moment in moments]
    _, events = read(write_book(tmp_path / "a.xlsx", {"S": rows}, shared=shared))
    assert events["arrested_at"].to_list() == moments


def test_an_empty_table_still_has_its_columns(tmp_path: Path) -> None:
    frame, events = read(write_book(tmp_path / "a.xlsx", {"S": []}))
    assert (frame.rows, frame.first, frame.through) == (0, None, None)
    assert events.columns == [field.name for field in EVENTS["arrest"].columns]
