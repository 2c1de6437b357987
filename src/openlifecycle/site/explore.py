"""Explore: any question of the record, with its chart, its table and the way back to the cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from openlifecycle.errors import NotCleared, OpenLifecycleError, UsageError
from openlifecycle.measures.question import Question
from openlifecycle.publishing import question_lines as lines
from openlifecycle.publishing.faces import Answer
from openlifecycle.publishing.numbers import unit_word
from openlifecycle.serving.problems import status_of
from openlifecycle.site.explore_asked import (
    OFFSET,
    OPEN,
    WORDS,
    asked_of,
    fields_of,
    pool_of,
    question_of,
)
from openlifecycle.site.explore_form import form
from openlifecycle.site.explore_pictures import PICTURES
from openlifecycle.site.explore_row import ROW, walk_address
from openlifecycle.site.explore_table import PAGE, Table, period, table, worth
from openlifecycle.site.explore_words import on_the_page, titled
from openlifecycle.site.views import Html, View, Visit

#: So many figures of the latest period stand above the chart; more are read in the table.
_HEADLINES: Final = 6

#: A table of more rows than this scrolls by itself, so that what stands below it is found.
_LONG: Final = 40

#: A citation of more releases than this is opened by who wants it.
_CITED: Final = 6


def page(visit: Visit) -> Html:
    """Return the page: the form, and what it asks or why that has no answer."""
    fields = fields_of(visit)
    context: dict[str, Any] = {
        "form": form(visit.session, fields, visit.one(OPEN)),
        "trouble": None,
        "told": None,
        "is_first": not visit.words,
    }
    try:
        question = question_of(fields)
        answer = asked_of(visit, question)
        told = _told(question, answer, _offset(visit))
    except (UsageError, NotCleared) as error:
        trouble = _trouble(error) | {"instead": _instead(fields) if _is_hidden(error) else []}
        return Html("explore.html", context | {"trouble": trouble}, status_of(error))
    return Html("explore.html", context | {"told": told})


def fields(visit: Visit) -> Html:
    """Return the part of the form that depends on the measure, for a browser that runs scripts."""
    made = form(visit.session, fields_of(visit), visit.one(OPEN))
    return Html("explore_fields.html", {"form": made})


def _offset(visit: Visit) -> int:
    text = visit.one(OFFSET, "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise UsageError(f"offset {text!r} is no whole number", nearest="offset=500")
    return int(text)


def _trouble(error: OpenLifecycleError) -> dict[str, str]:
    """Return an error in the words of the page."""
    kind = "notcleared" if _is_hidden(error) else "refused"
    titles = {"notcleared": "This cannot be shown safely", "refused": "This has no answer as asked"}
    return {
        "kind": kind,
        "title": titles[kind],
        "what": on_the_page(error.what),
        "where": error.where,
        "nearest": error.nearest,
        "next": on_the_page(error.next_step),
    }


def _is_hidden(error: OpenLifecycleError) -> bool:
    return isinstance(error, NotCleared)


def _instead(fields: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Return broader questions: each of the splits by itself."""
    by = [dim.strip() for one in fields.get("by", ()) for dim in one.split(",") if dim.strip()]
    if len(by) < 2:
        return []
    kept = {name: values for name, values in fields.items() if name != "where"}
    return [
        (f"by {titled(dim)} alone", "/explore?" + urlencode(kept | {"by": (dim,)}, doseq=True))
        for dim in by
    ]


def _neighbours(answer: Answer) -> list[tuple[str, str]]:
    """Return the measures that are printed in the place of this one before or after a day."""
    found = [one for one in (answer.measure.before, answer.measure.after) if one]
    return [(titled(one.measure), f"/explore?measure={one.measure}") for one in found]


def _told(question: Question, answer: Answer, offset: int) -> dict[str, Any]:
    query = lines.query(question)
    rows = table(answer, offset, walk_address(query))
    undrawn = answer.not_drawable() if len(answer) else None
    drawn = len(answer) > 1 and undrawn is None
    return {
        "answer": answer,
        "asked": _asked(question, answer),
        "latest": _latest(answer),
        "caveats": [on_the_page(one) for one in answer.caveats],
        "notes": [on_the_page(one) for one in answer.notes],
        "is_single": len(answer) == 1,
        "chart": f"/explore/chart.svg?{query}" if drawn else "",
        "spec": f"/explore/chart.json?{query}",
        "alt": _alt(answer) if drawn else "",
        "undrawn": _trouble(undrawn) if undrawn else None,
        "neighbours": _neighbours(answer),
        "table": rows,
        "caption": _caption(answer, rows),
        "pages": _pages(query, rows),
        "is_long": rows.rows > _LONG,
        "is_short": len(answer.releases) <= _CITED,
        "sources": _sources(answer),
        "citation": answer.citation(),
        "command": lines.command(question),
        "python": lines.python(question),
        "api": lines.api(question),
        "here": f"/explore?{query}",
        "walk": "olc explain" + lines.command(question).removeprefix("olc ask"),
        "downloads": [
            *((name, lines.api(question, form)) for name, form in _FILES.items()),
            *((name, f"{path}?{query}&save=1") for name, path in _SAVED.items() if drawn),
        ],
    }


