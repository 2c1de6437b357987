"""The bitemporal choice, as Ibis expressions: of all that was printed, the one row that answers.

Of the releases known on the day, each (measure, dimensions, period) is answered by the row that
stands latest: first by the date as of which its table stands, so that a stale or frozen sheet in
a newer workbook never wins, then by publication. tests/answers/twin.py says the same slowly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import ibis

from openlifecycle.engine import marks
from openlifecycle.engine.steps import Added, Kept, Step, Term, Where
from openlifecycle.measures.declaration import Source
from openlifecycle.measures.plan import Plan
from openlifecycle.measures.question import AS_CORRECTED
from openlifecycle.model.dimensions import TOTAL
from openlifecycle.model.observation import (
    CORRECTED,
    FISCAL_YEAR_TO_DATE,
    INSTANT,
    INTERVAL,
    PUBLISHED,
)

MONTH_DAYS: Final = 31
QUARTER_DAYS: Final = (80, 100)
YEAR_DAYS: Final = 360

#: Printed numbers of five and of fifteen decimals are the same number.
SAME_WITHIN: Final = 4


@dataclass(frozen=True)
class Period:
    """What tells one period from another at a granularity, and which row of it stands latest."""

    key: tuple[str, ...]
    latest: tuple[str, ...] = ("as_of", "rank")


PERIODS: Final[dict[str, Period]] = {
    "snapshot": Period(("period_end",)),
    "month": Period(("period_start",)),
    "quarter": Period(("period_start",)),
    "span": Period(("period_start", "period_end")),
    "fiscal_year": Period(("fiscal_year",), ("period_end", "as_of", "rank")),
    "release": Period(("fiscal_year", "period_end")),
}


def candidates(plan: Plan) -> list[Step]:
    """Return the steps to every row that could answer: right table, split, edition, kind, day."""
    question = plan.question
    wrong = PUBLISHED if question.edition == AS_CORRECTED else CORRECTED
    fine = rows_granularity(plan)
    conditions = [
        Term(("edition", wrong), lambda rows: rows.edition != wrong),
        Term(("sources", plan.sources), lambda rows: _any_of(rows, plan)),
        Term(("kind", fine), lambda rows: _kind(rows, fine)),
    ]
    if question.as_known_on:
        known = Term("known", lambda rows: rows.known_on <= marks.day("as_known_on"))
        conditions.append(known)
    conditions += [_unsplit(d, kept) for d, kept in unsplit(plan)]
    preferred = Term(("preference", plan.sources), lambda rows: _preference(rows, plan.sources))
    made = [("preference", preferred)]
    if plan.listed:
        # a list comes from one release whole, so no other value is compared with its rows
        made.append(("restated", Term("none", lambda _: ibis.literal(0, type="int64"))))
    if "item" in plan.split:
        made.append(("item", Term("item", lambda rows: rows["measure"])))
    # one filter and one projection: each further step costs Ibis milliseconds to compile
    return [Where(tuple(conditions)), Added(tuple(made))]


def filtered(plan: Plan) -> list[Step]:
    """Return the step to the rows with the dimension values asked for.

    For an open list this comes after the choice of the release: a facility that the latest list
    no longer names is gone, and no older list may speak for it.
    """
    wanted = tuple(_named(dim) for dim in plan.filters)
    return [Where(wanted)] if wanted else []


def _named(dim: str) -> Term:
    return Term(("named", dim), lambda rows: rows[dim].fill_null(TOTAL).isin([marks.values(dim)]))


def rows_granularity(plan: Plan) -> str:
    """Return the granularity of the printed rows: interval means are made of year-to-date ones."""
    return "release" if plan.measure.derivation == "interval_mean" else plan.granularity


def latest(plan: Plan) -> list[Step]:
    """Return the steps to the rows that stand latest, with ``restated``: other values before."""
    fine = rows_granularity(plan)
    if plan.listed:
        return [Kept(("list", fine), lambda rows: _latest_list(rows, PERIODS[fine]))]
    whose = row_dims(plan)
    told = Term(("restated", fine, whose), lambda rows: _restated(rows, PERIODS[fine], whose))
    first = Kept(("first", fine, whose), lambda rows: _first(rows, PERIODS[fine], whose))
    return [Added((("restated", told),)), first]


def _latest_list(found: Any, period: Period) -> Any:
    # One release answers for the whole list; ties inside it keep every row.
    window = ibis.window(
        group_by=[found[c] for c in period.key],
        order_by=[*_latest_first(found, period), found.preference.asc()],
    )
    return found.filter(ibis.rank().over(window) == 0)


def _restated(found: Any, period: Period, whose: tuple[str, ...]) -> Any:
    same = ibis.window(group_by=[found[c] for c in (*whose, *period.key, "period_end")])
    return found.value.round(SAME_WITHIN).nunique().over(same) - 1


def _first(found: Any, period: Period, whose: tuple[str, ...]) -> Any:
    order = [found.preference.asc(), found.sheet, found.row_no, found.cell]
    window = ibis.window(
        group_by=[found[c] for c in (*whose, *period.key)],
        order_by=[*_latest_first(found, period), *order],
    )
    return found.filter(ibis.row_number().over(window) == 0)


def _latest_first(found: Any, period: Period) -> list[Any]:
    return [found[c].desc(nulls_first=False) for c in period.latest]


def within(plan: Plan) -> list[Step]:
    """Return the steps to the time asked for; ``--on`` falls back on the latest day before."""
    question, fine = plan.question, plan.granularity
    if question.on:
        return _on(fine)
    if fine == "fiscal_year":
        first = Term("from year", lambda rows: rows.fiscal_year >= marks.year("start"))
        last = Term("to year", lambda rows: rows.fiscal_year <= marks.year("end"))
    else:
        starts = "period_end" if fine in ("snapshot", "release") else "period_start"
        first = Term("from", lambda rows: rows.period_end >= marks.day("start"))
        last = Term(("to", starts), lambda rows: rows[starts] <= marks.day("end"))
    said = ((question.start, first), (question.end, last))
    return [Where((condition,)) for day, condition in said if day]


def _on(fine: str) -> list[Step]:
    on, year = marks.day("on"), marks.year("on")
    if fine == "fiscal_year":
        return [Where((Term("on year", lambda rows: rows.fiscal_year == year),))]
    if fine == "month":
        month = marks.day("month")
        return [Where((Term("on month", lambda rows: rows.period_start == month),))]
    begun = Term("begun", lambda rows: rows.period_start <= on)
    if fine in ("quarter", "span"):
        return [Where((begun, Term("not over", lambda rows: rows.period_end >= on)))]
    over = Term("over", lambda rows: rows.period_end <= on)

    def near(rows: Any) -> Any:
        found = rows.period_end >= marks.day("near")
        return found | (rows.fiscal_year == year) if fine == "release" else found

    return [Where((over, Term(("near", fine), near))), Kept("last", _last)]


def _last(found: Any) -> Any:
    return found.filter(found.period_end == found.period_end.max().over(ibis.window()))


def _any_of(rows: Any, plan: Plan) -> Any:
    """Return the condition that a row belongs to one of the plan's sources."""
    parts = [_source(rows, s) for s in plan.sources]
    return ibis.or_(*parts) if len(parts) > 1 else parts[0]


