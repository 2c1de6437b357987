"""The plain minimum-cell rule, until the gate is built: nothing about fewer than five people.

Everything here counts *people*, never rows: six records of two people are two people. Records
without a person key could all be of one person, so together they add one to the people that a
cell is sure to hold (``people_behind``): the smallest number that the records allow.

This is no proof against someone who compares many answers (docs/rooms/disclosure.md).
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: A cell of 1 to 4 people is not shown. Public FOIA records; an agreement may only raise it.
MINIMUM_CELL: Final = 5

#: What stands in the note of a cell that is not shown.
BELOW: Final = "below minimum cell"

#: How a count that is not shown is printed.
FEWER: Final = f"<{MINIMUM_CELL}"

#: How an answer says which rule it passed.
PLAIN_RULE: Final = (
    f"minimum cell: nothing about 1 to {MINIMUM_CELL - 1} people is shown; a share also hides "
    f"where 1 to {MINIMUM_CELL - 1} people are inside or outside of it, a median or mean unless "
    f"{MINIMUM_CELL} people are behind it. Plain rule: comparing many answers can defeat it"
)


def people_behind(keys: pl.Expr, keyless: pl.Expr) -> pl.Expr:
    """Return the people that a cell is sure to hold.

    Args:
        keys: number of distinct person keys in the cell.
        keyless: number of its records without a person key.
    """
    return keys + (keyless > 0).cast(pl.Int64)


def hides_count(people: pl.Expr) -> pl.Expr:
    """Return whether a count of so many people is hidden; nobody at all may be said."""
    return (people > 0) & (people < MINIMUM_CELL)


def hides_share(people: pl.Expr, inside: pl.Expr, outside: pl.Expr) -> pl.Expr:
    """Return whether a share is hidden.

    Args:
        people: people in the denominator.
        inside: people in the numerator.
        outside: people in the denominator with a record that is not in the numerator.
    """
    return hides_statistic(people) | hides_count(inside) | hides_count(outside)


def hides_statistic(people: pl.Expr) -> pl.Expr:
    """Return whether a median, a mean, a sum or a curve over so many people is hidden."""
    return people < MINIMUM_CELL
