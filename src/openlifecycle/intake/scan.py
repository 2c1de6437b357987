"""The personal-data scan at the door: does a workbook carry columns that identify people?

It looks at every text of every sheet, hidden ones included, straight in the XML: first at the
table of shared strings, which costs a few milliseconds; only where something is suspicious are
the cells found that show it. The message says where, never what.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from openlifecycle.errors import PersonalData
from openlifecycle.reading import words
from openlifecycle.reading.safety import ZipFacts

_SHARED_STRINGS = "xl/sharedStrings.xml"
_ITEM = re.compile(rb"<(?:\w+:)?si(?:\s[^>]*)?(?:/>|>(.*?)</(?:\w+:)?si>)", re.DOTALL)
_PHONETIC = re.compile(rb"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)<")
_CELL = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*?t=["'](s|str|inlineStr)["'][^>]*)(?<!/)>(.*?)</(?:\w+:)?c>""",
    re.DOTALL,
)
_OWN_CELL = re.compile(_CELL.pattern.replace(b"(s|str|inlineStr)", b"(str|inlineStr)"), re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)<")
_REFERENCE = re.compile(rb"""(?:^|\s)r=["']([A-Z]{1,3})([0-9]{1,7})["']""")

#: "LASTNAME, FIRSTNAME" is a person's name only in bulk: one footnote may read so.
_BULK_NAMES = 8
_BULK_SHARE = 0.5
_SHOWN = 5


@dataclass(frozen=True)
class Hit:
    """A cell that speaks of a person: where, and of what kind, never its value."""

    sheet: str
    cell: str
    kind: str

    def __str__(self) -> str:
        """Return the place as a person would look it up."""
        return f"sheet {self.sheet!r} cell {self.cell} ({self.kind})"


def refuse_personal_data(data: bytes, facts: ZipFacts, texts: Collection[str] = ()) -> None:
    """Raise where a workbook carries columns about people.

    Args:
        data: the bytes, which ``check_bytes`` has found safe to unpack.
        facts: what it told of them.
        texts: every text of its cells, where they have been read already: if none of them is
            suspicious, the XML need not be searched.

    Raises:
        PersonalData: with the sheets and cells, without any value.
    """
    if texts and not _is_suspicious(texts):
        return
    hits = personal_data(data, facts)
    if not hits:
        return
    more = f"; and {len(hits) - _SHOWN} more cells" if len(hits) > _SHOWN else ""
    raise PersonalData(
        "the workbook carries columns that identify people; nothing of it was read or kept",
        where="; ".join(str(hit) for hit in hits[:_SHOWN]) + more,
        next_step="keep this file away from shared folders, and ask its publisher whether it was "
        "meant to be released; nothing of it is in the store",
    )


def personal_data(data: bytes, facts: ZipFacts) -> list[Hit]:
    """Return the cells that speak of one person, in the order of the workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {name.lower(): name for name in archive.namelist()}
        shared = names.get(_SHARED_STRINGS.lower())
        strings = [_text(item) for item in _ITEM.findall(archive.read(shared))] if shared else []
        suspicious = _is_suspicious(strings)
        hits: list[Hit] = []
        for sheet, part in facts.sheets.items():
            if part.lower() not in names or not (suspicious or part in facts.own_text):
                continue
            xml = archive.read(names[part.lower()])
            # where only the sheet's own texts are in doubt, the others need not be looked up
            if suspicious or _is_suspicious([cell.text for cell in _cells(xml, [], _OWN_CELL)]):
                hits += _hits(sheet, list(_cells(xml, strings)))
    return hits


def _is_suspicious(strings: Iterable[str]) -> bool:
    """Return whether any sheet needs a closer look."""
    likely = 0
    for text in strings:
        if words.header_kind(text) or words.value_kind(text):
            return True
        likely += words.is_last_first(text)
    return likely >= _BULK_NAMES


def _text(item: bytes) -> str:
    """Return the text of a shared or inline string: runs joined, phonetic hints left out."""
    if b"rPh" in item:
        item = _PHONETIC.sub(b"", item)
    text = b"".join(_TEXT.findall(item)).decode("utf-8", "replace")
    return (html.unescape(text) if "&" in text else text).strip()


@dataclass(frozen=True)
class _Cell:
    column: str
    row: int
    text: str


def _cells(xml: bytes, strings: list[str], pattern: re.Pattern[bytes] = _CELL) -> Iterator[_Cell]:
    """Yield the text cells of a sheet."""
    for attributes, kind, body in pattern.findall(xml):
        place = _REFERENCE.search(attributes)
        value = _VALUE.search(body)
        if kind == b"s":
            index = int(value.group(1)) if value and value.group(1).isdigit() else -1
            text = strings[index] if 0 <= index < len(strings) else ""
        elif kind == b"str":
            text = html.unescape(value.group(1).decode("utf-8", "replace")) if value else ""
        else:
            text = _text(body)
        if text:
            column, row = (place.group(1).decode(), int(place.group(2))) if place else ("?", 0)
            yield _Cell(column, row, text)


def _hits(sheet: str, cells: list[_Cell]) -> list[Hit]:
    columns: dict[str, list[_Cell]] = defaultdict(list)
    for cell in cells:
        columns[cell.column].append(cell)
    found: list[tuple[_Cell, str]] = []
    for cell in cells:
        kind = words.header_kind(cell.text)
        if kind and not _all_redacted(columns[cell.column], cell.row):
            found.append((cell, kind))
        elif value := words.value_kind(cell.text):
            found.append((cell, value))
    for column in columns.values():
        likely = [cell for cell in column if words.is_last_first(cell.text)]
        distinct = {cell.text for cell in likely}
        if len(distinct) >= _BULK_NAMES and len(likely) >= _BULK_SHARE * len(column):
            found.append((likely[0], f"names of people, {len(likely)} cells of the column"))
    return [Hit(sheet, f"{cell.column}{cell.row}", kind) for cell, kind in found]


def _all_redacted(column: list[_Cell], header_row: int) -> bool:
    """Return whether the publisher struck out everything under a header (FOIA practice)."""
    below = [cell.text for cell in column if cell.row > header_row]
    return bool(below) and all(words.is_redacted(text) for text in below)
