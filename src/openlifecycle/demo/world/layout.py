"""Layouts of the releases: their fields, period, files and sheets. Data in layouts.yml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from openlifecycle.demo.world.draws import data
from openlifecycle.errors import UsageError

_SERIES = {
    "encounter": "Encounters",
    "arrest": "Arrests",
    "detainer": "Detainers",
    "detention_stint": "Detentions",
    "removal": "Removals",
}


@dataclass(frozen=True)
class Layout:
    """One layout family.

    Attributes:
        start, through: the period that the releases speak of.
        preamble: rows above the header.
        tables: table -> header as printed -> field, or "=" and how the column is filled.
    """

    name: str
    start: date
    through: datetime
    preamble: int
    tables: dict[str, dict[str, str]]

    def fields(self, table: str) -> frozenset[str]:
        """Return the fields that a table of this layout has."""
        return frozenset(
            how for how in self.tables.get(table, {}).values() if not how.startswith("=")
        )

    def first_row(self) -> int:
        """Return the row of the first record, as Excel counts it."""
        return self.preamble + 2

    def member(self, table: str, year: int) -> str:
        """Return the name of the file that has the records of a fiscal year."""
        ending = "txt" if self.name == "uwchr-2022" else "xlsx"
        return f"SYNTHETIC ICE {_SERIES[table]} FY{year}.{ending}"

    def sheet(self, table: str, number: int) -> str:
        """Return the name of a sheet: the second and later ones are numbered."""
        if self.name == "uwchr-2022":
            return ""
        return _SERIES[table] + (f" ({number + 1})" if number else "")


def layout_names() -> tuple[str, ...]:
    """Return the layouts that a world can be released in."""
    return tuple(data("layouts"))


def layout(name: str) -> Layout:
    """Return a layout by its name."""
    known = data("layouts")
    if name not in known:
        raise UsageError(f"there is no layout {name!r}", nearest=", ".join(known))
    told = known[name]
    through = datetime.combine(told["through"], time(23, 59, 59))
    return Layout(name, told["start"], through, told["preamble"], told["tables"])


def fiscal_year(day: date) -> int:
    """Return the fiscal year of a day: it begins on the first of October."""
    return day.year + (day.month >= 10)
