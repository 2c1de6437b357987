"""The rows of an answer as the page shows them: values, marks in words, and the way to the cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from markupsafe import Markup

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
    """Columns and rows for the macro ``data_table``, and what the marks in them mean."""

    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    marks: list[tuple[str, str, str]]
    offset: int
    total: int

    @property
    def last(self) -> int:
        """Return the number of the last row on the page, counted from one."""
        return self.offset + len(self.rows)


def table(answer: Answer, offset: int, walk: Callable[[int], str]) -> Table:
    """Return a page of the rows; ``walk`` gives the address of the way back of a row."""
    shown_rows = answer.rows.slice(offset, PAGE).to_dicts()
    columns = _columns(answer)
    made, seen = [], dict[str, None]()
    for place, row in enumerate(shown_rows, offset):
        notes = _notes(row)
        seen |= dict.fromkeys(notes)
        made.append(_row(answer, row, notes, walk(place)))
    if not any(row["marks"] for row in made):
        columns = [one for one in columns if one["key"] != "marks"]
    empty = [one["key"] for one in columns if one["key"] in _OPTIONAL]
    empty = [key for key in empty if not any(row.get(key) for row in made)]
    columns = [one for one in columns if one["key"] not in empty]
    marks = [(_kind(note), _called(note), NOTES[note]) for note in NOTES if note in seen]
    return Table(columns, made, marks, offset, len(answer))


#: Columns beside the value that are left out where no row says anything in them.
_OPTIONAL: Final = ("margin", "over", "not_stated", "no_key")


def _columns(answer: Answer) -> list[dict[str, Any]]:
    unit = unit_word(answer.measure.unit)
    columns: list[dict[str, Any]] = [{"key": "period", "label": "Period"}]
    columns += [{"key": dim, "label": titled(dim)} for dim in answer.split]
    text = answer.measure.is_text
    columns.append({"key": "value", "label": "Value", "numeric": not text, "unit": unit})
    if answer.records:
        columns += [
            {"key": "margin", "label": "Margin", "numeric": True, "unit": "±"},
            {"key": "over", "label": "Of", "numeric": True},
            {"key": "not_stated", "label": "Split missing", "numeric": True},
            {"key": "no_key", "label": "Key missing", "numeric": True},
        ]
    columns.append({"key": "marks", "label": "Marks"})
    return [*columns, {"key": "from", "label": "Made of" if answer.records else "Printed at"}]


def _row(answer: Answer, row: Mapping[str, Any], notes: list[str], walk: str) -> dict[str, Any]:
    unit = answer.measure.unit
    made: dict[str, Any] = {dim: _named(row[dim]) for dim in answer.split}
    made["period"] = period(row)
    made["value"] = worth(answer, row, notes)
    made["marks"] = Markup(" ").join(
        Markup('<span class="badge badge-{}">{}</span>').format(_kind(one), _called(one))
        for one in notes
    )
    if answer.records:
        made["margin"] = shown_margin(row["margin"], unit)
        made["over"] = "" if row["over"] is None else f"{row['over']:,.0f}"
        for name in ("not_stated", "no_key"):
            made[name] = "" if row["value"] is None else _share(row[name])
        place = "rules and releases"
    else:
        place = f"{row['sheet']}!{cell_words(row['cell'] or '', 2)}"
    made["from"] = Markup('<a href="{}">{}</a>').format(walk, place)
    kinds = {_kind(one) for one in notes}
    classes = [next((one for one in _ROWS if one in kinds), "")]
    if any(row[dim] == TOTAL for dim in answer.split):
        classes.append("total")
    made["_class"] = " ".join(one for one in classes if one)
    return made


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
