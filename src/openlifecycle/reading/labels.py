"""Labels, marks, numbers and dates as publishers type them, read by rule.

Every rule has a test that names it (tests/reading/test_labels.py). The rules come from the
published workbooks: trailing and double spaces, non-breaking spaces, footnote digits and stars
glued to names, ZIP codes with lost zeros, numbers and dates typed as text.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final

_SPACE = re.compile(r"\s+")
_FOOTNOTE = re.compile(r"(?<=[A-Za-z)])(?:\d|\*+)$")
_NUMBER = re.compile(r"^[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?$")
_FISCAL = re.compile(r"\b(?:EOY?)?FY\s?(\d{4}|\d{2})(?!\d)", re.IGNORECASE)
_US_DATE = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2})\b")

#: Texts that stand where a value would: what the cell then is.
MARKS: Final = {
    "*": "withheld",
    "**": "withheld",
    "n/a": "not_applicable",
    "": "blank",
    "-": "zero",
}

#: Excel counts days from here (its 1900 leap-year error included).
EXCEL_EPOCH: Final = dt.date(1899, 12, 30)
MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """Return the label with spaces (non-breaking too) collapsed, trimmed and in lower case."""
    return _SPACE.sub(" ", text).strip().casefold()


@lru_cache(maxsize=65536)
def printed(text: str) -> str:
    """Return the label as printed, with runs of space (non-breaking too) collapsed and trimmed."""
    return _SPACE.sub(" ", text).strip()


@lru_cache(maxsize=8192)
def without_footnote(name: str) -> str:
    """Return a facility name without the footnote digit or stars glued to its last letter.

    ``KARNES COUNTY RESIDENTIAL CENTER2`` and ``Clinton County Jail***`` lose the mark;
    ``CASA GUADALUPE #2`` and ``JFK INTERNATIONAL AP - T7`` are names and keep theirs.
    """
    text = printed(name)
    shorter = _FOOTNOTE.sub("", text)
    last = shorter.rsplit(" ", 1)[-1]
    # One letter and a digit (T7) is a name of its own, not a word with a footnote.
    return shorter if len(last) > 1 else text


def fiscal_year_in(text: str) -> int | None:
    """Return the US fiscal year that a title names (``FY23``, ``EOFY2020``, ``FY 2021 YTD``)."""
    found = _FISCAL.search(text)
    if found is None:
        return None
    year = int(found.group(1))
    return year + 2000 if year < 100 else year


@lru_cache(maxsize=65536)
def without_fiscal_year(label: str) -> str:
    """Return a label in normal form without fiscal-year digits (``fy23 alos``: ``fy alos``)."""
    return normal(_FISCAL.sub("fy", label))


def fiscal_year_of(day: dt.date) -> int:
    """Return the US fiscal year (1 October to 30 September) in which a day lies."""
    return day.year + (day.month >= 10)


def number_in(text: str) -> float | None:
    """Return the number that a text cell spells (``1,234``, ``12.5``, ``41%``), or None."""
    clean = printed(text).removeprefix("$")
    percent = clean.endswith("%")
    clean = clean.removesuffix("%").strip()
    if not _NUMBER.match(clean):
        return None
    value = float(clean.replace(",", ""))
    return value / 100 if percent else value


def us_dates_in(text: str) -> list[tuple[dt.date | None, str]]:
    """Return every month/day/year in a text, slashes or dots, with its spelling.

    A spelling that is no calendar day (13/45/2021) comes back with None.
    """
    found: list[tuple[dt.date | None, str]] = []
    for match in _US_DATE.finditer(text):
        month, day, year = (int(part) for part in match.groups())
        try:
            found.append((dt.date(year + 2000 if year < 100 else year, month, day), match.group(0)))
        except ValueError:
            found.append((None, match.group(0)))
    return found


def date_in_cell(value: object) -> dt.date | None:
    """Return the day that a cell holds as a date, as m/d/yyyy text, or as an Excel serial."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, float | int) and 20_000 < value < 80_000:
        return EXCEL_EPOCH + dt.timedelta(days=int(value))
    if isinstance(value, str):
        dates = us_dates_in(printed(value))
        if len(dates) == 1 and dates[0][1] == printed(value):
            return dates[0][0]
    return None


def zip_code(value: object) -> str | None:
    """Return a five-digit ZIP, with the zeros that a number format lost (939 is 00939)."""
    if isinstance(value, float | int) and float(value).is_integer() and 0 < value < 100_000:
        return f"{int(value):05d}"
    if isinstance(value, str):
        head = printed(value).split("-")[0]
        if head.isdigit() and len(head) <= 5:
            return head.zfill(5)
    return None


def month_end(day: dt.date) -> dt.date:
    """Return the last day of the month of ``day``."""
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def fiscal_month(fiscal_year: int, month: int) -> dt.date:
    """Return the first day of a month within a fiscal year (October lies in the year before)."""
    return dt.date(fiscal_year - (month >= 10), month, 1)


@lru_cache(maxsize=4096)
def a1(row: int, column: int) -> str:
    """Return the A1 reference of a zero-based row and column."""
    letters, rest = "", column + 1
    while rest:
        rest, index = divmod(rest - 1, 26)
        letters = chr(65 + index) + letters
    return f"{letters}{row + 1}"


def position(reference: str) -> tuple[int, int]:
    """Return the zero-based row and column of an A1 reference."""
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(reference[len(letters) :]) - 1, column - 1
