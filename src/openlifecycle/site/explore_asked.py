"""What a visit to Explore asks: the fields of its address as a question, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openlifecycle.errors import UsageError
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.question import Question, where_of
from openlifecycle.measures.registry import measure, measures
from openlifecycle.publishing.faces import Answer
from openlifecycle.serving.asked import ASK
from openlifecycle.serving.limits import PICTURES, PUBLISHED, RECORDS
from openlifecycle.site.views import Visit

#: Fields of the page beside those of the question: what the form is to do, and which rows.
STEP: Final = "step"
OPEN: Final = "open"
OFFSET: Final = "offset"
WORDS: Final = (*ASK, STEP, OPEN, OFFSET)
CHOOSE: Final = "choose"

#: What a first visit asks.
FIRST: Final[Mapping[str, tuple[str, ...]]] = {
    "measure": ("detained_population",),
    "by": ("arresting_agency",),
}

_FLAGS: Final = {"true": True, "1": True, "on": True, "false": False, "0": False}


def fields_of(visit: Visit) -> dict[str, tuple[str, ...]]:
    """Return the fields of the question as the visit says them; those of the first visit if none.

    Of a form that has just been given another measure, what that measure does not have is left
    out: it was chosen for the measure before.
    """
    said = {name: visit.many(name) for name in ASK if visit.many(name)}
    if not said:
        return dict(FIRST)
    said.setdefault("measure", FIRST["measure"])
    chosen = measures().get(said["measure"][0])
    if visit.one(STEP) == CHOOSE and chosen:
        return _fitting(said, chosen)
    return said


def _fitting(said: Mapping[str, tuple[str, ...]], chosen: Measure) -> dict[str, tuple[str, ...]]:
    dims = set(chosen.dimensions)
    kept = dict(said) | {
        "by": tuple(dim for one in said.get("by", ()) for dim in one.split(",") if dim in dims),
        "where": tuple(one for one in said.get("where", ()) if one.partition("=")[0] in dims),
        "period": tuple(one for one in said.get("period", ()) if one in chosen.periods),
    }
    strange = ("as", "totals") if chosen.records else ("rules", "sensitivity", "collection")
    return {name: values for name, values in kept.items() if values and name not in strange}


def question_of(fields: Mapping[str, tuple[str, ...]]) -> Question:
    """Return the question that fields ask, or raise UsageError."""
    return Question.of(
        _one(fields, "measure") or "",
        by=",".join(fields.get("by", ())),
        where=where_of(fields.get("where", ())),
        start=_one(fields, "from"),
        end=_one(fields, "to"),
        on=_one(fields, "on"),
        as_known_on=_one(fields, "as-known-on"),
        edition=_one(fields, "as") or "published",
        period=_one(fields, "period"),
        totals=_flag(fields, "totals"),
        rules=_one(fields, "rules"),
        collection=_one(fields, "collection"),
        sensitivity=_flag(fields, "sensitivity"),
    )


def _one(fields: Mapping[str, tuple[str, ...]], name: str) -> str | None:
    values = fields.get(name, ())
    if len(values) > 1:
        raise UsageError(f"{name} is said {len(values)} times", next_step="say it once")
    return values[0] if values else None


def _flag(fields: Mapping[str, tuple[str, ...]], name: str) -> bool:
    text = _one(fields, name)
    if text is not None and text not in _FLAGS:
        raise UsageError(f"{name} is true or false", nearest=f"{name}=true")
    return text is not None and _FLAGS[text]


def asked_of(visit: Visit, question: Question) -> Answer:
    """Return the answer, of records only where it is not too long to be counted.

    Raises:
        UsageError: it has more rows than this server gives, or cannot be asked.
        NotCleared: it cannot be shown safely.
    """
    most = visit.service.settings.answer_rows
    if measure(question.measure).records:
        _affordable(visit.session.rows_at_most(question), most)
    answer = visit.session.answer(question)
    _affordable(len(answer), most)
    return answer


def _affordable(rows: int, most: int) -> None:
    if rows > most:
        raise UsageError(
            f"the answer may have {rows:,} rows; this server gives at most {most:,}",
            next_step="ask for less time, a coarser period, or without a split",
        )


def pool_of(visit: Visit) -> str:
    """Return the kind of work that a visit is: counting records, or reading published figures."""
    return RECORDS if _of_records(visit) else PUBLISHED


def pool_of_pictures(visit: Visit) -> str:
    """Return the kind of work that its chart is."""
    return RECORDS if _of_records(visit) else PICTURES


def _of_records(visit: Visit) -> bool:
    found = measures().get(visit.one("measure"))
    return bool(found and found.records)
