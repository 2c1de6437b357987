"""The mutations: each takes a copy of a book and changes one thing, deterministically.

A mutation says which cells lost their known meaning (a label replaced by an unknown word): for
all others the true meaning is the one that the cell had where it came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.fuzz.base import HIDDEN, TABLE, Base
from tests.fuzz.book import Book, Cell, Origin, Page, Place
from tests.fuzz.labels import (
    FLAT,
    Label,
    column_headers,
    numeric_places,
    pick_table,
    row_label_places,
    row_labels,
    titles,
)

UNKNOWN_WORD = "Zanzibar Quotient"


@dataclass
class Mutant:
    """A mutated book, and what is known of the truth in it."""

    book: Book
    what: str
    unknown: set[Origin] = field(default_factory=set)
    #: The new text of a changed label: right as the new name of a facility or a country.
    renamed: str = ""
    #: Two labels were exchanged: a reading that follows them is what the publisher now prints.
    swapped: bool = False
    #: Nothing that a reader may rely on has changed: every cell must be read, and read right.
    harmless: bool = False
    #: And there is nothing to tell about it: a new finding is a false alarm.
    quiet: bool = False
    #: Names of sheets that are copies: reading them beside the original counts people twice.
    copies: set[str] = field(default_factory=set)


class NotHere(Exception):
    """This mutation has nothing to bite on in this workbook; another seed is drawn."""


def _all_labels(base: Base, page: Page, key: tuple[str, str]) -> list[Label]:
    return row_labels(base, page, key) + column_headers(base, page, key)


def _pick_label(base: Base, random: Random, page: Page, key: tuple[str, str]) -> Label:
    labels = _all_labels(base, page, key)
    if not labels:
        raise NotHere
    return random.choice(labels)


def _origins(page: Page, places: frozenset[Place]) -> set[Origin]:
    return {cell.origin for p in places if (cell := page.cells.get(p)) and cell.origin is not None}


def _start(base: Base, random: Random) -> tuple[Book, Page, tuple[str, str]]:
    book = base.book.copy()
    key = pick_table(base, random)
    return book, book.page(key[0]), key


def rename_typo(base: Base, random: Random) -> Mutant:
    """Two letters of a label change places, as typists do; the meaning stays."""
    book, page, key = _start(base, random)
    places = [label.place for label in _all_labels(base, page, key)] + titles(base, page, key)
    places = [p for p in places if len(re.findall(r"[A-Za-z]{5,}", page.cells[p].value)) > 0]
    if not places:
        raise NotHere
    place = random.choice(places)
    old = page.cells[place].value
    word = random.choice(list(re.finditer(r"[A-Za-z]{5,}", old)))
    at = word.start() + random.randrange(1, len(word.group()) - 2)
    new = old[:at] + old[at + 1] + old[at] + old[at + 2 :]
    page.put(place, new)
    return Mutant(book, f"{page.name} {place}: {old!r} -> {new!r}", renamed=new)


def rename_unknown(base: Base, random: Random) -> Mutant:
    """A label becomes a word that no table knows; what hangs on it has lost its meaning."""
    book, page, key = _start(base, random)
    label = _pick_label(base, random, page, key)
    old = page.cells[label.place].value
    page.put(label.place, UNKNOWN_WORD)
    unknown = _origins(page, label.governs)
    what = f"{page.name} {label.place}: {old!r} -> {UNKNOWN_WORD!r}"
    return Mutant(book, what, unknown, renamed=UNKNOWN_WORD)


def rename_note(base: Base, random: Random) -> Mutant:
    """A footnote mark, blanks, a colon or capitals change a label's looks; the meaning stays."""
    book, page, key = _start(base, random)
    place = _pick_label(base, random, page, key).place
    old = page.cells[place].value
    forms = [f"{old}*", f" {old}  ", f"{old}\u00a0"]
    if key[1] not in FLAT:  # names of facilities and countries are kept as printed
        forms += [old.upper(), f"{old}:"]
    new = random.choice(forms)
    page.put(place, new)
    return Mutant(book, f"{page.name} {place}: {old!r} -> {new!r}")


def rename_title(base: Base, random: Random) -> Mutant:
    """A table's title becomes something else: the table is no longer named."""
    book, page, key = _start(base, random)
    places = titles(base, page, key)
    if not places:
        raise NotHere
    old = page.cells[places[0]].value
    page.put(places[0], UNKNOWN_WORD)
    return Mutant(book, f"{page.name} {places[0]}: title {old!r} -> {UNKNOWN_WORD!r}")


