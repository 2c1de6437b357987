"""The table of shared strings of a large workbook, read once instead of with every piece.

A release of a million rows has hundreds of thousands of pseudonyms in that table; to parse it
again for each small piece would take longer than the rows themselves. Where the table is larger
than a piece, its strings are read once, by the same reader, from a sheet that does nothing but
name each of them. In the pieces the cells
that refer to a string are rewritten to carry its number as text behind a mark, and the numbers
are looked up afterwards.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openlifecycle.reading.records.pieces import Dressing, Piece, as_workbook

if TYPE_CHECKING:
    import polars as pl

#: A character of the private-use area, which Excel files do not hold.
_MARK: Final = "\ue000"
_REFERENCE: Final = b't="s"><v>'
_MARKED: Final = b't="str"><v>' + _MARK.encode()
_LEFT_OVER: Final = (b't="s"', b"t='s'")
_ITEM = re.compile(rb"<(?:\w+:)?si[\s/>]")
_SIMPLE = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_AT_ONCE: Final = 400_000
_ROOT: Final = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def string_table(part: bytes) -> pl.Series:
    """Return every shared string in order, as the reader of cells understands the part."""
    import polars as pl

    count = sum(1 for _ in _ITEM.finditer(part))
    if b"&" not in part and b"_x" not in part and b"<!" not in part:
        simple = _SIMPLE.findall(part)
        if len(simple) == count:  # no runs, no phonetic hints, nothing escaped
            return pl.Series([text.decode() for text in simple], dtype=pl.String)
    found = [pl.Series([], dtype=pl.String)]
    for start in range(0, count, _AT_ONCE):
        found.append(_named_one_by_one(part, start, min(start + _AT_ONCE, count)))
    return pl.concat(found)


def _named_one_by_one(part: bytes, start: int, stop: int) -> pl.Series:
    """Return some shared strings by having the reader of cells look up each."""
    import fastexcel
    import polars as pl

    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>%d</v></c><c r="B%d"><v>1</v></c></row>'
        % (row, row, number, row)
        for row, number in enumerate(range(start, stop), start=2)
    )
    book = as_workbook(Piece(_ROOT, b"", rows, 2), 2, Dressing(None, part, False))
    cells = fastexcel.read_excel(book).load_sheet(0, header_row=None, dtypes="string", eager=True)
    frame = pl.from_arrow(cells)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - for the type checker
    return frame.to_series(0).slice(1).alias("")


def with_numbers(rows: bytes) -> bytes | None:
    """Return rows whose references to strings carry their numbers, None where they cannot.

    Writers agree on the spelling of such a cell; another spelling is left to the slow way, in
    which the whole table travels with the piece.
    """
    numbered = rows.replace(_REFERENCE, _MARKED)
    return None if any(spelling in numbered for spelling in _LEFT_OVER) else numbered


def resolved(frame: pl.DataFrame, table: pl.Series) -> pl.DataFrame:
    """Return a frame with the strings in place of their numbers."""
    import polars as pl

    texts = [name for name in frame.columns if frame.schema[name] == pl.String]
    if not texts:
        return frame
    marked = frame.select(pl.col(texts).str.starts_with(_MARK).sum()).row(0)
    hit = [(name, n) for name, n in zip(texts, marked, strict=True) if n]
    numbers = frame.select(
        pl.col(name).str.strip_prefix(_MARK).cast(pl.UInt32, strict=False) for name, _ in hit
    )
    changed = []
    for name, n in hit:
        values = frame[name]
        found = table.gather(numbers[name])
        if n < len(values) - values.null_count():
            is_number = values.str.starts_with(_MARK).fill_null(False)
            found = found.zip_with(is_number, values)
        changed.append(found.alias(name))
    return frame.with_columns(changed)
