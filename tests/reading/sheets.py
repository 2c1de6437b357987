"""Small sheets written by hand for the reading tests: the publisher's labels, made-up numbers."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl

MONTHS = ["Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep"]
CRIMINALITY = ["Convicted Criminal", "Pending Criminal Charges", "Other Immigration Violator"]

Rows = dict[str, list[list[Any]]]


def footnotes(day: str = "01/02/2022") -> list[list[Any]]:
    """Return a Footnotes sheet that states the docket and detention dates."""
    return [
        ["Term", "Definition"],
        ["x", f"ICE National Docket data are a snapshot as of {day} (IIDS v.2.0)."],
        ["y", f"FY2022 ICE Detention data are updated through {day} (IIDS v.2.0)."],
    ]


def detention() -> list[list[Any]]:
    """Return a Detention FY2022 sheet with four tables, two of them side by side."""
    criminality = [
        ["Total", 60, 0.6, 40, 0.4, 100],
        ["Convicted Criminal", 30, 0.75, 10, 0.25, 40],
        ["Pending Criminal Charges", 20, 1, 0, 0, 20],
        ["Other Immigration Violator", 10, 0.25, 30, 0.75, 40],
    ]
    book_ins = [
        ["Total", 30, 50, 20, 5, *[0] * 8, 105],
        ["CBP", 10, 20, 10, 2, *[0] * 8, 42],
        ["ICE  ", 20, 30, 10, 3, *[0] * 8, 63],
    ]
    adp = [
        ["CBP Average", 4, 4, 4, 4, *[0] * 8, 4],
        *[[name, 1, 1, 1, 1, *[0] * 8, 1] for name in CRIMINALITY[:2]],
        [CRIMINALITY[2], 2, 2, 2, 2, *[0] * 8, 2],
        ["ICE Average  ", 6, 6, 6, 6, *[0] * 8, 6],
        *[[name, 2, 2, 2, 2, *[0] * 8, 2] for name in CRIMINALITY],
        ["Average ", 10, 10, 10, 10, *[0] * 8, 10],
        *[[name, 3, 3, 3, 3, *[0] * 8, 3] for name in CRIMINALITY[:2]],
        [CRIMINALITY[2], 4, 4, 4, 4, *[0] * 8, 4],
    ]
    gap: list[Any] = [None, None]
    return [
        ["U.S. Immigration and Customs Enforcement"],
        ["These statistics are made available to the public."],
        ["ICE DETENTION DATA, FY2022"],
        [],
        [
            "ICE Currently Detained by Criminality and Arresting Agency",
            *[None] * 7,
            "ICE Initial Book-Ins by Arresting Agency and Month: FY2022",
        ],
        [
            *["Criminality", "ICE", "Percent ICE", "CBP", "Percent CBP", "Total"],
            *gap,
            *["Agency", *MONTHS, "Total"],
        ],
        *[[*left, *gap, *right] for left, right in zip(criminality, book_ins, strict=False)],
        criminality[3],
        [],
        ["ICE Average Daily Population by Arresting Agency, Month and Criminality: FY2022"],
        ["Agency", *MONTHS, "FY Overall"],
        *adp,
        [],
        ["ICE Removals: FY2022"],
        ["Removals", None, "Total"],
        ["Total", None, 7],
        ["Removals with a FSC Detention", None, 2],
    ]


def facilities() -> list[list[Any]]:
    """Return a Facilities FY22 sheet: two facilities, the marks and types that real ones carry."""
    header = [
        *["Name", "Address", "City", "State", "Zip", "AOR", "Type Detailed", "Male/Female"],
        *["FY22 ALOS", "Level A", "Level B", "Level C", "Level D"],
        *["Male Crim", "Male Non-Crim", "Female Crim", "Female Non-Crim"],
        *["ICE Threat Level 1", "ICE Threat Level 2", "ICE Threat Level 3"],
        *["No ICE Threat Level", "Mandatory", "Guaranteed Minimum", "Last Inspection Type"],
        *["Last Inspection Standard", "Last Inspection Rating - Final", "Last Inspection Date"],
        *["Second to Last Inspection Type", "Second to Last Inspection Standard"],
        "Second to Last Inspection Date",
    ]
    numbers = [30.5, 1, 2, 3, 4, 5, 5, 0, 0, 1, 1, 1, 7, 8]
    return [
        ["ICE FACILITIES DATA, FY22"],
        ["Source: ICE Integrated Decision Support (IIDS), 12/27/2021"],
        header,
        [
            *["KARNES COUNTY RESIDENTIAL CENTER2", "409 FM 1144", "KARNES CITY", "TX", 78118],
            *["SNA", "DIGSA", "Female/Male", *numbers, 830],
            *["ODO", "PBNDS 2011", "Pass", "11/21/2021", "ODO", "PBNDS 2011", 44155],
        ],
        [
            *["CASA GUADALUPE #2", "#65 BUSINESS PARK DR", "SAN JUAN", "PR", 939],
            *["MIA", "IGSA", "\xa0", *numbers, "N/A"],
            *["ODO", "*", "Pending", "New Facility", "N/A", "N/A", dt.date(2020, 11, 20)],
        ],
        [],
        ["*ODO inspections are conducted on a semi-annual basis."],
    ]


def workbook(**changes: list[list[Any]] | None) -> Rows:
    """Return the sheets of a small workbook; a change replaces or drops a sheet by its name."""
    sheets: Rows = {
        "Detention FY22": detention(),
        "Facilities FY22": facilities(),
        "Footnotes": footnotes(),
    }
    for name, rows in changes.items():
        if rows is None:
            del sheets[name]
        else:
            sheets[name] = rows
    return sheets


def to_bytes(sheets: Rows, *, hidden: tuple[str, ...] = ()) -> bytes:
    """Return a real .xlsx file."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for r, row in enumerate(rows, start=1):
            for c, value in enumerate(row, start=1):
                if value is not None:
                    sheet.cell(r, c, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