def blank_header(base: Base, random: Random) -> Mutant:
    """A column header, a row label or a title is emptied."""
    book, page, key = _start(base, random)
    places = [label.place for label in column_headers(base, page, key)]
    rows = [label.place for label in row_labels(base, page, key)]
    choices = [group for group in (places, rows, titles(base, page, key)) if group]
    if not choices:
        raise NotHere
    place = random.choice(random.choice(choices))
    old = page.cells[place].value
    page.put(place, None)
    return Mutant(book, f"{page.name} {place}: {old!r} emptied")


def _insert_row(page: Page, at: int) -> None:
    page.move(lambda p: (p[0] + 1, p[1]) if p[0] >= at else p)


def _insert_column(page: Page, at: int) -> None:
    page.move(lambda p: (p[0], p[1] + 1) if p[1] >= at else p)


def insert_blank_row_between(base: Base, random: Random) -> Mutant:
    """A blank row where a row is blank already: nothing changes but positions."""
    book, page, key = _start(base, random)
    used = {row for row, _ in page.cells}
    free = [row for row in range(page.height) if row not in used]
    if not free:
        raise NotHere
    at = random.choice(free)
    _insert_row(page, at)
    return Mutant(
        book, f"{page.name}: blank row inserted at blank row {at + 1}", harmless=True, quiet=True
    )


def insert_blank_row_inside(base: Base, random: Random) -> Mutant:
    """A blank row between two rows of a table."""
    book, page, key = _start(base, random)
    rows = sorted({row for row, _ in base.tables[key]})
    at = random.choice(rows)
    _insert_row(page, at)
    return Mutant(book, f"{page.name}: blank row inserted at row {at + 1} of {key[1]}")


def insert_data_row(base: Base, random: Random) -> Mutant:
    """A row with an unknown label and numbers of nobody's."""
    book, page, key = _start(base, random)
    rows = sorted({row for row, _ in base.tables[key]})
    like = random.choice(rows)
    labels = row_label_places(base, page, key, like)
    if not labels:
        raise NotHere
    _insert_row(page, like)
    for row, column in numeric_places(base, base.book.page(page.name), key):
        if row == like:
            # A zero stays a zero: an empty month or a dropped year does not come to life.
            number = random.randrange(100, 999) if page.cells[(like + 1, column)].value else 0
            page.cells[(like, column)] = Cell(number, None)
    for _, column in labels:
        page.cells[(like, column)] = Cell(page.cells[(like + 1, column)].value, None)
    page.cells[(like, labels[0][1])] = Cell(UNKNOWN_WORD, None)
    return Mutant(book, f"{page.name}: a row {UNKNOWN_WORD!r} inserted above row {like + 1}")


def delete_row(base: Base, random: Random) -> Mutant:
    """A row of a table, or the row just above it, is gone."""
    book, page, key = _start(base, random)
    rows = sorted({row for row, _ in base.tables[key]})
    at = random.choice([*rows, max(rows[0] - 1, 0)])
    page.move(lambda p: None if p[0] == at else ((p[0] - 1, p[1]) if p[0] > at else p))
    return Mutant(book, f"{page.name}: row {at + 1} deleted ({key[1]})")


def insert_blank_column_outside(base: Base, random: Random) -> Mutant:
    """A blank column where a column is blank already, or before the first: positions change."""
    book, page, key = _start(base, random)
    used = {column for _, column in page.cells}
    free = [0, *(c for c in range(page.width) if c not in used)]
    at = random.choice(free)
    _insert_column(page, at)
    what = f"{page.name}: blank column inserted at column {at + 1}"
    return Mutant(book, what, harmless=True, quiet=True)


def insert_blank_column_inside(base: Base, random: Random) -> Mutant:
    """A blank column inside a table: the spacer that merged headers leave."""
    book, page, key = _start(base, random)
    at = random.choice(sorted({column for _, column in base.tables[key]}))
    _insert_column(page, at)
    return Mutant(book, f"{page.name}: blank column inserted at column {at + 1} of {key[1]}")


def delete_column(base: Base, random: Random) -> Mutant:
    """A column of a table, or its label column, is gone."""
    book, page, key = _start(base, random)
    columns = sorted({column for _, column in base.tables[key]})
    at = random.choice([*columns, max(columns[0] - 1, 0)])
    page.move(lambda p: None if p[1] == at else ((p[0], p[1] - 1) if p[1] > at else p))
    return Mutant(book, f"{page.name}: column {at + 1} deleted ({key[1]})")


