"""Do the record tables and the published workbooks tell the same story?

Two figures stand in both: the people held at a midnight, and the initial book-ins of a month. They
are not defined alike, so they need not be equal; the field finds them within about 1.4 % (R42).
The figures of the records are answers that have passed the gate, so noise is part of a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from openlifecycle.model.observation import CORRECTED, OBSERVED

#: How far the two may lie apart: the widest that the field found between them (R42).
BAND: Final = 0.014

MIDNIGHT: Final = "midnight population"
BOOK_INS: Final = "initial book-ins of the month"

#: Why the two figures need not be equal, by figure.
DEFINITIONS: Final[dict[str, tuple[str, ...]]] = {
    MIDNIGHT: (
        "Places: the workbook leaves out hold rooms, hospitals and juvenile places; the records "
        "hold them, as far as they are released (R39, R42). The column on_list_* counts without "
        "hold rooms.",
        "Moment: the workbook is a snapshot of the day it names; the records are counted at the "
        "midnight that ends it (R20).",
        "Unit: the workbook counts the detained population; the records distinct pseudonymous "
        "keys, where a record without a key is counted as the rule set says.",
        "Edges: people booked in before the first record are not in the record tables, and the "
        "last days of a release miss what was entered late.",
        "Noise: the figures of the records carry the noise of the gate, a few people either way.",
    ),
    BOOK_INS: (
        "Both count initial book-ins, not transfers (R26); the workbook leaves out people first "
        "booked into certain temporary places, tens of thousands a year (R27).",
        "The band was measured on populations (R42); for book-ins the field has none.",
        "The workbook of a later date may have changed the month; the latest figure is compared.",
    ),
}

_POPULATION: Final = pl.col("table").eq("detained_by_criminality") & pl.col("measure").eq(
    "detained"
)
_TOTALS: Final = pl.col("arresting_agency").eq("Total") & pl.col("criminality").eq("Total")
_MONTHS: Final = (
    pl.col("table").eq("book_ins_by_agency_month")
    & pl.col("measure").eq("book_ins")
    & pl.col("arresting_agency").eq("Total")
    & pl.col("period_kind").eq("interval")
)
_PUBLISHED: Final = ("period_start", "period_end", "published", "release_id", "sheet", "cell")


@dataclass(frozen=True)
class Reconciliation:
    """What the comparison found.

    Attributes:
        rows: one row per published figure: ``what``, the period, ``published``, ``records``,
            ``difference``, ``share`` of the published figure, ``within`` the band, ``on_list_*``
            for the places that the workbook counts, ``days_apart``, and the published cell.
        verdict: ``within``, ``outside`` or ``nothing to compare``.
        says: the verdict in one sentence.
        definitions: why the two figures need not be equal.
    """

    rows: pl.DataFrame
    verdict: str
    says: str
    definitions: tuple[str, ...]


@dataclass(frozen=True)
class Counted:
    """What the records say, of the whole country; a value that is not shown is missing or None.

    Attributes:
        held: people held at the midnight that ends each day.
        on_list: the same without hold rooms.
        began: stays that began in each month that the records cover whole, by its first day.
    """

    held: Mapping[date, float | None]
    on_list: Mapping[date, float | None]
    began: Mapping[date, float | None]


def reconcile(
    observations: pl.DataFrame,
    counted: Counted,
    *,
    first: date,
    through: date,
    band: float = BAND,
) -> Reconciliation:
    """Compare the figures of one collection of records with the published workbooks.

    Args:
        observations: published observations (core__observation).
        counted: what the records say, as it left the gate.
        first: the first day that the records speak of.
        through: the last day that they speak of.
        band: share of the published figure that the two may lie apart.

    Returns:
        A row for every snapshot and full month inside the records' window. Where no snapshot lies
        in it, the one nearest to it is compared with the nearest day, unjudged.
    """
    rows = pl.concat(
        [_populations(observations, counted, first, through), _book_ins(observations, counted)]
    )
    rows = _judged(rows, band)
    verdict, says = _verdict(rows, band)
    told = [
        words for what in rows["what"].unique(maintain_order=True) for words in DEFINITIONS[what]
    ]
    return Reconciliation(rows, verdict, says, tuple(told))


def _latest(observations: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    """Return the published figures of a kind, the latest release's where several state one."""
    seen = observations.filter(which & (pl.col("status") == OBSERVED))
    seen = seen.filter(pl.col("edition") != CORRECTED).sort("as_of", "release_id")
    return (
        seen.unique(["period_start", "period_end"], keep="last")
        .sort("period_end")
        .select(pl.col("value").alias("published"), *(c for c in _PUBLISHED if c != "published"))
    )


def _populations(
    observations: pl.DataFrame, counted: Counted, first: date, through: date
) -> pl.DataFrame:
    seen = _latest(observations, _POPULATION & _TOTALS)
    day = pl.col("period_end").clip(first, through)
    apart = (pl.col("period_end") - day).dt.total_days().abs()
    seen = seen.with_columns(record_day=day, days_apart=apart)
    seen = seen.filter(pl.col("days_apart") == pl.col("days_apart").min()).unique(
        "record_day", keep="last", maintain_order=True
    )
    days = seen["record_day"].to_list()
    return _rows(
        MIDNIGHT, seen, [counted.held.get(d) for d in days], [counted.on_list.get(d) for d in days]
    )


def _book_ins(observations: pl.DataFrame, counted: Counted) -> pl.DataFrame:
    whole = pl.col("period_start").is_in(list(counted.began))
    whole &= pl.col("period_end") == pl.col("period_start").dt.month_end()
    seen = _latest(observations, _MONTHS).filter(whole).with_columns(days_apart=pl.lit(0, pl.Int64))
    months = seen["period_start"].to_list()
    return _rows(BOOK_INS, seen, [counted.began.get(m) for m in months], [None] * len(months))


def _rows(
    what: str, seen: pl.DataFrame, records: list[float | None], listed: list[float | None]
) -> pl.DataFrame:
    return seen.select(
        pl.lit(what).alias("what"),
        *_PUBLISHED,
        "days_apart",
        pl.Series("records", records, pl.Float64),
        pl.Series("on_list_records", listed, pl.Float64),
    )


def _judged(rows: pl.DataFrame, band: float) -> pl.DataFrame:
    share = (pl.col("records") - pl.col("published")) / pl.col("published")
    listed = (pl.col("on_list_records") - pl.col("published")) / pl.col("published")
    return rows.select(
        "what",
        "period_start",
        "period_end",
        "published",
        "records",
        (pl.col("records") - pl.col("published")).alias("difference"),
        share.alias("share"),
        pl.when(pl.col("days_apart") == 0).then(share.abs() <= band).alias("within"),
        "on_list_records",
        listed.alias("on_list_share"),
        "days_apart",
        "release_id",
        "sheet",
        "cell",
    )


def _verdict(rows: pl.DataFrame, band: float) -> tuple[str, str]:
    judged = rows.filter(pl.col("within").is_not_null())
    if judged.is_empty():
        return "nothing to compare", "no published snapshot or month lies inside the records' days"
    parts = []
    for what in judged["what"].unique(maintain_order=True):
        within = judged.filter(pl.col("what") == what)["within"]
        parts.append(f"{within.sum()} of {within.len()} figures of the {what}")
    verdict = "within" if judged["within"].all() else "outside"
    return verdict, f"{' and '.join(parts)} lie within {band:.1%} of the published ones"
