"""What a form about cohorts asks, and the same question for the API, the shell and Python."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, cast
from urllib.parse import urlencode

from openlifecycle.disclosure.cohorts import CohortQuestion
from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.cohort_entry import PERIODS, SPLITS, Entry, Period
from openlifecycle.lifecycle.rules import DEFAULT_RULES, RULE_SETS, ruleset
from openlifecycle.publishing.cohort_words import ENTERED, cell_words, period_words
from openlifecycle.publishing.faces import Cohort
from openlifecycle.site.views import Visit

#: What the form of the states and that of the lengths may say.
FLOW: Final = ("entry", "period", "cohort", "by", "group", "rules", "collection", "after")
LENGTHS: Final = ("period", "cohort", "by", "rules", "collection")

_PERIOD_WORDS: Final = {
    "month": "a month each",
    "fiscal_year": "a fiscal year each",
    "all": "everybody in one",
}
_SPLIT_WORDS: Final = {"aor": "area of responsibility (AOR)", "us_state": "state of the US"}
#: How the values of several splits stand in one field.
JOINT: Final = " / "


@dataclass(frozen=True)
class Choice:
    """One option of a field."""

    value: str
    text: str
    chosen: bool


def asked(visit: Visit, *, lengths: bool = False) -> CohortQuestion:
    """Return the question that a form asks, of the whole collection, or raise UsageError."""
    entry = "book_in" if lengths else _of(visit, "entry", tuple(SPLITS), "arrest")
    return CohortQuestion(
        entry=cast("Entry", entry),
        by=visit.many("by"),
        period=cast("Period", _of(visit, "period", PERIODS, "fiscal_year")),
        lengths=lengths,
        rules=visit.one("rules", DEFAULT_RULES),
        collection=visit.one("collection") or None,
    )


def answer(visit: Visit, question: CohortQuestion) -> Cohort:
    """Return what left the gate, worked out once for the page, its pictures and the API."""
    return visit.service.once(question, lambda: _followed(visit, question))


def _followed(visit: Visit, question: CohortQuestion) -> Cohort:
    return visit.session.cohort(
        question.entry,
        by=question.by,
        period=question.period,
        horizons=question.horizons,
        lengths=question.lengths,
        rules=question.rules,
        collection=question.collection,
    )


def _of(visit: Visit, name: str, known: tuple[str, ...], default: str) -> str:
    given = visit.one(name, default)
    if given not in known:
        raise UsageError(f"there is no {name} {given!r}", nearest=", ".join(known))
    return given


def fields(visit: Visit, *, lengths: bool = False) -> dict[str, list[Choice]]:
    """Return the options of the fields that need no answer; what was asked is chosen."""
    entry = "book_in" if lengths else visit.one("entry", "arrest")
    splits = [("", "nothing: everybody")]
    for name in dict.fromkeys([*SPLITS["book_in"], *([] if lengths else SPLITS["arrest"])]):
        only = [e for e in SPLITS if name in SPLITS[e]]
        text = _SPLIT_WORDS.get(name, name.replace("_", " "))
        if len(only) == 1 and not lengths:
            text += " (arrests only)" if only == ["arrest"] else " (book-ins only)"
        splits.append((name, text))
    held = visit.session.collections()
    collections = [("", "the latest")]
    collections += [(c["collection_id"], f"to {c['through'][:10]}") for c in held if c["through"]]
    return {
        "entry": choices(list(ENTERED.items()), entry),
        "period": choices(
            [(p, _PERIOD_WORDS[p]) for p in PERIODS], visit.one("period", "fiscal_year")
        ),
        "by": choices(splits, visit.one("by")),
        "rules": choices(
            [(name, f"{name}: {ruleset(name).title}") for name in RULE_SETS],
            visit.one("rules", DEFAULT_RULES),
        ),
        "collection": choices(collections, visit.one("collection")),
    }


def choices(pairs: list[tuple[str, str]], chosen: str) -> list[Choice]:
    """Return options; what was asked is among them even where it cannot be."""
    found = [Choice(value, text, value == chosen) for value, text in pairs]
    if chosen and not any(one.chosen for one in found):
        found.append(Choice(chosen, chosen, True))
    return found


def cohorts(cells: list[tuple[str, ...]], cell: tuple[str, ...]) -> list[Choice]:
    """Return the periods of an answer to choose from, the latest first."""
    periods = dict.fromkeys(one[0] for one in reversed(cells))
    return choices([(period, period_words(period)) for period in periods], cell[0])


def groups(cells: list[tuple[str, ...]], cell: tuple[str, ...]) -> list[Choice]:
    """Return the groups of a period to choose from."""
    mine = sorted(group_of(one) for one in cells if one[0] == cell[0])
    return choices([(group, group) for group in mine], group_of(cell)) if len(cell) > 1 else []


def group_of(cell: tuple[str, ...]) -> str:
    """Return the values that a cohort is split by, as one field has them."""
    return JOINT.join(str(value) for value in cell[1:])


def narrowed(question: CohortQuestion, cell: tuple[str, ...]) -> CohortQuestion:
    """Return the same question about the period of one cohort only."""
    period = cell[0]
    if period == "all":
        return question
    if period.startswith("FY"):
        year = int(period[2:])
        return replace(question, start=date(year - 1, 10, 1), end=date(year, 9, 30))
    year, month = int(period[:4]), int(period[5:])
    last = date(year, month, monthrange(year, month)[1])
    return replace(question, start=date(year, month, 1), end=last)


def query(question: CohortQuestion) -> dict[str, str]:
    """Return the words of the API for a question."""
    said: dict[str, str] = {"entry": question.entry, "period": question.period}
    if question.start and question.end:
        said |= {"from": f"{question.start:%Y-%m}", "to": f"{question.end:%Y-%m}"}
    if question.by:
        said["by"] = ",".join(question.by)
    if question.lengths:
        said["lengths"] = "true"
    if question.rules != DEFAULT_RULES:
        said["rules"] = question.rules
    if question.collection:
        said["collection"] = question.collection
    return said


def address(question: CohortQuestion, **more: str) -> str:
    """Return the address of a question in the API."""
    return f"/api/v1/cohort?{urlencode(query(question) | more)}"


def elsewhere(question: CohortQuestion) -> dict[str, str]:
    """Return the command, the Python line and the address that ask the same."""
    said = query(question)
    entry = said.pop("entry")
    command = [f"olc cohort {entry}"]
    given: dict[str, Any] = dict(said)
    for name, value in said.items():
        command.append(f"--{name}" if name == "lengths" else f"--{name} {value}")
    python = [repr(entry)]
    if question.start and question.end:
        python += [repr(question.start.isoformat()), repr(question.end.isoformat())]
    given = {"period": question.period, "by": list(question.by), "lengths": question.lengths,
             "rules": said.get("rules"), "collection": question.collection}  # fmt: skip
    python += [f"{name}={value!r}" for name, value in given.items() if value]
    return {
        "cli": " ".join(command),
        "python": f"import openlifecycle as ol\nol.open().cohort({', '.join(python)})",
        "api": f"GET {address(question)}",
    }


def title_of(question: CohortQuestion, cell: tuple[str, ...]) -> str:
    """Return whom a cohort is made of, in words."""
    return f"{ENTERED[question.entry].lower()} in {cell_words(cell)}"


def notes(cohort: Cohort) -> list[str]:
    """Return what an answer must say, without what a badge on the page says already."""
    return [note for note in cohort.notes if not note.startswith("SYNTHETIC")]


def sources(cohort: Cohort, collections: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the releases of the collection that was followed."""
    mine = [c for c in collections if c["collection_id"] == cohort.collection_id]
    rows = [release for one in mine for release in one["releases"]]
    return [
        {"name": ", ".join(r["names"]), "release_id": r["release_id"],
         "detail": f"{r['rows']:,} rows of {r['series']}, through {cohort.through:%Y-%m-%d}"}
        for r in rows
    ]  # fmt: skip
