"""Now: the state of custody in one screen, as the latest release printed it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from markupsafe import Markup

from openlifecycle.engine.schedule import half_months
from openlifecycle.measures.question import Question
from openlifecycle.publishing.numbers import period_word, shown
from openlifecycle.serving.limits import RELEASES
from openlifecycle.site import now_figures as told
from openlifecycle.site.holdings import holdings
from openlifecycle.site.now_figures import POPULATION, TOTAL, Point
from openlifecycle.site.render import day, words
from openlifecycle.site.views import Html, Raw, View, Visit

_SINCE: Final[tuple[told.Asked, ...]] = (
    ("Booked into detention", "book_ins", {}, "release"),
    ("after an arrest by ICE", "book_ins", {"arresting_agency": "ICE"}, "release"),
    ("after an arrest by CBP", "book_ins", {"arresting_agency": "CBP"}, "release"),
    ("Left detention", "final_book_outs", {}, "release"),
    ("to be removed", "final_book_outs", {"release_reason": "Release to Remove"}, "release"),
    ("on bond", "final_book_outs", {"release_reason": "Bonded Out"}, "release"),
    ("Removed or returned", "removals", {}, "release"),
)
_AVERAGES: Final[tuple[told.Asked, ...]] = (
    ("Held on an average day, fiscal year so far", "adp", {}, "release"),
    ("Held on an average day, latest month", "adp", {}, "month"),
    ("Average stay of people who left, fiscal year so far", "alos", {}, "release"),
    ("Average stay of people who left, latest month", "alos", {}, "month"),
    ("Followed under Alternatives to Detention", "atd_participants", {}, "snapshot"),
    ("of these by a phone app (SmartLINK)", "atd_participants", {"technology": "SmartLINK"},
     "snapshot"),
)  # fmt: skip
#: As the publisher prints them, with what they mean.
_GROUPS: Final = (
    ("Convicted Criminal", "convicted of a crime"),
    ("Pending Criminal Charges", "charged, not convicted"),
    ("Other Immigration Violator", "neither convicted nor charged"),
    (TOTAL, ""),
)
_AGENCIES: Final = ("ICE", "CBP", TOTAL)
#: Values by criminality and arresting agency.
_Split = dict[tuple[str, str], Point]
#: From 1 to 2 is a change of 100 % and says nothing.
_NOT_SMALL: Final = 100
#: How many restatements and findings fit one screen; the rest is one step away.
_MOST: Final = 6
#: How many pairs of releases are looked at for one that restated something.
_PAIRS: Final = 3


def page(visit: Visit) -> Html:
    """Return the page; without published figures, one that says so."""
    facts = holdings(visit.session)
    compared = told.held(visit.session) if facts.latest else None
    if not facts.latest or not compared or not compared[0].now:
        return Html("empty.html", {})
    since, year = compared
    now = compared[0].now
    cells = _split(visit, now.end)
    return Html(
        "now.html",
        {
            "latest": facts.latest,
            "now": now,
            "since": since,
            "year": year,
            "groups": _groups(cells, _split(visit, year.then.end) if year.then else {}, now),
            "drawn": _drawn(cells, now),
            "flows": told.figures(visit.session, _SINCE),
            "averages": told.figures(visit.session, _AVERAGES),
            "difference": told.difference,
            "age": (visit.today - now.end).days,
            "is_old": facts.is_old(visit.today),
            "due": _due(visit),
            "restated": _restated(visit),
            "findings": _findings(visit),
            "caveats": _caveats(visit, now),
            "through_time": told.explore(_through_time()),
        },
    )


def chart(visit: Visit) -> Raw:
    """Return the people held by arresting agency through time, as a picture."""
    answer = visit.session.answer(_through_time())
    body = answer.image("svg", visit.one("theme", "light"), visit.one("size", "large"))
    return Raw(body, "image/svg+xml")


def _through_time() -> Question:
    return Question.of(POPULATION, by="arresting_agency")


def _drawn(cells: _Split, now: Point) -> str:
    """Return the picture in words, for who does not see it."""
    ends = [
        f"{found.value:,.0f} arrested by {agency}"
        for agency in _AGENCIES
        if agency != TOTAL and (found := cells.get((TOTAL, agency)))
    ]
    return (
        "People held through time, a line for each arresting agency; the last points are "
        f"{' and '.join(ends) or 'not printed'} on {day(now.end)}. The link below leads to "
        "every number."
    )


def _groups(cells: _Split, before: _Split, now: Point) -> list[dict[str, Any]]:
    """Return the people held by criminality, a column for each arresting agency."""
    everyone = cells.get((TOTAL, TOTAL))
    rows = []
    for group, meaning in _GROUPS:
        every = cells.get((group, TOTAL))
        name = Markup('{}<span class="detail">{}</span>').format(group, meaning)
        row: dict[str, Any] = {agency: _cell(cells, group, agency, now) for agency in _AGENCIES}
        row |= {
            "group": name if meaning else group,
            "share": shown(every.value / everyone.value, "fraction") if every and everyone else "",
            "year": told.difference(before.get((group, TOTAL)), every) or "not printed",
            "_class": "total" if group == TOTAL else "",
        }
        rows.append(row)
    return rows


def _split(visit: Visit, on: date) -> _Split:
    by = ("criminality", "arresting_agency")
    answer = visit.session.ask(POPULATION, by=by, on=on, totals=True)
    return {
        (str(row["criminality"]), str(row["arresting_agency"])): told.point(row)
        for row in answer.rows.iter_rows(named=True)
        if row["value"] is not None
    }


def _cell(cells: _Split, group: str, agency: str, now: Point) -> Markup | str:
    """Return a number, with the same question to Explore."""
    found = cells.get((group, agency))
    if found is None:
        return "not printed"
    said = {"criminality": group, "arresting_agency": agency}
    where = {name: value for name, value in said.items() if value != TOTAL}
    question = Question.of(POPULATION, where=where, on=now.end)
    return Markup('<a href="{}" title="{}">{}</a>').format(
        told.explore(question), found.source, shown(found.value, found.unit)
    )


def _due(visit: Visit) -> dict[str, Any] | None:
    """Return by when the next release was or is due, and how many half months went without."""
    public = sorted({r.published_on for r in visit.session.releases() if r.published_on})
    if not public:
        return None
    last = public[-1]
    # two half months from the last publication on: the one that it is in, and the next
    halves = half_months([last], last + timedelta(days=50))
    missed = [half for half in half_months([last], visit.today) if not half.public]
    return {"last": last, "by": halves[1].last, "missed": len(missed)}


def _restated(visit: Visit) -> list[dict[str, Any]]:
    """Return what the latest release printed otherwise than the one before.

    Where that is nothing (a new fiscal year speaks of few old periods), the pair before it
    follows, so that a reader sees what restating looks like.
    """
    releases, found = visit.session.releases(), []
    pairs = list(zip(releases, releases[1:], strict=False))
    for before, after in reversed(pairs[-_PAIRS:]):
        changed = visit.session.changes(before.release_id, after.release_id)
        rows = changed.of_kind("restated")
        both = rows.height + changed.of_kind("same").height
        large = [row for row in rows.iter_rows(named=True) if (row["before"] or 0) >= _NOT_SMALL]
        found.append(
            {"before": before, "after": after, "count": rows.height, "compared": both,
             "rows": [_restatement(row) for row in large[:_MOST]]}
        )  # fmt: skip
        if rows.height:
            break
    return found


def _restatement(row: dict[str, Any]) -> dict[str, Any]:
    from openlifecycle.model.dimensions import DIMENSIONS

    kept = [str(row[name]) for name in DIMENSIONS if row.get(name) and row[name] != TOTAL]
    period = period_word(row["period_kind"], row["period_start"], row["period_end"], None)
    return {
        "what": Markup('{}<span class="detail">{}</span>').format(
            ", ".join((words(row["measure"]), *kept)), period
        ),
        "before": shown(row["before"], row["unit"]),
        "after": shown(row["after"], row["unit"]),
        "share": f"{row['share']:+.1%}".replace("%", " %").replace("-", "\N{MINUS SIGN}"),
    }


def _findings(visit: Visit) -> dict[str, Any]:
    """Return what checks find in the latest release, the gravest first."""
    releases = visit.session.releases()
    rows = visit.session.findings(releases[-1].release_id).rows
    grave = [row for row in rows.iter_rows(named=True) if row["severity"] != "note"]
    names = {one.release_id: one.name for one in releases}
    for row in grave:
        for release_id, name in names.items():
            row["what"] = row["what"].replace(release_id, name)
    return {
        "shown": grave[:_MOST],
        "errors": sum(row["severity"] == "error" for row in grave),
        "warnings": sum(row["severity"] == "warning" for row in grave),
        "count": rows.height,
    }


def _caveats(visit: Visit, now: Point) -> list[str]:
    asked = [
        visit.session.ask(POPULATION, by=("criminality", "arresting_agency"), on=now.end),
        *(visit.session.ask(name, period="release") for name in ("book_ins", "removals", "alos")),
        visit.session.ask("atd_participants"),
    ]
    return list(dict.fromkeys(text for answer in asked for text in answer.caveats))


VIEWS: Final = (
    View("now", "/", "Now", page, pool=RELEASES, nav=True),
    View("now_chart", "/now.svg", "People held by arresting agency", chart, ("theme", "size")),
)
