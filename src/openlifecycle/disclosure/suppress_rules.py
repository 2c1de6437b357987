"""Which cells of a fixed table are too small, too dominated or too telling to be shown.

Rules as in Hundepool et al. (2012), *Statistical Disclosure Control*, section 4.2: minimum
frequency, (n,k) dominance, group disclosure. Their numbers are the policy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, Protocol

import numpy as np

from openlifecycle.disclosure.audit import Needs
from openlifecycle.disclosure.tables import Bools, Cell, Place, System, Table
from openlifecycle.errors import UsageError

#: Whether nobody at all may be told: "hidden" protects a zero as if it were one person.
Zeros = Literal["hidden", "shown"]


class IntervalRule(Protocol):
    """How far from the truth an attacker must be left, in people."""

    @property
    def below(self) -> int:
        """Return how far below."""

    @property
    def above(self) -> int:
        """Return how far above."""


class DominanceRule(Protocol):
    """When too much of a magnitude comes from too few."""

    @property
    def contributors(self) -> int:
        """Return how many of the largest contributors are added up."""

    @property
    def share(self) -> float:
        """Return the share of the cell that they may have together."""


class SuppressionRules(Protocol):
    """What suppression and rounding read of a policy."""

    @property
    def name(self) -> str:
        """Return its name, said with every table."""

    @property
    def minimum_cell(self) -> int:
        """Return the fewest people that a cell may be shown of."""

    @property
    def interval(self) -> IntervalRule:
        """Return how wide the interval of a protected cell must be."""

    @property
    def dominance(self) -> DominanceRule:
        """Return the dominance rule for magnitudes."""

    @property
    def group_share(self) -> float:
        """Return the share of a group in one category at which the group tells of each."""

    @property
    def zeros(self) -> str:
        """Return ``hidden`` or ``shown``."""

    @property
    def rounding_base(self) -> int:
        """Return the base of controlled rounding."""


KNOWN_ZEROS: Final = ("hidden", "shown")


def hides_zeros(rules: SuppressionRules) -> bool:
    """Return whether a zero is protected like a small cell.

    Raises:
        UsageError: when the policy says neither.
    """
    if rules.zeros not in KNOWN_ZEROS:
        raise UsageError(
            f"zeros {rules.zeros!r} is not known",
            where="policy",
            nearest=", ".join(KNOWN_ZEROS),
            next_step="say hidden or shown",
        )
    return rules.zeros == "hidden"


def small(system: System, rules: SuppressionRules) -> Bools:
    """Return which cells have fewer people behind them than may be shown."""
    fewest = 0 if hides_zeros(rules) else 1
    return np.asarray((system.units >= fewest) & (system.units < rules.minimum_cell))


def dominated(cell: Cell, rule: DominanceRule) -> bool:
    """Return whether the largest contributors make up more of the cell than the rule allows.

    A cell that does not say what its people add is a count, where each adds the same.
    """
    return sum(cell.largest[: rule.contributors]) > rule.share * cell.value


def telling(table: Table, rules: SuppressionRules) -> dict[Place, int]:
    """Return the places that tell of everyone in a group where he stands, and what hides it.

    A sum tells of its people when one of its parts holds more than ``group_share`` of them and
    the others, taken together, are fewer than may be shown: who is known to be in the group is
    then as good as known to be in that part. An attacker has to think it possible that the
    others are as many as may be shown. Groups without people and sums of one part tell nothing.

    Returns:
        For each such place by how many people it must be able to be lower.
    """
    places: dict[Place, int] = {}
    for whole, parts in table.sums():
        people = table.cells[whole].units
        if len(parts) < 2 or people == 0:
            continue
        part = max(parts, key=lambda place: table.cells[place].units)
        others = people - table.cells[part].units
        if people - others > rules.group_share * people and others < rules.minimum_cell:
            places[part] = max(places.get(part, 0), rules.minimum_cell - others)
    return places


def needs(tables: Sequence[Table], system: System, rules: SuppressionRules) -> Needs:
    """Return the cells that must be protected and how wide the interval of each must be.

    The interval is in people: for a magnitude it is as much as so many of the largest
    contributor, for a count as many as there are people. Its lower end stops at 0.
    """
    primary = small(system, rules)
    lower = np.full(len(primary), rules.interval.below, dtype=np.int64)
    for table in tables:
        for place, cell in table.cells.items():
            if cell.value and dominated(cell, rules.dominance):
                primary[system.index[table.key(place)]] = True
        for place, people in telling(table, rules).items():
            at = system.index[table.key(place)]
            primary[at], lower[at] = True, max(int(lower[at]), people)
    cells = np.flatnonzero(primary).astype(np.int64)
    person = np.maximum(system.largest[cells], 1)
    return Needs(
        cells,
        np.minimum(system.values[cells], lower[cells] * person),
        rules.interval.above * person,
    )
