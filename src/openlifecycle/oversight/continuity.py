"""What a release says of a period that an earlier release had already spoken of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import polars as pl

from openlifecycle.model.observation import DROPPED, FISCAL_YEAR_TO_DATE, INTERVAL
from openlifecycle.oversight.arithmetic.parts import describe, used_splits
from openlifecycle.oversight.finding import ERROR, NOTE, WARNING, Issue, number
from openlifecycle.oversight.history import Earlier, History, by_year
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

_PERIODS: Final = ("measure", "span", "period_start", "fiscal_year")
#: A month counts as closed this many days after its end: most late entries have come in.
_CLOSED_DAYS: Final = 31
_FACILITY_TABLES: Final = ("facilities", "facility_extract")
#: Below these sizes a change says little.
_LEAST: Final = {"events": 20.0, "persons": 50.0, "days": 20.0, "US dollars": 2000.0}


def _pairs(release: Release, history: History) -> Iterator[tuple[str, Earlier, pl.DataFrame]]:
    """Yield each table that an earlier release printed: earlier and present value side by side.

    Made once for a release and kept by the history until the next release is added to it.
    """
    if release.release_id not in history.kept:
        history.kept[release.release_id] = list(_joined(release, history))
    yield from history.kept[release.release_id]


def _joined(release: Release, history: History) -> Iterator[tuple[str, Earlier, pl.DataFrame]]:
    for name in release.tables:
        if name in _FACILITY_TABLES:
            continue
        for year, rows in by_year(release, name).items():
            before = history.last(name, year)
            if before is None:
                continue
            splits = sorted({*used_splits(rows), *used_splits(before.rows)})
            if rows["facility_label"].null_count() < rows.height:
                splits.append("facility_label")
            keys = [*_PERIODS, *splits]
            old = _spans(before.rows).select(*keys, old="value").unique(keys, keep="first")
            both = _spans(rows).join(old, on=keys, how="inner", nulls_equal=True)
            moved = both.filter(pl.col("value") != pl.col("old"))
            if moved.height:
                yield name, before, moved


def _spans(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the kind of period that stays when a fiscal year closes.

    A year to date becomes an interval of a year; a month is an interval all along.
    """
    days = (pl.col("period_end") - pl.col("period_start")).dt.total_days()
    year = (pl.col("period_kind") == FISCAL_YEAR_TO_DATE) | (days > 31)
    return rows.with_columns(span=pl.when(year).then(pl.lit("year")).otherwise("period_kind"))


def _restated(
    joined: pl.DataFrame, before: Earlier, share: float, least: dict[str, float]
) -> pl.DataFrame:
    """Return the closed periods whose value moved by more than a share and a least amount."""
    closed = before.as_of - dt.timedelta(days=_CLOSED_DAYS)
    moved = (pl.col("value") - pl.col("old")).abs()
    least_of = pl.col("unit").replace_strict(least, default=None, return_dtype=pl.Float64)
    return joined.filter(
        (pl.col("period_kind") == INTERVAL)
        & (pl.col("period_end") <= closed)
        & (pl.col("old") > 0)
        & (pl.col("value") > 0)
        & (moved > share * pl.min_horizontal("old", "value"))
        & (moved >= least_of)
    )


