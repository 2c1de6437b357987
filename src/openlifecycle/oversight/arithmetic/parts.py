"""The one comparison behind every total: the sum of the parts against the printed total."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import cast

import polars as pl

from openlifecycle.model.dimensions import TOTAL
from openlifecycle.model.observation import FISCAL_YEAR_TO_DATE, INTERVAL
from openlifecycle.oversight.finding import Issue, number
from openlifecycle.oversight.release import SPLITS, Release

_PERIOD = ("period_kind", "period_start", "period_end")


@dataclass(frozen=True)
class Parts:
    """Which numbers of a table must add up over which dimension.

    ``measures`` are the additive ones (an average does not add up); ``leave_out`` are values of
    the dimension that are parts of another part; ``slack`` is how far an average may be off.
    """

    table: str
    over: str
    measures: tuple[str, ...]
    leave_out: tuple[str, ...] = ()
    slack: float = 0.5


def used_splits(frame: pl.DataFrame) -> list[str]:
    """Return the dimensions that split this table, in the order of the model."""
    return [d for d in SPLITS if frame[d].null_count() < frame.height]


def additive(release: Release, table: str, measures: tuple[str, ...]) -> pl.DataFrame | None:
    """Return the numbers of these measures of a table, or None where there are none."""
    frame = release.numbers(table)
    if frame is None:
        return None
    chosen = frame.filter(pl.col("measure").is_in(measures))
    return chosen if chosen.height else None


def parts_against_total(release: Release, parts: Parts) -> Iterator[Issue]:
    """Yield an issue for each printed total that its parts do not add up to."""
    frame = additive(release, parts.table, parts.measures)
    if frame is None or frame[parts.over].null_count() == frame.height:
        return
    keys = ["sheet", "measure", "fiscal_year", *_PERIOD]
    keys += [d for d in used_splits(frame) if d != parts.over]
    over = pl.col(parts.over)
    is_total = over == TOTAL
    is_part = ~is_total & ~over.is_in(list(parts.leave_out))
    held = frame.filter(over.is_not_null())
    others = [d for d in used_splits(frame) if d != parts.over]
    held = held.with_columns(pl.col(others).fill_null(TOTAL)) if others else held
    sums = _compare(held, keys, is_total, is_part, parts.slack)
    for row in sums.to_dicts():
        yield _issue(row, parts.table, keys, f"its {row['n']} parts by {parts.over}")


def months_against_year(
    release: Release, table: str, measures: tuple[str, ...], slack: float = 0.5
) -> Iterator[Issue]:
    """Yield an issue for each year-to-date total that its months do not add up to."""
    frame = additive(release, table, measures)
    if frame is None:
        return
    keys = ["sheet", "measure", "fiscal_year", *used_splits(frame)]
    kind = pl.col("period_kind")
    is_total, is_part = kind == FISCAL_YEAR_TO_DATE, kind == INTERVAL
    for row in _compare(frame, keys, is_total, is_part, slack).to_dicts():
        yield _issue(row, table, keys, f"its {row['n']} months")


def _compare(
    frame: pl.DataFrame, keys: list[str], is_total: pl.Expr, is_part: pl.Expr, slack: float
) -> pl.DataFrame:
    """Return one row for each total off by more than the slack.

    Where total and parts are all whole numbers and the slack speaks of an average, each may have
    been rounded by half a unit (the publisher rounded FY2026 this way).
    """
    value = pl.col("value")
    sums = frame.group_by(keys, maintain_order=True).agg(
        total=value.filter(is_total).first(),
        cell=pl.col("cell").filter(is_total).first(),
        computed=value.filter(is_part).sum(),
        n=value.filter(is_part).len(),
        whole=(value == value.round()).all(),
    )
    rounding = (
        pl.when(pl.col("whole") & (slack != 0.5))
        .then(0.5 * (pl.col("n") + 1) + 0.01)
        .otherwise(slack)
    )
    return sums.filter(
        pl.col("total").is_not_null()
        & (pl.col("n") > 0)
        & ((pl.col("total") - pl.col("computed")).abs() > rounding)
    )


def _issue(row: dict[str, object], table: str, keys: list[str], parts: str) -> Issue:
    total, computed = cast(float, row["total"]), cast(float, row["computed"])
    return Issue(
        what=f"{describe(row, keys)} prints {number(total)}, but {parts} sum to {number(computed)}",
        table=table,
        sheet=str(row["sheet"]),
        cell=str(row["cell"]),
        printed=total,
        computed=computed,
    )


_LONGEST_MONTH = 31
_WHOLE_YEAR = 360


def describe(row: dict[str, object], keys: list[str]) -> str:
    """Return what a number is, in words: measure, its splits that are not totals, its period."""
    splits = [str(row[d]) for d in keys if d in SPLITS and row[d] not in (None, TOTAL)]
    period = ""
    start, end = row.get("period_start"), row.get("period_end")
    days = (end - start).days if isinstance(start, date) and isinstance(end, date) else 0
    if row.get("period_kind") == INTERVAL and days < _LONGEST_MONTH:
        period = f" of {start:%B %Y}"
    elif row.get("period_kind") == INTERVAL and days < _WHOLE_YEAR:
        period = f" of {start} to {end}"
    elif row.get("fiscal_year") is not None:
        period = f" of fiscal year {row['fiscal_year']}"
    return " ".join([str(row["measure"]).replace("_", " "), *splits]) + period
