"""Compare a table cell for cell with what another tool printed."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl


def printed(value: object) -> str | None:
    """Return a value as the published tables print it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.15g}"
    return None if value is None else str(value)


def differences(ours: pl.DataFrame, theirs: pl.DataFrame, key: list[str]) -> list[str]:
    """Return one line for each cell or row that differs; both tables have the same columns.

    ``key`` puts both in one order; rows that are equal in it must be equal in everything.
    """
    if set(ours.columns) != set(theirs.columns):
        return [f"columns differ: {sorted(set(ours.columns) ^ set(theirs.columns))}"]
    if ours.height != theirs.height:
        return [f"{ours.height} rows, expected {theirs.height}"]
    names = theirs.columns
    left = [tuple(printed(v) for v in row) for row in ours.select(names).rows()]
    right = theirs.rows()
    places = [names.index(name) for name in key]

    def order(row: tuple[str | None, ...]) -> tuple[str, ...]:
        return tuple("" if row[p] is None else f" {row[p]}" for p in places)

    found = []
    for one, other in zip(sorted(left, key=order), sorted(right, key=order), strict=True):
        found += [
            f"{order(other)} {name}: {a!r}, expected {b!r}"
            for name, a, b in zip(names, one, other, strict=True)
            if a != b
        ]
    return found
