"""Lifecycle: moves between areas, as aggregate flows."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup

from openlifecycle.errors import NotCleared, UsageError
from openlifecycle.lifecycle.rules import DEFAULT_RULES
from openlifecycle.publishing.chart import image
from openlifecycle.publishing.faces import Answer
from openlifecycle.publishing.moves import (
    CELL,
    ENDS,
    Move,
    is_partial,
    moves,
    moves_chart,
    short,
    years,
)
from openlifecycle.publishing.numbers import shown
from openlifecycle.serving.limits import RECORDS
from openlifecycle.serving.problems import status_of
from openlifecycle.site import lifecycle_asked as form
from openlifecycle.site.lifecycle import refusal
from openlifecycle.site.views import Html, Raw, View, Visit

_PAGE: Final = "lifecycle_moves.html"
_WORDS: Final = ("level", "year", "rules", "collection")
_FLOWS: Final = "record_book_outs"
#: What is told of each area: measure, heading.
_RATES: Final = (
    ("transfers", "Moves to a facility in it"),
    ("stays_transferred_share", "Ended stays with a transfer"),
    ("stays_across_states_share", "Ended stays moved to another state"),
    ("stays_ended_in_other_circuit_share", "Ended in another federal circuit than begun"),
    ("hours_to_first_state_move", "Median hours to the first move to another state"),
)
_LEVELS: Final = {"aor": "areas of responsibility (AOR)", "state": "states"}


def page(visit: Visit) -> Html:
    """Return the page; a refusal keeps the form."""
    level = visit.one("level", "aor")
    context: dict[str, Any] = {
        "collections": visit.session.collections(), "fields": form.fields(visit), "problem": None,
        "levels": form.choices(list(_LEVELS.items()), level),
        "years": [], "answer": None,
    }  # fmt: skip
    if not context["collections"]:
        return Html(_PAGE, context)
    try:
        answer = _flows(visit)
        year = _year(visit, years(answer.cleared))
        context |= _told(visit, answer, level, year)
    except (NotCleared, UsageError) as error:
        return Html(_PAGE, context | refusal(error), status_of(error))
    return Html(_PAGE, context)


def _flows(visit: Visit) -> Answer:
    level = visit.one("level", "aor")
    if level not in ENDS:
        raise UsageError(f"there is no level {level!r}", nearest=", ".join(ENDS))
    return _ask(visit, _FLOWS, list(ENDS[level]))


def _ask(visit: Visit, measure: str, by: list[str]) -> Answer:
    return visit.session.ask(
        measure, by=by, period="fiscal_year", rules=visit.one("rules") or None,
        collection=visit.one("collection") or None,
    )  # fmt: skip


def _year(visit: Visit, held: list[int]) -> int:
    """Return the year asked for; else the latest whole one, or the only one."""
    text = visit.one("year")
    if text:
        if text not in {str(year) for year in held}:
            raise UsageError(
                f"there is no fiscal year {text!r} here", nearest=", ".join(map(str, held))
            )
        return int(text)
    if not held:
        raise NotCleared("no flow between areas may be shown", next_step="take more records in")
    return held[1] if len(held) > 1 else held[0]


def _told(visit: Visit, answer: Answer, level: str, year: int) -> dict[str, Any]:
    from openlifecycle.site.render import link

    found = moves(answer.cleared, year, level)
    said = {name: list(visit.many(name)) for name in _WORDS} | {"year": str(year)}
    picture = link("lifecycle_matrix", **said)
    asked = {"measure": _FLOWS, "by": ",".join(ENDS[level]), "period": "fiscal_year"}
    asked |= {"from": f"{year - 1}-10-01", "to": f"{year}-09-30"}
    if visit.one("rules") not in ("", DEFAULT_RULES):
        asked["rules"] = visit.one("rules")
    if visit.one("collection"):
        asked["collection"] = visit.one("collection")
    rates, caveats = _rates(visit, level, year)
    areas = len({m.begun for m in found} | {m.ended for m in found})
    facts = answer.records
    return {
        "answer": answer,
        "year": year,
        "level": level,
        "years": [form.Choice(str(y), f"FY{y}", y == year) for y in years(answer.cleared)],
        "synthetic": bool(facts and facts.synthetic),
        "through": facts.through if facts else None,
        "picture": picture if found else "",
        "side": CELL * areas + 220,
        "partial": is_partial(answer.cleared, year),
        "flows": _table([m for m in found if not m.stayed]),
        "stayed": _table([m for m in found if m.stayed]),
        "rates": rates,
        "notes": [n for n in answer.notes if not n.startswith(("SYNTHETIC", "periods marked"))],
        "caveats": list(dict.fromkeys([*answer.caveats, *caveats])),
        "sources": [
            {"name": ", ".join(r.names), "release_id": r.release_id, "detail": r.series}
            for r in answer.releases
        ],
        "citation": answer.citation(),
        "elsewhere": _elsewhere(asked),
        "downloads": [
            (kind, f"/api/v1/ask?{urlencode(asked | {'format': kind.lower()})}")
            for kind in ("CSV", "JSON", "Parquet")
        ]
        + ([("Picture, SVG", picture)] if found else []),
    }


def _table(found: list[Move]) -> list[dict[str, str]]:
    return [
        {"begun": m.begun, "ended": m.ended, "stays": f"{m.stays:,.0f}",
         "margin": f"± {m.margin:,.0f}"}
        for m in found
    ]  # fmt: skip


def _rates(visit: Visit, level: str, year: int) -> tuple[dict[str, Any], list[str]]:
    """Return what the measures about transfers say of each area, and their caveats."""
    rows: dict[str, dict[str, Any]] = {}
    columns: list[dict[str, Any]] = [{"key": "area", "label": "Area"}]
    caveats: list[str] = []
    for measure, label in _RATES:
        answer = _ask(visit, measure, [level])
        caveats += answer.caveats
        columns.append({"key": measure, "label": label, "numeric": True})
        of_year = answer.rows.filter(answer.rows["fiscal_year"] == year)
        for row in of_year.iter_rows(named=True):
            area = short(row[level])
            mine = rows.setdefault(area, {"area": area})
            if row["value"] is not None:
                mine[measure] = Markup('{} <span class="band">± {}</span>').format(
                    shown(row["value"], row["unit"]), shown(row["margin"], row["unit"])
                )
    for mine in rows.values():
        for measure, _ in _RATES:
            mine.setdefault(measure, Markup('<span class="unshown">not shown</span>'))
    return {"columns": columns, "rows": [rows[a] for a in sorted(rows)]}, caveats


def _elsewhere(asked: dict[str, str]) -> dict[str, str]:
    words = [f"--{name} {value}" for name, value in asked.items() if name != "measure"]
    by = asked["by"].split(",")
    python = [repr(_FLOWS), f"by={by!r}", "period='fiscal_year'", f"start={asked['from']!r}",
              f"end={asked['to']!r}"]  # fmt: skip
    python += [f"{name}={asked[name]!r}" for name in ("rules", "collection") if name in asked]
    return {
        "cli": f"olc ask {_FLOWS} {' '.join(words)}",
        "python": f"import openlifecycle as ol\nol.open().ask({', '.join(python)})",
        "api": f"GET /api/v1/ask?{urlencode(asked)}",
    }


def picture(visit: Visit) -> Raw:
    """Return the matrix of a year."""
    answer = _flows(visit)
    year = _year(visit, years(answer.cleared))
    drawn = moves_chart(
        answer.cleared, year, visit.one("level", "aor"), visit.one("theme", "light")
    )
    return Raw(image(drawn, "svg"), "image/svg+xml")


VIEWS: Final = (
    View("lifecycle_moves", "/lifecycle/moves", "Moves between areas", page, _WORDS, RECORDS),
    View("lifecycle_matrix", "/lifecycle/moves.svg", "Moves", picture, (*_WORDS, "theme"), RECORDS),
)
