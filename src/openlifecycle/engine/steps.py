"""A query as steps, whose texts are compiled once: another question shares most of them.

Ibis takes 20 to 50 ms to compile a whole question. Without fused selects the query of a chain of
steps is the query of each, one inside the other, and a condition or a column has the same text
wherever it stands. ``step_texts.py`` puts a query together of these, to the letter as Ibis compiles
the whole (tests/answers/test_held.py).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Term:
    """A condition on rows or a column made of them, and what tells it from any other."""

    key: Hashable
    of: Callable[[Any], Any]


@dataclass(frozen=True)
class Where:
    """Keep the rows for which all conditions hold."""

    conditions: tuple[Term, ...]

    def of(self, rows: Any) -> Any:
        """Return the rows after the step."""
        return rows.filter(*[one.of(rows) for one in self.conditions])


@dataclass(frozen=True)
class Added:
    """Add columns; one of a name that is there takes its place."""

    columns: tuple[tuple[str, Term], ...]

    def of(self, rows: Any) -> Any:
        """Return the rows after the step."""
        return rows.mutate(**{name: term.of(rows) for name, term in self.columns})


@dataclass(frozen=True)
class Picked:
    """Keep some columns, in this order, with others made of them."""

    columns: tuple[str, ...]
    made: tuple[tuple[str, Term], ...] = ()

    def of(self, rows: Any) -> Any:
        """Return the rows after the step."""
        return rows.select(*self.columns, **{name: term.of(rows) for name, term in self.made})


@dataclass(frozen=True)
class Grouped:
    """Make one row of all that are alike in some columns, with columns made of all of these."""

    by: tuple[str, ...]
    made: tuple[tuple[str, Term], ...]

    def of(self, rows: Any) -> Any:
        """Return the rows after the step."""
        made = {name: term.of(rows) for name, term in self.made}
        return rows.group_by(list(self.by)).aggregate(**made)


@dataclass(frozen=True)
class Ordered:
    """Put the rows in the order of columns."""

    columns: tuple[str, ...]

    def of(self, rows: Any) -> Any:
        """Return the rows after the step."""
        return rows.order_by([rows[name] for name in self.columns])


@dataclass(frozen=True)
class Kept:
    """Keep some rows, by what a window of them says."""

    key: Hashable
    of: Callable[[Any], Any]


Step = Where | Added | Picked | Grouped | Ordered | Kept


def expression_of(rows: Any, steps: list[Step]) -> Any:
    """Return the Ibis expression of steps, one after the other."""
    for step in steps:
        rows = step.of(rows)
    return rows
