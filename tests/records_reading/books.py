"""Small synthetic record files for tests, written by other libraries than the one that reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from openlifecycle.reading.records.frame import Member, RecordFrame
from openlifecycle.reading.records.pace import Pace
from openlifecycle.reading.records.read import read_records

#: A header of arrests in the layout of 2026-03, as the publisher prints it.
ARRESTS = (
    *("Apprehension Date", "Apprehension Type", "State", "County", "TOA Current Duty AOR"),
    *("Apprehension Final Program", "Arresting Agency", "Apprehension Method"),
    *("Apprehension Criminality", "Case Status", "Case Category", "Departure Country"),
    *("Final Order Yes No", "Birth Date", "Birth Year", "Citizenship Country", "Gender"),
    *("Departed Date", "Final Order Date", "Apprehension Site Landmark", "Operation"),
    *("TOA Current Duty Site", "Case Criminality", "Case Threat Level", "Anonymized Identifier"),
)
#: The detentions of 2012-2023.
OLD_STINTS = (
    *("Detention ID", "Case ID", "Subject ID", "Stay Book In Date", "Detention Book In Date"),
    *("Detention Facility", "Detention Facility Code", "Detention Book Out Date"),
    *("Detention Release Reason", "Stay Book Out Date", "Stay Release Reason", "Religion"),
    *("Marital", "Gender", "Birth Date", "Ethnicity", "Alien File Number", "Birth Year"),
    *("Entry Status", "Bond Posted Date", "Bond Posted Amount", "Initial Bond Set Amount"),
    *("Case Status", "Case Category", "Final Order Yes No", "Final Order Date", "Departed Date"),
    *("Departure Country", "Case Threat Level", "Charge", "Charge Code", "Charge Section Code"),
    "Anonymized Identifier",
)
Row = Mapping[str, Any]


def arrest(key: str | None = "syn-1", **cells: Any) -> dict[str, Any]:
    """Return one synthetic arrest; names in ``cells`` are headings with underscores."""
    row: dict[str, Any] = {
        "Apprehension Date": dt.datetime(2024, 5, 6, 7, 8),
        "Apprehension Method": "Located",
        "Apprehension Criminality": "2 Pending Criminal Charges",
        "Gender": "Female",
        "Birth Date": "(b)(6), (b)(7)(C)",
        "Birth Year": 1985,
        "Anonymized Identifier": key,
    }
    return row | {name.replace("_", " "): value for name, value in cells.items()}


def write_book(
    path: Path,
    sheets: Mapping[str, Sequence[Row | None]],
    header: Sequence[str] = ARRESTS,
    *,
    preamble: int = 6,
    shared: bool = True,
) -> Path:
    """Write a workbook; a row that is None is left blank. Times are cells with a date style."""
    options = {"constant_memory": not shared, "default_date_format": "yyyy-mm-dd hh:mm"}
    with xlsxwriter.Workbook(path, options) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for line in range(preamble):
                sheet.write(line, 0, "SYNTHETIC, no real person")
            for column, heading in enumerate(header):
                sheet.write(preamble, column, heading)
            for number, row in enumerate(rows, start=preamble + 1):
                for column, heading in enumerate(header):
                    value = (row or {}).get(heading)
                    if value is not None:
                        sheet.write(number, column, value)
    return path


def write_text(
    path: Path, rows: Sequence[Sequence[str]], *, delimiter: str = ",", preamble: int = 0
) -> Path:
    """Write a delimited text under some lines of preamble."""
    lines = ["synthetic"] * preamble + [delimiter.join(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(
    *paths: Path, release_id: str = "us_ice.arrests@test", pace: Pace | None = None
) -> tuple[RecordFrame, pl.DataFrame]:
    """Read files as one release; return the account and the events."""
    place = paths[0].parent / "place"
    place.mkdir(exist_ok=True)
    out = place / "events.parquet"
    members = [Member(path.name, path) for path in paths]
    frame = read_records(members, release_id=release_id, out=out, work=place, pace=pace)
    assert [p.name for p in place.iterdir()] == ["events.parquet"]  # nothing is left in between
    return frame, pl.read_parquet(out)


def columns_of(frame: RecordFrame, member: int = 0, sheet: int = 0) -> dict[str, dict[str, Any]]:
    """Return the account of each column of one sheet, by heading."""
    account = frame.receipt["members"][member]["sheets"][sheet]
    return {column["heading"]: column for column in account["columns"]}
