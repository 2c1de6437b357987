"""Lifecycle: how long stays last."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup

from openlifecycle.errors import NotCleared, UsageError
from openlifecycle.publishing import flow
from openlifecycle.publishing.chart import image
from openlifecycle.publishing.cohort_words import HORIZONS, cell_words, cohort_citation, days_words
from openlifecycle.publishing.curves import MOST, held_curves
from openlifecycle.publishing.faces import Cohort
from openlifecycle.serving.limits import LONG
from openlifecycle.serving.problems import status_of
from openlifecycle.site import lifecycle_asked as form
from openlifecycle.site.lifecycle import refusal
from openlifecycle.site.views import Html, Raw, View, Visit

_PAGE: Final = "lifecycle_lengths.html"
Cell = tuple[str, ...]

#: Columns of the table: what the answer calls them, and what they are.
_NAIVE: Final = (
    ("median_completed_days", "Naive: median of ended stays"),
    ("mean_completed_days", "Naive: mean of ended stays (ALOS)"),
    ("mean_so_far_days", "Naive: mean so far of open stays (ICLOS)"),
)
_QUANTILES: Final = (
    ("lower_quartile", "A quarter gone after"),
    ("median", "Half gone after (median)"),
    ("upper_quartile", "Three quarters gone after"),
)


def page(visit: Visit) -> Html:
    """Return the page; a refusal keeps the form."""
    context: dict[str, Any] = {
        "fields": form.fields(visit, lengths=True), "collections": visit.session.collections(),
        "problem": None, "cohort": None,
    }  # fmt: skip
    if not context["collections"]:
        return Html(_PAGE, context)
    try:
        question = form.asked(visit, lengths=True)
        cohort = form.answer(visit, question)
    except (NotCleared, UsageError) as error:
        return Html(_PAGE, context | refusal(error), status_of(error))
    cells = flow.cells(cohort.cleared)
    if not cells:
        nothing = NotCleared(
            "no cohort of that kind has enough stays to be shown",
            next_step="ask for a longer period, or without the split",
        )
        return Html(_PAGE, context | refusal(nothing), status_of(nothing))
    return Html(_PAGE, context | _told(visit, cohort, cells))


def _told(visit: Visit, cohort: Cohort, cells: list[Cell]) -> dict[str, Any]:
    from openlifecycle.site.render import link

    question = cohort.question
    mine, period = shown(visit, cohort, cells)
    said = {name: list(visit.many(name)) for name in form.LENGTHS} | {"cohort": period}
    picture = link("lifecycle_held", **said)
    return {
        "cohort": cohort,
        "period": period,
        "is_split": bool(question.by),
        "cohorts": form.cohorts(cells, (period,)) if question.by else [],
        "synthetic": flow.is_synthetic(cohort.cleared),
        "picture": picture,
        "drawn": mine[:MOST],
        "lengths": _table(cohort, mine),
        "held_shares": _shares(cohort, mine),
        "sources": form.sources(cohort, visit.session.collections()),
        "notes": form.notes(cohort),
        "citation": cohort_citation(cohort.cleared),
        "elsewhere": form.elsewhere(question),
        "downloads": [
            ("CSV", form.address(question, format="csv")),
            ("JSON", form.address(question, format="json")),
            ("Parquet", form.address(question, format="parquet")),
            ("Picture, SVG", picture),
        ],
    }


def shown(visit: Visit, cohort: Cohort, cells: list[Cell]) -> tuple[list[Cell], str]:
    """Return the cohorts that are shown, and the period of a split.

    Without a split all periods, the latest first; of a split the groups of one period, those of
    most stays first.
    """
    if not cohort.question.by:
        return cells[::-1], ""
    periods = [cell[0] for cell in cells]
    period = visit.one("cohort")
    period = period if period in periods else max(periods)
    names = ["period", *cohort.question.by]
    stays = {
        tuple(row[name] for name in names): row["n_stays"] or 0
        for row in cohort.rows.iter_rows(named=True)
    }
    mine = [cell for cell in cells if cell[0] == period]
    return sorted(mine, key=lambda cell: (-stays[cell], cell)), period


def _rows(cohort: Cohort) -> dict[Cell, dict[str, Any]]:
    names = ["period", *cohort.question.by]
    return {tuple(r[n] for n in names): r for r in cohort.rows.iter_rows(named=True)}


def _table(cohort: Cohort, cells: list[Cell]) -> dict[str, Any]:
    by_cell = _rows(cohort)
    columns: list[dict[str, Any]] = [
        {"key": "cohort", "label": "Stays begun in"},
        {"key": "n_stays", "label": "Stays", "numeric": True},
        {"key": "n_ended", "label": "Of which ended", "numeric": True},
    ]
    columns += [
        {"key": key, "label": label, "numeric": True, "unit": "days"}
        for key, label in (*_QUANTILES, *_NAIVE)
    ]
    rows = []
    for cell in cells:
        found = by_cell[cell]
        row: dict[str, Any] = {"cohort": cell_words(cell)}
        row |= {name: _count(found[name]) for name in ("n_stays", "n_ended")}
        for name, _ in _QUANTILES:
            row[name] = _quantile(*(found[f"{name}{x}_days"] for x in ("", "_low", "_high")))
        row |= {name: _count(found[name]) for name, _ in _NAIVE}
        rows.append(row)
    return {"columns": columns, "rows": rows}


def _shares(cohort: Cohort, cells: list[Cell]) -> dict[str, Any]:
    by_cell = _rows(cohort)
    columns: list[dict[str, Any]] = [{"key": "cohort", "label": "Stays begun in"}]
    columns += [
        {"key": str(d), "label": f"after {days_words(d)}", "numeric": True} for d in HORIZONS
    ]
    rows = []
    for cell in cells:
        row: dict[str, Any] = {"cohort": cell_words(cell)}
        for d in HORIZONS:
            share, low, high = (by_cell[cell][f"held{x}_{d}d"] for x in ("", "_low", "_high"))
            row[str(d)] = _unshown() if share is None else Markup(
                '{:.1f} % <span class="band">{:.1f} to {:.1f} %</span>'
            ).format(100 * share, 100 * low, 100 * high)  # fmt: skip
        rows.append(row)
    return {"columns": columns, "rows": rows}


def _unshown() -> Markup:
    return Markup('<span class="unshown">not shown</span>')


def _count(value: float | None) -> str | Markup:
    if value is None:
        return _unshown()
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def _quantile(value: float | None, low: float | None, high: float | None) -> str | Markup:
    if value is None:
        return Markup('<span class="unshown">not reached yet</span>')
    top = "not known yet" if high is None else f"{high:,.1f}"
    return Markup('{} <span class="band">{} to {}</span>').format(f"{value:,.1f}", _days(low), top)


def _days(value: float | None) -> str:
    return "0" if value is None else f"{value:,.1f}"


def picture(visit: Visit) -> Raw:
    """Return the curves of the cohorts that are shown."""
    cohort = form.answer(visit, form.asked(visit, lengths=True))
    mine, _ = shown(visit, cohort, flow.cells(cohort.cleared))
    look = visit.one("theme", "light"), visit.one("size", "large")
    drawn = held_curves(cohort.cleared, mine[:MOST], *look)
    return Raw(image(drawn, "svg"), "image/svg+xml")


VIEWS: Final = (
    View("lifecycle_lengths", "/lifecycle/lengths", "Length of stay", page, form.LENGTHS, LONG),
    View("lifecycle_held", "/lifecycle/held.svg", "Still held", picture,
         (*form.LENGTHS, "theme", "size"), LONG),
)  # fmt: skip
