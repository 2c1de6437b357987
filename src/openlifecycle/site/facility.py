"""One facility: what each list printed of it, and the lists that do not have it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Final

from openlifecycle.api import Answer
from openlifecycle.engine.answer import NOT_MADE
from openlifecycle.errors import NotCleared, OpenLifecycleError, UsageError
from openlifecycle.publishing.chart_look import look_of
from openlifecycle.publishing.facility_chart import facility_chart, sizes
from openlifecycle.publishing.question_lines import api, command, python, query
from openlifecycle.serving.problems import NotFound
from openlifecycle.site.facility_figures import (
    ADP,
    ALOS,
    MINIMUM,
    Figures,
    figures,
    texts,
)
from openlifecycle.site.facility_history import changed, neighbours, runs
from openlifecycle.site.facility_lists import Facility, FacilityList, Lists, lists
from openlifecycle.site.facility_parts import asked, composition, inspections, segregation
from openlifecycle.site.facility_words import UNMADE, edition_of, errors, figure_mark, pool_of
from openlifecycle.site.render import day, figure, link
from openlifecycle.site.views import Html, Raw, View, Visit

BETWEEN: Final = "facility_interval_adp"


def page(visit: Visit) -> Html:
    """Return the page of a facility, or raise NotFound with the nearest."""
    held = lists(visit.session)
    found = _found(held, visit)
    edition = edition_of(visit)
    known = figures(visit.session, edition)
    latest = found.latest
    last_list = held.lists[latest.release_id]
    rows = [_row(found, one, known) for one in held.lists.values()]
    listed = [row for row in rows if row["listed"]]
    stats = _stats(listed, latest.release_id)
    population = asked(visit, found, ADP, period="release")
    return Html(
        "facility.html",
        {
            "found": found,
            "latest": latest,
            "last_list": last_list,
            "is_current": held.list_of().facts.release_id in found.listings,
            "held_lists": held,
            "edition": edition,
            "rows": rows,
            "listed": listed,
            "runs": runs(found, held),
            "stats": stats,
            "unmade": UNMADE
            if any(NOT_MADE in f.note for f in stats["last"]["figures"][ADP])
            else "",
            "between": _between(visit, found, known),
            "refused": _refusal(population, found, held),
            "sizes": sizes(),
            "composition": composition(visit, found, last_list, known),
            "segregation": segregation(visit, found, held, known),
            "inspections": inspections(visit, found, held, known),
            "changed": changed(found, held),
            "neighbours": neighbours(found, held),
            "errors": errors(c for row in listed for c in row["corrections"]),
            "source": _source(last_list),
            **_said(visit, found, last_list, population),
        },
    )


def _found(held: Lists, visit: Visit) -> Facility:
    parts = tuple(visit.path[name] for name in ("state", "city", "name"))
    found = held.by_path.get(parts)
    if found is not None:
        return found
    known = {"/".join(path): one for path, one in held.by_path.items()}
    near = get_close_matches("/".join(parts), known, n=1, cutoff=0.5)
    nearest = ""
    if near:
        one = known[near[0]]
        nearest = f"{one.latest.label}, {one.latest.where}: {link('facilities_one', one.path)}"
    raise NotFound(
        f"no list of this store has a facility under {'/'.join(parts)!r}",
        nearest=nearest,
        next_step="search the list of facilities: /facilities?release=all",
    )


def _row(found: Facility, one: FacilityList, known: Figures) -> dict[str, Any]:
    """Return what one list says of a facility, or that it does not have it."""
    release_id = one.facts.release_id
    listing = found.listings.get(release_id)
    said = {m: known.of(m, release_id, found.key) for m in (ADP, ALOS, MINIMUM)}
    marks = [mark for f in said[ADP][:1] if (mark := figure_mark(f))]
    if listing and len(listing.places) > 1:
        marks.append(("warning", f"{len(listing.places)} rows of one name"))
    stands_for = known.answering[release_id]
    if listing and stands_for != release_id:
        marks.append(("restated", "published again for the same day"))
    return {
        "release_id": release_id,
        "name": one.facts.name,
        "as_of": one.as_of,
        "published_on": one.facts.published_on,
        "listed": listing is not None,
        "listing": listing,
        "figures": said,
        "shown": {m: texts(of) for m, of in said.items()} if listing else {},
        "marks": marks,
        "corrections": [f.correction for of in said.values() for f in of] if listing else [],
        "repeats": stands_for != release_id,
    }


def _stats(listed: list[dict[str, Any]], release_id: str) -> dict[str, Any]:
    """Return what the list of the latest day says, and the list of the day before it."""
    last = next(row for row in listed if row["release_id"] == release_id)
    days = [
        row for row in listed if row["as_of"] and last["as_of"] and row["as_of"] < last["as_of"]
    ]
    return {"last": last, "before": max(days, key=lambda row: row["as_of"], default=None)}


def _said(
    visit: Visit, found: Facility, last: FacilityList, answer: Answer | None
) -> dict[str, Any]:
    """Return what must be said of its population, and the same question elsewhere."""
    now = asked(visit, found, ADP, period="release", on=last.as_of)
    if answer is None or now is None:
        return {"caveats": (), "citation": "", "explore": "", "lines": ("", "", ""),
                "downloads": []}  # fmt: skip
    question = answer.question
    return {
        "caveats": answer.caveats,
        # a question on a day takes the list before where this edition has none of the day
        "citation": now.citation() if now.releases and last.facts in now.releases else "",
        "explore": f"{link('explore')}?{query(question)}",
        "lines": (command(question), python(question), api(question)),
        "downloads": [(form.upper(), api(question, form)) for form in ("csv", "json", "parquet")],
    }


def _between(visit: Visit, found: Facility, known: Figures) -> list[dict[str, str]]:
    """Return the averages between two lists, the newest first."""
    every = known.rows(visit.session, BETWEEN)
    rows = [row for release_id in known.answering for row in every.get((release_id, found.key), ())]
    return [
        {
            "period": f"{row['period_start'].isoformat()} to {row['period_end'].isoformat()}",
            "value": figure(row["value"], row["unit"]),
            "note": row["note"] or "",
        }
        for row in sorted(rows, key=lambda row: row["period_end"], reverse=True)
    ]


def _refusal(adp: Answer | None, found: Facility, held: Lists) -> OpenLifecycleError | None:
    """Return why there is no picture; the verdicts are at hand before anything is drawn."""
    if adp is None or adp.rows["value"].drop_nulls().is_empty():
        return UsageError("no list prints a population of this facility")
    if adp.verdict.not_drawn:
        return NotCleared(adp.verdict.not_drawn, next_step=adp.verdict.instead)
    label, city, state = found.key
    alike = [key for key in held.facilities if key[0] == label and key != found.key]
    if any((not state and key[1] == city) or not city for key in alike):
        return UsageError(
            "the list prints no state of this facility, and a question by name and city means "
            "another one as well; the numbers of its own rows stand in the table"
        )
    return None


def _source(one: FacilityList) -> dict[str, str]:
    published = one.facts.published_on
    return {
        "name": one.facts.name,
        "address": link("releases_one", {"id": one.facts.release_id}),
        "release_id": one.facts.release_id,
        "detail": f"published {day(published)}" if published else "",
    }


def picture(visit: Visit) -> Raw:
    """Return population through time against the guaranteed minimum, as SVG."""
    held = lists(visit.session)
    found = _found(held, visit)
    look = look_of(visit.one("theme", "light"), visit.one("size", "large"))
    population = asked(visit, found, ADP, period="release")
    refused = _refusal(population, found, held)
    if refused or population is None:
        raise refused or UsageError("no list names this facility with a population")
    between, beds = asked(visit, found, BETWEEN), asked(visit, found, MINIMUM)
    # of an exposed group the average between two lists may be too small where neither list is
    may = between.cleared if between and not between.verdict.not_drawn else None
    drawn = facility_chart(population.cleared, may, beds.cleared if beds else None, look)
    return Raw(drawn, "image/svg+xml")


_PATH: Final = "/facilities/{state}/{city}/{name}"
VIEWS: Final = (
    View("facilities_one", _PATH, "Facility", page, ("as",), pool_of),
    View(
        "facilities_chart", _PATH + "/population.svg", "Population", picture,
        ("as", "theme", "size"), pool_of,
    ),
)  # fmt: skip
