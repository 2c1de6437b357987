"""Facilities: one list, searched, sorted and on a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openlifecycle.api import Answer
from openlifecycle.errors import UsageError
from openlifecycle.measures.question import Question
from openlifecycle.publishing.question_lines import api, command, python, query
from openlifecycle.site import facilities_map, facility
from openlifecycle.site.facilities_map import drawn
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
)
from openlifecycle.site.facility_parts import Inspected, inspected
from openlifecycle.site.facility_words import (
    disputed,
    edition_of,
    figure_mark,
    pool_of,
    release_label,
)
from openlifecycle.site.render import day, link
from openlifecycle.site.views import Html, View, Visit

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
            "drawn": None if every else drawn(visit, chosen, known, {one.key for one in found}),
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


_WORDS: Final = ("q", "release", "sort", "as", "page")
VIEWS: Final = (
    View("facilities", "/facilities", "Facilities", page, _WORDS, pool_of, nav=True),
    *facilities_map.VIEWS,
    *facility.VIEWS,
)
