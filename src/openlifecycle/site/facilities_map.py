"""The map of the facilities of one list, on the page and as a picture."""

from __future__ import annotations

from typing import Any, Final

from openlifecycle.api import Answer
from openlifecycle.engine.answer import NOT_MADE
from openlifecycle.errors import NotCleared, OpenLifecycleError, UsageError
from openlifecycle.publishing import facility_map as maps
from openlifecycle.publishing.chart_look import look_of
from openlifecycle.publishing.map_shapes import HEIGHT, WIDTH, shapes
from openlifecycle.site.facility_figures import ADP, Figures, figures
from openlifecycle.site.facility_lists import FacilityList, Key, Listing, lists, path_of
from openlifecycle.site.facility_words import UNMADE, edition_of, pool_of
from openlifecycle.site.render import day
from openlifecycle.site.views import Raw, View, Visit


def _asked(visit: Visit, chosen: FacilityList, edition: str) -> Answer:
    """Return the populations of a list that may be drawn: what is too small is left out."""
    words: dict[str, Any] = {
        "by": ["facility_label", "facility_zip"],
        "period": "release",
        "on": chosen.as_of,
        "edition": edition,
    }
    answer = visit.session.ask(ADP, **words)
    if not answer.verdict.not_drawn:
        return answer
    small = set(answer.rows.filter(answer.rows["value"].is_null())["facility_label"])
    names = [name for name in answer.rows["facility_label"].unique() if name not in small]
    return visit.session.ask(ADP, where={"facility_label": sorted(names)}, **words)


def _map(
    visit: Visit, chosen: FacilityList, known: Figures
) -> maps.FacilityMap | OpenLifecycleError:
    """Return where the facilities of a list are drawn, or why they cannot be."""
    answer = _asked(visit, chosen, known.edition)
    # a question on a day takes the list before where there is none of the day
    if set(answer.rows["release_id"]) != {known.answering[chosen.facts.release_id]}:
        return UsageError(f"the {known.edition} edition has no population of this list")
    try:
        return maps.facility_map(answer.cleared)
    except (NotCleared, UsageError) as refused:
        return refused


def drawn(visit: Visit, chosen: FacilityList, known: Figures, found: set[Key]) -> dict[str, Any]:
    """Return what the page needs to draw the map, or why it cannot be drawn."""
    made = known.once(("map", chosen.facts.release_id), lambda: _map(visit, chosen, known))
    if isinstance(made, OpenLifecycleError):
        return {"refused": made}
    placed = {_key(dot) for dot in made.dots} | {_key(one) for one in made.unplaced}
    missing = [
        (one.label, one.where, _unseen(known, one), one.key)
        for one in chosen.listings.values()
        if one.key not in placed and not _is_empty(known, one)
    ]
    unplaced = [(o.label, _where(o), o.why, _key(o)) for o in made.unplaced] + missing
    return {
        "refused": None,
        "width": WIDTH,
        "height": HEIGHT,
        "land": [shape.path for shape in shapes().values()],
        "insets": maps.insets(),
        "dots": [(dot, path_of(_key(dot)), _key(dot) in found) for dot in made.dots],
        "unplaced": [(name, at, why, path_of(key)) for name, at, why, key in unplaced],
        "empty": made.empty,
        "sizes": [(size, maps.radius_of(size)) for size in maps.LEGEND],
    }


def _is_empty(known: Figures, one: Listing) -> bool:
    """Return whether a list prints an average of 0 of a facility."""
    return any(figure.value == 0 for figure in known.of(ADP, one.release_id, one.key))


def _unseen(known: Figures, one: Listing) -> str:
    """Return why a facility of a list has no number that could be drawn."""
    figures = known.of(ADP, one.release_id, one.key)
    if any(NOT_MADE in figure.note for figure in figures):
        return UNMADE
    return "no population is printed of it in this list"


def _key(one: maps.Dot | maps.Unplaced) -> Key:
    return (one.label.upper(), one.city.upper(), one.state.upper())


def _where(one: maps.Unplaced) -> str:
    return ", ".join(part for part in (one.city, one.state) if part)


def picture(visit: Visit) -> Raw:
    """Return the map as a file."""
    edition = edition_of(visit)
    chosen = lists(visit.session).list_of(visit.one("release"))
    made = _map(visit, chosen, figures(visit.session, edition))
    if isinstance(made, OpenLifecycleError):
        raise made
    title = f"ICE detention facilities as listed on {day(chosen.as_of) if chosen.as_of else '?'}"
    cleared = _asked(visit, chosen, edition).cleared
    look = look_of(visit.one("theme", "light"))
    return Raw(maps.map_svg(cleared, title, look), "image/svg+xml")


VIEWS: Final = (
    View(
        "facilities_map", "/facilities/map.svg", "Map", picture,
        ("release", "as", "theme"), pool_of,
    ),
)  # fmt: skip
