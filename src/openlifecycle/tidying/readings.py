"""What one cell is worth: a number, words or a day, a mark for one, and the rules it took."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from openlifecycle.model.observation import ERROR_CELL, NOT_APPLICABLE, OBSERVED, WITHHELD
from openlifecycle.reading.labels import MARKS, date_in_cell, normal, number_in, printed

#: Measures whose cells are words or days, not numbers: their unit.
TEXT_MEASURES = {
    "inspection_type": "text",
    "inspection_standard": "text",
    "inspection_rating": "text",
    "inspection_pending": "text",
    "inspection_date": "date",
}
_MARK_STATUS = {"withheld": WITHHELD, "not_applicable": NOT_APPLICABLE}


@dataclass(frozen=True, slots=True)
class Reading:
    """One cell's value after its rules: number or text, status and flags."""

    value: float | None
    text: str | None
    status: str
    flags: str = ""


def read_number(value: object, error: str | None) -> Reading | None:
    """Return what a cell of a numeric measure says; None for a blank; raise on other text.

    Raises:
        ValueError: the cell holds words that are neither a number nor a known mark.
    """
    if error is not None:
        return Reading(None, error, ERROR_CELL)
    if isinstance(value, float | int) and not isinstance(value, bool):
        return Reading(float(value), None, OBSERVED)
    if isinstance(value, str):
        mark = MARKS.get(normal(value))
        if mark == "blank":
            return None
        if mark == "zero":
            return Reading(0.0, None, OBSERVED, "dash_is_zero")
        if mark is not None:
            return Reading(None, printed(value), _MARK_STATUS[mark])
        number = number_in(value)
        if number is not None:
            return Reading(number, None, OBSERVED, "number_typed_as_text")
    raise ValueError(f"{value!r} stands where a number belongs")


def read_text(value: object, unit: str) -> Reading | None:
    """Return what a cell of a text or date measure says; None for a blank."""
    # Ratings and standards are few and printed in every row: each is read once.
    return _read_words(value, unit) if isinstance(value, str) else _read_text(value, unit)


@lru_cache(maxsize=8192)
def _read_words(value: str, unit: str) -> Reading | None:
    return _read_text(value, unit)


def _read_text(value: object, unit: str) -> Reading | None:
    if isinstance(value, str):
        mark = MARKS.get(normal(value))
        if mark == "blank":
            return None
        if mark in _MARK_STATUS:
            return Reading(None, printed(value), _MARK_STATUS[mark])
    day = date_in_cell(value)
    if unit == "date":
        if day is None:
            # "New Facility" and the like are printed instead of a date.
            return Reading(None, printed(str(value)), OBSERVED, "words_where_date_expected")
        flag = "" if isinstance(value, dt.date) else "date_typed_as_text"
        if isinstance(value, float | int):
            flag = "date_typed_as_serial"
        return Reading(None, day.isoformat(), OBSERVED, flag)
    if day is not None:
        return Reading(None, day.isoformat(), OBSERVED, "date_where_words_expected")
    flag = "" if isinstance(value, str) else "number_where_words_expected"
    return Reading(None, printed(str(value)), OBSERVED, flag)


def read_cell(value: object, error: str | None, measure: str) -> Reading | None:
    """Return what a cell of a measure says; None for a blank.

    Raises:
        ValueError: words stand where a number belongs.
    """
    unit = TEXT_MEASURES.get(measure)
    return read_number(value, error) if unit is None else read_text(value, unit)
