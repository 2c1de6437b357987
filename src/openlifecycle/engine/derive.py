"""Numbers made of printed numbers, as Ibis expressions; each keeps the cells that it is made of.

R24, the interval mean: (ADP2 x day2 - ADP1 x day1) / (day2 - day1), days counted from 1 October.
"""

from __future__ import annotations

from typing import Any, Final

import ibis

from openlifecycle.engine.steps import Made, Picked, Step
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
    """Return the step to the rows of the answer, made from the chosen printed rows."""
    one = plan.measure
    if one.derivation == "printed" and not plan.over_rows:
        return [Picked((*plan.split, *CARRIED))]
    key = (one.derivation, one.share_of, bool(one.summed), plan.over_rows, plan.per_row, plan.split)
    return [Made(key, lambda chosen: _derived(chosen, plan))]


def _derived(chosen: Any, plan: Plan) -> Any:
    kind = plan.measure.derivation
    if kind == "count":
        return _counted(chosen, plan)
    if kind == "share":
        return _shared(chosen, plan)
    if kind == "age":
        return _age(chosen, plan)
    if kind == "person_days":
        return _person_days(chosen, plan)
    if kind == "sum" or plan.over_rows:
        return _summed(chosen, plan)
    if kind == "interval_mean":
        summed = _summed(chosen, plan) if plan.measure.summed else _printed(chosen, plan)
        return _intervals(summed, plan)
    return _printed(chosen, plan)


def _printed(chosen: Any, plan: Plan) -> Any:
    return chosen.select(*plan.split, *CARRIED)


def _selected(rows: Any, plan: Plan, **made: Any) -> Any:
    """Return the columns of an answer, some of them made here, in one projection."""
    made["value_text"] = ibis.null("string")
    kept = [c for c in (*plan.split, *CARRIED) if c not in made]
    return rows.select(*kept, **made)


def grouped_by(plan: Plan) -> list[str]:
    """Return the columns that rows added up into one have in common."""
    row = ["row_no"] if plan.per_row else []
    return [*plan.split, *_FROM_ONE_RELEASE, *row]


def _summed(chosen: Any, plan: Plan) -> Any:
    grouped = chosen.group_by(grouped_by(plan)).aggregate(
        value=_total(chosen.value), **_provenance(chosen)
    )
    return _selected(grouped, plan)


def _total(value: Any, where: Any = None) -> Any:
    """Return a sum whose last digit is the same in every process: added up from the smallest.

    An engine adds up in the order in which its threads come to the rows.
    """
    return value.collect(where=where, order_by=value).sums()


def _counted(chosen: Any, plan: Plan) -> Any:
    first, last = (n.cast("string") for n in (chosen.row_no.min(), chosen.row_no.max()))
    grouped = chosen.group_by(grouped_by(plan)).aggregate(
        **{
            **_provenance(chosen),
            "value": chosen.row_no.nunique().cast("float64"),
            "cell": ibis.coalesce(first, "") + ":" + ibis.coalesce(last, ""),
        }
    )
    return _selected(grouped, plan, unit=ibis.literal("facilities"))


def _shared(chosen: Any, plan: Plan) -> Any:
    (dim, parts), *_ = plan.measure.share_of
    in_part = chosen[dim].isin(parts)
    whole = chosen[dim].fill_null("Total") == "Total"
    used = chosen.filter(in_part | whole)
    grouped = used.group_by(grouped_by(plan)).aggregate(
        part=_total(used.value, used[dim].isin(parts)),
        parts=used.value.count(where=used[dim].isin(parts)),
        whole=_total(used.value, used[dim].fill_null("Total") == "Total"),
        **_provenance(used),
    )
    sound = grouped.filter(grouped.parts == len(parts), grouped.whole > 0)
    return _selected(sound, plan, value=sound.part / sound.whole, unit=ibis.literal("fraction"))


def _person_days(chosen: Any, plan: Plan) -> Any:
    """Return averages times their days: those of the period, as far as the table speaks of it."""
    # a month that was not over is the average of its days until the table was drawn up
    cut = chosen.as_of.notnull() & (chosen.as_of >= chosen.period_start)
    last = ibis.ifelse(cut, ibis.least(chosen.as_of, chosen.period_end), chosen.period_end)
    days = last.delta(chosen.period_start, unit="day") + 1
    made = chosen.mutate(value=chosen.value * days, unit=ibis.literal("person-days"))
    return _printed(made, plan)


def _age(chosen: Any, plan: Plan) -> Any:
    """Return the days from the day printed as text to the day of its list; words are left out."""
    printed = chosen.value_text.try_cast("date")
    days = chosen.period_end.delta(printed, unit="day").cast("float64")
    made = chosen.mutate(value=days, unit=ibis.literal("days"))
    return _selected(made.filter(printed.notnull()), plan)


def _intervals(rows: Any, plan: Plan) -> Any:
    """Return the mean between each two consecutive year-to-date means of a fiscal year (R24)."""
    # one facility is printed in capitals in one release and in title case in the next
    rows = rows.mutate(**{f"key_{d}": rows[d].upper() for d in plan.split})
    keys = [f"key_{d}" for d in plan.split]
    one = rows.mutate(
        # a facility listed twice in one release cannot be followed: which row is which?
        same=rows.count().over(ibis.window(group_by=[*keys, "period_end"])),
        day=rows.period_end.delta(ibis.date(rows.fiscal_year - 1, 10, 1), unit="day") + 1,
    )
    one = one.filter(one.same == 1)
    window = ibis.window(group_by=[*keys, "fiscal_year"], order_by="period_end")
    both = one.mutate(
        day_before=one.day.lag().over(window).fill_null(0),
        value_before=one.value.lag().over(window).fill_null(0.0),
        end_before=one.period_end.lag().over(window),
        before_release_id=one.release_id.lag().over(window),
        before_sheet=one.sheet.lag().over(window),
        before_cell=one.cell.lag().over(window),
    )
    days = both.day - both.day_before
    made = both.mutate(
        value=(both.value * both.day - both.value_before * both.day_before) / days,
        period_start=ibis.coalesce(both.end_before + ibis.interval(days=1), both.period_start),
        period_kind=ibis.literal("interval"),
    )
    before = ("before_release_id", "before_sheet", "before_cell")
    return made.select(*plan.split, *CARRIED, *before)


def _provenance(rows: Any) -> dict[str, Any]:
    return {
        "cell": rows.cell.group_concat(",", order_by=rows.cell),
        # of both, corrected and published the last in the alphabet is the one to speak of
        "edition": rows.edition.max(),
        "correction_id": rows.correction_id.max(),
        "flags": rows.flags.max(),
        "unit": rows.unit.max(),
        "restated": rows.restated.max(),
    }
