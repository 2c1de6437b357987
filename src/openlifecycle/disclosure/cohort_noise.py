"""Noise of cohorts: the same people in the same table get the same, another rule set adds to it.

Every count of a cohort is one of a set of people, with the sum of their record keys beside it
(``lifecycle.cohorts``). From that sum, and from which table the count stands in, its noise is drawn
(docs/decisions/0011-the-gate.md). Under another rule set than the house's a cell keeps the noise
that it has under that one and gets more where the people differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final, TypeVar

import numpy as np
import polars as pl

from openlifecycle.disclosure.perturbation import Fractions, Numbers, margin, noise, uniforms
from openlifecycle.disclosure.policy import Policy

Some = TypeVar("Some", Numbers, Fractions)

#: The column with the key of the same cell under the house's rules starts with this.
ANCHOR: Final = "anchor_"
#: What an answer says how often a count lies within its margin.
CONFIDENCE: Final = 0.95

#: Noise of a rule set, and what fills the steps between whole numbers, have draws of their own.
_OTHER_RULES: Final = b"/other rules"
_BETWEEN: Final = b"/between"
#: Spreads the bits of a key, so that two keys make one (the golden ratio in 64 bits, odd).
_SPREAD: Final = np.int64(-7046029254386353131)


@dataclass(frozen=True)
class Draw:
    """Draws the noise of one table.

    Attributes:
        policy: how much (``Policy.of_cohorts``).
        secret: of the store.
        table: what the counts are of: kind of entry, kind of period, splits.
        other_rules: the cells are of another rule set than the house's; their frame has anchors.
    """

    policy: Policy
    secret: bytes = field(repr=False)
    table: str = ""
    other_rules: bool = False

    def on(self, frame: pl.DataFrame, counts: pl.Series, keys: Sequence[str], of: str) -> pl.Series:
        """Return the noise for each row, a whole number of people.

        Args:
            frame: has the columns of ``keys``, and with other rules those of their anchors.
            counts: the true count of each row, 0 and more.
            keys: columns whose numbers together are the key of a row.
            of: what is counted: another count of the same people has noise of its own.
        """
        true = counts.fill_null(0).cast(pl.Int64).to_numpy()
        purpose = f"cohort/{self.table}/{of}".encode()

        def drawn(given: Numbers, more: bytes = b"") -> Numbers:
            return noise(given, true, self.secret, self.policy, purpose + more)

        first, more = self._both(frame, keys, drawn)
        return pl.Series(np.maximum(first + more, -true))

    def between(self, frame: pl.DataFrame, keys: Sequence[str], of: str) -> pl.Series:
        """Return for each row a number from -1/2 to 1/2, which fills whole steps of noise."""
        purpose = f"cohort/{self.table}/{of}".encode() + _BETWEEN

        def drawn(given: Numbers, more: bytes = b"") -> Fractions:
            return uniforms(given, self.secret, purpose + more) - 0.5

        first, more = self._both(frame, keys, drawn)
        return pl.Series(((first + more) + 0.5) % 1.0 - 0.5)

    def _both(
        self, frame: pl.DataFrame, keys: Sequence[str], drawn: Callable[..., Some]
    ) -> tuple[Some, Some]:
        own = _together(frame, keys)
        if not own.size:
            none = drawn(own)
            return none, none
        if not self.other_rules:
            first = drawn(own)
            return first, np.zeros_like(first)
        anchor = _together(frame, [ANCHOR + key for key in keys])
        return drawn(anchor), np.where(own == anchor, 0, drawn(own, _OTHER_RULES))

    @property
    def margin(self) -> int:
        """Return by how many people a large count is off at most, in 95 of 100 cells."""
        return margin(self.policy, twice=self.other_rules)

    @property
    def variance(self) -> float:
        """Return the variance of the noise of a large count."""
        return self.policy.perturbation.variance * (2 if self.other_rules else 1)

    def shown(self, true: pl.Expr, perturbed: pl.Expr) -> pl.Expr:
        """Return whether a count may be shown: neither itself nor with its noise too small."""
        enough = true >= self.policy.minimum_cell
        return (enough & (perturbed >= self.policy.shown_from)).fill_null(False)


def _together(frame: pl.DataFrame, keys: Sequence[str]) -> Numbers:
    """Return one key for the keys of a row; a single one is itself, what is missing is nobody's."""
    parts = [frame[key].fill_null(0).cast(pl.Int64).to_numpy() for key in keys]
    with np.errstate(over="ignore"):
        return reduce(lambda one, other: one * _SPREAD + other, parts[1:], parts[0])


def anchored(
    frame: pl.DataFrame, house: pl.DataFrame, on: Sequence[str], keys: Sequence[str]
) -> pl.DataFrame:
    """Return the frame with the keys that the same cells have under the house's rules."""
    found = house.select(*on, *(pl.col(key).alias(ANCHOR + key) for key in keys))
    return frame.join(found, on=list(on), how="left", nulls_equal=True, maintain_order="left")
