"""How the values of one dimension of a fixed table add up: total -> ... -> leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from openlifecycle.errors import UsageError

#: How the sum over a whole dimension is called unless a hierarchy says otherwise.
TOTAL = "total"


@dataclass(frozen=True)
class Hierarchy:
    """One dimension: every node with parts is the sum of its parts.

    Attributes:
        name: name of the dimension. Two hierarchies of one name are two ways to add up the same
            leaves (facility -> office -> nation, facility -> state -> nation): a label means the
            same people in both.
        root: the node that is everything, or None where the labels are not added up (months, when
            a person may stand in several).
        parts: for each node that is a sum, its parts in order.
    """

    name: str
    root: str | None
    parts: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Refuse what is no tree: a part of two sums, or a node that nobody adds up.

        Raises:
            UsageError: with the node.
        """
        seen = [part for parts in self.parts.values() for part in parts]
        twice = sorted({part for part in seen if seen.count(part) > 1})
        loose = sorted(set(self.parts) - set(seen) - {self.root})
        empty = sorted(node for node, parts in self.parts.items() if not parts)
        for nodes, fault in (
            (twice, "is part of two sums"),
            (loose, "is part of no sum"),
            (empty, "has no parts"),
        ):
            if nodes:
                raise UsageError(
                    f"{nodes[0]!r} {fault}",
                    where=f"hierarchy {self.name}",
                    next_step="give every node but the root exactly one parent",
                )

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Return every node, sums before their parts."""
        if self.root is None:
            return ()
        found = [self.root]
        for node in found:
            found.extend(self.parts.get(node, ()))
        return tuple(found)

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Return the nodes that are no sums."""
        return tuple(node for node in self.nodes if node not in self.parts)

    @cached_property
    def parents(self) -> dict[str, str]:
        """Return the sum that each node is part of; the root has none."""
        return {part: node for node, parts in self.parts.items() for part in parts}

    @cached_property
    def level(self) -> dict[str, int]:
        """Return how many steps below the root each node stands."""
        levels: dict[str, int] = {}
        for node in self.nodes:
            parent = self.parents.get(node)
            levels[node] = 0 if parent is None else levels[parent] + 1
        return levels

    def above(self, node: str) -> tuple[str, ...]:
        """Return the node and every sum it goes into, nearest first."""
        way = [node]
        while way[-1] in self.parents:
            way.append(self.parents[way[-1]])
        return tuple(way)


@dataclass(frozen=True)
class Apart(Hierarchy):
    """A dimension whose labels are not added up.

    Attributes:
        labels: the labels, in order.
    """

    labels: tuple[str, ...] = ()

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Return the labels."""
        return self.labels


def flat(name: str, leaves: Iterable[str], total: str = TOTAL) -> Hierarchy:
    """Return a dimension with one total over all leaves."""
    return Hierarchy(name, total, {total: tuple(leaves)})


def apart(name: str, labels: Iterable[str]) -> Hierarchy:
    """Return a dimension whose labels have no sum."""
    return Apart(name, None, {}, tuple(labels))


def stepped(name: str, ways: Sequence[Sequence[str]], total: str = TOTAL) -> Hierarchy:
    """Return a hierarchy from the way down to each leaf, the total left out.

    Args:
        name: name of the dimension.
        ways: for each leaf its sums from the coarsest down, then itself, as ("Q1", "January").
        total: name of the root.

    Raises:
        UsageError: when a node would have two parents.
    """
    parts: dict[str, list[str]] = {}
    for way in ways:
        for parent, part in zip((total, *way), way, strict=False):
            children = parts.setdefault(parent, [])
            if part not in children:
                children.append(part)
    return Hierarchy(name, total, {node: tuple(children) for node, children in parts.items()})
