"""The texts of steps, compiled on the first question that needs each, put together as one query."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final

import ibis

from openlifecycle.engine.steps import Added, Grouped, Kept, Ordered, Picked, Step, Term, Where

#: The rows that a text is compiled over, and how their place in it looks.
_ROWS: Final = "olc_rows"
_FROM: Final = f'FROM "{_ROWS}" AS "t0"'
_ALIAS: Final = re.compile(r'"t(\d+)"')

#: A second condition, cut off again: beside another, one is written as it is among several.
_OTHER: Final = "olc_other"
_WHERE: Final = f"SELECT * {_FROM} WHERE "
_AND: Final = f' AND "t0"."release_id" = \'{_OTHER}\''

_AS: Final = f' AS "{_OTHER}" {_FROM}'


#: The text of a column made of rows, and its type.
_Column = tuple[str, Any]


class StepTexts:
    """What was compiled over the rows of one table."""

    def __init__(self, table: Any, compiled: Callable[[Any], str]) -> None:
        """Take a table, and what compiles an Ibis expression without fusing selects."""
        self._name = table.get_name()
        self._columns = dict(table.schema().items())
        self._compiled = compiled
        self._known: dict[Hashable, _Column] = {}

    def query(self, steps: Iterable[Step]) -> str:
        """Return the query of steps, one after the other, from the table on."""
        query, columns = "", self._columns
        for names, step in enumerate(steps):
            text, columns = self._text(step, columns)
            inner = f'FROM ({query}) AS "t{names}"' if query else f'FROM "{self._name}" AS "t0"'
            query = _moved(text, names).replace(_moved(_FROM, names), inner, 1)
        return query

    def _text(self, step: Step, columns: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the query of a step over rows of some columns, and the columns that it gives."""
        if isinstance(step, Where):
            told = " AND ".join(self._condition(one, columns) for one in step.conditions)
            return _WHERE + told, columns
        if isinstance(step, Added):
            if not step.columns:
                return f"SELECT * {_FROM}", columns
            return self._selected(_plain(columns) | self._terms(step.columns, columns))
        if isinstance(step, Picked):
            kept = {name: columns[name] for name in step.columns}
            return self._selected(_plain(kept) | self._terms(step.made, columns))
        if isinstance(step, Grouped):
            kept = {name: columns[name] for name in step.by}
            made = self._terms(step.made, columns, alone=True)
            query, given = self._selected(_plain(kept) | made)
            return f"{query} GROUP BY {', '.join(str(n + 1) for n in range(len(kept)))}", given
        if isinstance(step, Ordered):
            order = ", ".join(f'"t0"."{name}" ASC' for name in step.columns)
            return f"SELECT * {_FROM} ORDER BY {order}", columns
        return self._kept(step, columns), columns

    def _selected(self, told: dict[str, _Column]) -> tuple[str, dict[str, Any]]:
        listed = ", ".join(
            text if text == _own(name) else f'{text} AS "{name}"'
            for name, (text, _) in told.items()
        )
        return f"SELECT {listed} {_FROM}", {name: kind for name, (_, kind) in told.items()}

    def _kept(self, step: Kept, columns: dict[str, Any]) -> str:
        if step.key not in self._known:
            query = self._compiled(step.of(ibis.table(columns, name=_ROWS)))
            if query.count(_ROWS) != 1 or query.count("SELECT") != 1 or _FROM not in query:
                raise TypeError(f"the step {step.key} is not one query over its rows: {query}")
            self._known[step.key] = (query, None)
        return self._known[step.key][0]

    def _terms(
        self, terms: tuple[tuple[str, Term], ...], columns: dict[str, Any], *, alone: bool = False
    ) -> dict[str, _Column]:
        return {name: self._column(term, columns, alone=alone) for name, term in terms}

    def _condition(self, term: Term, columns: dict[str, Any]) -> str:
        if term.key not in self._known:
            rows = ibis.table(columns, name=_ROWS)
            query = self._compiled(rows.filter(term.of(rows), rows.release_id == _OTHER))
            self._known[term.key] = (_between(_WHERE, query, _AND), None)
        return self._known[term.key][0]

    def _column(self, term: Term, columns: dict[str, Any], *, alone: bool) -> _Column:
        """Return a column made of rows; ``alone`` where it is made of all rows of a group."""
        if term.key not in self._known:
            rows = ibis.table(columns, name=_ROWS)
            made = term.of(rows).name(_OTHER)
            query = self._compiled(rows.aggregate(made) if alone else rows.select(made))
            self._known[term.key] = (_between("SELECT ", query, _AS), made.type())
        return self._known[term.key]


def _plain(columns: dict[str, Any]) -> dict[str, _Column]:
    return {name: (_own(name), kind) for name, kind in columns.items()}


def _own(name: str) -> str:
    return f'"t0"."{name}"'


def _between(begin: str, query: str, end: str) -> str:
    if not query.startswith(begin) or not query.endswith(end):
        raise TypeError(f"this is not one term of a query: {query}")
    return query[len(begin) : len(query) - len(end)]


def _moved(query: str, by: int) -> str:
    """Return a text whose rows are named by so much higher numbers."""
    return _ALIAS.sub(lambda alias: f'"t{int(alias[1]) + by}"', query) if by else query
