"""Layouts of the releases: their fields, period, files and sheets. Data in layouts.yml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from openlifecycle.demo.world.draws import data
from openlifecycle.errors import UsageError

SERIES = {
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
        preamble: table, or "*" for the others, -> rows above the header.
        files: table, or "*" for every table, -> (name, last fiscal year) of each of its files.
        lacks: table -> name of a file -> columns that it has not.
        processed: table -> header -> name in the processed file, where that is not plain.
        tables: table -> header as printed -> field, or "=" and how the column is filled.
    """

    name: str
    start: date
    through: datetime
    preamble: dict[str, int]
    tables: dict[str, dict[str, str]]
    files: dict[str, list[tuple[str, int]]]
    lacks: dict[str, dict[str, list[str]]]
    processed: dict[str, dict[str, str]]

    def fields(self, table: str) -> frozenset[str]:
        """Return the fields that a table of this layout has."""
        return frozenset(
            how for how in self.tables.get(table, {}).values() if not how.startswith("=")
        )

    def above(self, table: str) -> int:
        """Return how many rows are above the header."""
        return self.preamble.get(table, self.preamble["*"])

    def first_row(self, table: str) -> int:
        """Return the row of the first record, as Excel counts it."""
        return self.above(table) + 2

    def file_names(self, table: str) -> list[tuple[str, int]]:
        """Return the files of a table, as (name, last fiscal year in it)."""
        first, last = fiscal_year(self.start), fiscal_year(self.through.date())
        each = [(f"FY{year}", year) for year in range(first, last + 1)]
        files = self.files.get(table, self.files.get("*", each))
        ending = "txt" if self.is_flat else "xlsx"
        return [(f"SYNTHETIC ICE {SERIES[table]} {name}.{ending}", year) for name, year in files]

    def columns(self, table: str, member: str) -> dict[str, str]:
        """Return header -> how it is filled, for one file of a table."""
        lacks = self.lacks.get(table, {})
        gone = next((lacks[name] for name in lacks if f" {name}." in member), [])
        return {name: how for name, how in self.tables[table].items() if name not in gone}

    def clean_name(self, table: str, header: str) -> str:
        """Return the name of a column in the processed file."""
        if header.startswith("Anonymized Identif") and not self.is_flat:
            return "unique_identifier"
        plain = re.sub("[^a-z0-9]+", "_", header.lower()).strip("_")
        return self.processed.get(table, {}).get(header, plain)

    @property
    def is_flat(self) -> bool:
        """Return whether its files are text, without sheets."""
        return self.name == "uwchr-2022"

    def sheet(self, table: str, number: int) -> str:
        """Return the name of a sheet: the second and later ones are numbered."""
        if self.is_flat:
            return ""
        return SERIES[table] + (f" ({number + 1})" if number else "")


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
    files = {
        table: [(one[0], one[1]) for one in some] for table, some in told.get("files", {}).items()
    }
    return Layout(
        name=name,
        start=told["start"],
        through=through,
        preamble=told["preamble"],
        tables=told["tables"],
        files=files,
        lacks=told.get("lacks", {}),
        processed=told.get("processed", {}),
    )


def fiscal_year(day: date) -> int:
    """Return the fiscal year of a day: it begins on the first of October."""
    return day.year + (day.month >= 10)
