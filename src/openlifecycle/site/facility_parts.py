"""Parts of the page of a facility that are asked for alone: who, segregation, inspections."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from openlifecycle.api import Answer
from openlifecycle.errors import UnknownDimension
from openlifecycle.site.facility_figures import INSPECTIONS, Figures
from openlifecycle.site.facility_lists import Facility, FacilityList, Key, Lists
from openlifecycle.site.facility_words import edition_of
from openlifecycle.site.render import figure
from openlifecycle.site.views import Visit

#: How the list splits a facility's population: measure, dimensions, what it is called.
_SPLITS: Final = (
    ("facility_adp", ("sex", "criminality"), "By sex and criminality"),
    ("facility_adp_by_threat_level", ("threat_level",), "By ICE threat level"),
    ("facility_adp_by_classification", ("classification_level",), "By classification level"),
    ("facility_adp_mandatory", (), "Under mandatory detention"),
)
_ITEMS: Final = ("inspection_type", "inspection_standard", "inspection_rating", "inspection_date")
SEGREGATION: Final = "segregation_placements"

#: What one list prints of one facility's inspections: by which it is, by item.
Inspected = dict[str, dict[str, str]]


def asked(visit: Visit, found: Facility, measure: str, **words: Any) -> Answer | None:
    """Return an answer about one facility, None where the measure never names it."""
    latest = found.latest
    parts = (("label", latest.label), ("city", latest.city), ("state", latest.state))
    where = {f"facility_{name}": value for name, value in parts if value}
    try:
        return visit.session.ask(measure, where=where, edition=edition_of(visit), **words)
    except UnknownDimension:
        return None


def composition(
    visit: Visit, found: Facility, last: FacilityList, known: Figures
) -> list[dict[str, Any]]:
    """Return who was held, as the last list with the facility splits them."""
    tables = []
    said = known.answering[last.facts.release_id]
    for measure, split, title in _SPLITS:
        by = ("facility_label", *split)
        answered = known.rows(visit.session, measure, by=by, period="release", on=last.as_of)
        rows = [
            {
                "who": " ".join(_word(d, row[d]) for d in split) or "Mandatory",
                "value": figure(row["value"], row["unit"]),
            }
            for row in answered.get((said, found.key), ())
        ]
        if rows:
            tables.append({"title": title, "rows": rows})
    return tables


def _word(dimension: str, value: str) -> str:
    if dimension == "threat_level":
        return "No threat level" if value == "None" else f"Level {value}"
    return f"Level {value}" if dimension == "classification_level" else value


def segregation(visit: Visit, found: Facility, held: Lists, known: Figures) -> dict[str, Any]:
    """Return the placements in segregation by month; that table gives a name and nothing else."""
    name = found.key[0]
    answered = known.rows(visit.session, SEGREGATION, by="facility_label")
    rows = [row for (_, key), of in answered.items() if key[0] == name for row in of]
    return {
        "rows": [
            {
                "month": f"{row['period_start']:%Y-%m}",
                "value": figure(row["value"], row["unit"]),
                "note": f"{row['note'] or ''} {row['correction_id'] or ''}".strip(),
                "cell": f"{row['sheet']} {row['cell']}",
            }
            for row in sorted(rows, key=lambda row: row["period_start"], reverse=True)
        ],
        "others": [
            one for key, one in held.facilities.items() if key[0] == name and key != found.key
        ],
        "caveats": [one.text for one in visit.session.measures()[SEGREGATION].caveats],
    }


def inspected(visit: Visit, known: Figures) -> Mapping[tuple[str, Key], Inspected]:
    """Return what each list prints of inspections, by release and facility."""

    def make() -> dict[tuple[str, Key], Inspected]:
        found: dict[tuple[str, Key], Inspected] = {}
        answer = visit.session.ask(INSPECTIONS, edition=known.edition)
        names = ("release_id", "facility_label", "facility_city", "facility_state",
                 "inspection", "item", "value_text")  # fmt: skip
        # a row each for kind and item: a frame of the few columns goes through Python quickest
        for release_id, label, city, state, kind, item, text in answer.rows.select(names).rows():
            key = (label.upper(), (city or "").upper(), (state or "").upper())
            of = found.setdefault((release_id, key), {})
            of.setdefault(kind, {})[item] = text or ""
        return found

    return known.once(INSPECTIONS, make)


def inspections(visit: Visit, found: Facility, held: Lists, known: Figures) -> dict[str, Any]:
    """Return the inspections of the last list that prints any, and each that was ever the last."""
    every = inspected(visit, known)
    in_time = sorted(held.lists, key=lambda i: held.lists[i].as_of or date.min)
    by_list = {i: every[i, found.key] for i in in_time if (i, found.key) in every}
    if not by_list:
        return {"last": [], "history": [], "list": None}
    seen: dict[tuple[str, ...], dict[str, Any]] = {}
    for release_id, kinds in by_list.items():
        if said := kinds.get("Last"):
            what = tuple(said.get(item, "") for item in _ITEMS)
            first = {"first": held.lists[release_id]}
            one = seen.setdefault(what, _inspection("Last", said) | first)
            one["last"] = held.lists[release_id]
    last = next(reversed(by_list))
    return {
        "last": [_inspection(kind, said) for kind, said in sorted(by_list[last].items())],
        "history": list(reversed(seen.values())),
        "list": held.lists[last],
    }


def _inspection(kind: str, said: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {item.removeprefix("inspection_"): said.get(item, "") for item in _ITEMS}
    pending = said.get("inspection_pending", "")
    return row | {"kind": kind, "pending": pending}
