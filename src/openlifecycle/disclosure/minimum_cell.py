"""The minimum cell: what is said of a count, true and perturbed, and how it is told if nothing is.

People are counted, never rows: six records of two people are two people. Records without a person
key could all be of one person, so together they add one to the people that a cell is sure to hold
(``people_behind``): the smallest number that the records allow.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from openlifecycle.disclosure.policy import Policy, policy

#: The fewest people that a figure from public records may be about; an agreement may raise it.
MINIMUM_CELL: Final = policy().minimum_cell

#: What stands in the note of a cell that is not shown.
BELOW: Final = "below minimum cell"

#: How a count that is not shown is printed.
FEWER: Final = f"<{policy().shown_from}"


def people_behind(keys: pl.Expr, keyless: pl.Expr) -> pl.Expr:
    """Return the people that a cell is sure to hold.

    Args:
        keys: number of distinct person keys in the cell.
        keyless: number of its records without a person key.
    """
    return keys + (keyless > 0).cast(pl.Int64)


def shows_count(people: pl.Expr, perturbed: pl.Expr, rules: Policy) -> pl.Expr:
    """Return whether a count is shown.

    Args:
        people: how many people are surely behind it.
        perturbed: the count with its noise.
        rules: minimum cell, and from where counts are shown.
    """
    return (people >= rules.minimum_cell) & (perturbed >= rules.shown_from)


def shows_statistic(people: pl.Expr, perturbed: pl.Expr, rules: Policy) -> pl.Expr:
    """Return whether a mean, a median or a curve over people is shown; arguments as above."""
    return shows_count(people, perturbed, rules) & (perturbed >= rules.statistic_minimum)


def shows_share(inside: pl.Expr, outside: pl.Expr, rules: Policy) -> pl.Expr:
    """Return whether a share of a group says too much of everyone in the group.

    Args:
        inside: the perturbed count inside.
        outside: the perturbed count of the rest.
        rules: their group_share, and what a small count is beside it.
    """
    few, many = pl.min_horizontal(inside, outside), pl.max_horizontal(inside, outside)
    concentrated = (many > rules.group_share * (inside + outside)) & (few < rules.statistic_minimum)
    return (few >= rules.shown_from) & ~concentrated
