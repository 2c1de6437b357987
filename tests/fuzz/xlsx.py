"""A small .xlsx writer: mutants must be real workbook bytes, and cost milliseconds.

Sheets that a mutation leaves alone are rendered once and reused, so that writing a mutant costs
one sheet and one stored (uncompressed) zip.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PKG = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_DATE_STYLE = 1
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill/></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>"
)

Grid = dict[tuple[int, int], Any]


@dataclass(frozen=True)
class Sheet:
    """One sheet to write: its name, whether it is hidden, and its rendered XML."""

    name: str
    hidden: bool
    xml: str


def column_letters(column: int) -> str:
    """The letters of a zero-based column."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def a1(row: int, column: int) -> str:
    """The A1 reference of a zero-based place."""
    return f"{column_letters(column)}{row + 1}"


def _cell(reference: str, value: Any) -> str:
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{reference}"><v>{value!r}</v></c>'
    if isinstance(value, (dt.date, dt.datetime)):
        day = value.date() if isinstance(value, dt.datetime) else value
        serial = (day - dt.date(1899, 12, 30)).days
        return f'<c r="{reference}" s="{_DATE_STYLE}"><v>{serial}</v></c>'
    text = escape(str(value))
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def sheet_xml(grid: Grid) -> str:
    """The worksheet part of a grid of non-empty cells."""
    rows: dict[int, list[tuple[int, Any]]] = {}
    for (row, column), value in grid.items():
        rows.setdefault(row, []).append((column, value))
    body = "".join(
        f'<row r="{row + 1}">'
        + "".join(_cell(a1(row, column), value) for column, value in sorted(rows[row], key=_first))
        + "</row>"
        for row in sorted(rows)
    )
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


def _first(pair: tuple[int, Any]) -> int:
    return pair[0]


def _content_types(count: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in range(1, count + 1)
    )
    return (
        f'{_HEAD}<Types xmlns="{_PKG}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f"{sheets}</Types>"
    )


def _relationships(*pairs: tuple[str, str]) -> str:
    inner = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(pairs, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PKG}/relationships">{inner}</Relationships>'


def _core(modified: str) -> str:
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PKG}/metadata/core-properties" '
        'xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{modified}</dcterms:modified>'
        "</cp:coreProperties>"
    )


def workbook_bytes(sheets: list[Sheet], modified: str) -> bytes:
    """The bytes of an .xlsx workbook with these sheets, in this order."""
    listed = "".join(
        f'<sheet name={_quoted(sheet.name)} sheetId="{n}" '
        f'{"state=" + chr(34) + "hidden" + chr(34) + " " if sheet.hidden else ""}r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, start=1)
    )
    parts = {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": _relationships(
            (f"{_REL}/officeDocument", "xl/workbook.xml"),
            (f"{_PKG}/relationships/metadata/core-properties", "docProps/core.xml"),
        ),
        "docProps/core.xml": _core(modified),
        "xl/workbook.xml": (
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}">'
            f"<sheets>{listed}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": _relationships(
            *((f"{_REL}/worksheet", f"worksheets/sheet{n + 1}.xml") for n in range(len(sheets))),
            (f"{_REL}/styles", "styles.xml"),
        ),
        "xl/styles.xml": _STYLES,
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": sheet.xml for n, sheet in enumerate(sheets, start=1)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def _quoted(name: str) -> str:
    return '"' + escape(name, {'"': "&quot;"}) + '"'
