"""core__observation: one row per published cell that carries a value.

The schema is told once, here; Parquet, DuckDB, exports and the data dictionary follow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from openlifecycle.model.dimensions import DIMENSIONS

#: Period kinds: a moment, a closed or open interval, or from 1 October of a fiscal year on.
INSTANT: Final = "instant"
INTERVAL: Final = "interval"
FISCAL_YEAR_TO_DATE: Final = "fiscal_year_to_date"
PERIOD_KINDS: Final = (INSTANT, INTERVAL, FISCAL_YEAR_TO_DATE)

#: Statuses: what a printed cell is worth. Only ``observed`` answers questions.
OBSERVED: Final = "observed"
NOT_YET: Final = "not_yet"
DROPPED: Final = "dropped"
ZERO_AMBIGUOUS: Final = "zero_ambiguous"
WITHHELD: Final = "withheld"
NOT_APPLICABLE: Final = "not_applicable"
ERROR_CELL: Final = "error_cell"
STATUSES: Final = {
    OBSERVED: "a value that the publisher printed as a value",
    NOT_YET: "a zero or blank for a period that had not begun or not been reported",
    DROPPED: "a zero printed after the fiscal year rolled over, where a value stood before",
    ZERO_AMBIGUOUS: "a zero that may be a value or a gap: the period had only just begun",
    WITHHELD: "a mark (*, **) instead of a value",
    NOT_APPLICABLE: "N/A or a blank mark printed instead of a value",
    ERROR_CELL: "a spreadsheet error (#N/A) printed instead of a value",
}

#: Editions: most rows stand in both views; a correction adds a twin for ``as corrected``.
BOTH: Final = "both"
PUBLISHED: Final = "published"
CORRECTED: Final = "corrected"


@dataclass(frozen=True)
class Column:
    """One column of core__observation: name, Polars type and what it says."""

    name: str
    dtype: pl.DataType
    text: str


_CAT = pl.String()

_WHO: Final = (
    Column("release_id", _CAT, "publisher.series@first 12 of the sha256 of the bytes"),
    Column("series", _CAT, "published series, e.g. us_ice.detention_statistics"),
    Column("table", _CAT, "table of the workbook, by its name in layouts.yml"),
    Column("measure", _CAT, "what the cell counts or averages"),
    Column("unit", _CAT, "persons, days, US dollars, fraction, events, beds, text or date"),
    Column("period_kind", _CAT, "instant, interval or fiscal_year_to_date"),
    Column("period_start", pl.Date(), "first day that the number speaks of"),
    Column("period_end", pl.Date(), "last day that the number speaks of"),
    Column("fiscal_year", pl.Int32(), "US federal fiscal year (1 October to 30 September)"),
    Column("as_of", pl.Date(), "the date as of which the publisher says the table stands"),
)
_HOW: Final = (
    Column("status", _CAT, "observed, not_yet, dropped, zero_ambiguous, withheld, ..."),
    Column("value", pl.Float64(), "the number printed; null where text or a mark stands"),
    Column("value_text", _CAT, "the text or ISO date printed, for measures that are not numbers"),
    Column("edition", _CAT, "both, or published / corrected where a correction applies"),
    Column("correction_id", _CAT, "the correction that touches this row, e.g. E1"),
    Column("flags", _CAT, "space-separated reading rules that touched the cell"),
)
_WHERE: Final = (
    Column("sheet", _CAT, "sheet name as printed"),
    Column("cell", _CAT, "A1 reference"),
    Column("hidden", pl.Boolean(), "the sheet is hidden in the workbook"),
    Column("layout", _CAT, "layout of layouts.yml that read the table"),
    Column("rule_version", _CAT, "version of the reading rules"),
)
_DIMS: Final = tuple(Column(d.name, _CAT, d.text) for d in DIMENSIONS.values())

COLUMNS: Final = _WHO + _HOW + _WHERE + _DIMS
SCHEMA: Final[dict[str, pl.DataType]] = {c.name: c.dtype for c in COLUMNS}
