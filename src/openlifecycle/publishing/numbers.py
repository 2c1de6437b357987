"""Values and periods as people read them: thousands apart, shares in per cent, ISO dates."""

from __future__ import annotations

from datetime import date
from typing import Final

#: Decimals shown by unit; the files (CSV, JSON, Parquet) keep every printed digit.
_DECIMALS: Final = {"days": 1, "US dollars": 2, "US dollars per day": 2}

_PERSONS_DECIMALS: Final = 1


def shown(value: float | None, unit: str) -> str:
    """Return a value for people: 37684 -> 37,684; 0.683 of unit fraction -> 68.3 %."""
    if value is None:
        return ""
    if unit == "fraction":
        return f"{100 * value:.1f} %"
    if unit in _DECIMALS:
        return f"{value:,.{_DECIMALS[unit]}f}"
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.{_PERSONS_DECIMALS}f}"


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
