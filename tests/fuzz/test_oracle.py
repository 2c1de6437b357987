"""The oracle itself must be able to fail: it is shown a good and several bad readings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.base import FIELDS, Base, Meaning, place_of
from tests.fuzz.book import Book, Cell, Page, load_book
from tests.fuzz.mutations import Mutant
from tests.fuzz.oracle import Judge


def meaning(**fields: object) -> Meaning:
    """A meaning with only these fields set."""
    known = {"table": "removals", "hidden": False} | fields
    return tuple(known.get(name) for name in FIELDS)


TOTAL = meaning(measure="removals", value=267258.0)
FAMILY = meaning(measure="removals_with_family_detention", value=1069.0)


def two_rows() -> tuple[Base, Book]:
    cells = {
        (0, 0): Cell("Total", ("S", 0, 0)),
        (0, 1): Cell(267258.0, ("S", 0, 1)),
        (1, 0): Cell("Removals with an FRC Detention", ("S", 1, 0)),
        (1, 1): Cell(1069.0, ("S", 1, 1)),
    }
    book = Book([Page("S", False, cells)], "2020-01-01T00:00:00Z")
    base = Base("x.xlsx", "x.xlsx", book, None)  # type: ignore[arg-type]  # no checks here
    base.read = {("S", 0, 1): [TOTAL], ("S", 1, 1): [FAMILY]}
    return base, book.copy()


def judged(
    read: dict[tuple[str, int, int], list[Meaning]],
    tables: set[str] | None = None,
    holes: int = 0,
    move: int = 0,
) -> Counter[str]:
    base, book = two_rows()
    if move:
        book.pages[0].move(lambda p: (p[0] + move, p[1]))
    found = Counter({("some_check", "S", table, "1/2"): 1 for table in tables or ()})
    judge = Judge(base, Mutant(book, ""), read, {"S": holes}, lambda: found)
    judge.page(book.pages[0])
    return +judge.verdict.counts


def test_a_faithful_reading_is_right() -> None:
    assert judged({("S", 0, 1): [TOTAL], ("S", 1, 1): [FAMILY]}) == {"right": 2}


def test_a_moved_cell_keeps_its_truth() -> None:
    assert judged({("S", 3, 1): [TOTAL], ("S", 4, 1): [FAMILY]}, move=3) == {"right": 2}


def test_exchanged_meanings_are_wrong_unless_a_finding_names_the_table() -> None:
    swapped = {
        ("S", 0, 1): [meaning(measure="removals_with_family_detention", value=267258.0)],
        ("S", 1, 1): [meaning(measure="removals", value=1069.0)],
    }
    assert judged(swapped) == {"wrong": 2}
    assert judged(swapped, tables={"removals"}) == {"flagged": 2}
    assert judged(swapped, tables={"bond"}) == {"wrong": 2}


def test_a_changed_value_is_wrong() -> None:
    off = meaning(measure="removals", value=267257.0)
    assert judged({("S", 0, 1): [off], ("S", 1, 1): [FAMILY]}) == {"right": 1, "wrong": 1}


def test_a_missing_cell_is_lost_unless_the_receipt_says_refused() -> None:
    assert judged({("S", 1, 1): [FAMILY]}) == {"right": 1, "lost": 1}
    assert judged({("S", 1, 1): [FAMILY]}, holes=1) == {"right": 1, "refused": 1}


def test_a_label_read_as_a_number_is_wrong() -> None:
    read = {("S", 0, 0): [TOTAL], ("S", 0, 1): [TOTAL], ("S", 1, 1): [FAMILY]}
    assert judged(read) == {"right": 2, "wrong": 1}


@pytest.mark.parametrize("name", ["FY19_2019-10-07_35b0eaf2.xlsx", "FY26_2025-11-28_cd254e2e.xlsx"])
def test_the_writer_gives_back_every_cell_of_a_published_workbook(
    name: str, corpus_dir: Path, tmp_path: Path
) -> None:
    """An unmutated mutant is the published workbook, cell for cell, hidden sheets hidden."""
    book = load_book(corpus_dir / "ice_detention_statistics" / name, "2020-01-01T00:00:00Z")
    again = tmp_path / "again.xlsx"
    again.write_bytes(book.to_bytes())
    written = load_book(again, book.modified)
    assert [(p.name, p.hidden) for p in written.pages] == [(p.name, p.hidden) for p in book.pages]
    assert [p.cells for p in written.pages] == [p.cells for p in book.pages]


def test_places_are_zero_based() -> None:
    assert place_of("A1") == (0, 0)
    assert place_of("AB12") == (11, 27)


def test_following_exchanged_labels_is_told_apart_from_reading_wrong() -> None:
    base, book = two_rows()
    swapped = {
        ("S", 0, 1): [meaning(measure="removals_with_family_detention", value=267258.0)],
        ("S", 1, 1): [meaning(measure="removals", value=1069.0)],
    }
    judge = Judge(base, Mutant(book, "", swapped=True), swapped, {}, Counter)
    judge.page(book.pages[0])
    assert +judge.verdict.counts == {"printed": 2}


def test_only_an_open_name_may_be_new() -> None:
    base, book = two_rows()
    mutant = Mutant(book, "", {("S", 0, 1), ("S", 1, 1)}, renamed="Zanzibar")
    read = {
        ("S", 0, 1): [meaning(measure="removals", value=267258.0, facility_label="Zanzibar")],
        ("S", 1, 1): [FAMILY],
    }
    judge = Judge(base, mutant, read, {}, Counter)
    judge.page(book.pages[0])
    assert +judge.verdict.counts == {"right": 1, "wrong": 1}
