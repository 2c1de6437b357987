"""Facilities: one list, searched, sorted and on a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openlifecycle.api import Answer
from openlifecycle.engine.answer import NOT_MADE
from openlifecycle.errors import NotCleared, OpenLifecycleError, UsageError
from openlifecycle.measures.question import Question
from openlifecycle.publishing import facility_map as maps
from openlifecycle.publishing.chart_look import look_of
from openlifecycle.publishing.map_shapes import HEIGHT, WIDTH, shapes
from openlifecycle.publishing.question_lines import api, command, python, query
from openlifecycle.site import facility
from openlifecycle.site.facility_figures import (
    ADP,
    ALOS,
    MINIMUM,
    Figures,
    figures,
    texts,
)
from openlifecycle.site.facility_lists import (
    FacilityList,
    Key,
    Listing,
    Lists,
    lists,
    path_of,
)
from openlifecycle.site.facility_parts import Inspected, inspected
from openlifecycle.site.facility_words import (
    UNMADE,
    disputed,
    edition_of,
    figure_mark,
    pool_of,
    release_label,
)
from openlifecycle.site.render import day, link
from openlifecycle.site.views import Html, Raw, View, Visit

#: Everybody that any list has, once, as the last list has it.
ALL: Final = "all"
#: More rows than this are shown page by page.
MOST: Final = 400
SORTS: Final = {
    "adp": "population, largest first",
    "name": "name",
    "place": "state, then city",
    "alos": "length of stay, longest first",
    "minimum": "guaranteed minimum, largest first",
    "inspected": "last inspection, oldest first",
}


@dataclass(frozen=True)
class Row:
    """A facility as the list shows it."""

    listing: Listing
    path: dict[str, str]
    adp: float | None
    alos: float | None
    minimum: float | None
    shown: dict[str, str]
    inspected: str
    rating: str
    marks: Sequence[Any]
    lists: int


def page(visit: Visit) -> Html:
    """Return the page."""
    held = lists(visit.session)
    if not held.lists:
        return Html("facilities.html", {"held_lists": held, "rows": None})
    edition, sort = edition_of(visit), _sort(visit)
    known = figures(visit.session, edition)
    release = visit.one("release")
    every = release == ALL
    chosen = held.list_of("" if every else release)
    listings = (
        [one.latest for one in held.facilities.values()] if every else [*chosen.listings.values()]
    )
    words = visit.one("q").casefold().split()
    found = [one for one in listings if _matches(one, words)]
    seen = inspected(visit, known)
    rows = sorted((_row(one, held, known, seen) for one in found), key=_ORDERS[sort])
    first = _first(visit, len(rows))
    return Html(
        "facilities.html",
        {
            "held_lists": held,
            "rows": rows[first : first + MOST],
            "found": len(rows),
            "listed": len(listings),
            "first": first,
            "pages": _pages(visit, len(rows), first),
            "every": every,
            "chosen": chosen,
            "replaced_by": _replaced(held, known, chosen),
            "edition": edition,
            "sort": sort,
            "sorts": SORTS,
            "releases": [(i, release_label(one)) for i, one in reversed(held.lists.items())],
            "latest_only": not release,
            "drawn": None if every else _drawn(visit, chosen, known, {one.key for one in found}),
            "disputed": [] if every else disputed(known, chosen),
            **_said(known.answers[ADP], chosen, edition),
        },
    )


def _matches(listing: Listing, words: Sequence[str]) -> bool:
    """Return whether every word is in what is printed; of one or two letters as a whole word."""
    text = listing.haystack
    whole = set(text.split())
    return all(word in whole if len(word) < 3 else word in text for word in words)


def _sort(visit: Visit) -> str:
    sort = visit.one("sort", "adp")
    if sort not in SORTS:
        raise UsageError(f"the list cannot be sorted by {sort!r}", nearest=", ".join(SORTS))
    return sort


def _down(value: float | None) -> tuple[bool, float]:
    return (value is None, -(value or 0.0))


_ORDERS: Final[dict[str, Callable[[Row], Any]]] = {
    "adp": lambda row: (_down(row.adp), row.listing.key),
    "name": lambda row: row.listing.key,
    "place": lambda row: (row.listing.key[2] or "~", row.listing.key[1], row.listing.key[0]),
    "alos": lambda row: (_down(row.alos), row.listing.key),
    "minimum": lambda row: (_down(row.minimum), row.listing.key),
    "inspected": lambda row: (row.inspected[:1] not in "12", row.inspected, row.listing.key),
}


def _row(
    listing: Listing, held: Lists, known: Figures, seen: Mapping[tuple[str, Key], Inspected]
) -> Row:
    found = held.facilities[listing.key]
    said = {name: known.of(name, listing.release_id, listing.key) for name in (ADP, ALOS, MINIMUM)}
    first = {name: next((f.value for f in of), None) for name, of in said.items()}
    mine = seen.get((known.answering[listing.release_id], listing.key), {}).get("Last", {})
    marks = [mark for f in said[ADP][:1] if (mark := figure_mark(f))]
    if len(listing.places) > 1:
        marks.append(("warning", f"{len(listing.places)} rows"))
    return Row(
        listing,
        found.path,
        first[ADP],
        first[ALOS],
        first[MINIMUM],
        {name: texts(of) for name, of in said.items()},
        mine.get("inspection_date", ""),
        mine.get("inspection_rating", ""),
        marks,
        len(found.listings),
    )


def _first(visit: Visit, total: int) -> int:
    text = visit.one("page", "1")
    number = int(text) if text.isdecimal() and len(text) < 6 else 0
    last = max(1, -(-total // MOST))
    if not 1 <= number <= last:
        raise UsageError(f"there is no page {text!r} of this list", nearest=f"1 to {last}")
    return (number - 1) * MOST


def _pages(visit: Visit, total: int, first: int) -> list[tuple[str, str, bool]]:
    """Return the pages of a long list: what is written, the address, whether it is this one."""
    if total <= MOST:
        return []
    said = {name: values for name, values in visit.words.items() if name != "page"}
    return [
        (f"{at + 1} to {min(at + MOST, total)}", link("facilities", page=at // MOST + 1, **said),
         at == first)
        for at in range(0, total, MOST)
    ]  # fmt: skip


def _replaced(held: Lists, known: Figures, chosen: FacilityList) -> FacilityList | None:
    """Return the release whose numbers stand in this list, where another speaks of its day."""
    said = known.answering[chosen.facts.release_id]
    return None if said == chosen.facts.release_id else held.lists[said]


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


def _map(visit: Visit, chosen: FacilityList, edition: str) -> maps.FacilityMap | OpenLifecycleError:
    """Return where the facilities of a list are drawn, or why they cannot be."""
    try:
        return maps.facility_map(_asked(visit, chosen, edition).cleared)
    except (NotCleared, UsageError) as refused:
        return refused


def _drawn(visit: Visit, chosen: FacilityList, known: Figures, found: set[Key]) -> dict[str, Any]:
    """Return what the page needs to draw the map, or why it cannot be drawn."""
    drawn = known.once(("map", chosen.facts.release_id), lambda: _map(visit, chosen, known.edition))
    if isinstance(drawn, OpenLifecycleError):
        return {"refused": drawn}
    placed = {_key(dot) for dot in drawn.dots} | {_key(one) for one in drawn.unplaced}
    missing = [
        (one.label, one.where, _unseen(known, one), one.key)
        for one in chosen.listings.values()
        if one.key not in placed and not _is_empty(known, one)
    ]
    unplaced = [(o.label, _where(o), o.why, _key(o)) for o in drawn.unplaced] + missing
    return {
        "refused": None,
        "width": WIDTH,
        "height": HEIGHT,
        "land": [shape.path for shape in shapes().values()],
        "insets": maps.insets(),
        "dots": [(dot, path_of(_key(dot)), _key(dot) in found) for dot in drawn.dots],
        "unplaced": [(name, at, why, path_of(key)) for name, at, why, key in unplaced],
        "empty": drawn.empty,
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


def _said(adp: Answer, chosen: FacilityList, edition: str) -> dict[str, Any]:
    """Return what must be said of the list, and the same question elsewhere."""
    question = Question.of(ADP, period="release", on=chosen.as_of, edition=edition)
    facts = chosen.facts
    source = {
        "name": facts.name,
        "address": link("releases_one", {"id": facts.release_id}),
        "release_id": facts.release_id,
        "detail": f"sheet {adp.measure.sheet}, published "
        f"{day(facts.published_on) if facts.published_on else 'on an unknown day'}",
    }
    return {
        "caveats": adp.caveats,
        "sources": [source],
        "explore": f"{link('explore')}?{query(question)}",
        "lines": (command(question), python(question), api(question)),
        "downloads": [
            ("CSV", api(question, "csv")),
            ("JSON", api(question, "json")),
            ("Parquet", api(question, "parquet")),
            ("Map (SVG)", link("facilities_map", release=facts.release_id, as_=edition)),
        ],
    }


def picture(visit: Visit) -> Raw:
    """Return the map as a file."""
    chosen = lists(visit.session).list_of(visit.one("release"))
    asked = _asked(visit, chosen, edition_of(visit))
    title = f"ICE detention facilities as listed on {day(chosen.as_of) if chosen.as_of else '?'}"
    look = look_of(visit.one("theme", "light"))
    return Raw(maps.map_svg(asked.cleared, title, look), "image/svg+xml")


_WORDS: Final = ("q", "release", "sort", "as", "page")
VIEWS: Final = (
    View("facilities", "/facilities", "Facilities", page, _WORDS, pool_of, nav=True),
    View("facilities_map", "/facilities/map.svg", "Map", picture, ("release", "as", "theme")),
    *facility.VIEWS,
)
