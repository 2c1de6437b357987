"""The chart of a question of Explore: as a picture, and as what a browser draws itself."""

from __future__ import annotations

from typing import Final

from openlifecycle.errors import UsageError
from openlifecycle.measures.question import Question
from openlifecycle.publishing.drawing import drawn
from openlifecycle.serving.asked import ASK
from openlifecycle.site.explore_asked import asked_of, fields_of, question_of
from openlifecycle.site.explore_asked import pool_of_pictures as pool
from openlifecycle.site.views import Raw, View, Visit

_WORDS: Final = (*ASK, "theme", "size", "save")


def _drawn(visit: Visit, kind: str, *, live: bool = False) -> tuple[Question, bytes]:
    question = question_of(fields_of(visit))
    answer = asked_of(visit, question)
    theme, size = visit.one("theme", "light"), visit.one("size", "large")
    # altair made it: checking it against the schema once more takes longer than making it
    spec = answer.chart(theme, size, live=live).to_json(validate=False)
    try:
        return question, drawn(kind, spec)
    except ValueError as why:
        raise UsageError(f"the chart of {question.measure} could not be drawn") from why


def _svg(visit: Visit) -> Raw:
    question, body = _drawn(visit, "svg")
    # in the page it is a picture; only who wants to keep it gets a file
    return Raw(body, "image/svg+xml", _name(question, "svg") if visit.one("save") else "")


def _png(visit: Visit) -> Raw:
    question, body = _drawn(visit, "png")
    return Raw(body, "image/png", _name(question, "png"))


def _spec(visit: Visit) -> Raw:
    return Raw(_drawn(visit, "vega", live=True)[1], "application/json")


def _name(question: Question, form: str) -> str:
    day = question.on or question.end
    parts = [question.measure, *question.by, *([day.isoformat()] if day else [])]
    return "-".join(parts)[:120] + f".{form}"


PICTURES: Final = (
    View("explore_svg", "/explore/chart.svg", "Chart", _svg, _WORDS, pool),
    View("explore_png", "/explore/chart.png", "Chart", _png, _WORDS, pool),
    View("explore_spec", "/explore/chart.json", "Chart", _spec, _WORDS, pool),
)
