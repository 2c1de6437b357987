"""Cohorts: of people arrested or booked in in a period, where they are after so many days.

What the states mean, who is in a cohort, and why the estimates are these: outcomes.py,
cohort_entry.py, cohort_states.py, and docs/decisions/0009-survival.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.cohort_counts import cells_of, told
from openlifecycle.lifecycle.cohort_counts import counts as counts_of
from openlifecycle.lifecycle.cohort_course import Keep, Keyed, courses
from openlifecycle.lifecycle.cohort_entry import Entry, Frame, Period
from openlifecycle.lifecycle.cohort_states import state_shares
from openlifecycle.lifecycle.length_of_stay import begun_stays, length_table, people_of, stay_counts

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: Days after entry at which people are looked for.
HORIZONS: Final = (1, 7, 30, 90, 180, 365)

#: Runs an Ibis expression and returns its rows as an Arrow table (engine/backend.py: fetch).
Fetch = Callable[["ir.Table"], object]


def cohort(
    tables: Mapping[str, ir.Table],
    *,
    entry: Entry,
    start: date,
    end: date,
    through: datetime,
    by: Sequence[str] = (),
    period: Period = "month",
    horizons: Sequence[int] = HORIZONS,
    fetch: Fetch | None = None,
    keep: Keep | None = None,
    keyed: Keyed | None = None,
) -> pl.DataFrame:
    """Return, per period, split, horizon and state, the share of people in that state.

    Each person is counted once per period, from the first kept arrest or book-in in it, under the
    split of that record. The states of a horizon add up to one. Nobody's record is in the answer;
    small cells are (disclosure/minimum_cell.py is applied by who shows it).

    Args:
        tables: lifecycle tables: ``stay``; for arrests ``arrest`` and ``link__arrest_stay`` too;
            ``link__stay_removal`` is used where there is one.
        entry: ``arrest`` or ``book_in``.
        start: first day of entry.
        end: last day of entry.
        through: the last moment that the records speak of; people are watched until then.
        by: splits, of ``cohort_entry.SPLITS``.
        period: a cohort for each ``month``, each ``fiscal_year``, or ``all`` in one.
        horizons: days after entry.
        fetch: runs an expression; without it the expression's own backend does.
        keep: holds people and their courses inside the engine, where they are read several times;
            without it all is one expression.
        keyed: puts the secret number of each person beside the first record of each.

    Returns:
        ``period`` (2025-03, FY2025 or all), the splits, ``horizon_days``, ``kind`` (see
        ``cohort_states.state_shares``), ``state``, ``n_people``, ``n_followed``, ``n_seen``,
        ``key_people``, ``key_followed``, ``key_seen``, ``n_eff``, ``naive_share``, ``share``,
        ``low``, ``high``.
    """
    frame = Frame(entry, start, end, through, tuple(by), period)
    days = _horizons(horizons)
    course = courses(tables, frame, keep, keyed)
    if keep:
        course = keep("cohort_course", course)
    numbered = cells_of(course, frame.cell)
    if keep:
        numbered = keep("cohort_cells", numbered)
    found = _rows(counts_of(course, numbered, frame.cell, days), fetch)
    cells, rows = told(found, frame.cell, days)
    shares = state_shares(rows, cells, days)
    return shares.with_columns(period_text(period))


def length_of_stay(
    tables: Mapping[str, ir.Table],
    *,
    start: date,
    end: date,
    through: datetime,
    by: Sequence[str] = (),
    period: Period = "month",
    horizons: Sequence[int] = HORIZONS,
    fetch: Fetch | None = None,
) -> pl.DataFrame:
    """Return, per period and split, how long the stays that began in it last.

    Median, quartiles and the share still held at each horizon by Kaplan-Meier, with bands; beside
    them the naive means and median. The unit is the stay: a person with two stays has two lengths.
    Arguments are those of ``cohort``; splits are those of ``book_in``.
    """
    frame = Frame("book_in", start, end, through, tuple(by), period)
    days = _horizons(horizons)
    rows, people = length_counts(
        tables, start=start, end=end, through=through, by=by, period=period, fetch=fetch
    )
    people = people.select(*frame.cell, "n_keys", "n_without_key")
    return length_table(rows, people, frame.cell, days).with_columns(period_text(period))


def length_counts(
    tables: Mapping[str, ir.Table],
    *,
    start: date,
    end: date,
    through: datetime,
    by: Sequence[str] = (),
    period: Period = "month",
    fetch: Fetch | None = None,
    keep: Keep | None = None,
    keyed: Keyed | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return all that ``length_of_stay`` is estimated from: stays by length, and who they are of.

    The first frame is of ``length_of_stay.stay_counts``, the second of ``people_of``; arguments
    are those of ``cohort``. ``period`` is still a number (``period_text``).
    """
    frame = Frame("book_in", start, end, through, tuple(by), period)
    stays = begun_stays(tables, frame, keyed)
    if keep:
        stays = keep("cohort_stays_begun", stays)
    counts = _rows(stay_counts(stays, frame.cell), fetch).sort(*frame.cell, "cause", "hour")
    return counts, _rows(people_of(stays, frame.cell), fetch)


def _horizons(horizons: Sequence[int]) -> tuple[int, ...]:
    days = tuple(sorted(set(horizons)))
    if not days or days[0] < 1:
        raise UsageError(
            "a horizon is a number of days after entry, 1 or more",
            nearest=", ".join(str(d) for d in HORIZONS),
        )
    return days


def _rows(expression: ir.Table, fetch: Fetch | None) -> pl.DataFrame:
    table = fetch(expression) if fetch else expression.to_pyarrow()
    found = pl.from_arrow(table)
    if not isinstance(found, pl.DataFrame):
        raise TypeError("an expression of columns was expected")
    return found


def period_text(period: Period) -> pl.Expr:
    """Return the number of a period as it is printed: 2025-03, FY2025 or all."""
    number = pl.col("period")
    if period == "month":
        month = (number % 100).cast(pl.String).str.zfill(2)
        return pl.format("{}-{}", number // 100, month).alias("period")
    if period == "fiscal_year":
        return pl.format("FY{}", number).alias("period")
    return pl.lit("all").alias("period")
