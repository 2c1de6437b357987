"""The daily population of facilities, with the subgroups that are published for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.headcounts import headcount

#: Columns of a daily population, in order.
POPULATIONS: Final = (
    "n_detained",
    "n_detained_at_midnight",
    "n_detained_male",
    "n_detained_female",
    "n_detained_convicted_criminal",
    "n_detained_possibly_under_18",
)
_CONVICTED: Final = "1 Convicted Criminal"


def daily_population(
    stints: ir.Table,
    *,
    rules: HeadcountRules,
    through: datetime,
    start: date | None = None,
    end: date | None = None,
    by: Sequence[str] = ("facility_code",),
) -> ir.Table:
    """Return the number held on each day, at midnight, and by subgroup at any time of the day.

    The arguments are those of ``headcount``; the stints need ``gender``, ``criminality`` and
    ``birth_year`` besides. ``n_detained_possibly_under_18`` is what a year of birth can say (R33).
    """
    parts = {
        "n_detained_male": stints.filter(stints["gender"] == "Male"),
        "n_detained_female": stints.filter(stints["gender"] == "Female"),
        "n_detained_convicted_criminal": stints.filter(stints["criminality"] == _CONVICTED),
        "n_detained_possibly_under_18": under_age(stints),
    }
    count = partial(headcount, rules=rules, through=through, start=start, end=end, by=by)
    whole = count(stints)
    zero = ibis.literal(0, type="int64")

    def row(table: ir.Table, **given: ir.Value) -> ir.Table:
        columns = {name: given.get(name, zero) for name in POPULATIONS}
        return table.select(*by, "date", **columns)

    tables = [
        row(whole, n_detained=whole["n_any_time"], n_detained_at_midnight=whole["n_midnight"])
    ]
    for name, part in parts.items():
        counted = count(part, counts=("any_time",))
        tables.append(row(counted, **{name: counted["n_any_time"]}))
    rows = ibis.union(*tables, distinct=False)
    return rows.group_by([*by, "date"]).agg(
        **{name: rows[name].sum().cast("int64") for name in POPULATIONS}
    )


def under_age(stints: ir.Table, *, years: int = 18) -> ir.Table:
    """Return the stints as far as the person may have been younger than ``years``.

    Only the year of birth is released, so all that can be said is that nobody is of age before
    1 January of the year of that birthday (R33). The stints are cut after the day before it, which
    serves any-time counts; a stint without a year of birth is left out.
    """
    adult = ibis.date(stints["birth_year"].cast("int32") + years, 1, 1)
    young = stints.mutate(adult_on=adult)
    young = young.filter(young["book_in_at"].date() < young["adult_on"])
    last = (young["adult_on"].cast("timestamp(6)") - ibis.interval(days=1)).cast("timestamp(6)")
    out = young["book_out_at"]
    stays_longer = out.isnull() | (out.date() >= young["adult_on"])
    return young.mutate(book_out_at=ibis.ifelse(stays_longer, last, out)).drop("adult_on")


def facility_names(stints: ir.Table) -> ir.Table:
    """Return ``facility_code`` and ``facility_label``, the name at the code's latest book-in."""
    named = stints.filter(stints["facility_label"].notnull() & stints["book_in_at"].notnull())
    names = named.group_by(["facility_code", "facility_label"]).agg(
        latest=named["book_in_at"].max()
    )
    order = [names["latest"].desc(), names["facility_label"]]
    rank = ibis.row_number().over(ibis.window(group_by="facility_code", order_by=order))
    ranked = names.mutate(rank=rank)
    return ranked.filter(ranked["rank"] == 0).select("facility_code", "facility_label")
