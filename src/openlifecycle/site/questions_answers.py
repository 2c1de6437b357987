"""The answers of a standing question: each of its commands run as a page can show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from openlifecycle.disclosure.cohorts import CohortQuestion
from openlifecycle.disclosure.gate import opened
from openlifecycle.engine.changes import RESTATED, SAME
from openlifecycle.errors import NotCleared, OpenLifecycleError, StoreProblem, UnknownRelease
from openlifecycle.lifecycle.cohort_entry import Entry, Period
from openlifecycle.measures.cohort_words import days_of, month_of
from openlifecycle.measures.questions import StandingQuestion, Way
from openlifecycle.measures.registry import measure
from openlifecycle.publishing import question_lines
from openlifecycle.publishing.cohort_rows import cohort_tables
from openlifecycle.publishing.faces import Answer, Cohort
from openlifecycle.publishing.reconcile_text import reconcile_lines
from openlifecycle.publishing.table import answer_lines
from openlifecycle.serving.limits import LONG, PUBLISHED, RECORDS, RELEASES
from openlifecycle.site.explore_asked import question_of
from openlifecycle.site.releases_words import anchor
from openlifecycle.site.views import Visit

#: So many rows of an answer stand on a page; Explore has them all.
MOST: Final = 40
#: Pools from the shortest work to the longest; one page has the longest of what it asks.
_POOLS: Final = (PUBLISHED, RELEASES, RECORDS, LONG)
_OF_VERB: Final = {"cohort": LONG, "reconcile": LONG, "changes": RELEASES}


def pool_of(found: StandingQuestion | None) -> str:
    """Return the pool that a question needs."""
    pools = [_pool(way) for way in found.ways] if found else []
    return max(pools, key=_POOLS.index, default=PUBLISHED)


def _pool(way: Way) -> str:
    if way.measure:
        return RECORDS if measure(way.measure).records else PUBLISHED
    return _OF_VERB[way.words[0]]


def answered(visit: Visit, way: Way) -> dict[str, Any]:
    """Return what a page shows of a command: its answer, or why there is none."""
    said = {"command": way.command, "tells": way.tells}
    try:
        return said | _VERBS[way.words[0]](visit, way)
    except StoreProblem:
        raise
    except OpenLifecycleError as error:
        return said | {"state": _state(error), "error": error}


def _state(error: OpenLifecycleError) -> str:
    if isinstance(error, NotCleared):
        return "notcleared"
    return "empty" if isinstance(error, UnknownRelease) else "refused"


def fields(words: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the options of a command as fields: ``--by aor --totals`` -> by: aor, totals: true."""
    found: dict[str, tuple[str, ...]] = {}
    rest = list(words)
    while rest:
        name = rest.pop(0).removeprefix("--")
        value = "true" if not rest or rest[0].startswith("--") else rest.pop(0)
        found[name] = (*found.get(name, ()), value)
    return found


def _ask(visit: Visit, way: Way) -> dict[str, Any]:
    question = question_of({"measure": (way.measure,), **fields(way.words[2:])})
    answer = visit.session.answer(question)
    which = _latest(answer)
    headings, rows, right = answer_lines(answer.cleared, which)
    lines: list[list[Any]] = [list(row) for row in rows]
    if answer.records is None:
        releases = answer.rows["release_id"].to_list()
        for line, place in zip(lines, which, strict=True):
            line[-1] = anchor(releases[place], line[-1])
    return {
        "kind": "answer",
        "measure": way.measure,
        "tables": [_table(answer.measure.question, headings, lines, right)],
        "total": len(answer),
        "shown": len(lines),
        "caveats": list(answer.caveats),
        "notes": list(answer.notes),
        "disclosure": answer.disclosure,
        "of_records": answer.records is not None,
        "synthetic": bool(answer.records and answer.records.synthetic),
        "chart": question_lines.query(question) if _is_drawn(answer) else "",
        "alt": f"Chart: {answer.measure.question} The table below has the latest of its values.",
        "explore": "?" + question_lines.query(question),
        "python": question_lines.python(question),
        "api": question_lines.api(question),
    }


def _is_drawn(answer: Answer) -> bool:
    """Return whether a chart says more than the table."""
    return len(answer) > 1 and answer.not_drawable() is None


