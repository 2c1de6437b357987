"""Values and periods as people read them: thousands apart, shares in per cent, ISO dates."""

from __future__ import annotations

import math
from datetime import date
from typing import Final

#: Decimals shown by unit; the files (CSV, JSON, Parquet) keep every printed digit.
_DECIMALS: Final = {"days": 1, "US dollars": 2, "US dollars per day": 2}

_PERSONS_DECIMALS: Final = 1

#: Digits that a rate has at least ("deaths per 100,000 person-days"): it may be far below 1.
_RATE_DIGITS: Final = 3


def shown(value: float | None, unit: str) -> str:
    """Return a value for people: 37684 -> 37,684; 0.683 of unit fraction -> 68.3 %."""
    if value is None:
        return ""
    if unit == "fraction":
        return f"{100 * value:.1f} %"
    return f"{value:,.{_decimals(value, unit)}f}"


def shown_margin(value: float | None, unit: str) -> str:
    """Return how far a value may be off, rounded up to what is shown of it: never 0.0 for 0.04."""
    if value is None:
        return ""
    finest = 10.0 ** -(3 if unit == "fraction" else _decimals(value, unit))
    # what is whole but for the last bits of a division stays what it is
    return shown(math.ceil(value / finest - 1e-9) * finest, unit)


def _decimals(value: float, unit: str) -> int:
    """Return how many decimals a value has for people."""
    if unit in _DECIMALS:
        return _DECIMALS[unit]
    if value == round(value):
        return 0
    if " per " in unit:
        digits = _RATE_DIGITS - 1
        # the exponent after rounding: 0.09999 has that of 0.100
        return max(0, digits - int(f"{value:.{digits}e}".partition("e")[2]))
    return _PERSONS_DECIMALS


def unit_word(unit: str) -> str:
    """Return the word for a column heading or an axis."""
    return {"fraction": "share"}.get(unit, unit)


def period_word(kind: str, start: date, end: date, fiscal_year: int | None) -> str:
    """Return a period in words that cannot be misread.

    An instant is its day; a whole month is 2023-10, a year to date says to which day.
    """
    if kind == "instant":
        return end.isoformat()
    if kind == "fiscal_year_to_date":
        year = fiscal_year or end.year + (end.month >= 10)
        return f"FY{year} to {end.isoformat()}"
    if (start.year, start.month) == (end.year, end.month) and start.day == 1:
        return f"{start:%Y-%m}"
    if start.month == 10 and end.month == 9 and (end - start).days >= 360:
        return f"FY{end.year}"
    return f"{start.isoformat()} to {end.isoformat()}"


def cell_words(cells: str, most: int = 4) -> str:
    """Return a list of cells as ranges where they touch: N14,O14,P14,Q14 -> N14:Q14."""
    names = [c for c in cells.split(",") if c]
    if len(names) == 1 or any(":" in n for n in names):
        return cells
    ranges = _ranges(names)
    if len(ranges) > most:
        return ", ".join(ranges[:most]) + f", ... ({len(names)} cells)"
    return ", ".join(ranges)


def _ranges(names: list[str]) -> list[str]:
    rows: dict[int, list[int]] = {}
    for name in names:
        letters = name.rstrip("0123456789")
        rows.setdefault(int(name[len(letters) :]), []).append(_column(letters))
    found = []
    for row in sorted(rows):
        columns = sorted(set(rows[row]))
        first = last = columns[0]
        for column in [*columns[1:], None]:
            if column is not None and column == last + 1:
                last = column
                continue
            here = f"{_letters(first)}{row}"
            found.append(here if first == last else f"{here}:{_letters(last)}{row}")
            first = last = column if column is not None else 0
    return found


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(column: int) -> str:
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
