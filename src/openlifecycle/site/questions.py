"""Questions: what people ask of this record again and again, each answered live."""

from __future__ import annotations

from typing import Any, Final

from openlifecycle.errors import UsageError
from openlifecycle.measures.questions import (
    ANSWERED,
    IN_PART,
    NOT_ANSWERED,
    StandingQuestion,
    questions,
)
from openlifecycle.serving.problems import NotFound
from openlifecycle.site.questions_answers import answered, pool_of
from openlifecycle.site.views import Html, View, Visit

#: The badge of each status.
_BADGES: Final = {ANSWERED: "note", IN_PART: "provisional", NOT_ANSWERED: "hidden"}


class UnknownQuestion(NotFound):
    """No standing question has that number."""


def page(_visit: Visit) -> Html:
    """Return the list by theme; nothing is answered for it."""
    found = questions().values()
    themes: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        themes.setdefault(one.theme, []).append({"one": one, "badge": _BADGES[one.status]})
    counts = [
        {"status": status, "badge": badge, "count": sum(one.status == status for one in found)}
        for status, badge in _BADGES.items()
    ]
    return Html("questions.html", {"themes": themes, "counts": counts, "count": len(found)})


def one(visit: Visit) -> Html:
    """Return one question with the answer of each of its commands."""
    found = _question(visit)
    every = questions()
    return Html(
        "questions_one.html",
        {
            "one": found,
            "badge": _BADGES[found.status],
            "answers": [answered(visit, way) for way in found.ways],
            "before": every.get(found.number - 1),
            "after": every.get(found.number + 1),
        },
    )


def _question(visit: Visit) -> StandingQuestion:
    said = visit.path["number"]
    every = questions()
    number = int(said[:6]) if said.isascii() and said.isdecimal() else 0
    if number not in every:
        near = min(max(number, 1), len(every))
        raise UnknownQuestion(
            f"there is no question {said}",
            nearest=str(near),
            next_step=f"questions have the numbers 1 to {len(every)}",
        )
    return every[number]


def _pool(visit: Visit) -> str:
    """Return the pool for all that the question asks: that of the longest work."""
    try:
        return pool_of(_question(visit))
    except UsageError:
        return pool_of(None)


VIEWS: Final = (
    View("questions", "/questions", "Questions", page, nav=True),
    View("questions_one", "/questions/{number}", "Question", one, pool=_pool),
)
