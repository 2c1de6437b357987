"""The receipt: every non-empty cell of every sheet ends in exactly one of four states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openlifecycle.reading.cells import TableRead
from openlifecycle.reading.workbook import Grid

Place = tuple[int, int]
#: Stands for a layout where numbers stand under no known title.
UNKNOWN_TABLE = "(unknown table)"


@dataclass
class SheetAccount:
    """What became of the cells of one sheet."""

    grid: Grid
    family: str
    fiscal_year: int | None
    captured: set[Place] = field(default_factory=set)
    structural: set[Place] = field(default_factory=set)
    ignored: dict[Place, str] = field(default_factory=dict)
    tables: list[tuple[TableRead, int]] = field(default_factory=list)
    ignore_all: str = ""
    refuse_all: str = ""

    def _count(self, places: Sequence[Place], texts: int = 0) -> dict[str, Any]:
        """Return the account of value cells, plus text cells that no table captured.

        Args:
            places: cells that hold a value or were captured.
            texts: text cells besides them: titles, headings, labels and notes.
        """
        everything = len(places) + texts
        ignored = Counter[str]()
        captured = structural = 0
        if self.ignore_all:
            ignored.update({self.ignore_all: len(places)} if places else {})
        elif not self.refuse_all:
            left = [place for place in places if place not in self.captured]
            captured = len(places) - len(left)
            ignored.update(self.ignored[place] for place in left if place in self.ignored)
            structural = sum(
                place in self.structural for place in left if place not in self.ignored
            )
        loose = 0 if self.refuse_all else texts
        return {
            "all": everything,
            "captured": captured,
            "structural": structural + loose,
            "ignored": dict(ignored),
            "refused": everything - captured - structural - loose - sum(ignored.values()),
        }

    def uncaptured_numbers(self) -> list[Place]:
        """Return the numeric cells that no table, label or reason accounts for."""
        left = [place for place in self.grid.numbers if place not in self.captured]
        known = self.structural | self.ignored.keys()
        return [place for place in left if place not in known]

    def as_dict(self) -> dict[str, Any]:
        """Return the account of the sheet as printed by ``olc receipt --json``."""
        grid = self.grid
        told = [(r, c) for r, c, _ in grid.texts if (r, c) in self.captured]
        others = [*grid.dates, *told]
        others += [place for place in grid.errors if grid.at(*place) == ""]
        texts = len(grid.texts) - len(told)
        numeric = self._count(grid.numbers)
        return {
            "sheet": grid.name,
            "family": self.family,
            "hidden": grid.hidden,
            "fiscal_year": self.fiscal_year,
            "numeric": numeric,
            "cells": _sum([numeric, self._count(others, texts)]),
            "tables": [
                {
                    "table": read.spec.name,
                    "layout": read.layout,
                    "title": read.title,
                    "status": "captured" if read.captured else "refused",
                    "captured": count,
                    "refused_rows": list(read.refusals),
                    "why": read.why,
                    "nearest": read.nearest,
                    "differs": list(read.differs),
                }
                for read, count in self.tables
            ],
        }


def _sum(accounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sum of accounts, ignored cells by reason."""
    reasons = Counter[str]()
    for account in accounts:
        reasons.update(account["ignored"])
    sums = {
        state: sum(account[state] for account in accounts)
        for state in ("all", "captured", "structural", "refused")
    }
    return {
        "all": sums["all"],
        "captured": sums["captured"],
        "structural": sums["structural"],
        "ignored": dict(reasons),
        "refused": sums["refused"],
    }


def total(sheets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums over all sheets, for numeric cells and for all non-empty cells."""
    return {kind: _sum([sheet[kind] for sheet in sheets]) for kind in ("numeric", "cells")}
