"""Cohorts: of people arrested or booked in in a period, where they are after so many days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import polars as pl

HORIZONS: Final = (1, 7, 30, 90, 180, 365)


def cohort(
    tables: Mapping[str, ir.Table],
    *,
    entry: Literal["arrest", "book_in"],
    start: date,
    end: date,
    through: datetime,
    by: Sequence[str] = (),
    period: Literal["month", "fiscal_year", "all"] = "month",
    horizons: Sequence[int] = HORIZONS,
) -> pl.DataFrame:
    """Return, per period, split, horizon and state, the share of people in it (skeleton)."""
    raise NotImplementedError


def length_of_stay(
    tables: Mapping[str, ir.Table],
    *,
    start: date,
    end: date,
    through: datetime,
    by: Sequence[str] = (),
    period: Literal["month", "fiscal_year", "all"] = "month",
    horizons: Sequence[int] = HORIZONS,
) -> pl.DataFrame:
    """Return, per period and split, median and quartiles of the length of stay (skeleton)."""
    raise NotImplementedError
