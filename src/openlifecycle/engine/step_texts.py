"""The texts of steps, compiled on the first question that needs each, put together as one query."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import ibis

from openlifecycle.engine.steps import Added, Kept, Made, Ordered, Picked, Step, Term, Where

#: The rows that a text is compiled over, and how their place in it looks.
_ROWS: Final = "olc_rows"
_FROM: Final = f'FROM "{_ROWS}" AS "t0"'
_ALIAS: Final = re.compile(r'"t(\d+)"')

#: A second condition, cut off again: beside another, one is written as it is among several.
_OTHER: Final = "olc_other"
_WHERE: Final = f"SELECT * {_FROM} WHERE "
_AND: Final = f' AND "t0"."release_id" = \'{_OTHER}\''

_AS: Final = f' AS "{_OTHER}" {_FROM}'


@dataclass(frozen=True)
class _Text:
    """A step as compiled over rows: its query, how many rows it names, and the columns it gives."""

    query: str
    names: int
    columns: dict[str, Any]


class StepTexts:
    """What was compiled over the rows of one table."""

    def __init__(self, table: Any, compiled: Callable[[Any], str]) -> None:
        """Take a table, and what compiles an Ibis expression without fusing selects."""
        self._name = table.get_name()
        self._columns = dict(table.schema().items())
        self._compiled = compiled
        self._made: dict[Hashable, _Text] = {}
        self._terms: dict[Hashable, tuple[str, Any]] = {}

    def query(self, steps: Iterable[Step]) -> str:
        """Return the query of steps, one after the other, from the table on."""
        query, names, columns = "", 0, self._columns
        for step in steps:
            text = self._text(step, columns)
            inner = f'FROM ({query}) AS "t{names}"' if query else f'FROM "{self._name}" AS "t0"'
            query = _moved(text.query, names).replace(_moved(_FROM, names), inner, 1)
            names, columns = names + text.names, text.columns
        return query

    def _text(self, step: Step, columns: dict[str, Any]) -> _Text:
        if isinstance(step, Where):
            told = " AND ".join(self._condition(one, columns) for one in step.conditions)
            return _Text(_WHERE + told, 1, columns)
        if isinstance(step, Added):
            made = {name: self._column(term, columns) for name, term in step.columns}
            told = ", ".join(f'{text} AS "{name}"' for name, (text, _) in made.items())
            given = columns | {name: kind for name, (_, kind) in made.items()}
            return _Text(f"SELECT {_listed(columns)}, {told} {_FROM}", 1, given)
        if isinstance(step, Picked):
            given = {name: columns[name] for name in step.columns}
            return _Text(f"SELECT {_listed(step.columns)} {_FROM}", 1, given)
        if isinstance(step, Ordered):
            order = ", ".join(f'"t0"."{name}" ASC' for name in step.columns)
            return _Text(f"SELECT * {_FROM} ORDER BY {order}", 1, columns)
        if isinstance(step, Kept):
            found = self._whole(step, step.key, columns)
            return _Text(found.query, found.names, columns)
        return self._whole(step, (step.key, *columns), columns)

    def _whole(self, step: Kept | Made, key: Hashable, columns: dict[str, Any]) -> _Text:
        if key not in self._made:
            made = step.of(ibis.table(columns, name=_ROWS))
            query = self._compiled(made)
            if query.count(_FROM) != 1 or query.count(_ROWS) != 1:
                raise TypeError(f"the step {key} is not one query over its rows")
            names = 1 + max(int(number) for number in _ALIAS.findall(query))
            self._made[key] = _Text(query, names, dict(made.schema().items()))
        return self._made[key]

    def _condition(self, term: Term, columns: dict[str, Any]) -> str:
        if term.key not in self._terms:
            rows = ibis.table(columns, name=_ROWS)
            query = self._compiled(rows.filter(term.of(rows), rows.release_id == _OTHER))
            self._terms[term.key] = (_between(_WHERE, query, _AND), None)
        return self._terms[term.key][0]

    def _column(self, term: Term, columns: dict[str, Any]) -> tuple[str, Any]:
        if term.key not in self._terms:
            rows = ibis.table(columns, name=_ROWS)
            made = term.of(rows)
            query = self._compiled(rows.select(made.name(_OTHER)))
            self._terms[term.key] = (_between("SELECT ", query, _AS), made.type())
        return self._terms[term.key]


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"t0"."{name}"' for name in columns)


def _between(begin: str, query: str, end: str) -> str:
    if not query.startswith(begin) or not query.endswith(end):
        raise TypeError(f"this is not one term of a query: {query}")
    return query[len(begin) : len(query) - len(end)]


def _moved(query: str, by: int) -> str:
    """Return a text whose rows are named by so much higher numbers."""
    return _ALIAS.sub(lambda alias: f'"t{int(alias[1]) + by}"', query) if by else query
