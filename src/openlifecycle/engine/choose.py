"""The bitemporal choice, as Ibis expressions: of all that was printed, the one row that answers.

Of the releases known on the day, each (measure, dimensions, period) is answered by the row that
stands latest: first by the date as of which its table stands, so that a stale or frozen sheet in
a newer workbook never wins, then by publication. tests/answers/twin.py says the same slowly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import ibis

from openlifecycle.engine import marks
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


def candidates(rows: Any, plan: Plan) -> Any:
    """Return every row that could answer: right table, split, edition, period kind and day."""
    question = plan.question
    wrong = PUBLISHED if question.edition == AS_CORRECTED else CORRECTED
    conditions = [rows.edition != wrong, _any_of(rows, plan), _kind(rows, rows_granularity(plan))]
    if question.as_known_on:
        conditions.append(rows.known_on <= marks.day("as_known_on"))
    conditions += [_unsplit(rows, plan, d) for d in plan.measure.dimensions if d != "item"]
    made: dict[str, Any] = {"preference": _preference(rows, plan.sources)}
    if plan.listed:
        # a list comes from one release whole, so no other value is compared with its rows
        made["restated"] = ibis.literal(0, type="int64")
    if "item" in plan.split:
        made["item"] = rows["measure"]
    # one filter and one projection: each further step costs Ibis milliseconds to compile
    return rows.filter(*[c for c in conditions if c is not None]).mutate(**made)


def filtered(found: Any, plan: Plan) -> Any:
    """Return the rows with the dimension values asked for.

    For an open list this comes after the choice of the release: a facility that the latest list
    no longer names is gone, and no older list may speak for it.
    """
    wanted = [found[dim].fill_null(TOTAL).isin([marks.values(dim)]) for dim in plan.filters]
    return found.filter(*wanted) if wanted else found


def rows_granularity(plan: Plan) -> str:
    """Return the granularity of the printed rows: interval means are made of year-to-date ones."""
    return "release" if plan.measure.derivation == "interval_mean" else plan.granularity


def latest(found: Any, plan: Plan) -> Any:
    """Return the rows that stand latest, with ``restated``: other values printed before."""
    period = PERIODS[rows_granularity(plan)]
    whose = () if plan.listed else tuple(d for d in _row_dims(plan))
    group = [found[c] for c in (*whose, *period.key)]
    order = [found[c].desc(nulls_first=False) for c in period.latest]
    if plan.listed:
        # One release answers for the whole list; ties inside it keep every row.
        window = ibis.window(group_by=group, order_by=[*order, found.preference.asc()])
        return found.filter(ibis.rank().over(window) == 0)
    same = ibis.window(group_by=[*group, found.period_end])
    window = ibis.window(
        group_by=group,
        order_by=[*order, found.preference.asc(), found.sheet, found.row_no, found.cell],
    )
    told = found.mutate(restated=found.value.round(SAME_WITHIN).nunique().over(same) - 1)
    return told.filter(ibis.row_number().over(window) == 0)


def within(found: Any, plan: Plan) -> Any:
    """Return the rows of the time asked for; ``--on`` falls back on the latest day before."""
    question, fine = plan.question, plan.granularity
    if question.on:
        return _on(found, fine)
    starts = found.period_end if fine in ("snapshot", "release") else found.period_start
    if fine == "fiscal_year":
        if question.start:
            found = found.filter(found.fiscal_year >= marks.year("start"))
        if question.end:
            found = found.filter(found.fiscal_year <= marks.year("end"))
        return found
    if question.start:
        found = found.filter(found.period_end >= marks.day("start"))
    if question.end:
        found = found.filter(starts <= marks.day("end"))
    return found


def _on(found: Any, fine: str) -> Any:
    on, year = marks.day("on"), marks.year("on")
    if fine == "fiscal_year":
        return found.filter(found.fiscal_year == year)
    if fine == "month":
        return found.filter(found.period_start == marks.day("month"))
    if fine in ("quarter", "span"):
        return found.filter(found.period_start <= on, found.period_end >= on)
    near = found.period_end >= marks.day("near")
    if fine == "release":
        near = near | (found.fiscal_year == year)
    found = found.filter(found.period_end <= on, near)
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


def _unsplit(found: Any, plan: Plan, dim: str) -> Any:
    """Return the condition that keeps a dimension's parts, or its printed Total, out."""
    source = plan.sources[0]
    value = found[dim].fill_null(TOTAL)
    if dim in plan.filters or (dim in source.entity and not source.entity_total):
        return None
    if dim in source.attributes or dim in plan.measure.summed or dim in _shares(plan):
        return None
    if dim in plan.split:
        keep_total = plan.question.totals and dim not in source.no_total
        return None if keep_total else value != TOTAL
    return value == TOTAL


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


def _row_dims(plan: Plan) -> tuple[str, ...]:
    """Return the dimensions that tell one printed row of a period from another."""
    return tuple(dict.fromkeys([*plan.split, *plan.measure.summed]))


def _shares(plan: Plan) -> tuple[str, ...]:
    return tuple(dim for dim, _ in plan.measure.share_of)
