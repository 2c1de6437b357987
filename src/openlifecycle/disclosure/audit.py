"""The attacker audit: what anyone can infer about a protected cell from all that is published.

The attacker knows every published cell, that every sum is a sum, that no count is negative and
that counts are whole numbers, and lays all linked tables side by side. A cell is protected when
tables that he cannot tell from the true one hold values far enough below and above it. The proof
is such a table itself, checked in whole-number arithmetic; the solver only finds it. (The interval
of linear programming alone is no proof: between its ends no whole-number table need exist.)

Method: Fischetti and Salazar-Gonzalez (2001), "Solving the cell suppression problem on tabular
data with linear constraints", Management Science 47(7), section 2: protection levels and the
attacker's two linear programs. That counts are whole numbers is added here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from openlifecycle.disclosure.audit_bounds import components, pushed
from openlifecycle.disclosure.audit_model import FAR, part_of
from openlifecycle.disclosure.audit_search import Search
from openlifecycle.disclosure.tables import Bools, Ints, Key, System


@dataclass(frozen=True)
class Needs:
    """How far below and above its value the interval of each protected cell must reach.

    Attributes:
        cells: the protected cells, as numbers of the system.
        below: how far down, already cut at 0 people.
        above: how far up.
    """

    cells: Ints
    below: Ints
    above: Ints


@dataclass(frozen=True)
class Interval:
    """What an attacker can say of one protected cell.

    Attributes:
        key: what the cell says.
        value: its true value.
        low: a value that he cannot rule out, at or below the true one: the lowest in an exact
            audit and where ``wide`` is false, else at least as low as was asked.
        high: the same above; None where nothing bounds it.
        wide: whether it was proved that both ends reach as far as policy asks.
    """

    key: Key
    value: int
    low: int
    high: int | None
    wide: bool


@dataclass(frozen=True)
class Audit:
    """The outcome for every protected cell.

    Attributes:
        intervals: one for each.
        unknown: how many cells the attacker does not know exactly beforehand.
        sums: how many sums he may use on them.
        would_pass: what could be released instead, when this cannot.
    """

    intervals: tuple[Interval, ...]
    unknown: int
    sums: int
    would_pass: tuple[str, ...] = ()

    @cached_property
    def narrow(self) -> tuple[Interval, ...]:
        """Return the intervals that are not proved wide enough."""
        return tuple(interval for interval in self.intervals if not interval.wide)

    @property
    def proved(self) -> bool:
        """Return whether every protected cell is proved protected."""
        return not self.narrow

    @property
    def words(self) -> str:
        """Return the outcome in one sentence."""
        narrow, all_cells = len(self.narrow), len(self.intervals)
        if narrow:
            return f"{narrow} of {all_cells} protected cells could be inferred too narrowly"
        return (
            f"audit: none of {all_cells} protected cells can be inferred more narrowly than the "
            f"policy allows, from {self.unknown} unknown cells and {self.sums} sums"
        )


@dataclass(frozen=True)
class Reach:
    """How far tables that cannot be told from the true one reach, for every cell of a system.

    Attributes:
        down: how far below the true value, at least.
        up: how far above, at least.
    """

    down: Ints
    up: Ints

    def enough(self, needs: Needs) -> Bools:
        """Return for each protected cell whether both ends reach far enough."""
        down, up = self.down[needs.cells], self.up[needs.cells]
        return np.asarray((down >= needs.below) & (up >= needs.above))


def hidden(system: System, suppressed: Bools) -> tuple[Ints, Ints]:
    """Return how far each cell may be off for one who sees all but the suppressed ones."""
    down = np.where(suppressed, system.values, 0).astype(np.int64)
    return down, np.where(suppressed, FAR, 0).astype(np.int64)


def reach(system: System, down: Ints, up: Ints, needs: Needs, *, exact: bool = False) -> Reach:
    """Return how far below and above each protected cell an attacker must think possible.

    Args:
        system: cells and sums.
        down: the most by which each cell may be lower, as far as it is published.
        up: the most by which each may be higher.
        needs: the protected cells; the search stops where they are met.
        exact: go on to the very ends of the intervals.
    """
    part = part_of(system, (down > 0) | (up > 0))
    tight_down, tight_up = pushed(part, down[part.cells], up[part.cells])
    below, above = np.zeros((2, len(part.cells)), dtype=np.int64)
    local = np.full(len(system.keys), -1, dtype=np.int64)
    local[part.cells] = np.arange(len(part.cells))
    here = local[needs.cells]
    unknown = here >= 0
    below[here[unknown]] = needs.below[unknown]
    above[here[unknown]] = needs.above[unknown]
    if exact:
        below[here[unknown]], above[here[unknown]] = FAR, FAR
    found = np.zeros((2, len(system.keys)), dtype=np.int64)
    labels = components(part)
    asked = (below > 0) | (above > 0)
    for label in np.unique(labels[asked]):
        inside = labels == label
        mask = np.zeros(len(system.keys), dtype=np.bool_)
        mask[part.cells[inside]] = True
        search = Search(part_of(system, mask), tight_down[inside], tight_up[inside])
        found[:, mask] = search.run(below[inside], above[inside])
    return Reach(found[0], found[1])


def attack(system: System, down: Ints, up: Ints, needs: Needs, *, exact: bool = False) -> Audit:
    """Return the audit of what is published, for each protected cell.

    Args:
        system: every cell and sum of every table published from the same records.
        down: the most by which each cell may be lower as far as its own published figure tells
            (``hidden`` for suppression; the published interval for rounding).
        up: the most by which each may be higher.
        needs: the protected cells and how wide their intervals must be.
        exact: give the very ends of every interval, not only proof that they are far enough.
    """
    reached = reach(system, down, up, needs, exact=exact)
    wide = reached.enough(needs)
    part = part_of(system, (down > 0) | (up > 0))
    intervals = []
    for cell, is_wide in zip(needs.cells.tolist(), wide.tolist(), strict=True):
        value, high = int(system.values[cell]), int(reached.up[cell])
        intervals.append(
            Interval(
                system.keys[cell],
                value,
                value - int(reached.down[cell]),
                None if high >= FAR else value + high,
                is_wide,
            )
        )
    return Audit(tuple(intervals), len(part.cells), len(part.starts) - 1)