@check(
    "restated", "continuity",
    "The number of a month or year closed 31 days before the earlier release moves by less than "
    "25% (twice as much or half as much is an error).",
    "workbook_layouts 8, 9 (E14, E15's kind)", WARNING,
)  # fmt: skip
def restated(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each closed period restated by more than a quarter."""
    for name, before, joined in _pairs(release, history):
        for row in _restated(joined, before, 0.25, _LEAST).to_dicts():
            factor = max(row["value"] / row["old"], row["old"] / row["value"])
            yield Issue(
                what=f"{describe(row, list(joined.columns))} was {number(row['old'])} in "
                f"{before.release_id} and is {number(row['value'])} now",
                table=name, sheet=row["sheet"], cell=row["cell"],
                printed=row["value"], computed=row["old"],
                severity=ERROR if factor >= 2 else WARNING,
            )  # fmt: skip


@check(
    "book_ins_fell", "continuity",
    "Book-ins of a closed month do not fall by more than 3% and 100: they are append-only.",
    "workbook_layouts 8, 9 (E16's kind)", WARNING,
)  # fmt: skip
def book_ins_fell(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each closed month with fewer book-ins than printed before."""
    for name, before, joined in _pairs(release, history):
        if name != "book_ins_by_agency_month":
            continue
        fell = _restated(joined, before, 0.03, {"events": 100.0}).filter(
            pl.col("value") < pl.col("old")
        )
        for row in fell.to_dicts():
            yield Issue(
                what=f"{describe(row, list(joined.columns))} was {number(row['old'])} in "
                f"{before.release_id} and is {number(row['value'])} now",
                table=name, sheet=row["sheet"], cell=row["cell"],
                printed=row["value"], computed=row["old"],
            )  # fmt: skip


@check(
    "year_to_date_fell", "continuity",
    "A count of the year to date does not fall from one release to the next by more than 1% (by "
    "5% and 500, or by half, it is an error).",
    "counting", WARNING,
)  # fmt: skip
def year_to_date_fell(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each year-to-date count smaller than in the release before."""
    for name, before, joined in _pairs(release, history):
        fell = joined.filter(
            (pl.col("period_kind") == FISCAL_YEAR_TO_DATE)
            & (pl.col("unit") == "events")
            & (pl.col("status") != DROPPED)
            & (
                pl.col("old") - pl.col("value")
                > pl.max_horizontal(0.01 * pl.col("old"), pl.lit(25.0))
            )
        )
        for row in fell.to_dicts():
            yield Issue(
                what=f"{describe(row, list(joined.columns))} to date was {number(row['old'])} in "
                f"{before.release_id} and is {number(row['value'])} now",
                table=name, sheet=row["sheet"], cell=row["cell"],
                printed=row["value"], computed=row["old"],
                severity=ERROR if _large(row["value"], row["old"]) else WARNING,
            )  # fmt: skip


def _large(value: float, old: float) -> bool:
    """Return whether a fall is too large for late corrections of single records."""
    return (value < 0.95 * old and old - value >= 500) or (value <= 0.5 * old and old >= 100)


@check(
    "year_to_date_leapt", "continuity",
    "A part of a year-to-date count does not grow fivefold against the whole between two "
    "releases (labels may be exchanged).",
    "workbook_layouts 9 (E3's kind)", WARNING,
)  # fmt: skip
def year_to_date_leapt(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each part that grew five times while the whole did not."""
    for name, before, joined in _pairs(release, history):
        if name not in ("book_ins_by_facility_type", "releases_by_facility_type"):
            continue
        year = joined.filter((pl.col("period_kind") == FISCAL_YEAR_TO_DATE) & (pl.col("old") > 100))
        ratio = pl.col("value") / pl.col("old")
        whole = year.select(ratio.median()).item()
        for row in year.filter((ratio > 5) & (ratio > 3 * pl.lit(whole))).to_dicts():
            yield Issue(
                what=f"{describe(row, list(joined.columns))} to date was {number(row['old'])} in "
                f"{before.release_id} and is {number(row['value'])} now, while the table grew "
                f"{whole:.1f} times",
                table=name, sheet=row["sheet"], cell=row["cell"],
                printed=row["value"], computed=row["old"],
            )  # fmt: skip


@check(
    "blanked_to_zero", "continuity",
    "A number printed before is not blanked to zero after the fiscal year has rolled over.",
    "workbook_layouts 2.3, 9 (E29's kind)", WARNING,
)  # fmt: skip
def blanked_to_zero(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue a table for the numbers that became zero."""
    for name, before, joined in _pairs(release, history):
        closed = before.as_of - dt.timedelta(days=_CLOSED_DAYS)
        gone = joined.filter(
            (pl.col("old") > 0)
            & (pl.col("value") == 0)
            & ((pl.col("period_end") <= closed) | (pl.col("span") == "year"))
        )
        if gone.filter(pl.col("old") >= 10).height == 0:
            continue
        row = gone.sort("old", descending=True).to_dicts()[0]
        yield Issue(
            what=f"{gone.height} numbers printed in {before.release_id} are 0 now, e.g. "
            f"{describe(row, list(joined.columns))}, which was {number(row['old'])}",
            table=name, sheet=row["sheet"], cell=row["cell"],
            printed=0.0, computed=row["old"],
        )  # fmt: skip


@check(
    "concept_changed", "continuity",
    "A table counts the same thing as in the release before.",
    "workbook_layouts 2.7, 9 (E13's kind)", NOTE,
)  # fmt: skip
def concept_changed(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue where a table's measures are others than before."""
    for name in release.tables:
        for year, rows in by_year(release, name).items():
            before = history.last(name, year)
            if before is None:
                continue
            now, then = set(rows["measure"].unique()), set(before.rows["measure"].unique())
            new, gone = sorted(now - then), sorted(then - now)
            if new and gone:
                yield Issue(
                    what=f"{name} printed {', '.join(gone)} in {before.release_id} and prints "
                    f"{', '.join(new)} now: another concept, not to be spliced",
                    table=name, sheet=rows["sheet"][0], cell=rows["cell"][0],
                    printed=", ".join(new), computed=", ".join(gone),
                )  # fmt: skip
