"""Numbers made of printed numbers, as Ibis expressions; each keeps the cells that it is made of.

R24, the interval mean: (ADP2 x day2 - ADP1 x day1) / (day2 - day1), days counted from 1 October.
"""

from __future__ import annotations

from typing import Any, Final

import ibis

from openlifecycle.engine.steps import Added, Grouped, Kept, Picked, Step, Term, Where
from openlifecycle.measures.plan import Plan

#: What every answered row carries besides its dimensions.
CARRIED: Final = (
    "period_start", "period_end", "period_kind", "fiscal_year", "as_of", "value", "value_text",
    "unit", "restated", "edition", "correction_id", "flags", "release_id", "published_on",
    "table", "sheet", "cell", "layout", "rule_version",
)  # fmt: skip

_FROM_ONE_RELEASE: Final = (
    "release_id", "published_on", "table", "sheet", "layout", "rule_version", "period_start",
    "period_end", "period_kind", "fiscal_year", "as_of",
)  # fmt: skip


def derived(plan: Plan) -> list[Step]:
    """Return the steps to the rows of the answer, made from the chosen printed rows."""
    kind = plan.measure.derivation
    if kind == "count":
        return _counted(plan)
    if kind == "share":
        return _shared(plan)
    if kind == "age":
        return _age(plan)
    if kind == "person_days":
        return _person_days(plan)
    if kind == "sum" or plan.over_rows:
        return _summed(plan)
    if kind == "interval_mean":
        return [*(_summed(plan) if plan.measure.summed else _printed(plan)), *_intervals(plan)]
    return _printed(plan)


def grouped_by(plan: Plan) -> list[str]:
    """Return the columns that rows added up into one have in common."""
    row = ["row_no"] if plan.per_row else []
    return [*plan.split, *_FROM_ONE_RELEASE, *row]


def _printed(plan: Plan) -> list[Step]:
    return [Picked((*plan.split, *CARRIED))]


def _selected(plan: Plan, **made: Term) -> Picked:
    """Return the columns of an answer, some of them made here, in one projection."""
    made["value_text"] = Term("no text", lambda _: ibis.null("string"))
    kept = [c for c in (*plan.split, *CARRIED) if c not in made]
    return Picked(tuple(kept), tuple(made.items()))


def _grouped(plan: Plan, made: dict[str, Term]) -> Grouped:
    return Grouped(tuple(grouped_by(plan)), tuple(made.items()))


def _said(unit: str) -> Term:
    return Term(("unit", unit), lambda _: ibis.literal(unit))


def _summed(plan: Plan) -> list[Step]:
    total = Term("total", lambda rows: _total(rows.value))
    return [_grouped(plan, {"value": total, **_PROVENANCE}), _selected(plan)]


def _total(value: Any, where: Any = None) -> Any:
    """Return a sum whose last digit is the same in every process: added up from the smallest.

    An engine adds up in the order in which its threads come to the rows.
    """
    return value.collect(where=where, order_by=value).sums()


def _counted(plan: Plan) -> list[Step]:
    listed = Term("listed", lambda rows: rows.row_no.nunique().cast("float64"))
    made = {**_PROVENANCE, "value": listed, "cell": Term("first to last", _first_to_last)}
    return [_grouped(plan, made), _selected(plan, unit=_said("facilities"))]


def _first_to_last(rows: Any) -> Any:
    first, last = (n.cast("string") for n in (rows.row_no.min(), rows.row_no.max()))
    return ibis.coalesce(first, "") + ":" + ibis.coalesce(last, "")


def _shared(plan: Plan) -> list[Step]:
    (dim, parts), *_ = plan.measure.share_of

    def part(rows: Any) -> Any:
        return rows[dim].isin(parts)

    def whole(rows: Any) -> Any:
        return rows[dim].fill_null("Total") == "Total"

    own = ("share", dim, parts)
    made = {
        "part": Term((*own, "part"), lambda rows: _total(rows.value, part(rows))),
        "parts": Term((*own, "parts"), lambda rows: rows.value.count(where=part(rows))),
        "whole": Term((*own, "whole"), lambda rows: _total(rows.value, whole(rows))),
        **_PROVENANCE,
    }
    sound = (
        Term(("sound", len(parts)), lambda rows: rows.parts == len(parts)),
        Term("some", lambda rows: rows.whole > 0),
    )
    share = Term("share", lambda rows: rows.part / rows.whole)
    return [
        Kept(own, lambda rows: rows.filter(part(rows) | whole(rows))),
        _grouped(plan, made),
        Where(sound),
        _selected(plan, value=share, unit=_said("fraction")),
    ]


