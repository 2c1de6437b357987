"""Everything a source folder may import, in one place.

A series is mostly data (tables.yml, layouts.yml, lookups.yml, corrections.yml, source.yml). Where
it needs a rule that data cannot say, the rule is written in its folder with these names alone.
"""

from __future__ import annotations

from openlifecycle.reading.labels import (
    a1,
    date_in_cell,
    fiscal_year_in,
    fiscal_year_of,
    normal,
    number_in,
    printed,
    us_dates_in,
    zip_code,
)
from openlifecycle.reading.workbook import Cell, Grid

__all__ = [
    "Cell",
    "Grid",
    "a1",
    "date_in_cell",
    "fiscal_year_in",
    "fiscal_year_of",
    "normal",
    "number_in",
    "printed",
    "us_dates_in",
    "zip_code",
]