def _latest(answer: Answer) -> list[int]:
    """Return the numbers of the rows to show: the latest periods first, else in their order."""
    ends = answer.rows["period_end"].to_list()
    return sorted(range(len(ends)), key=lambda row: ends[row], reverse=True)[:MOST]


def _table(
    caption: str, headings: list[str], rows: Sequence[Sequence[Any]], right: set[int]
) -> dict[str, Any]:
    names = [f"c{place}" for place in range(len(headings))]
    columns = [
        {"key": name, "label": heading.replace("_", " "), "numeric": place in right}
        for place, (name, heading) in enumerate(zip(names, headings, strict=True))
    ]
    return {
        "caption": caption,
        "columns": columns,
        "rows": [dict(zip(names, row, strict=True)) for row in rows],
    }


def _cohort(visit: Visit, way: Way) -> dict[str, Any]:
    said = fields(way.words[2:])
    asked = _cohort_question(way.words[1], said)
    found = visit.service.once(asked, lambda: _followed(visit, asked))
    tables = cohort_tables(found.cleared)
    return {
        "kind": "cohort",
        "tables": [
            _table(
                f"{one.title}: {one.people} people, share in each state with its 95 % band",
                one.headings,
                one.rows,
                set(range(1, len(one.headings))),
            )
            for one in tables
        ],
        "total": len(tables),
        "shown": len(tables),
        "caveats": list(found.caveats),
        "notes": list(found.notes),
        "disclosure": found.disclosure,
        "of_records": True,
        "synthetic": any(note.startswith("SYNTHETIC") for note in found.notes),
    }


def _followed(visit: Visit, asked: CohortQuestion) -> Cohort:
    return visit.session.cohort(
        asked.entry,
        asked.start,
        asked.end,
        by=asked.by,
        period=asked.period,
        horizons=asked.horizons,
        lengths=asked.lengths,
        rules=asked.rules,
        collection=asked.collection,
    )


def _cohort_question(entry: str, said: Mapping[str, tuple[str, ...]]) -> CohortQuestion:
    def one(name: str) -> str:
        return said.get(name, ("",))[0]

    asked = CohortQuestion(
        entry=cast("Entry", entry),
        start=month_of(one("from"))[0] if one("from") else None,
        end=month_of(one("to"))[1] if one("to") else None,
        by=tuple(name for name in one("by").split(",") if name),
        period=cast("Period", one("period") or "month"),
    )
    return replace(asked, horizons=days_of(one("horizons"))) if one("horizons") else asked


def _reconcile(visit: Visit, way: Way) -> dict[str, Any]:
    from openlifecycle.oversight.records_from_store import reconcile_store
    from openlifecycle.vault.store import Store

    store = visit.session.source
    if not isinstance(store, Store):
        raise UnknownRelease("only a store can be held against itself")
    told = reconcile_store(store)
    found = opened(told)
    lines = reconcile_lines(told)
    return {
        "kind": "reconcile",
        "tables": [_table("Records held against the workbooks", *lines)],
        "total": len(lines[1]),
        "shown": len(lines[1]),
        "caveats": list(found.found.definitions),
        "notes": [found.found.says + "."],
        "disclosure": told.verdict.words,
        "of_records": True,
        "synthetic": found.synthetic,
    }


def _changes(visit: Visit, way: Way) -> dict[str, Any]:
    from openlifecycle.site.render import link

    before, after = way.words[1:3]
    found = visit.session.changes(before, after)
    tables = found.by_table().filter(found.by_table()[RESTATED] > 0)
    rows = [
        [one["table"], f"{one[RESTATED]:,}", f"{one[RESTATED] + one[SAME]:,}",
         _percent(one["median_share"]), _percent(one["largest_share"])]
        for one in tables.to_dicts()
    ]  # fmt: skip
    headings = ["table", "restated", "of", "median size", "largest"]
    return {
        "kind": "changes",
        "tables": [_table("Restated numbers by table", headings, rows, {1, 2, 3, 4})],
        "total": len(rows),
        "shown": len(rows),
        "caveats": [],
        "notes": [],
        "disclosure": "",
        "of_records": False,
        "synthetic": False,
        "restatements": link("releases_changes", before=found.before, after=found.after),
    }


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


_VERBS: Final[dict[str, Callable[[Visit, Way], dict[str, Any]]]] = {
    "ask": _ask,
    "cohort": _cohort,
    "reconcile": _reconcile,
    "changes": _changes,
}
