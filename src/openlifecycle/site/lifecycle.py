"""Lifecycle: where people are after an arrest or a book-in, drawn and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import polars as pl

from openlifecycle.errors import NotCleared, UsageError
from openlifecycle.publishing import curves, flow
from openlifecycle.publishing.chart import Chart, image
from openlifecycle.publishing.cohort_words import HORIZONS, cohort_citation, days_words
from openlifecycle.publishing.faces import Cohort
from openlifecycle.publishing.flow_chart import flow_chart
from openlifecycle.serving.limits import LONG
from openlifecycle.serving.problems import status_of
from openlifecycle.site import lifecycle_asked as form
from openlifecycle.site import lifecycle_tables as tables
from openlifecycle.site.views import Html, Raw, View, Visit

_PAGE: Final = "lifecycle.html"
_AFTER: Final = 180
Cell = tuple[str, ...]


def page(visit: Visit) -> Html:
    """Return the page; a refusal keeps the form."""
    context: dict[str, Any] = {
        "fields": form.fields(visit), "collections": visit.session.collections(), "problem": None,
        "cohort": None, "after": days_asked(visit.one("after")) or _AFTER, "horizons": HORIZONS,
    }  # fmt: skip
    if not context["collections"]:
        return Html(_PAGE, context)
    try:
        question = form.asked(visit)
        cohort = form.answer(visit, question)
    except (NotCleared, UsageError) as error:
        return Html(_PAGE, context | refusal(error), status_of(error))
    cells = flow.cells(cohort.cleared)
    if not cells:
        nothing = NotCleared(
            "no cohort of that kind has enough people to be shown",
            next_step="ask for a longer period, or without the split",
        )
        return Html(_PAGE, context | refusal(nothing), status_of(nothing))
    cell = chosen(visit, cohort, cells)
    after = days_asked(visit.one("after")) or known_after(flow.course(cohort.cleared, cell))
    return Html(_PAGE, context | _told(visit, cohort, cells, cell, after) | {"after": after})


def _told(
    visit: Visit, cohort: Cohort, cells: list[Cell], cell: Cell, after: int
) -> dict[str, Any]:
    from openlifecycle.site.render import link

    question = cohort.question
    said = asked_words(visit) | {"cohort": cell[0], "group": form.group_of(cell)}
    course = flow.course(cohort.cleared, cell)
    beside = [one for one in cells if one[0] == cell[0]] if question.by else cells
    pictures = {
        name: link(view, **said) for name, view in
        (("flow", "lifecycle_flow"), ("reached", "lifecycle_reached"), ("left", "lifecycle_left"))
    }  # fmt: skip
    one = form.narrowed(question, cell)
    return {
        "cohort": cohort,
        "cell": cell,
        "whom": form.title_of(question, cell),
        "course": course,
        "cohorts": form.cohorts(cells, cell),
        "groups": form.groups(cells, cell),
        "stats": tables.stats(cohort, cell, after),
        "pictures": pictures,
        "drawn": {k: bool(curves.points(cohort.cleared, cell, k)) for k in ("reached", "left_as")},
        "flow_alt": flow_words(course),
        "states": tables.share_table(cohort, cell, ("state", "sum"), "State"),
        "reached": tables.share_table(cohort, cell, ("reached",), "Event"),
        "left": tables.share_table(cohort, cell, ("left_as",), "First exit"),
        "compared": tables.compared(
            cohort, beside, after,
            lambda c: link("lifecycle", **said | {"cohort": c[0], "group": form.group_of(c),
                                                  "after": after}),
        ),
        "sources": form.sources(cohort, visit.session.collections()),
        "notes": form.notes(cohort),
        "citation": cohort_citation(cohort.cleared),
        "elsewhere": form.elsewhere(one),
        "downloads": [
            *((f"This cohort, {kind}", form.address(one, format=word)) for kind, word in _KINDS),
            ("All its cohorts, CSV", form.address(question, format="csv")),
            ("Picture, SVG", pictures["flow"]),
        ],
    }  # fmt: skip


_KINDS: Final = (("CSV", "csv"), ("JSON", "json"), ("Parquet", "parquet"))


def asked_words(visit: Visit) -> dict[str, Any]:
    """Return what the form said, for addresses of the same question."""
    return {name: list(visit.many(name)) for name in form.FLOW}


def refusal(error: NotCleared | UsageError) -> dict[str, Any]:
    """Return what a page says of an error: the error, and which of the designed states it is."""
    kind = "notcleared" if isinstance(error, NotCleared) else "refused"
    return {"problem": error, "kind": kind}


def known_after(course: flow.Course) -> int:
    """Return the days that cohorts are compared after where none are asked for.

    Half a year, or for the latest cohorts the longest horizon at which something is known.
    """
    known = [column.days for column in course.columns if column.blocks]
    return min(_AFTER, max(known, default=_AFTER))


def days_asked(text: str) -> int | None:
    """Return a horizon that a field says; None where it says none, or one that there is not."""
    return next((days for days in HORIZONS if str(days) == text), None)


def chosen(
    visit: Visit, cohort: Cohort, cells: list[Cell]
) -> Cell:  # fmt: skip
    """Return the cohort that is shown.

    The one asked for; else the latest of which something is known at every horizon, and of a split
    its largest group. A form that changes the kind of cohort still carries the old one, so an
    unknown cohort is no error.
    """
    period, group = visit.one("cohort"), visit.one("group")
    if period not in {cell[0] for cell in cells}:
        period = _latest(cohort)
    mine = [cell for cell in cells if cell[0] == period]
    same = [cell for cell in mine if form.group_of(cell) == group]
    if same:
        return same[0]
    names = ["period", *cohort.question.by]
    people = {
        tuple(row[name] for name in names): row["n_people"]
        for row in cohort.rows.unique(names).iter_rows(named=True)
    }
    return max(mine, key=lambda cell: (people[cell], cell))


def _latest(cohort: Cohort) -> str:
    rows = cohort.rows
    last = rows["horizon_days"].max()
    known = rows.filter(pl.col("horizon_days") == last, pl.col("share").is_not_null())
    return str((known if known.height else rows)["period"].max())


def flow_words(course: flow.Course) -> str:
    """Return in words what the picture shows, for who does not see it."""
    parts = []
    for column in course.columns:
        largest = sorted(column.blocks, key=lambda b: -b.share)[:3]
        said = ", ".join(f"{b.state.replace('_', ' ')} {b.share:.0%}" for b in largest)
        parts.append(f"after {days_words(column.days)}: {said or column.reason or 'not shown'}")
    return f"Bars of states of {course.people:,} people. The largest " + "; ".join(parts) + "."


def _picture(visit: Visit, draw: Callable[[Cohort, Cell, tuple[str, str]], Chart]) -> Raw:
    cohort = form.answer(visit, form.asked(visit))
    cells = flow.cells(cohort.cleared)
    if not cells:
        raise NotCleared("no cohort of that kind has enough people to be shown")
    look = visit.one("theme", "light"), visit.one("size", "large")
    return Raw(image(draw(cohort, chosen(visit, cohort, cells), look), "svg"), "image/svg+xml")


def flow_picture(visit: Visit) -> Raw:
    """Return the states of a cohort through its horizons."""
    return _picture(visit, lambda c, cell, look: flow_chart(c.cleared, cell, *look))


def reached_picture(visit: Visit) -> Raw:
    """Return the curves of what has happened by each horizon."""
    return _picture(visit, lambda c, cell, look: curves.curves(c.cleared, cell, "reached", *look))


def left_picture(visit: Visit) -> Raw:
    """Return the curves of first exits by reason."""
    return _picture(visit, lambda c, cell, look: curves.curves(c.cleared, cell, "left_as", *look))


_DRAWN: Final = (*form.FLOW, "theme", "size")
VIEWS: Final = (
    View("lifecycle", "/lifecycle", "Lifecycle", page, form.FLOW, LONG, nav=True),
    View("lifecycle_flow", "/lifecycle/flow.svg", "States", flow_picture, _DRAWN, LONG),
    View("lifecycle_reached", "/lifecycle/reached.svg", "Events", reached_picture, _DRAWN, LONG),
    View("lifecycle_left", "/lifecycle/left.svg", "Exits", left_picture, _DRAWN, LONG),
)
