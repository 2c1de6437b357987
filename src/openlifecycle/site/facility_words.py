"""Words that the list of facilities and the page of one share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from openlifecycle.errors import UsageError
from openlifecycle.serving.limits import PUBLISHED, RELEASES
from openlifecycle.site.facility_figures import EDITIONS, Figure, Figures, at_hand
from openlifecycle.site.facility_lists import FacilityList
from openlifecycle.site.render import link
from openlifecycle.site.views import Visit
from openlifecycle.tidying.corrections_file import load

#: What is said of a number, and how it is marked.
_MARKS: Final = {"disputed": "warning", "corrected": "corrected", "remarked": "note"}


#: Why a population is not shown (disclosure/exposed.py).
UNMADE: Final = (
    "its number is not made: it, or a printed number behind it, is below 5 and about an exposed "
    "group (families)"
)


def edition_of(visit: Visit) -> str:
    """Return the edition that is asked for, or raise UsageError."""
    edition = visit.one("as", EDITIONS[0])
    if edition not in EDITIONS:
        raise UsageError(f"there is no edition {edition!r}", nearest=", ".join(EDITIONS))
    return edition


def release_label(one: FacilityList) -> str:
    """Return a list in the words of a choice."""
    when = f"as of {one.as_of.isoformat()}" if one.as_of else "of an unknown day"
    return f"{when}: {len(one.listings):,} facilities ({one.facts.name})"


def figure_mark(figure: Figure) -> tuple[str, str] | None:
    """Return the badge of a number that a known publisher's error touches."""
    for word, kind in _MARKS.items():
        if word in figure.note:
            return kind, f"{word} {figure.correction}".strip()
    return None


def disputed(known: Figures, chosen: FacilityList) -> list[tuple[str, str, str]]:
    """Return the known errors that touch a list: id, title, address."""
    said = known.answering[chosen.facts.release_id]
    return errors(
        figure.correction
        for of in known.known.values()
        for key in chosen.listings
        for figure in of.get((said, key), ())
    )


def errors(ids: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return known publisher's errors by id: id, title, address."""
    found = {one for one in ids if one}
    page = link("methods_corrections")
    return [(one.id, one.title, f"{page}#{one.id}") for one in load() if one.id in found]


def pool_of(visit: Visit) -> str:
    """Return who works on a page: reading all lists of a store is work on whole releases."""
    return PUBLISHED if at_hand(visit.session, visit.one("as", EDITIONS[0])) else RELEASES
