"""The receipt: every non-empty cell of every sheet ends in exactly one of four states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openlifecycle.reading.cells import TableRead
from openlifecycle.reading.workbook import Grid

#: Stands for a layout where numbers stand under no known title.
UNKNOWN_TABLE = "(unknown table)"


@dataclass
class SheetAccount:
    """What became of the cells of one sheet."""

    grid: Grid
    family: str
    fiscal_year: int | None
    captured: set[tuple[int, int]] = field(default_factory=set)
    structural: set[tuple[int, int]] = field(default_factory=set)
    ignored: dict[tuple[int, int], str] = field(default_factory=dict)
    tables: list[tuple[TableRead, int]] = field(default_factory=list)
    ignore_all: str = ""
    refuse_all: str = ""

    def _count(self, places: set[tuple[int, int]], texts: int = 0) -> dict[str, Any]:
        """Return the account of value cells, plus text cells that no table captured."""
        everything = len(places) + texts
        captured, ignored, structural = set(), Counter[str](), set()
        if self.ignore_all and places:
            ignored[self.ignore_all] = len(places)
        elif not self.refuse_all and not self.ignore_all:
            captured = places & self.captured
            reasons = {p: why for p, why in self.ignored.items() if p in places - captured}
            ignored.update(reasons.values())
            structural = (places & self.structural) - captured - reasons.keys()
        loose = 0 if self.refuse_all else texts
        named = len(captured) + sum(ignored.values()) + len(structural) + loose
        return {
            "all": everything,
            "captured": len(captured),
            "structural": len(structural) + loose,
            "ignored": dict(ignored),
            "refused": everything - named,
        }

    def uncaptured_numbers(self) -> list[tuple[int, int]]:
        """Return the numeric cells that no table, label or reason accounts for."""
        known = self.captured | self.structural | self.ignored.keys()
        return [place for place in self.grid.numbers if place not in known]

    def as_dict(self) -> dict[str, Any]:
        """Return the account of the sheet as printed by ``olc receipt --json``."""
        grid = self.grid
        numeric = set(grid.numbers)
        texts = {(r, c) for r, c, _ in grid.texts}
        told = texts & self.captured
        others = numeric | set(grid.dates) | set(grid.errors) | told
        return {
            "sheet": grid.name,
            "family": self.family,
            "hidden": grid.hidden,
            "fiscal_year": self.fiscal_year,
            "numeric": self._count(numeric),
            "cells": self._count(others, len(texts - told)),
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


def total(sheets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums over all sheets, for numeric cells and for all non-empty cells."""
    out: dict[str, Any] = {}
    for kind in ("numeric", "cells"):
        counts = Counter[str]()
        reasons = Counter[str]()
        for sheet in sheets:
            account = sheet[kind]
            for state in ("all", "captured", "structural", "refused"):
                counts[state] += account[state]
            reasons.update(account["ignored"])
        out[kind] = {
            "all": counts["all"],
            "captured": counts["captured"],
            "structural": counts["structural"],
            "ignored": dict(reasons),
            "refused": counts["refused"],
        }
    return out
