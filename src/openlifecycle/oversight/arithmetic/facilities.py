"""The facility list: one population printed in three splits, and its days."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from openlifecycle.oversight.facility_rows import facility_rows
from openlifecycle.oversight.finding import ERROR, Issue, number
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

#: One per cent, and a twentieth of a person where a population is that small.
_SHARE, _SMALL = 0.01, 0.05
#: Each of up to four parts on either side may be rounded by half (FY2026 prints whole numbers).
_ROUNDED = 4.0
_DAYS = range(5, 367)


def _slack() -> pl.Expr:
    """Return how far two sums of one facility may be apart."""
    share = pl.max_horizontal(_SHARE * pl.col("people").abs(), pl.lit(_SMALL))
    return (
        pl.when(pl.col("rounded")).then(pl.max_horizontal(share, pl.lit(_ROUNDED))).otherwise(share)
    )


def _rows(release: Release) -> pl.DataFrame | None:
    """Return the facilities, marked whether this release rounds populations to whole numbers."""
    rows = facility_rows(release)
    if rows is None or rows.height == 0:
        return None
    whole = rows["whole"].cast(pl.Int32).sum()
    return rows.with_columns(rounded=pl.lit(whole > 0.9 * rows.height))


def _apart(release: Release, column: str, words: str) -> Iterator[Issue]:
    rows = _rows(release)
    if rows is None:
        return
    odd = rows.filter((pl.col(column) - pl.col("people")).abs() > _slack())
    for row in odd.to_dicts():
        yield Issue(
            what=f"{row['label']}: average daily population by {words} sums to "
            f"{number(row[column])}, by sex and criminality to {number(row['people'])}",
            table="facilities", sheet=row["sheet"], cell=row[f"{column}_cell"],
            printed=row[column], computed=row["people"],
        )  # fmt: skip


@check(
    "facility_levels", "facilities",
    "A facility's population by classification level sums to its population by sex and "
    "criminality, within 1% (whole-number releases: 4 people).",
    "workbook_layouts 8", ERROR,
)  # fmt: skip
def facility_levels(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each facility whose levels disagree."""
    return _apart(release, "levels", "classification level")


@check(
    "facility_threats", "facilities",
    "A facility's population by threat level sums to its population by sex and criminality, "
    "within 1% (whole-number releases: 4 people).",
    "workbook_layouts 8", ERROR,
)  # fmt: skip
def facility_threats(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each facility whose threat levels disagree."""
    return _apart(release, "threats", "threat level")


@check(
    "facility_mandatory", "facilities",
    "People whose detention is mandatory are not more than the facility's population.",
    "workbook_layouts 8", ERROR,
)  # fmt: skip
def facility_mandatory(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each facility with more mandatory detainees than detainees."""
    rows = _rows(release)
    if rows is None:
        return
    rows = rows.with_columns(people=pl.max_horizontal("people", "levels", "threats"))
    odd = rows.filter(pl.col("mandatory") - pl.col("people") > _slack())
    for row in odd.to_dicts():
        yield Issue(
            what=f"{row['label']}: {number(row['mandatory'])} held under mandatory detention, of "
            f"{number(row['people'])} held",
            table="facilities", sheet=row["sheet"], cell=row["people_cell"] or row["cell"],
            printed=row["mandatory"], computed=row["people"],
        )  # fmt: skip


@check(
    "facility_without_population", "facilities",
    "A facility that prints a length of stay or mandatory detainees prints its population.",
    "workbook_layouts 9 (E11's kind)", ERROR,
)  # fmt: skip
def facility_without_population(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each facility whose population columns are blank."""
    rows = _rows(release)
    if rows is None:
        return
    blank = pl.col("people").is_null() & pl.col("levels").is_null() & pl.col("threats").is_null()
    for row in rows.filter(blank & ((pl.col("mandatory") > 0) | (pl.col("alos") > 0))).to_dicts():
        yield Issue(
            what=f"{row['label']} prints a stay of {number(row['alos'])} days, "
            f"{number(row['mandatory'])} mandatory detainees and no population at all",
            table="facilities", sheet=row["sheet"], cell=row["cell"], printed=row["mandatory"],
        )  # fmt: skip


@check(
    "facility_stay_is_population", "facilities",
    "The length-of-stay column does not repeat the facility's population.",
    "found on the workbooks (FY2021, 8 February 2021)", ERROR,
)  # fmt: skip
def facility_stay_is_population(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue if most facilities print their population as length of stay."""
    rows = _rows(release)
    if rows is None:
        return
    both = rows.filter((pl.col("people") > 1) & (pl.col("alos") > 1))
    same = both.filter((pl.col("alos") - pl.col("people")).abs() < 1e-6 * pl.col("people"))
    if both.height >= 20 and same.height > 0.2 * both.height:
        row = same.to_dicts()[0]
        yield Issue(
            what=f"length of stay equals the population at {same.height} of {both.height} "
            f"facilities, e.g. {row['label']}: the column holds another number",
            table="facilities", sheet=row["sheet"], cell=row["alos_cell"],
            printed=row["alos"], computed=row["people"],
        )  # fmt: skip
