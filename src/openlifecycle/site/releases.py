"""Releases: what was published when, and where the rhythm that the law asks for was not kept."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from markupsafe import Markup, escape

from openlifecycle.publishing.rhythm import Gap, Year, gaps, rhythm_picture, years
from openlifecycle.site import releases_changes, releases_one
from openlifecycle.site.releases_words import anchor, day, names, published
from openlifecycle.site.views import Html, Raw, View, Visit

#: The measures that follow the same rule, with the words that make them count to today.
_MEASURES: Final = ("days_between_releases", "half_months_without_release")


def page(visit: Visit) -> Html:
    """Return the list of releases with its gaps, the newest first."""
    every = visit.session.catalogue()
    rows, records = published(every), [row for row in every if row.get("kind") == "records"]
    wanted = visit.one("fiscal-year")
    known_years = sorted({row["fiscal_year"] for row in rows if row["fiscal_year"]}, reverse=True)
    shown = [row for row in rows if not wanted or str(row["fiscal_year"]) == wanted]
    days, until = _days(rows), visit.today
    held = {row["published_on"]: row for row in rows if row["published_on"]}
    found, by_year = gaps(days, until), years(days, until)
    questions = [visit.session.measures()[name] for name in _MEASURES]
    return Html(
        "releases.html",
        {
            "count": len(rows),
            "latest": rows[-1] if rows else None,
            "since": (until - days[-1]).days if days else None,
            "releases": [_row(row, rows) for row in reversed(shown)],
            "wanted": wanted,
            "fiscal_years": known_years,
            "collections": [_collection(one, records) for one in visit.session.collections()],
            "years": [_year(one) for one in reversed(by_year)],
            "gaps": [_gap(one, held) for one in reversed(found)],
            "missed": sum(len(one.missed) for one in by_year),
            "over": sum(len(one.halves) for one in by_year),
            "height": 45 + 28 * len(by_year),
            "caveats": list(dict.fromkeys(c.text for m in questions for c in m.caveats)),
            "rule": questions[1].defined_by,
            "until": until,
        },
    )


def picture(visit: Visit) -> Raw:
    """Return the picture of the rhythm."""
    rows = published(visit.session.catalogue())
    dark = visit.one("theme") == "dark"
    return Raw(rhythm_picture(_days(rows), visit.today, dark=dark), "image/svg+xml")


def _days(rows: list[dict[str, Any]]) -> list[date]:
    """Return the days of publication, each once."""
    return sorted({date.fromisoformat(row["published_on"]) for row in rows if row["published_on"]})


def _row(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    earlier = [one for one in rows[: rows.index(row)] if one["published_on"]]
    since = ""
    if earlier and row["published_on"]:
        last = date.fromisoformat(earlier[-1]["published_on"])
        since = str((date.fromisoformat(row["published_on"]) - last).days)
    follows = row.get("follows")
    return {
        "published": day(row["published_on"]) if row["published_on"] else "not known",
        "name": anchor(row["release_id"], names(row)),
        "as_of": day(row["as_of"]) if row["as_of"] else "",
        "fiscal_year": f"FY{row['fiscal_year']}",
        "since": since,
        "state": _state(row.get("status", "")),
        "follows": Markup("{} ({})").format(
            anchor(follows, follows.partition("@")[2]), row["follows_why"]
        )
        if follows
        else "",
        "_class": "restated" if follows else "",
    }


def _state(status: str) -> Markup | str:
    """Return whether every table landed."""
    if status == "in_part":
        return Markup('<span class="badge badge-warning">in part</span>')
    return escape(status)


def _collection(one: dict[str, Any], records: list[dict[str, Any]]) -> dict[str, Any]:
    known = {row["release_id"]: row for row in records}
    listed = [known.get(release["release_id"], release) for release in one["releases"]]
    rows = [
        {
            "series": row["series"],
            "name": anchor(row["release_id"], names(row)),
            "rows": f"{row['rows']:,}",
            "form": row["form"],
            "follows": row.get("follows", ""),
        }
        for row in listed
    ]
    synthetic = any("SYNTHETIC" in name for row in listed for name in row["names"])
    return one | {"rows": rows, "synthetic": synthetic}


def _year(one: Year) -> dict[str, Any]:
    listed = Markup(", ").join(
        Markup('<span class="whole">{}</span>').format(
            f"{half.first:%b} {half.first.day}-{half.last.day}"
        )
        for half in one.missed
    )
    return {
        "year": f"FY{one.fiscal_year}",
        "public": str(len(one.public)),
        "over": str(len(one.halves)),
        "missed": str(len(one.missed)),
        "which": listed or "none",
    }


def _gap(one: Gap, held: dict[str, dict[str, Any]]) -> dict[str, Any]:
    def end(when: date | None) -> Markup | str:
        if when is None:
            return Markup('<span class="badge badge-stale">none held since</span>')
        return anchor(held[when.isoformat()]["release_id"], day(when))

    return {
        "after": end(one.after),
        "until": end(one.until),
        "days": str(one.days),
        "missed": str(len(one.missed)),
    }


VIEWS: Final = (
    View("releases", "/releases", "Releases", page, ("fiscal-year",), nav=True),
    View("releases_rhythm", "/releases/rhythm.svg", "Rhythm of releases", picture, ("theme",)),
    *releases_changes.VIEWS,
    *releases_one.VIEWS,
)
