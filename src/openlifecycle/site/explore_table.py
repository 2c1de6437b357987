"""The rows of an answer as the page shows them: values, marks in words, and the way to the cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from markupsafe import Markup, escape

from openlifecycle.disclosure.minimum_cell import BELOW, FEWER
from openlifecycle.engine.answer import NOT_MADE, NOTES
from openlifecycle.model.dimensions import TOTAL
from openlifecycle.publishing.faces import Answer
from openlifecycle.publishing.numbers import cell_words, shown, shown_margin, unit_word
from openlifecycle.site.explore_words import titled

#: So many rows stand on one page.
PAGE: Final = 500

#: What a note of a row looks like; what it says stands in ``engine.answer.NOTES``.
KINDS: Final = {
    BELOW: "hidden",
    NOT_MADE: "hidden",
    "corrected": "corrected",
    "disputed": "error",
    "impossible": "error",
    "provisional": "provisional",
    "partial": "provisional",
    "restated": "restated",
    "break": "break",
    "break inside": "break",
    "remarked": "note",
}
#: What a mark is called, where the note itself is not the word for it.
_CALLED: Final = {BELOW: "not shown", NOT_MADE: "not made"}
#: Marks that change how the whole row looks, the gravest first.
_ROWS: Final = ("hidden", "corrected", "provisional", "restated", "break")

NOT_SHOWN: Final = "not shown"
NOT_STATED: Final = "not stated"


@dataclass(frozen=True)
class Table:
    """A page of rows, written out, and what the marks in them mean.

    Attributes:
        columns: headings, as the macro ``data_table`` has them.
        body: the rows as HTML: a template takes longer over a table than the engine over a query.
        marks: kind, word and meaning of each mark that occurs.
        offset: the number of the first row, counted from zero.
        rows: how many rows are on the page.
        total: how many the answer has.
    """

    columns: list[dict[str, Any]]
    body: Markup
    marks: list[tuple[str, str, str]]
    offset: int
    rows: int
    total: int

    @property
    def last(self) -> int:
        """Return the number of the last row on the page, counted from one."""
        return self.offset + self.rows


def table(answer: Answer, offset: int, walk: str) -> Table:
    """Return a page of the rows; ``walk`` is the address of the way back without its row."""
    rows = answer.rows.slice(offset, PAGE).to_dicts()
    notes = [_notes(row) for row in rows]
    seen = dict.fromkeys(note for of_row in notes for note in of_row)
    columns = [one for one in _columns(answer) if _needed(one["key"], rows, bool(seen))]
    keys = [one["key"] for one in columns]
    number = {one["key"] for one in columns if one.get("numeric")}
    cells = _Cells(answer, walk)
    body = "".join(
        cells.line(row, notes[place], place + offset, keys, number)
        for place, row in enumerate(rows)
    )
    marks = [(_kind(note), _called(note), NOTES[note]) for note in NOTES if note in seen]
    # every cell was escaped when it was written
    return Table(columns, Markup(body), marks, offset, len(rows), len(answer))  # noqa: S704


def _columns(answer: Answer) -> list[dict[str, Any]]:
    unit = unit_word(answer.measure.unit)
    columns: list[dict[str, Any]] = [{"key": "period", "label": "Period"}]
    columns += [{"key": dim, "label": titled(dim)} for dim in answer.split]
    text = answer.measure.is_text
    columns.append(
        {"key": "value", "label": "Value", "numeric": not text, "unit": "" if text else unit}
    )
    if answer.records:
        columns += [
            {"key": "margin", "label": "Margin", "numeric": True, "unit": "±"},
            {"key": "over", "label": "Of", "numeric": True},
            {"key": "not_stated", "label": "Split missing", "numeric": True},
            {"key": "no_key", "label": "Key missing", "numeric": True},
        ]
    columns.append({"key": "note", "label": "Marks"})
    return [*columns, {"key": "from", "label": "Made of" if answer.records else "Printed at"}]


#: Columns that are left out where no row says anything in them.
_OPTIONAL: Final = ("margin", "over", "not_stated", "no_key")


def _needed(key: str, rows: list[dict[str, Any]], is_marked: bool) -> bool:
    if key == "note":
        return is_marked
    return key not in _OPTIONAL or any(row[key] is not None for row in rows)


class _Cells:
    """Writes rows; what many rows say is written once."""

    def __init__(self, answer: Answer, walk: str) -> None:
        self._answer, self._records = answer, answer.records is not None
        self._dims, self._unit = set(answer.split), answer.measure.unit
        self._walk = str(escape(walk))
        self._escaped: dict[str, str] = {}
        self._periods: dict[tuple[Any, ...], str] = {}
        self._badges: dict[str, str] = {}

    def line(
        self, row: dict[str, Any], notes: list[str], place: int, keys: list[str], number: set[str]
    ) -> str:
        """Return one row as HTML."""
        kinds = {_kind(one) for one in notes}
        look = next((one for one in _ROWS if one in kinds), "")
        if any(row[dim] == TOTAL for dim in self._dims):
            look = f"{look} total".strip()
        cells = [f'<th scope="row">{self._period(row)}</th>']
        for key in keys[1:]:
            kind = ' class="num"' if key in number else ""
            cells.append(f"<td{kind}>{self._cell(key, row, notes, place)}</td>")
        start = f'<tr class="{look}">' if look else "<tr>"
        return f"{start}{''.join(cells)}</tr>\n"

    def _cell(self, key: str, row: dict[str, Any], notes: list[str], place: int) -> str:
        if key == "value":
            return self._safe(worth(self._answer, row, notes))
        if key == "from":
            return f'<a href="{self._walk}&amp;row={place}">{self._safe(self._place(row))}</a>'
        if key == "note":
            return " ".join(map(self._badge, notes))
        if key in self._dims:
            said = _named(row[key])
            return self._safe(titled(said) if key == "item" else said)
        if row["value"] is None:
            return ""
        if key == "margin":
            return shown_margin(row["margin"], self._unit)
        if key == "over":
            return "" if row["over"] is None else f"{row['over']:,.0f}"
        return _share(row[key])

    def _place(self, row: dict[str, Any]) -> str:
        if self._records:
            return "rules and releases"
        return f"{row['sheet']}!{cell_words(row['cell'] or '', 2)}"

    def _badge(self, note: str) -> str:
        if note not in self._badges:
            word = escape(_called(note))
            self._badges[note] = f'<span class="badge badge-{_kind(note)}">{word}</span>'
        return self._badges[note]

    def _safe(self, text: str) -> str:
        if text not in self._escaped:
            self._escaped[text] = str(escape(text))
        return self._escaped[text]

    def _period(self, row: dict[str, Any]) -> str:
        said = (row["period_kind"], row["period_start"], row["period_end"], row["fiscal_year"])
        if said not in self._periods:
            self._periods[said] = period(row)
        return self._periods[said]


def worth(answer: Answer, row: Mapping[str, Any], notes: list[str] | None = None) -> str:
    """Return the value of a row; one that may not be shown says so."""
    notes = _notes(row) if notes is None else notes
    if answer.measure.is_text:
        return str(row["value_text"] or "")
    if row["value"] is not None:
        return shown(row["value"], answer.measure.unit)
    if BELOW in notes:
        return f"{NOT_SHOWN} ({FEWER})" if answer.measure.is_count else NOT_SHOWN
    return NOT_SHOWN if not answer.records or notes else "none"


def period(row: Mapping[str, Any]) -> str:
    """Return the period of a row in words that cannot be misread: 30 November 2025."""
    kind, start, end = row["period_kind"], row["period_start"], row["period_end"]
    if kind == "instant" or start == end:
        return _day(end)
    if kind == "fiscal_year_to_date":
        return f"FY{row['fiscal_year'] or end.year + (end.month >= 10)} to {_day(end)}"
    if (start.year, start.month) == (end.year, end.month) and start.day == 1:
        return f"{start:%B %Y}"
    if start.month == 10 and end.month == 9 and (end - start).days >= 360:
        return f"FY{end.year}"
    return f"{_day(start)} to {_day(end)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def noted(row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the marks of a row: kind, word, and what it means."""
    return [(_kind(one), _called(one), NOTES.get(one, "")) for one in _notes(row)]


def _notes(row: Mapping[str, Any]) -> list[str]:
    return [one for one in (row["note"] or "").split("; ") if one]


def _kind(note: str) -> str:
    return KINDS.get(note, "note")


def _called(note: str) -> str:
    return _CALLED.get(note, note)


def _named(value: Any) -> str:
    return NOT_STATED if value is None or value == "" else str(value)


def _share(value: float | None) -> str:
    return "few" if value is None else f"{100 * value:.1f} %"
