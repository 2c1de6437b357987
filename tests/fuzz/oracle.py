"""What became of every cell of a mutant: right, refused, flagged, lost or wrong.

right     captured, and it means what it truly means
printed   two labels were exchanged, the reading follows them, and nothing in this release or the
          one before contradicts what the publisher now prints
refused   not captured, and the receipt says refused
flagged   captured with another meaning, and a new finding names its table or sheet
lost      not captured, and counted neither as refused nor by a finding: a silent hole
wrong     captured with another meaning, silently
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from openlifecycle.errors import OpenLifecycleError
from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.model.observation import DROPPED, NOT_YET
from tests.fuzz.base import (
    FIELDS,
    HIDDEN,
    TABLE,
    VALUE,
    Base,
    FindingKey,
    Meaning,
    finding_keys,
    meanings,
    read_bytes,
)
from tests.fuzz.book import Cell, Origin, Page
from tests.fuzz.mutations import UNKNOWN_WORD, Mutant

OUTCOMES = ("right", "printed", "refused", "flagged", "lost", "wrong")


#: Names that are open by nature: a new one is the publisher's to give.
OPEN = {name for name, dimension in DIMENSIONS.items() if dimension.open}
#: Statuses of zeros that are no values: they answer no question wherever they land.
EMPTY = {NOT_YET, DROPPED}
STATUS = FIELDS.index("status")
#: What labels say of a number, besides which table it stands in.
LABELLED = {*DIMENSIONS, "measure", "unit", "period_start", "period_end", "fiscal_year"}


@dataclass
class Verdict:
    """The outcomes of one mutant."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    refused_whole: str = ""

    @property
    def outcome(self) -> str:
        """The gravest outcome of any cell."""
        return next(o for o in reversed(OUTCOMES) if self.counts[o] or o == "right")

    def note(self, outcome: str, example: str) -> None:
        """Count a cell, and keep a few examples of what went wrong."""
        self.counts[outcome] += 1
        if outcome in ("wrong", "lost", "flagged", "printed") and len(self.examples) < 8:
            self.examples.append(f"{outcome}: {example}")


def same(one: Meaning, other: Meaning) -> bool:
    """Whether two readings of a cell agree, numbers to their last digits."""
    if one == other:
        return True
    a, b = one[VALUE], other[VALUE]
    if a is None or b is None or not math.isclose(a, b, rel_tol=1e-12):
        return False
    return one[:VALUE] == other[:VALUE] and one[VALUE + 1 :] == other[VALUE + 1 :]


def difference(true: Meaning, got: Meaning) -> str:
    """The fields in which two readings differ, for people."""
    pairs = zip(FIELDS, true, got, strict=True)
    return "; ".join(f"{name} {a!r} -> {b!r}" for name, a, b in pairs if a != b)


def _changed(true: Meaning, got: Meaning) -> dict[str, Any]:
    """The fields that are read differently, with what is read."""
    return {n: b for n, a, b in zip(FIELDS, true, got, strict=True) if a != b}


def _open_rename(true: list[Meaning], got: Meaning, new: str) -> bool:
    """Whether the only change is the new name of something that may have any name."""
    word = " ".join(new.split()).casefold()
    return any(
        changed and all(n in OPEN and str(v).casefold() == word for n, v in changed.items())
        for changed in (_changed(meaning, got) for meaning in true)
    )


def _carries_new_word(got: Meaning) -> bool:
    return any(UNKNOWN_WORD.casefold() in str(value).casefold() for value in got if value)


