"""The days and values of a question as marks in its query, so that each kind is compiled once.

Ibis takes 20 to 50 ms to compile a question, longer than DuckDB takes to answer it. Questions that
differ in their days and named values only have the same query but for these. It is compiled with
marks, and ``written`` puts the days and values in their places: the query that is shown, and run
where DuckDB answers, has no marks.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import date, timedelta
from typing import Any, Final

import ibis

from openlifecycle.measures.plan import Plan
from openlifecycle.measures.question import Question, fiscal_year_of

#: ``--on`` a day without a snapshot takes the latest one of at most this many days before.
#: Releases come every two weeks, with gaps of up to seven.
NEAR_DAYS: Final = 45


@ibis.udf.scalar.builtin(name="olc_day", signature=(("string",), "date"))
def _day(which):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    ...


@ibis.udf.scalar.builtin(name="olc_year", signature=(("string",), "int32"))
def _year(which):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    ...


@ibis.udf.scalar.builtin(name="olc_values", signature=(("string",), "string"))
def _values(which):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    ...


_MARK: Final = re.compile(r"OLC_(DAY|YEAR|VALUES)\('(\w+)'\)")


def day(which: str) -> Any:
    """Return the mark of a day: start, end, on, as_known_on, or near and month of on."""
    return _day(which)


def year(which: str) -> Any:
    """Return the mark of the fiscal year of a day."""
    return _year(which)


def values(dimension: str) -> Any:
    """Return the mark of the values that a filter names, to stand in a list."""
    return _values(dimension)


def kind_of(plan: Plan) -> Hashable:
    """Return what tells the query of a plan from others but for its days and values."""
    asked = plan.question
    said = (asked.start, asked.end, asked.on, asked.as_known_on)
    return (
        plan.measure.name, plan.sources, plan.granularity, plan.split, plan.by, plan.over_rows,
        asked.edition, asked.totals, tuple(one is not None for one in said), tuple(plan.filters),
    )  # fmt: skip


def written(query: str, plan: Plan) -> str:
    """Return a query with the days and values of a question in the places of their marks."""
    asked, filters = plan.question, plan.filters

    def put(mark: re.Match[str]) -> str:
        kind, which = mark.groups()
        if kind == "VALUES":
            return ", ".join("'" + v.replace("'", "''") + "'" for v in filters[which])
        found = _said(asked, which)
        if kind == "YEAR":
            return str(fiscal_year_of(found))
        return f"MAKE_DATE({found.year}, {found.month}, {found.day})"

    # in one pass: what is put in is not looked at again
    return _MARK.sub(put, query)


def _said(asked: Question, which: str) -> date:
    """Return the day that a mark stands for."""
    if which in ("near", "month"):
        on = _said(asked, "on")
        return on - timedelta(days=NEAR_DAYS) if which == "near" else on.replace(day=1)
    found = getattr(asked, which)
    if not isinstance(found, date):
        raise TypeError(f"the question says no {which}")
    return found