_FILES: Final = {"CSV": "csv", "JSON": "json", "Parquet": "parquet"}
_SAVED: Final = {"PNG": "/explore/chart.png", "SVG": "/explore/chart.svg"}


def _asked(question: Question, answer: Answer) -> list[tuple[str, str]]:
    """Return what was asked, by what the form calls it."""
    said = [("Measure", titled(question.measure))]
    if not answer.measure.is_text:
        said.append(("Unit", unit_word(answer.measure.unit)))
    if answer.split:
        said.append(("Split by", ", ".join(titled(dim) for dim in answer.split)))
    said += [(titled(dim), " or ".join(values)) for dim, values in question.where]
    if len(answer):
        first, last = answer.rows.row(0, named=True), answer.rows.row(-1, named=True)
        ends = dict.fromkeys([period(first), period(last)])
        said.append(("Time", f"{' to '.join(ends)}, by {titled(answer.granularity).lower()}"))
    if question.as_known_on:
        said.append(("As known on", f"{question.as_known_on.day} {question.as_known_on:%B %Y}"))
    if answer.records:
        rules = "; ".join(f"{name}: {title}" for name, title in answer.records.rules)
        return [*said, ("Rule set", rules), ("Collection", answer.records.collection)]
    editions = {"published": "as printed", "corrected": "known errors of the publisher corrected"}
    return [*said, ("Edition", editions[question.edition])]


def _latest(answer: Answer) -> list[dict[str, str]]:
    """Return the figures of the latest period, where they are few enough to be read at once."""
    if not len(answer) or answer.measure.is_text:
        return []
    last = answer.rows["period_end"].max()
    rows = answer.rows.filter(answer.rows["period_end"] == last).to_dicts()
    if len(rows) > _HEADLINES:
        return []
    return [
        {
            "label": ", ".join(str(row[dim] or "not stated") for dim in answer.split)
            or titled(answer.measure.name),
            "value": worth(answer, row),
            "unit": unit_word(answer.measure.unit) if row["value"] is not None else "",
            "period": period(row),
            "note": row["note"] or "",
        }
        for row in rows
    ]


def _alt(answer: Answer) -> str:
    """Return in words what the picture shows; the table has every value of it."""
    through_time = answer.rows["period_end"].n_unique() > 1
    what = "Lines through time" if through_time else "Bars"
    split = f" by {', '.join(titled(dim).lower() for dim in answer.split)}" if answer.split else ""
    first, last = answer.rows.row(0, named=True), answer.rows.row(-1, named=True)
    ends = " to ".join(dict.fromkeys([period(first), period(last)]))
    latest = [f"{one['label']}: {one['value']}" for one in _latest(answer)]
    end = f" Latest, {period(last)}: {'; '.join(latest)}." if latest else ""
    return f"{what}{split}: {answer.measure.question} {ends}.{end} The table below has every value."


def _caption(answer: Answer, shown: Table) -> str:
    whole = f"{titled(answer.measure.name)}: "
    if shown.total <= PAGE:
        return whole + (f"{shown.total:,} rows" if shown.total != 1 else "one row")
    return whole + f"rows {shown.offset + 1:,} to {shown.last:,} of {shown.total:,}"


def _pages(query: str, shown: Table) -> list[tuple[str, str]]:
    """Return the ways to the rows before and after."""
    found = []
    if shown.offset:
        before = max(0, shown.offset - PAGE)
        found.append(("Rows before", f"/explore?{query}&{OFFSET}={before}#table"))
    if shown.last < shown.total:
        found.append(("Rows after", f"/explore?{query}&{OFFSET}={shown.last}#table"))
    return found


def _sources(answer: Answer) -> list[dict[str, Any]]:
    """Return the releases that the answer rests on, newest first."""
    return [
        {
            "name": one.name,
            "address": None,
            "release_id": one.release_id,
            "detail": (
                f"published {one.published_on.day} {one.published_on:%B %Y}"
                if one.published_on
                else "date of publication unknown"
            ),
        }
        for one in reversed(answer.releases)
    ]


VIEWS: Final = (
    View("explore", "/explore", "Explore", page, WORDS, pool_of, nav=True, beside=True),
    View("explore_fields", "/explore/fields", "Fields", fields, WORDS, pool_of, beside=True),
    ROW,
    *PICTURES,
)
