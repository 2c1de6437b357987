"""What is shown of a table under three regimes, and what an attacker takes from it.

``off``: the exact numbers. ``plain``: the minimum cell alone, the rule before the gate. ``gate``:
the noise of ``disclosure.perturbation`` and the threshold of the policy. Values are records
(measures of rows), so that parts add up to their total exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from openlifecycle.disclosure.perturbation import anchored
from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Bools, Cube, Table
from tests.attacks.facts import Ints

Regime = Literal["off", "plain", "gate"]

#: More records than any cell has: nothing is known of it yet.
UNKNOWN: Final = 1 << 40


@dataclass(frozen=True)
class Shown:
    """A table as it leaves.

    Attributes:
        value: the number of records shown; of a cell that is not, 0.
        seen: whether a number is shown.
        low: fewest records that the cell can hold, by method and parameters.
        high: most records that it can hold.
    """

    value: Ints
    seen: Bools
    low: Ints
    high: Ints


def shown(
    table: Table, regime: Regime, policy: Policy, secret: bytes, anchor: Table | None = None
) -> Shown:
    """Return what leaves of a table. The attacker is told how many records one person has.

    Args:
        table: the exact table.
        regime: off, plain or gate.
        policy: its numbers.
        secret: of the store.
        anchor: the same table under the house's rules, where this one is under others.
    """
    few = table.people < policy.minimum_cell
    if regime == "off":
        seen = np.ones(len(table), bool)
        return Shown(table.rows, seen, table.rows, table.rows)
    if regime == "plain":
        seen = ~few
        most = (policy.minimum_cell - 1) * table.largest.max(initial=1)
        low = np.where(seen, table.rows, 1)
        return Shown(np.where(seen, table.rows, 0), seen, low, np.where(seen, table.rows, most))
    return _perturbed(table, policy, secret, few, anchor)


def _perturbed(
    table: Table, policy: Policy, secret: bytes, few: Bools, anchor: Table | None
) -> Shown:
    times = repeated(table, policy)
    records = drawn(table, policy, secret, anchor, b"records/", table.rows, times)
    people = drawn(table, policy, secret, anchor, b"people/", table.n, np.ones_like(times))
    value = table.rows + records
    seen = ~few & (np.minimum(value, table.n + people) >= policy.shown_from)
    most = policy.perturbation.most * policy.records_per_person[table.kind]
    most *= 1 if anchor is None else 2
    low = np.where(seen, np.maximum(policy.minimum_cell, value - most), 0)
    # of a cell that is not shown, either number may be the one that is too small
    hidden = policy.shown_from - 1 + policy.perturbation.most * (1 if anchor is None else 2)
    hidden *= table.largest.max(initial=policy.records_per_person[table.kind])
    return Shown(np.where(seen, value, 0), seen, low, np.where(seen, value + most, hidden))


def repeated(table: Table, policy: Policy) -> Ints:
    """Return for how many records of one person noise is made."""
    return np.clip(table.largest, 1, policy.records_per_person[table.kind])


def drawn(
    table: Table, policy: Policy, secret: bytes, anchor: Table | None, kind: bytes, counts: Ints,
    times: Ints,
) -> Ints:  # fmt: skip
    """Return the noise of counts of one kind."""
    anchors = table.key
    if anchor is not None:
        at = np.minimum(np.searchsorted(anchor.label, table.label), len(anchor) - 1)
        anchors = np.where(anchor.label[at] == table.label, anchor.key[at], 0)
    made = np.zeros_like(counts)
    for many in np.unique(times):
        found = anchored(
            table.key, anchors, counts, secret, policy, kind + table.signature, times=int(many)
        )
        made = np.where(times == many, found, made)
    return made


def shown_cube(
    cube: Cube, regime: Regime, policy: Policy, secret: bytes, anchor: Cube | None = None
) -> list[Shown]:
    """Return everything askable as it leaves; the cube under the house's rules is the anchor."""
    anchors = anchor.tables if anchor else [None] * len(cube.tables)
    pairs = zip(cube.tables, anchors, strict=True)
    return [shown(t, regime, policy, secret, a) for t, a in pairs]


def protected(number: npt.NDArray[np.int64], policy: Policy) -> Bools:
    """Return whether a number of people is one that nobody may learn."""
    return (number > 0) & (number < policy.minimum_cell)


def too_narrow(low: Ints, high: Ints, true: Ints, policy: Policy) -> Bools:
    """Return whether an interval tells a true number of records more narrowly than policy lets.

    An interval that does not hold the truth tells nothing (the attacker erred).
    """
    right = (low <= true) & (true <= high)
    below = low > np.maximum(0, true - policy.interval.below)
    return right & (below | (high < true + policy.interval.above))