def _source(rows: Any, source: Source) -> Any:
    condition = (rows.table == source.table) & rows["measure"].isin(source.measures)
    for dim, values in source.fixed:
        condition &= rows[dim].isin(values) if values else rows[dim].notnull()
    return condition


def unsplit(plan: Plan) -> Iterator[tuple[str, bool]]:
    """Yield the dimensions whose parts are kept out (False), or whose Total is (True)."""
    source = plan.sources[0]
    for dim in plan.measure.dimensions:
        if dim == "item" or dim in plan.filters:
            continue
        if dim in source.entity and not source.entity_total:
            continue
        if dim in source.attributes or dim in plan.measure.summed or dim in _shares(plan):
            continue
        if dim not in plan.split:
            yield dim, False
        elif not plan.question.totals or dim in source.no_total:
            yield dim, True


def _unsplit(dim: str, parts: bool) -> Term:
    """Return the condition that keeps a dimension's parts, or its printed Total."""

    def kept(rows: Any) -> Any:
        value = rows[dim].fill_null(TOTAL)
        return value != TOTAL if parts else value == TOTAL

    return Term(("unsplit", dim, parts), kept)


def _kind(found: Any, fine: str) -> Any:
    """Return the condition that a period is of the kind that the granularity shows."""
    days = found.period_end.delta(found.period_start, unit="day")
    interval = found.period_kind == INTERVAL
    to_date = found.period_kind == FISCAL_YEAR_TO_DATE
    kinds = {
        "snapshot": found.period_kind == INSTANT,
        "month": interval & (days < MONTH_DAYS),
        "quarter": interval & days.between(*QUARTER_DAYS),
        "span": interval,
        "release": to_date,
        "fiscal_year": to_date | (interval & (days >= YEAR_DAYS)),
    }
    return kinds[fine]


def _preference(rows: Any, sources: tuple[Source, ...]) -> Any:
    return ibis.cases(*[(_source(rows, s), i) for i, s in enumerate(sources)], else_=len(sources))


def row_dims(plan: Plan) -> tuple[str, ...]:
    """Return the dimensions that tell one printed row of a period from another."""
    return tuple(dict.fromkeys([*plan.split, *plan.measure.summed]))


def _shares(plan: Plan) -> tuple[str, ...]:
    return tuple(dim for dim, _ in plan.measure.share_of)