def _person_days(plan: Plan) -> list[Step]:
    """Return averages times their days: those of the period, as far as the table speaks of it."""

    def made(rows: Any) -> Any:
        # a month that was not over is the average of its days until the table was drawn up
        cut = rows.as_of.notnull() & (rows.as_of >= rows.period_start)
        last = ibis.ifelse(cut, ibis.least(rows.as_of, rows.period_end), rows.period_end)
        return rows.value * (last.delta(rows.period_start, unit="day") + 1)

    columns = (("value", Term("person-days", made)), ("unit", _said("person-days")))
    return [Added(columns), *_printed(plan)]


def _age(plan: Plan) -> list[Step]:
    """Return the days from the day printed as text to the day of its list; words are left out."""

    def printed(rows: Any) -> Any:
        return rows.value_text.try_cast("date")

    def made(rows: Any) -> Any:
        return rows.period_end.delta(printed(rows), unit="day").cast("float64")

    known = Term("day", lambda rows: printed(rows).notnull())
    columns = (("value", Term("age", made)), ("unit", _said("days")))
    return [Added(columns), Where((known,)), _selected(plan)]


def _intervals(plan: Plan) -> list[Step]:
    """Return the mean between each two consecutive year-to-date means of a fiscal year (R24)."""
    # one facility is printed in capitals in one release and in title case in the next
    upper = tuple((f"key_{d}", _upper(d)) for d in plan.split)
    keys = tuple(key for key, _ in upper)

    def told(rows: Any) -> Any:
        return rows.count().over(ibis.window(group_by=[*keys, "period_end"]))

    def day(rows: Any) -> Any:
        return rows.period_end.delta(ibis.date(rows.fiscal_year - 1, 10, 1), unit="day") + 1

    def before(column: str, first: Any = None) -> Term:
        def made(rows: Any) -> Any:
            window = ibis.window(group_by=[*keys, "fiscal_year"], order_by="period_end")
            lagged = rows[column].lag().over(window)
            return lagged if first is None else lagged.fill_null(first)

        return Term(("before", column, keys), made)

    others = ("release_id", "sheet", "cell")
    lags = (
        ("day_before", before("day", 0)), ("value_before", before("value", 0.0)),
        ("end_before", before("period_end")), *((f"before_{c}", before(c)) for c in others),
    )  # fmt: skip
    # a facility listed twice in one release cannot be followed: which row is which?
    once = Term("told once", lambda rows: rows.same == 1)
    return [
        Added(upper),
        Added((("same", Term(("told", keys), told)), ("day", Term("day of year", day)))),
        Where((once,)),
        Added(lags),
        Added(_BETWEEN),
        Picked((*plan.split, *CARRIED, *(f"before_{c}" for c in others))),
    ]


def _upper(dim: str) -> Term:
    return Term(("upper", dim), lambda rows: rows[dim].upper())


def _mean_between(rows: Any) -> Any:
    days = rows.day - rows.day_before
    return (rows.value * rows.day - rows.value_before * rows.day_before) / days


def _after_end(rows: Any) -> Any:
    return ibis.coalesce(rows.end_before + ibis.interval(days=1), rows.period_start)


_BETWEEN: Final = (
    ("value", Term("mean between", _mean_between)),
    ("period_start", Term("after end", _after_end)),
    ("period_kind", Term("interval", lambda _: ibis.literal("interval"))),
)

_PROVENANCE: Final = {
    "cell": Term("cells", lambda rows: rows.cell.group_concat(",", order_by=rows.cell)),
    # of both, corrected and published the last in the alphabet is the one to speak of
    "edition": Term("last edition", lambda rows: rows.edition.max()),
    "correction_id": Term("last correction", lambda rows: rows.correction_id.max()),
    "flags": Term("last flags", lambda rows: rows.flags.max()),
    "unit": Term("last unit", lambda rows: rows.unit.max()),
    "restated": Term("most restated", lambda rows: rows.restated.max()),
}
