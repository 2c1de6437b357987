"""The workbooks that are mutated, what their cells mean, and what reading finds in them.

The meaning of a cell is taken from the reading of the unmutated workbook. That reading is proved
elsewhere: by cells read by eye, by reading every number back, by published figures.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.oversight.check import check_release
from openlifecycle.oversight.history import History
from openlifecycle.oversight.release import Release
from openlifecycle.tidying.tidy import Tidied, read_release
from tests.fuzz.book import Book, Origin, Place, load_book

#: One workbook of every vintage, and the release published before it.
BASES = {
    "FY19_2019-10-07_35b0eaf2.xlsx": None,
    "FY21_2021-03-08_be15ccf0.xlsx": "FY21_2021-02-22_445fa044.xlsx",
    "FY21_2021-06-28_dca0788a.xlsx": "FY21_2021-06-14_3b928e82.xlsx",
    "FY22_2022-02-22_c68d293d.xlsx": "FY22_2022-02-07_e8205d7f.xlsx",
    "FY23_2023-05-30_7578acdd.xlsx": "FY23_2023-05-15_df194a6f.xlsx",
    "FY24_2024-03-04_f9aeaad6.xlsx": "FY24_2024-02-20_90cdfc01.xlsx",
    "FY24_2024-07-08_8d616b99.xlsx": "FY24_2024-06-24_5eb47eb0.xlsx",
    "FY25_2025-08-18_086d19ed.xlsx": "FY25_2025-06-23_614b4e5f.xlsx",
    "FY26_2025-11-28_cd254e2e.xlsx": "FY25_2025-08-18_086d19ed.xlsx",
}

#: What makes two observations the same statement.
IDENTITY = (
    "table", "measure", "unit", "period_kind", "period_start", "period_end", "fiscal_year",
    "status", "hidden", *DIMENSIONS,
)  # fmt: skip
VALUES = ("value", "value_text")
FIELDS = (*IDENTITY, *VALUES)
TABLE, HIDDEN, VALUE = FIELDS.index("table"), FIELDS.index("hidden"), FIELDS.index("value")

Meaning = tuple[Any, ...]
FindingKey = tuple[str, str, str, str]


@lru_cache(maxsize=100_000)
def place_of(cell: str) -> Place:
    """Zero-based row and column of an A1 reference."""
    letters = cell.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(cell[len(letters) :]) - 1, column - 1


def meanings(observations: pl.DataFrame) -> dict[Origin, list[Meaning]]:
    """What is read at every cell, as published."""
    kept = observations.filter(pl.col("edition") != "corrected")
    found: dict[Origin, list[Meaning]] = defaultdict(list)
    for row in kept.select("sheet", "cell", *FIELDS).iter_rows():
        found[(row[0], *place_of(row[1]))].append(row[2:])
    return found


def finding_keys(tidied: Tidied, history: History) -> Counter[FindingKey]:
    """What reading and the checks find, without the cells (which mutations move)."""
    release = Release(
        "us_ice.detention_statistics@mutant",
        tidied.observations,
        tidied.fiscal_year,
        tidied.as_of,
        tidied.published_on,
        tidied.dates,
        tidied.receipt,
    )
    every = [dict(f) for f in tidied.findings]
    every += [dict(f) for f in check_release(release, history)]
    return Counter(
        (str(f["check"]), str(f.get("sheet") or ""), str(f.get("table") or ""), _numbers(f))
        for f in every
    )


def _numbers(finding: dict[str, Any]) -> str:
    return f"{finding.get('printed')!r}/{finding.get('computed')!r}"


@dataclass
class Base:
    """A workbook to mutate."""

    name: str
    original_name: str
    book: Book
    history: History
    read: dict[Origin, list[Meaning]] = field(default_factory=dict)
    findings: Counter[FindingKey] = field(default_factory=Counter)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def tables(self) -> dict[tuple[str, str], set[Place]]:
        """Places of each table's cells: (sheet, table) -> places."""
        found: dict[tuple[str, str], set[Place]] = defaultdict(set)
        for (sheet, row, column), rows in self.read.items():
            found[(sheet, rows[0][TABLE])].add((row, column))
        return found

    @cached_property
    def sheets(self) -> list[str]:
        """The visible sheets that carry captured cells."""
        named = {sheet for sheet, _ in self.tables}
        return [p.name for p in self.book.pages if p.name in named and not p.hidden]


def read_bytes(data: bytes, name: str) -> Tidied:
    """Read a workbook as ``take`` would, without a store."""
    return read_release(data, names=[name], release_id="us_ice.detention_statistics@mutant")


def _manifest(statistics: Path) -> dict[str, dict[str, str]]:
    with (statistics / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        return {row["file"]: row for row in csv.DictReader(handle)}


def load_base(statistics: Path, name: str) -> Base:
    """Load, read and check one workbook as it was published, and the release before it."""
    rows = _manifest(statistics)
    history = History()
    previous = BASES[name]
    if previous is not None:
        earlier = read_bytes((statistics / previous).read_bytes(), _name(rows[previous]))
        history.add(
            Release(
                "us_ice.detention_statistics@previous",
                earlier.observations,
                earlier.fiscal_year,
                earlier.as_of,
                earlier.published_on,
                earlier.dates,
                earlier.receipt,
            )
        )
    modified = (rows[name]["modified"] or "2025-01-01 00:00:00").replace(" ", "T") + "Z"
    base = Base(name, _name(rows[name]), load_book(statistics / name, modified), history)
    tidied = read_bytes(base.book.to_bytes(), base.original_name)
    base.read = meanings(tidied.observations)
    base.findings = finding_keys(tidied, history)
    base.accounts = {sheet["sheet"]: sheet for sheet in tidied.receipt["sheets"]}
    return base


def _name(row: dict[str, str]) -> str:
    return row["original_name"].split(";")[0]
