"""How many days a facility list speaks of: its populations are mandays over exactly that many.

A facility's average daily population is mandays of the year divided by days of the year (R23). A
release prints it with all digits, so the divisor can be found: the one number of days that makes
every population a whole number of mandays. It names the day of the pull, whatever the sheet says.
Seen to hold at every facility of 79 of 80 published lists; FY2026 prints whole numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import polars as pl

from openlifecycle.oversight.finding import ERROR, WARNING, Issue
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

_DAYS: Final = range(5, 367)
#: Fewer populations than this cannot tell one number of days from another.
_LEAST: Final = 100
#: A pull counts up to one or two nights before its date.
_LAG: Final = 5


def populations(release: Release) -> pl.DataFrame | None:
    """Return the printed populations with decimals, or None where there are too few."""
    frame = release.numbers("facilities")
    if frame is None:
        return None
    split = pl.col("classification_level").is_not_null() | pl.col("sex").is_not_null()
    value = pl.col("value")
    decimals = (value > 0) & (value != value.round())
    rows = frame.filter((pl.col("measure") == "facility_adp") & split & decimals)
    return rows if rows.height >= _LEAST else None


@check(
    "facility_days", "facilities",
    "A facility's population is mandays over days, so all facilities of a pull divide by the "
    "same number of days.",
    "methods R23; found on the workbooks (FY2025, 23 June 2025)", ERROR,
)  # fmt: skip
def facility_days(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each facility whose population divides by another number of days."""
    fraction = populations(release)
    if fraction is None:
        return
    days = _days(fraction["value"], near=_day_of_year(fraction))
    if days is None:
        return
    off = _off(pl.col("value"), days)
    odd = (
        fraction.group_by("sheet", "row", maintain_order=True)
        .agg(
            off=off.mean(), n=pl.len(), label=pl.col("facility_label").first(),
            cell=pl.col("cell").first(), value=pl.col("value").first(), values=pl.col("value"),
        )
        .filter((pl.col("off") > 0.5) & (pl.col("n") > 1))
    )  # fmt: skip
    for row in odd.to_dicts():
        other = _days(pl.Series(row["values"]), least=1.0)
        yield Issue(
            what=f"{row['label']}: its population is not a number of mandays over {days} days, as "
            "at the other facilities"
            + (f", but over {other}: the row is of another date" if other else ""),
            table="facilities", sheet=row["sheet"], cell=row["cell"], printed=row["value"],
            severity=ERROR if other else WARNING,
        )  # fmt: skip


def _off(value: pl.Expr, days: int) -> pl.Expr:
    """Return whether a value is not a whole number of mandays over this many days."""
    mandays = value * days
    return (mandays - mandays.round()).abs() > 1e-5 * pl.max_horizontal(mandays.sqrt(), pl.lit(1.0))


def _day_of_year(rows: pl.DataFrame) -> int:
    """Return the day of the fiscal year as of which the list stands."""
    first = pl.date(pl.col("fiscal_year") - 1, 10, 1)
    return int(rows.select((pl.col("as_of") - first).dt.total_days().max()).item()) + 1


def _days(values: pl.Series, *, least: float = 0.6, near: int | None = None) -> int | None:
    """Return the number of days by which at least this share of the values divide, if one does.

    The day of the year and its neighbours are tried first; all days of a year only if none fits.
    """
    sample = values.head(200).to_frame("value")
    around = range(max(5, near - 10), near + 4) if near is not None else range(0)
    for tried in (around, _DAYS):
        if not tried:
            continue
        shares = sample.select(
            _off(pl.col("value"), days).mean().alias(str(days)) for days in tried
        )
        misfits = dict(zip(tried, shares.row(0), strict=True))
        best = min(tried, key=lambda days: (round(misfits[days], 9), days))  # noqa: B023
        if 1.0 - misfits[best] >= least:
            return best
    return None


@check(
    "facility_pull_date",
    "facilities",
    "The days that the facility list's populations divide by end at most five days before the "
    "date that the list gives for its pull.",
    "methods R23; found on the workbooks (5eb47eb0: 253 days, dated day 274)",
    ERROR,
)
def facility_pull_date(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue if the list says one date and divides by the days of another."""
    rows = populations(release)
    pulls = [s for s in release.dates if s["kind"] == "facility_pull" and s["date"]]
    if rows is None or not pulls:
        return
    stated = pulls[0]
    day = dt.date.fromisoformat(stated["date"])
    start = dt.date(day.year - (day.month < 10), 10, 1)
    days = _days(rows["value"], near=(day - start).days)
    # A pull in the first days of October closes the fiscal year before.
    known = {(day - start).days, (day - start).days + 365, (day - start).days + 366}
    if days is None or any(-1 <= number - days <= _LAG + (number > 366) * 5 for number in known):
        return
    pulled = start + dt.timedelta(days=days)
    yield Issue(
        what=f"the facility list says it was pulled on {day}, but its populations divide by "
        f"{days} days: it is of about {pulled}",
        table="facilities",
        sheet=stated["sheet"],
        cell=stated["cell"],
        printed=str(day),
        computed=str(pulled),
    )
