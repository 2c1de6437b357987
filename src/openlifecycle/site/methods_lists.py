"""What else is declared: checks, known publisher's errors, caveats, and the passports of series."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from openlifecycle.measures.declaration import Caveat
from openlifecycle.measures.registry import measures
from openlifecycle.model.passport import read_passport, series_folders
from openlifecycle.oversight import families
from openlifecycle.oversight.registry import CHECKS, Check
from openlifecycle.site.methods_measure import anchor
from openlifecycle.site.views import Html, View, Visit
from openlifecycle.tidying.corrections_file import Correction, Place, load


def _known_checks() -> dict[str, Check]:
    """Return the checks; their modules add them to the list when they are loaded."""
    families.load()
    return CHECKS


def checks_count() -> int:
    """Return how many checks there are."""
    return len(_known_checks())


def corrections_count() -> int:
    """Return how many publisher's errors are recorded."""
    return len(load())


@cache
def caveats() -> dict[str, tuple[Caveat, tuple[str, ...]]]:
    """Return each caveat that a measure carries, with the names of those measures."""
    found: dict[str, tuple[Caveat, tuple[str, ...]]] = {}
    for measure in measures().values():
        for one in measure.caveats:
            names = found[one.text][1] if one.text in found else ()
            found[one.text] = (one, (*names, measure.name))
    return found


def checks(_visit: Visit) -> Html:
    """Return every check by family."""
    found = _known_checks().values()
    by_family: dict[str, list[dict[str, str]]] = {}
    for one in found:
        by_family.setdefault(one.family, []).append(
            {"id": one.id, "severity": one.severity, "text": one.text, "source": one.source}
        )
    return Html("methods_checks.html", {"families": by_family, "count": len(found)})


def corrections(visit: Visit) -> Html:
    """Return the known publisher's errors: what, where, why, and what is done about each."""
    held = {
        row["sha256"][:12]: row["release_id"]
        for row in visit.session.catalogue()
        if row.get("kind") != "records"
    }
    return Html("methods_corrections.html", {"found": [_correction(one, held) for one in load()]})


def _correction(one: Correction, held: dict[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "kind": one.kind,
        "what": one.what,
        "why": one.why,
        "status": one.status,
        "reported_to": one.reported_to,
        "scope": one.scope,
        "places": [_place(place, held) for place in one.where],
    }


def _place(one: Place, held: dict[str, str]) -> dict[str, Any]:
    from openlifecycle.site.releases_words import anchor as release

    cells = "all cells" if one.cells == ("all",) else ", ".join(one.cells)
    said = ", ".join(f"{name} {value}" for name, value in one.arguments.items())
    known = held.get(one.release)
    return {
        "file": release(known, one.file) if known else one.file,
        "sheet": one.sheet,
        "tables": ", ".join(one.tables),
        "cells": cells,
        "action": one.action.replace("_", " ") + (f": {said}" if said else ""),
        "held": "yes" if known else "no",
    }


def caveats_page(_visit: Visit) -> Html:
    """Return every caveat with the measures that carry it."""
    rows = [
        {"one": one, "measures": [anchor(name) for name in names]}
        for one, names in caveats().values()
    ]
    return Html("methods_caveats.html", {"rows": rows})


@cache
def passports() -> tuple[dict[str, Any], ...]:
    """Return the passport of each series."""
    folder = Path(str(resources.files("openlifecycle.sources")))
    return tuple(read_passport(one) for one in series_folders(folder))


def sources(_visit: Visit) -> Html:
    """Return the passports: who publishes what, under what law, how often, and what is missing."""
    return Html("methods_sources.html", {"passports": passports()})


VIEWS: Final = (
    View("methods_checks", "/methods/checks", "Checks", checks),
    View("methods_corrections", "/methods/corrections", "Publisher's errors", corrections),
    View("methods_caveats", "/methods/caveats", "Caveats", caveats_page),
    View("methods_sources", "/methods/sources", "Sources", sources),
)
