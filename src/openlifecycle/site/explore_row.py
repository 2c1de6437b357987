"""The way back of one figure: to its sheet and cells, or to its rules and releases."""

from __future__ import annotations

from typing import Any, Final

from openlifecycle.errors import UsageError
from openlifecycle.publishing import question_lines as lines
from openlifecycle.publishing.numbers import shown_margin, unit_word
from openlifecycle.serving.asked import ASK
from openlifecycle.site.explore_asked import asked_of, fields_of, pool_of, question_of
from openlifecycle.site.explore_table import NOT_STATED, noted, period, worth
from openlifecycle.site.explore_words import titled
from openlifecycle.site.views import Html, View, Visit


def walk_address(query: str) -> str:
    """Return the address of the way back of a question's rows, without the number of the row."""
    return f"/explore/row?{query}"


def page(visit: Visit) -> Html:
    """Return where a row of an answer comes from; it never shows a record."""
    question = question_of(fields_of(visit))
    answer = asked_of(visit, question)
    text = visit.one("row", "0")
    if not (text.isascii() and text.isdecimal() and int(text[:9]) < len(answer)):
        raise UsageError(
            f"there is no row {text[:20]!r}: the answer has {len(answer):,}",
            next_step="the rows are counted from 0",
        )
    place = int(text)
    row = answer.rows.row(place, named=True)
    unit = answer.measure.unit
    return Html(
        "explore_row.html",
        {
            "answer": answer,
            "walk": answer.explain(place),
            "value": worth(answer, row),
            "unit": unit_word(unit) if row["value"] is not None else "",
            "margin": shown_margin(row.get("margin"), unit),
            "period": period(row),
            "dims": [(titled(dim), row[dim] or NOT_STATED) for dim in answer.split],
            "marks": noted(row),
            "back": f"/explore?{lines.query(question)}",
            "command": "olc explain" + lines.command(question).removeprefix("olc ask"),
            "cell_command": _cell_command(answer.explain(place)),
        },
    )


def _cell_command(walk: dict[str, Any]) -> str:
    """Return the command that tells what was read from the cell of a printed figure."""
    if "records" in walk or len(walk["cells"]) != 1:
        return ""
    return f"olc explain {walk['release']['release_id']} \"'{walk['sheet']}'!{walk['cells'][0]}\""


ROW: Final = View(
    "explore_row", "/explore/row", "Where this figure is from", page, (*ASK, "row"), pool_of,
    beside=True,
)  # fmt: skip
