"""Marks that say of each record how close its person's other records lie, made once at the build.

A cell counts distinct people, so its rows would all be grouped by person first: that is most of
what a question costs. A record whose person has no other one in the period stands for itself, and
nearly all do. Only the others are grouped.
"""

from __future__ import annotations

from typing import Any, Final

import ibis

from openlifecycle.engine.record_periods import number_of
from openlifecycle.engine.record_units import UNIT

#: Prefix of the columns with marks; what follows is the field that places records in time.
AGAIN: Final = "again__"

#: The mark of a record whose person has another one in the table; the closer, the higher. Periods
#: lie in one another, so whoever comes again within a month does so within the fiscal year.
SEVERAL: Final = 1
LEVELS: Final = {"fiscal_year": 2, "quarter": 3, "month": 4, "day": 5}

#: The column of stays: whether the person has another stay that is not wholly before or after.
BESIDE: Final = "is_beside"


def again(at: str) -> str:
    """Return the name of the column with the marks by a field of time."""
    return f"{AGAIN}{at}"


def marked(rows: Any, fields: tuple[str, ...]) -> Any:
    """Return the records with a mark for each field that places them in time.

    Two records of one period have none of their person between them that is not in it as well, so
    that the neighbours in time tell.
    """
    made = {}
    for field in fields:
        at = rows[field].cast("timestamp")
        order = ibis.window(group_by=rows[UNIT], order_by=ibis.asc(at, nulls_first=False))
        sides = [
            (rows[UNIT].lag().over(order).notnull(), at.lag().over(order)),
            (rows[UNIT].lead().over(order).notnull(), at.lead().over(order)),
        ]
        near = [_level(at, there, other) for there, other in sides]
        # Ibis takes the marks for small numbers already, and would leave a single cast out
        made[again(field)] = ibis.greatest(*near).cast("int64").cast("int8")
    return rows.mutate(**made)


def _level(at: Any, there: Any, other: Any) -> Any:
    closest = sorted(LEVELS.items(), key=lambda pair: -pair[1])
    within = [(number_of(at, fine) == number_of(other, fine), mark) for fine, mark in closest]
    return ibis.cases(*within, (there, SEVERAL), else_=0)


def beside(rows: Any, since: str, until: str) -> Any:
    """Return the records with ``is_beside``: another of the person lasts at the same moment.

    A record without an end lasts for ever; one without a beginning is never asked for.
    """
    begins, ends = rows[since].cast("timestamp"), rows[until].cast("timestamp")
    order = {"group_by": rows[UNIT], "order_by": ibis.asc(begins, nulls_first=False)}
    following = begins.lead().over(ibis.window(**order))
    earlier = ibis.window(**order, preceding=(None, 1))
    # an end that is missing is later than all: whether there is one, and else the latest
    unended = ends.isnull().cast("int8").max().over(earlier).fill_null(0) > 0
    latest = ends.max().over(earlier)
    runs_on = following.notnull() & (ends.isnull() | (ends >= following))
    run_into = begins.notnull() & (unended | (latest >= begins).fill_null(False))
    return rows.mutate(**{BESIDE: (runs_on | run_into).fill_null(True)})
