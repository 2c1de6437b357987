"""A release as the checks see it: its printed rows by table, its dates, its fiscal year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import polars as pl

from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.model.observation import BOTH, PUBLISHED

#: Facility attributes: they describe a facility and do not split a number.
ATTRIBUTES: Final = tuple(
    d for d in DIMENSIONS if d.startswith("facility_") and d != "facility_type"
)
SPLITS: Final = tuple(d for d in DIMENSIONS if d not in ATTRIBUTES)
_KEPT: Final = (
    "table", "measure", "unit", "period_kind", "period_start", "period_end", "fiscal_year",
    "as_of", "status", "value", "value_text", "sheet", "cell",
)  # fmt: skip
COLUMNS: Final = (*_KEPT, "edition", "hidden", *DIMENSIONS)


@dataclass(frozen=True)
class Release:
    """One release: what was printed in it (corrections off) and the dates it carries."""

    release_id: str
    observations: pl.DataFrame
    fiscal_year: int
    as_of: dt.date
    published_on: dt.date | None = None
    dates: list[dict[str, Any]] = field(default_factory=list)
    receipt: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def printed(self) -> pl.DataFrame:
        """Return the rows as published, with the row and column number of their cells."""
        return (
            self.observations.select(COLUMNS)
            .filter(pl.col("edition").is_in([BOTH, PUBLISHED]))
            .with_columns(
                row=pl.col("cell").str.extract(r"(\d+)$").cast(pl.Int32),
                column=_column_number(),
            )
        )

    @cached_property
    def _tables(self) -> dict[str, pl.DataFrame]:
        parts = self.printed.filter(~pl.col("hidden")).partition_by("table", as_dict=True)
        return {str(key[0]): frame for key, frame in parts.items()}

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables on visible sheets."""
        return tuple(self._tables)

    def table(self, name: str) -> pl.DataFrame | None:
        """Return the rows of a visible table, or None where the release has none."""
        return self._tables.get(name)

    def numbers(self, name: str) -> pl.DataFrame | None:
        """Return the rows of a visible table that print a number of the workbook's own year.

        A workbook may carry a second sheet of an earlier year (ATD EOFY23); its rows keep apart
        by the ``sheet`` column.
        """
        return self._numbers.get(name)

    @cached_property
    def _numbers(self) -> dict[str, pl.DataFrame]:
        return {
            name: frame.filter(pl.col("value").is_not_null())
            for name, frame in self._tables.items()
        }

    @cached_property
    def by_year(self) -> dict[str, dict[int, pl.DataFrame]]:
        """Return each table's numbers by the latest fiscal year that their sheet speaks of.

        A workbook may carry a frozen sheet of an earlier year beside the current one (ATD EOFY23).
        """
        return {name: _by_sheet_year(rows) for name, rows in self._numbers.items()}


def _by_sheet_year(rows: pl.DataFrame) -> dict[int, pl.DataFrame]:
    """Return the rows of each sheet by the latest fiscal year in it."""
    if rows.height == 0:
        return {}
    sheets = [rows] if rows["sheet"].n_unique() == 1 else rows.partition_by("sheet")
    years = ((frame["fiscal_year"].max(), frame) for frame in sheets)
    return {year: frame for year, frame in years if isinstance(year, int)}


def _letters() -> dict[str, int]:
    """Return the numbers of the columns A to ZZ."""
    alphabet = [chr(65 + i) for i in range(26)]
    names = alphabet + [a + b for a in alphabet for b in alphabet]
    return {name: number for number, name in enumerate(names, start=1)}


_COLUMN_NUMBERS: Final = _letters()


def _column_number() -> pl.Expr:
    """Return the column number of a cell: A is 1, AA is 27; null beyond ZZ."""
    letters = pl.col("cell").str.extract(r"^([A-Z]+)")
    return letters.replace_strict(_COLUMN_NUMBERS, default=None, return_dtype=pl.Int32)
