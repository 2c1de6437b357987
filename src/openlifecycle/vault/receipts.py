"""The law of receipts: captured + structural + ignored + refused = all, for every sheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_KINDS = ("numeric", "cells")


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
