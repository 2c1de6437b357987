"""Fixed tables with small cells suppressed, and the audit that lets them out or holds them back.

``protect`` is the one verb. Primary cells are those the policy's rules name; complementary cells
are suppressed so that no primary can be worked out from the rest. Both look the same to a reader:
a mark that told them apart would tell that one of them is small.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import polars as pl

from openlifecycle.disclosure.audit import Audit, Needs, attack, hidden
from openlifecycle.disclosure.hierarchy import Hierarchy
from openlifecycle.disclosure.optimal import fewest, is_small
from openlifecycle.disclosure.suppress_modular import by_parts
from openlifecycle.disclosure.suppress_rules import SuppressionRules, hides_zeros, needs
from openlifecycle.disclosure.suppress_sequence import complementary
from openlifecycle.disclosure.tables import Bools, Key, Place, System, Table, frame, linked
from openlifecycle.errors import NotCleared

#: How the complementary cells were found.
Method = Literal["optimal", "sequential", "modular"]

#: Cells that one model still takes in good time; above, part by part.
ONE_MODEL: Final = 12_000


@dataclass(frozen=True)
class ProtectedTable:
    """A table that may leave: what is shown, and the proof that what is not cannot be inferred.

    Attributes:
        table: the true table; never to be published.
        cells: the number shown at each place, None where it is suppressed.
        audit: what an attacker can infer of each primary cell, over all linked tables.
        primary: the places that the rules themselves hide; never to be told apart.
        method: how the other suppressed cells were found.
        policy: name of the policy.
    """

    table: Table = field(repr=False)
    cells: Mapping[Place, int | None]
    audit: Audit = field(repr=False)
    primary: frozenset[Place] = field(repr=False)
    method: Method
    policy: str

    @property
    def name(self) -> str:
        """Return what is counted."""
        return self.table.measure

    @property
    def rows(self) -> pl.DataFrame:
        """Return the cells as rows; ``value`` is null where it is suppressed."""
        return frame(self.table, self.cells)

    @property
    def proved(self) -> bool:
        """Return whether the audit proves every primary cell protected."""
        return self.audit.proved

    @property
    def suppressed(self) -> int:
        """Return how many cells are not shown."""
        return sum(value is None for value in self.cells.values())


def protect(
    table: Table, policy: SuppressionRules, *, published: Collection[Key] = ()
) -> ProtectedTable:
    """Return the table with small cells, and what would tell them, suppressed.

    Args:
        table: the true table.
        policy: minimum cell, zeros, dominance, group share and width of the intervals.
        published: cells that are out already and cannot be taken back.

    Raises:
        NotCleared: when protection cannot be shown; names a coarser split that passes.
    """
    return protect_linked((table,), policy, published=published)[0]


def protect_linked(
    tables: Sequence[Table], policy: SuppressionRules, *, published: Collection[Key] = ()
) -> tuple[ProtectedTable, ...]:
    """Return several tables of the same records, protected together; see ``protect``.

    Raises:
        NotCleared: when protection cannot be shown; names a coarser split that passes.
    """
    outcome = _attempt(tables, policy, frozenset(published))
    if outcome is None or not outcome[0].proved:
        raise _refusal(tables, policy, frozenset(published), outcome)
    return outcome


def _attempt(
    tables: Sequence[Table], policy: SuppressionRules, published: frozenset[Key]
) -> tuple[ProtectedTable, ...] | None:
    """Return the tables with cells suppressed and audited, or None when nothing protects them."""
    system = linked(tables)
    wanted = needs(tables, system, policy)
    allowed = np.array([key not in published for key in system.keys], dtype=np.bool_)
    if not allowed[wanted.cells].all():
        return None
    if not hides_zeros(policy):
        # A zero that may be told is often known beforehand: it cannot hide anything.
        allowed &= system.values > 0
    found = _suppressed(tables, system, wanted, allowed)
    if found is None:
        return None
    suppressed, method = found
    audit = attack(system, *hidden(system, suppressed), wanted)
    primary = {system.keys[cell] for cell in wanted.cells.tolist()}
    return tuple(
        _shown(table, system, suppressed, audit, primary, method, policy.name) for table in tables
    )


def _suppressed(
    tables: Sequence[Table], system: System, wanted: Needs, allowed: Bools
) -> tuple[Bools, Method] | None:
    """Return which cells to suppress, and how they were found."""
    if not len(wanted.cells):
        return np.zeros(len(system.keys), dtype=np.bool_), "optimal"
    if is_small(system, wanted):
        best = fewest(system, wanted, allowed)
        if best is not None:
            return best, "optimal"
    if len(system.keys) > ONE_MODEL:
        dimensions = [dimension for table in tables for dimension in table.dimensions]
        parts = by_parts(system, dimensions, wanted, allowed)
        return None if parts is None else (parts, "modular")
    cells = complementary(system, wanted, allowed)
    return None if cells is None else (cells, "sequential")


def _shown(
    table: Table,
    system: System,
    suppressed: Bools,
    audit: Audit,
    primary: Collection[Key],
    method: Method,
    policy: str,
) -> ProtectedTable:
    """Return one table without its suppressed cells."""
    keys = {place: table.key(place) for place in table.places}
    cells = {
        place: None if suppressed[system.index[key]] else table.cells[place].value
        for place, key in keys.items()
    }
    places = frozenset(place for place, key in keys.items() if key in primary)
    return ProtectedTable(table, cells, audit, places, method, policy)


def _refusal(
    tables: Sequence[Table],
    policy: SuppressionRules,
    published: frozenset[Key],
    outcome: tuple[ProtectedTable, ...] | None,
) -> NotCleared:
    """Return the error that says what is not protected, and what would pass instead."""
    narrow = "no suppression protects its small cells"
    if outcome is not None:
        count = len(outcome[0].audit.narrow)
        narrow = f"{count} small cells could be inferred too narrowly"
    passes = [name for name, less in coarser(tables) if _passes(less, policy, published)]
    return NotCleared(
        f"{narrow}: not released",
        where=", ".join(sorted({table.measure for table in tables})),
        nearest=", ".join(passes),
        next_step="ask for a coarser split or a longer period"
        + (f": {passes[0]} passes" if passes else ""),
    )


def _passes(tables: Sequence[Table], policy: SuppressionRules, published: frozenset[Key]) -> bool:
    """Return whether the tables can be protected."""
    outcome = _attempt(tables, policy, published)
    return outcome is not None and outcome[0].proved


def coarser(tables: Sequence[Table]) -> Iterable[tuple[str, tuple[Table, ...]]]:
    """Yield the tables with the finest level of one dimension left out, for each in turn.

    Yields:
        What is left out, in words, and the tables.
    """
    names = sorted({d.name for table in tables for d in table.dimensions if d.parts})
    for name in names:
        yield f"{name} one level coarser", tuple(without_finest(table, name) for table in tables)


def without_finest(table: Table, name: str) -> Table:
    """Return the table without the deepest level of one dimension; its sums become leaves."""
    dimensions = tuple(_cut(d) if d.name == name else d for d in table.dimensions)
    left = [frozenset(dimension.nodes) for dimension in dimensions]
    cells = {
        place: cell
        for place, cell in table.cells.items()
        if all(node in nodes for node, nodes in zip(place, left, strict=True))
    }
    return Table(table.measure, dimensions, cells)


def _cut(hierarchy: Hierarchy) -> Hierarchy:
    """Return a hierarchy without its deepest level; without parts nothing is left to cut."""
    deepest = max(hierarchy.level.values())
    parts = {
        node: below
        for node, below in hierarchy.parts.items()
        if hierarchy.level[below[0]] < deepest
    }
    return Hierarchy(hierarchy.name, hierarchy.root, parts)
