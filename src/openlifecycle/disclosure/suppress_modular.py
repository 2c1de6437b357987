"""Suppression of systems too large for one model: the coarse cells first, then branch by branch.

The hierarchy with the most nodes is cut below its top level. First the cells of the whole and of
the top nodes are protected among themselves; then each branch by itself, where the cells of its
top node stay as they are, and those of them that are suppressed must be able to move like small
cells. What that does not protect (two branches may need more of each other) is protected at the
end in the whole. Order of work: de Wolf (2002), "HiTaS: a heuristic approach to cell suppression
in hierarchical tables", Inference Control in Statistical Databases.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from openlifecycle.disclosure.audit import Needs, hidden, reach
from openlifecycle.disclosure.hierarchy import Hierarchy
from openlifecycle.disclosure.suppress_sequence import Sequence, complementary
from openlifecycle.disclosure.tables import Bools, Ints, System


def by_parts(
    system: System, dimensions: Many[Hierarchy], needs: Needs, allowed: Bools
) -> Bools | None:
    """Return which cells to suppress, found part by part.

    Args:
        system: cells and sums.
        dimensions: the hierarchies; the one with the most nodes is cut into branches.
        needs: the protected cells.
        allowed: which other cells may be suppressed.

    Returns:
        One flag a cell, or None when some cell cannot be protected even in the whole.
    """
    branch, coarse = branches(system, max(dimensions, key=lambda d: len(d.nodes)))
    chosen = np.zeros(len(system.keys), dtype=np.bool_)
    chosen[needs.cells] = True
    for group in (coarse, *(branch == number for number in range(int(branch.max()) + 1))):
        # A coarse cell that the first step left open stays open in its branch.
        free = allowed & (~coarse | chosen) if group is not coarse else allowed
        chosen |= protected_within(system, group, needs, chosen, free)
    reached = reach(system, *hidden(system, chosen), needs)
    narrow = np.flatnonzero(~reached.enough(needs))
    if not len(narrow):
        return chosen
    left = Needs(needs.cells[narrow], needs.below[narrow], needs.above[narrow])
    return Sequence(system, left, allowed, chosen).run(np.arange(len(narrow)))


def branches(system: System, hierarchy: Hierarchy) -> tuple[Ints, Bools]:
    """Return the branch of each cell (-1: none), and which cells are of the whole or a top node."""
    top = {node: number for number, node in enumerate(hierarchy.parts.get(str(hierarchy.root), ()))}
    under = {
        node: next(top[step] for step in hierarchy.above(node) if step in top)
        for node in hierarchy.nodes
        if node != hierarchy.root and top
    }
    branch = np.full(len(system.keys), -1, dtype=np.int64)
    coarse = np.ones(len(system.keys), dtype=np.bool_)
    for number, (_, nodes) in enumerate(system.keys):
        node = dict(nodes).get(hierarchy.name)
        if node in under:
            branch[number] = under[node]
            coarse[number] = node in top
    return branch, coarse


def protected_within(
    system: System, group: Bools, needs: Needs, chosen: Bools, allowed: Bools
) -> Bools:
    """Return which cells to suppress for one group of cells, with the sums that lie inside it.

    A group that cannot be protected by itself is left as it is: the whole may still do it.
    """
    cells = np.flatnonzero(group).astype(np.int64)
    local = np.cumsum(group) - 1
    inside = np.bincount(system.row, weights=~group[system.cell]) == 0
    keep = inside[system.row]
    part = System(
        keys=tuple(system.keys[cell] for cell in cells),
        values=system.values[cells],
        units=system.units[cells],
        largest=system.largest[cells],
        cell=local[system.cell[keep]].astype(np.int64),
        sign=system.sign[keep],
        starts=np.concatenate([[0], np.cumsum(np.diff(system.starts)[inside])]).astype(np.int64),
    )
    below, above = np.zeros((2, len(system.keys)), dtype=np.int64)
    if len(needs.cells):
        # A cell that another group suppressed must be able to move as small cells do.
        below[chosen], above[chosen] = needs.below.max(), needs.above.max()
    below[needs.cells], above[needs.cells] = needs.below, needs.above
    below = np.minimum(below, system.values)
    asked = np.flatnonzero(chosen & group)
    found = complementary(
        part, Needs(local[asked].astype(np.int64), below[asked], above[asked]), allowed[cells]
    )
    suppressed = np.zeros(len(system.keys), dtype=np.bool_)
    if found is not None:
        suppressed[cells[found]] = True
    return suppressed
