"""A request becomes a Question: by GET in the words of the command line, by POST in JSON."""

from __future__ import annotations

import json
from typing import Any, Final, cast

from starlette.requests import Request

from openlifecycle.disclosure.cohorts import CohortQuestion
from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.cohort_entry import Entry, Period
from openlifecycle.measures.cohort_words import days_of, month_of
from openlifecycle.measures.question import Question, where_of
from openlifecycle.measures.registry import nearest
from openlifecycle.serving.words import Words

ASK: Final = (
    "measure", "by", "where", "from", "to", "on", "as-known-on", "as", "period", "totals",
    "rules", "sensitivity", "collection",
)  # fmt: skip
COHORT: Final = (
    "entry", "from", "to", "by", "period", "horizons", "lengths", "rules", "collection",
)  # fmt: skip
ENTRIES: Final = ("arrest", "book_in")
COHORT_PERIODS: Final = ("month", "fiscal_year", "all")

_TEXTS: Final = (
    "measure", "start", "end", "on", "as_known_on", "edition", "period", "rules", "collection",
)  # fmt: skip
_FLAGS: Final = ("totals", "sensitivity")
_BODY: Final = (*_TEXTS, *_FLAGS, "by", "where")


def question_of(words: Words) -> Question:
    """Return the question of a GET request, or raise UsageError."""
    return Question.of(
        words.needed("measure", "detained_population"),
        by=",".join(words.many("by")),
        where=where_of(words.many("where")),
        start=words.one("from"),
        end=words.one("to"),
        on=words.one("on"),
        as_known_on=words.one("as-known-on"),
        edition=words.one("as") or "published",
        period=words.one("period"),
        totals=words.flag("totals"),
        rules=words.one("rules"),
        collection=words.one("collection"),
        sensitivity=words.flag("sensitivity"),
    )


async def question_in(request: Request) -> Question:
    """Return the question in the body of a POST request, or raise UsageError.

    The body is what the JSON Schema of the measure declares (measures/schema.py).
    """
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media != "application/json":
        raise UsageError("the body is no application/json", where="content-type")
    try:
        said = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise UsageError("the body is no JSON", nearest='{"measure": "adp"}') from None
    if not isinstance(said, dict):
        raise UsageError("the body is no JSON object", nearest='{"measure": "adp"}')
    for name in said:
        if name not in _BODY:
            raise UsageError(
                f"a question has no {name!r}", nearest=nearest(name, _BODY) or ", ".join(_BODY)
            )
    return Question.of(**_checked(said))


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a body, each of its type: JSON has types, so none is converted."""
    for name in _TEXTS:
        if name in said:
            _need(isinstance(said[name], str) and "\x00" not in said[name], name, "a text")
    for name in _FLAGS:
        if name in said:
            _need(isinstance(said[name], bool), name, "true or false")
    _need("measure" in said, "measure", "the name of a measure")
    if "by" in said:
        _need(_texts(said["by"]), "by", "a list of dimensions")
        _need(len(set(said["by"])) == len(said["by"]), "by", "dimensions, each named once")
    where = said.get("where", {})
    _need(isinstance(where, dict), "where", "an object of values by dimension")
    for name, values in where.items():
        is_one = isinstance(values, str) and bool(values)
        _need(is_one or (bool(values) and _texts(values)), f"where.{name}", "a value or a list")
    return said


def _texts(given: object) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) and one for one in given)


def _need(holds: bool, name: str, wanted: str) -> None:
    if not holds:
        raise UsageError(f"{name} must be {wanted}", where=name)


def cohort_of(words: Words) -> CohortQuestion:
    """Return the question about cohorts of a GET request, or raise UsageError."""
    start, end = words.one("from"), words.one("to")
    horizons = words.one("horizons")
    return CohortQuestion(
        entry=cast("Entry", _of(words.needed("entry", "arrest"), "entry", ENTRIES)),
        start=month_of(start)[0] if start else None,
        end=month_of(end)[1] if end else None,
        by=tuple(n.strip() for said in words.many("by") for n in said.split(",") if n.strip()),
        period=cast("Period", _of(words.one("period") or "month", "period", COHORT_PERIODS)),
        lengths=words.flag("lengths"),
        rules=words.one("rules") or "olc-1",
        collection=words.one("collection"),
        **({"horizons": days_of(horizons)} if horizons else {}),
    )


def _of(given: str, name: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise UsageError(f"there is no {name} {given!r}", nearest=", ".join(known))
    return given