@dataclass
class Judge:
    """Judges the cells of one mutant, page by page."""

    base: Base
    mutant: Mutant
    read: dict[Origin, list[Meaning]]
    #: How many more cells of a sheet the receipt refuses than before.
    holes: dict[str, int]
    #: Reading's and the checks' findings; asked for only where something was read otherwise.
    find: Callable[[], Counter[FindingKey]]
    verdict: Verdict = field(default_factory=Verdict)

    def page(self, page: Page) -> None:
        """Judge every cell of a page."""
        for place, cell in page.cells.items():
            got = self.read.get((page.name, *place), [])
            if cell.origin is None:
                self._invented(page, place, got)
            else:
                self._known(page, place, cell, got)

    @cached_property
    def alarms(self) -> tuple[set[str], set[str]]:
        """The tables, and the sheets, that new findings name."""
        new = list((self.find() - self.base.findings).elements())
        tables = {table for _, _, table, _ in new if table}
        return tables, {sheet for _, sheet, table, _ in new if sheet and not table}

    def _flagged(self, sheet: str, *rows: Meaning) -> bool:
        tables, sheets = self.alarms
        return sheet in sheets or any(row[TABLE] in tables for row in rows)

    def false_alarms(self) -> None:
        """Count new findings about a change that changes nothing."""
        for name in sorted(set().union(*self.alarms)):
            self.verdict.note("flagged", f"false alarm about {name}")

    def _invented(self, page: Page, place: tuple[int, int], got: list[Meaning]) -> None:
        if page.cells[place].is_number and not got:
            self.verdict.counts["refused"] += 1
        for row in got:
            right = _carries_new_word(row) or page.cells[place].value == UNKNOWN_WORD
            flagged = not right and self._flagged(page.name, row)
            outcome = "right" if right else "flagged" if flagged else "wrong"
            self.verdict.note(outcome, f"{page.name} {place} invented, read as {row[TABLE]}")

    def _known(self, page: Page, place: tuple[int, int], cell: Cell, got: list[Meaning]) -> None:
        assert cell.origin is not None
        true = [self._truth(page, row) for row in self.base.read.get(cell.origin, [])]
        for row in got:
            self._judge(page, place, cell.origin, true, row)
        if true and not got:
            self._missing(page, place, cell.origin, true)

    def _truth(self, page: Page, row: Meaning) -> Meaning:
        return (*row[:HIDDEN], page.hidden, *row[HIDDEN + 1 :])

    def _judge(
        self, page: Page, place: tuple[int, int], origin: Origin, true: list[Meaning], row: Meaning
    ) -> None:
        unknown = origin in self.mutant.unknown
        right = any(same(t, row) for t in true)
        if page.name in self.mutant.copies and origin in self.read:
            right = False  # the original was read too
        where = f"{page.name} {place}"
        if row[STATUS] in EMPTY and any(t[STATUS] in EMPTY for t in true):
            right, unknown = True, False  # no value stood there, and none landed
        if right and not unknown or _open_rename(true, row, self.mutant.renamed):
            self.verdict.counts["right"] += 1
        elif self._flagged(page.name, row, *true):
            self.verdict.note("flagged", f"{where}: {self._tell(true, row)}")
        elif self.mutant.swapped and any(set(_changed(t, row)) <= LABELLED for t in true):
            self.verdict.note("printed", f"{where}: {self._tell(true, row)}")
        else:
            kept = "its label is unknown, its old meaning was kept: " if unknown and right else ""
            self.verdict.note("wrong", f"{where}: {kept}{self._tell(true, row)}")

    def _tell(self, true: list[Meaning], row: Meaning) -> str:
        if not true:
            return f"nothing is printed here, read as {row[TABLE]}"
        return f"{true[0][TABLE]}: {difference(true[0], row) or 'the same'}"

    def _missing(
        self, page: Page, place: tuple[int, int], origin: Origin, true: list[Meaning]
    ) -> None:
        if self.base.book.page(origin[0]).cells[origin[1:]].is_text:
            # Published as text (a dash for zero, a rating): the account counts numbers.
            self.verdict.counts["refused"] += 1
        elif page.name in self.mutant.copies or self.holes.get(page.name, 0) > 0:
            self.holes[page.name] = self.holes.get(page.name, 0) - 1
            self.verdict.counts["refused"] += 1
        elif self._flagged(page.name, *true):
            self.verdict.counts["refused"] += 1
        else:
            self.verdict.note("lost", f"{page.name} {place}: {true[0][TABLE]}")


def _refused_cells(receipt: dict[str, Any], known: dict[str, dict[str, Any]]) -> dict[str, int]:
    """How many more cells per sheet the receipt says refused than for the published workbook."""
    counts = {}
    for sheet in receipt["sheets"]:
        before = known.get(sheet["sheet"], {}).get("cells", {}).get("refused", 0)
        counts[sheet["sheet"]] = sheet["cells"]["refused"] - before
    return counts


def judge(base: Base, mutant: Mutant) -> Verdict:
    """Read a mutant as ``take`` and ``check`` would, and judge every cell."""
    try:
        tidied = read_bytes(mutant.book.to_bytes(), base.original_name)
    except OpenLifecycleError as refusal:
        total = sum(len(places) for places in base.tables.values())
        return Verdict(Counter(refused=total), [], type(refusal).__name__)
    except Exception as crash:
        # A workbook may be refused; it may never end the program.
        return Verdict(Counter(wrong=1), [f"crashed: {type(crash).__name__}: {crash}"])
    judged = Judge(
        base,
        mutant,
        meanings(tidied.observations),
        _refused_cells(tidied.receipt, base.accounts),
        lambda: finding_keys(tidied, base.history),
    )
    for page in mutant.book.pages:
        judged.page(page)
    if mutant.quiet:
        judged.false_alarms()
    return judged.verdict
