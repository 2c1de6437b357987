"""The laws of receipts.

Of aggregates: captured + structural + ignored + refused = all cells, for every sheet. Of records:
landed + blank = all rows, for every sheet, and what landed is what the event table has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_KINDS = ("numeric", "cells")
_ROWS = ("rows", "landed_rows", "blank_rows")


def sums_that_fail(receipt: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each sum of a receipt that does not hold.

    Args:
        receipt: as the tidying room makes it: sheets with their counts, and totals.
    """
    totals = receipt.get("totals", {})
    for kind in _KINDS:
        sums = {"all": 0, "captured": 0, "structural": 0, "ignored": 0, "refused": 0}
        for sheet in receipt["sheets"]:
            counts = _counts(sheet[kind])
            yield from _unequal(f"sheet {sheet['sheet']!r}, {kind}", counts)
            for key, count in counts.items():
                sums[key] += count
        if kind in totals and _counts(totals[kind]) != sums:
            yield f"totals, {kind}: not the sum of the sheets"


def record_sums_that_fail(receipt: dict[str, Any], rows: int) -> Iterator[str]:
    """Yield a line for each sum of the receipt of a record release that does not hold.

    Args:
        receipt: as the reading room makes it: members with their sheets, and totals.
        rows: rows of the event table.
    """
    sums = dict.fromkeys(_ROWS, 0)
    for member in receipt["members"]:
        for sheet in member["sheets"]:
            counts = {kind: int(sheet[kind]) for kind in _ROWS}
            yield from _unequal_rows(f"{member['member']}, sheet {sheet['sheet']!r}", counts)
            for kind, count in counts.items():
                sums[kind] += count
    totals = {kind: int(receipt["totals"][kind]) for kind in _ROWS}
    if totals != sums:
        yield "totals: not the sum of the sheets"
    if totals["landed_rows"] != rows:
        yield f"totals: {totals['landed_rows']} rows landed, {rows} are on record"


def _unequal_rows(place: str, counts: dict[str, int]) -> Iterator[str]:
    if counts["landed_rows"] + counts["blank_rows"] != counts["rows"]:
        yield f"{place}: landed and blank rows are not all rows"
    if min(counts.values()) < 0:
        yield f"{place}: a negative count"


def _counts(account: dict[str, Any]) -> dict[str, int]:
    """Return the five counts of an account, ignored reasons added up."""
    ignored = account["ignored"]
    return {
        "all": int(account["all"]),
        "captured": int(account["captured"]),
        "structural": int(account["structural"]),
        "ignored": sum(ignored.values()) if isinstance(ignored, dict) else int(ignored),
        "refused": int(account["refused"]),
    }


def _unequal(place: str, counts: dict[str, int]) -> Iterator[str]:
    parts = counts["captured"] + counts["structural"] + counts["ignored"] + counts["refused"]
    if parts != counts["all"]:
        yield f"{place}: {parts} cells accounted for, {counts['all']} in all"
    if min(counts.values()) < 0:
        yield f"{place}: a negative count"
