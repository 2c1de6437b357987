"""The account of a release of records without exact counts of few.

How many rows a file has is public with the file. How many of them lack a field, hold an unreadable
value or an impossible date is a count of records like any other: it is told to the nearest ten
(two minimum cells), counted from whichever end is nearer, so that neither few with nor few without
are told apart from none. Row numbers are left to whoever holds the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from openlifecycle.disclosure.minimum_cell import MINIMUM_CELL

#: A count of rows or cells is told to a multiple of this.
STEP: Final = 2 * MINIMUM_CELL

_COUNTS: Final = ("nulls", "redacted", "unparsable")
_TOTALS: Final = (
    "redacted_cells", "unparsable_cells", "error_cells", "rows_told_apart_by_dropped_fields",
)  # fmt: skip

#: Findings that count rows or cells of records; the others speak of headings.
_OF_RECORDS: Final = frozenset(
    {"unknown_value", "impossible_date", "unparsable", "error_cells", "days_only"}
)
_COUNTED: Final = re.compile(r"\b([\d,]+)(?= (?:rows|cells)\b)")
_ROWS: Final = re.compile(r"; the first in rows [\d, ]+$")


def told(count: int, of: int | None = None) -> int:
    """Return a count as it is told: a multiple of ten, or of ten short of all there are.

    Args:
        count: how many rows or cells.
        of: of how many, where that is known.
    """
    if of is not None and count > of / 2:
        return of - told(of - count)
    return (count + STEP // 2) // STEP * STEP


def rounded(account: Mapping[str, Any]) -> dict[str, Any]:
    """Return the account of a release of records (``receipt``, ``findings``) as it is told."""
    receipt = account["receipt"]
    totals = receipt["totals"]
    dated = {
        name: {reason: told(count, totals["rows"]) for reason, count in reasons.items()}
        for name, reasons in totals["date_flags"].items()
    }
    return {
        "receipt": {
            **receipt,
            "members": [
                {**member, "sheets": [_sheet(sheet) for sheet in member["sheets"]]}
                for member in receipt["members"]
            ],
            "totals": {**totals, **{n: told(totals[n]) for n in _TOTALS}, "date_flags": dated},
        },
        "findings": [_finding(one) for one in account["findings"]],
    }


def _sheet(sheet: Mapping[str, Any]) -> dict[str, Any]:
    landed = sheet["landed_rows"]
    columns = [
        {**column, **{name: told(column[name], landed) for name in _COUNTS if name in column}}
        for column in sheet["columns"]
    ]
    return {**sheet, "columns": columns, "error_cells": told(sheet["error_cells"])}


def _finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    if finding["rule"] not in _OF_RECORDS:
        return dict(finding)
    what = _COUNTED.sub(_in_words, _ROWS.sub("", finding["what"]))
    return {**finding, "what": what, "count": told(finding["count"])}


def _in_words(found: re.Match[str]) -> str:
    count = told(int(found[1].replace(",", "")))
    return f"about {count:,}" if count else f"fewer than {MINIMUM_CELL}"