def _swap_texts(page: Page, one: Place, other: Place) -> str:
    first, second = page.cells[one].value, page.cells[other].value
    page.put(one, second)
    page.put(other, first)
    return f"{page.name} {one}<->{other}: {first!r} <-> {second!r}"


def _pair(random: Random, labels: list[Label], page: Page, axis: int) -> tuple[Place, Place]:
    """Two different labels of one row or one column."""
    lines: dict[int, list[Place]] = {}
    for label in labels:
        lines.setdefault(label.place[axis], []).append(label.place)
    pairs = [
        (one, other)
        for line in lines.values()
        for one in line
        for other in line
        if one < other and page.cells[one].value.strip() != page.cells[other].value.strip()
    ]
    if not pairs:
        raise NotHere
    return random.choice(pairs)


def swap_row_labels(base: Base, random: Random) -> Mutant:
    """Two row labels change places and their numbers do not: errors E1 to E3."""
    book, page, key = _start(base, random)
    one, other = _pair(random, row_labels(base, page, key), page, axis=1)
    return Mutant(book, _swap_texts(page, one, other), swapped=True)


def swap_column_headers(base: Base, random: Random) -> Mutant:
    """Two column headers change places and their numbers do not."""
    book, page, key = _start(base, random)
    one, other = _pair(random, column_headers(base, page, key), page, axis=0)
    return Mutant(book, _swap_texts(page, one, other), swapped=True)


def reorder_rows(base: Base, random: Random) -> Mutant:
    """Two neighbouring rows change places, labels and numbers together: nothing is wrong."""
    book, page, key = _start(base, random)
    rows = sorted({row for row, _ in base.tables[key]})
    by_row = {label.place[0]: label for label in row_labels(base, page, key)}
    pairs = [
        (a, b)
        for a, b in zip(rows, rows[1:], strict=False)
        if b == a + 1 and key[1] in FLAT and a in by_row and b in by_row
    ]
    if not pairs:
        raise NotHere
    a, b = random.choice(pairs)
    columns = [c for r, c in base.tables[key] if r in (a, b)] + [by_row[a].place[1]]
    span = range(min(columns), max(columns) + 1)
    page.move(lambda p: (a + b - p[0], p[1]) if p[0] in (a, b) and p[1] in span else p)
    return Mutant(book, f"{page.name}: rows {a + 1} and {b + 1} of {key[1]} exchanged")


def duplicate_sheet(base: Base, random: Random) -> Mutant:
    """A sheet appears twice, the second under the name that Excel gives copies."""
    book = base.book.copy()
    page = book.page(random.choice(base.sheets))
    twin = page.copy()
    twin.name = f"{page.name[:27]} (2)"
    twin.changed = True
    book.pages.insert(random.randrange(len(book.pages) + 1), twin)
    return Mutant(book, f"{page.name!r} appears twice", copies={twin.name})


def hide_sheet(base: Base, random: Random) -> Mutant:
    """A sheet is hidden: its cells are read, and marked hidden."""
    book = base.book.copy()
    page = book.page(random.choice(base.sheets))
    page.hidden = True
    return Mutant(book, f"{page.name!r} hidden", harmless=True)


def _other_year(text: str, random: Random) -> str | None:
    found = list(re.finditer(r"(?<!\d)(20)?(19|2[0-6])(?!\d)", text))
    tokens = [m for m in found if re.search(r"FY ?(20)?$|FY$|FY ?$", text[: m.start(2)])]
    if not tokens:
        return None
    token = random.choice(tokens)
    year = int(token.group(2)) + random.choice([-1, 1, 2])
    return text[: token.start(2)] + f"{year:02d}" + text[token.end(2) :]


def change_fiscal_year(base: Base, random: Random) -> Mutant:
    """One fiscal year in a title, a label or a sheet name says another year."""
    book = base.book.copy()
    page = book.page(random.choice(base.sheets))
    texts: list[Place] = [p for p, cell in page.cells.items() if cell.is_text]
    places = [p for p in sorted(texts) if _other_year(page.cells[p].value, random)]
    if _other_year(page.name, random) and random.random() < 0.3:
        old = page.name
        page.name = _other_year(old, random) or old
        page.changed = True
        return Mutant(book, f"sheet name {old!r} -> {page.name!r}")
    if not places:
        raise NotHere
    place = random.choice(places)
    text = page.cells[place].value
    new = _other_year(text, random) or text
    page.put(place, new)
    return Mutant(book, f"{page.name} {place}: {text[:60]!r} -> {new[:60]!r}")


