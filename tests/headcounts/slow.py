"""The counts of headcounts once more, day by day and person by person: no events, no sums."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from openlifecycle.lifecycle.headcount_rules import HeadcountRules

Row = dict[str, Any]
DAY = timedelta(days=1)
EARLIEST = date(1900, 1, 1)


def midnight_of(day: date) -> datetime:
    return datetime.combine(day, time())


def days(first: date, last: date) -> list[date]:
    return [first + DAY * n for n in range((last - first).days + 1)]


def counted(rows: list[Row], rules: HeadcountRules) -> list[Row]:
    kept = [
        dict(row, nr=nr)
        for nr, row in enumerate(rows)
        if (rules.include_duplicates or not row["is_left_out"])
        and not (rules.missing_person == "dropped" and row["person_key"] is None)
    ]
    closed = [row["book_out_at"] for row in kept if row["book_out_at"] is not None]
    for row in kept:
        if row["book_in_at"] is not None and row["book_in_at"].date() < EARLIEST:
            row["book_in_at"] = None
        if row["book_out_at"] is None and rules.open_end == "latest_book_out" and closed:
            row["book_out_at"] = max(closed)
    begun = [row["book_in_at"].date() for row in kept if row["book_in_at"] is not None]
    placed = []
    for row in kept:
        if row["book_in_at"] is None:
            if rules.missing_book_in == "dropped" or not begun:
                continue
            row["book_in_at"] = midnight_of(min(begun))
            row["place"] = None
        begins, ends = row["book_in_at"], row["book_out_at"]
        if ends is not None and ends.date() < begins.date():
            if rules.end_before_start == "dropped":
                continue
            row["book_out_at"] = midnight_of(begins.date())
            row["never_overnight"] = True
        placed.append(row)
    return placed


def in_at_midnight(row: Row, day: date, rules: HeadcountRules) -> bool:
    moment = midnight_of(day + DAY if rules.midnight == "end" else day)
    begins, ends = row["book_in_at"], row["book_out_at"]
    if row.get("never_overnight"):
        return False
    if rules.stroke == "leaving":
        return begins < moment and (ends is None or ends >= moment)
    return begins <= moment and (ends is None or ends > moment)


def in_on_day(row: Row, day: date) -> bool:
    begins, ends = row["book_in_at"], row["book_out_at"]
    return begins.date() <= day and (ends is None or ends.date() >= day)


def heads(rows: list[Row], rules: HeadcountRules) -> int:
    if rules.unit == "stints":
        return len(rows)
    known = {row["person_key"] for row in rows if row["person_key"] is not None}
    unknown = [row for row in rows if row["person_key"] is None]
    return len(known) + (len(unknown) if rules.missing_person == "one_each" else bool(unknown))


def key_sum(rows: list[Row], rules: HeadcountRules) -> int:
    """Return the sum of the numbers of those whom ``heads`` counts."""
    if rules.unit == "stints":
        return sum(row["record_key"] for row in rows)
    known = {row["person_key"]: row["record_key"] for row in rows if row["person_key"] is not None}
    unknown = [row["record_key"] for row in rows if row["person_key"] is None]
    return sum(known.values()) + (sum(unknown) if rules.missing_person == "one_each" else 0)


def slow_headcount(
    rows: list[Row], rules: HeadcountRules, first: date, last: date, of: Any = heads
) -> dict[tuple[str | None, date], tuple[int, int]]:
    """Return (midnight, any time) of every place and day on which either is not zero."""
    kept = counted(rows, rules)
    found = {}
    for place in {row["place"] for row in kept}:
        here = [row for row in kept if row["place"] == place]
        for day in days(first, last):
            pair = (
                of([row for row in here if in_at_midnight(row, day, rules)], rules),
                of([row for row in here if in_on_day(row, day)], rules),
            )
            if pair != (0, 0):
                found[place, day] = pair
    return found