def change_printed_year(base: Base, random: Random) -> Mutant:
    """A year printed as a number (the head of the in-custody series) says another year."""
    book = base.book.copy()
    spots = [
        (page, place)
        for page in book.pages
        for place, cell in sorted(page.cells.items())
        if cell.is_number and 2018 <= cell.value <= 2027 and (page.name, *place) not in base.read
    ]
    if not spots:
        raise NotHere
    page, place = random.choice(spots)
    old = page.cells[place].value
    page.put(place, old + random.choice([-1, 1, 10]))
    return Mutant(book, f"{page.name} {place}: year {old} -> {page.cells[place].value}")


def _shift(page: Page, box: set[Place], step: Place) -> None:
    moved = {(r + step[0], c + step[1]) for r, c in box}
    if (moved - box) & set(page.cells):
        raise NotHere
    page.move(lambda p: (p[0] + step[0], p[1] + step[1]) if p in box else p)


def shift_table(base: Base, random: Random) -> Mutant:
    """A whole table, title and labels with it, moves by one row or one column."""
    book, page, key = _start(base, random)
    places = base.tables[key]
    labels = [label.place for label in _all_labels(base, page, key)] + titles(base, page, key)
    every = set(labels) | places
    rows, columns = [r for r, _ in every], [c for _, c in every]
    box = {
        p
        for p in page.cells
        if min(rows) <= p[0] <= max(rows) and min(columns) <= p[1] <= max(columns)
    }
    step = random.choice([(1, 0), (0, 1)])
    _shift(page, box, step)
    return Mutant(book, f"{page.name}: table {key[1]} moved by {step}")


def shift_numbers(base: Base, random: Random) -> Mutant:
    """The numbers of a table slip by one row or column under labels that stay: E10 and E11."""
    book, page, key = _start(base, random)
    places = base.tables[key]
    rows = sorted({r for r, _ in places})
    if random.random() < 0.5:
        column = random.choice(sorted({c for _, c in places}))
        box, step = {p for p in places if p[1] == column}, (1, 0)
    else:
        chosen = set(rows[random.randrange(len(rows)) :][: random.randrange(1, 4)])
        box, step = {p for p in places if p[0] in chosen}, (0, 1)
    box &= set(page.cells)
    gone = {(r + step[0], c + step[1]) for r, c in box} - box
    for place in gone & set(page.cells):
        if page.cells[place].is_text:
            raise NotHere
        page.put(place, None)
    _shift(page, box, step)
    return Mutant(book, f"{page.name}: {len(box)} numbers of {key[1]} slipped by {step}")


def _as_text(value: float, style: int) -> str:
    whole = int(value) if float(value).is_integer() else value
    return (f"{whole}", f"{whole:,}", f" {whole} ", f"{whole}\u00a0")[style]


def numbers_as_text(base: Base, random: Random) -> Mutant:
    """One number, a row or a column of numbers becomes text that looks the same."""
    book, page, key = _start(base, random)
    places = numeric_places(base, page, key)
    if not places:
        raise NotHere
    row, column = random.choice(places)
    extent = random.choice(["cell", "row", "column"])
    chosen = {
        "cell": [(row, column)],
        "row": [p for p in places if p[0] == row],
        "column": [p for p in places if p[1] == column],
    }[extent]
    style = random.randrange(4)
    for place in chosen:
        page.put(place, _as_text(page.cells[place].value, style))
    return Mutant(book, f"{page.name} {extent} of {(row, column)} as text, style {style}")


Mutation = Callable[[Base, Random], Mutant]
MUTATIONS: dict[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        rename_typo, rename_unknown, rename_note, rename_title, blank_header,
        insert_blank_row_between, insert_blank_row_inside, insert_data_row, delete_row,
        insert_blank_column_outside, insert_blank_column_inside, delete_column,
        swap_row_labels, swap_column_headers, reorder_rows, duplicate_sheet, hide_sheet,
        change_fiscal_year, change_printed_year, shift_table, shift_numbers, numbers_as_text,
    )
}  # fmt: skip


def mutate(base: Base, kind: str, number: int) -> Mutant | None:
    """The mutant of that kind and number, the same on every machine; None where it cannot be."""
    random = Random(f"{base.name}/{kind}/{number}")
    for _ in range(20):
        try:
            return MUTATIONS[kind](base, random)
        except NotHere:
            continue
    return None


__all__ = ["HIDDEN", "MUTATIONS", "TABLE", "Mutant", "mutate"]
