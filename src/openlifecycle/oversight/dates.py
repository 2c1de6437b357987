"""The dates that a workbook states: in the right year, not in the future, not months apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from openlifecycle.oversight.finding import ERROR, NOTE, WARNING, Issue
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

#: Dates of a pull or report: a release prints them within weeks of its publication.
_PULLS: Final = ("facility_pull", "atd_report", "atd_title", "transgender_as_of", "docket_snapshot")
#: Footnotes are often left as they were (Q5): stale ones are worth a warning only.
_FOOTNOTES: Final = ("docket_snapshot", "updated_through", "removals_through")
_LATE_DAYS: Final = 60
#: A date this near to a whole year before the release names the wrong year.
_YEAR_OFF: Final = 75


def _stated(release: Release) -> list[tuple[dict[str, Any], dt.date | None]]:
    """Return the dates stated on visible sheets, parsed."""
    return [
        (stated, dt.date.fromisoformat(stated["date"]) if stated.get("date") else None)
        for stated in release.dates
        if not stated.get("hidden") and stated.get("sheet")
    ]


def _reference(release: Release) -> dt.date:
    """Return the day that the release's dates should lie shortly before: its publication.

    A workbook published again long after its fiscal year had closed (year-end files) speaks of
    the last day that it states itself.
    """
    if release.published_on is None:
        return release.as_of
    closed = dt.date(release.fiscal_year, 9, 30)
    if (release.published_on - closed).days <= _LATE_DAYS:
        return release.published_on
    pulls = [day for s, day in _stated(release) if day and s["kind"] in _PULLS]
    return max((day for day in pulls if day <= release.published_on), default=release.published_on)


def _issue(
    stated: dict[str, Any], what: str, computed: object, severity: str | None = None
) -> Issue:
    return Issue(
        what=what, table="", sheet=stated["sheet"], cell=stated["cell"],
        printed=stated["text"], computed=str(computed), severity=severity,
    )  # fmt: skip


def _own_year(stated: dict[str, Any], release: Release) -> bool:
    """Return whether the sheet is not a frozen one of an earlier year (ATD EOFY23)."""
    rows = release.printed.filter(pl.col("sheet") == stated["sheet"])
    newest = rows["fiscal_year"].max()
    return (
        not isinstance(newest, int) or newest >= release.fiscal_year or not _has_twin(release, rows)
    )


def _has_twin(release: Release, rows: pl.DataFrame) -> bool:
    """Return whether the same tables stand on a sheet of the release's own year too."""
    current = release.printed.filter(pl.col("fiscal_year") >= release.fiscal_year)
    return rows["table"].is_in(current["table"].unique().implode()).any()


@check(
    "date_wrong_year", "dates",
    "A date printed in a release is not about a whole year before its publication.",
    "workbook_layouts 9 (E26's kind), methods Q7", ERROR,
)  # fmt: skip
def date_wrong_year(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each stated date that fits the release with another year."""
    published = _reference(release)
    for stated, day in _stated(release):
        if day is None or stated["kind"] not in _PULLS:
            continue
        late = (published - day).days
        if 365 - 10 <= late <= 365 + _YEAR_OFF and _own_year(stated, release):
            severity = WARNING if stated["kind"] in _FOOTNOTES else ERROR
            leap_day = (day.month, day.day) == (2, 29)
            likely = published if leap_day else day.replace(year=day.year + 1)
            yield _issue(
                stated,
                f"{stated['kind'].replace('_', ' ')} says {stated['text']} in a release of "
                f"{published}: most likely {likely}",
                likely,
                severity,
            )


@check(
    "date_months_old", "dates",
    "The pulls and reports of a release are at most 60 days older than its publication.",
    "workbook_layouts 9 (E5, E12's kind)", ERROR,
)  # fmt: skip
def date_months_old(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each stated date months before the release."""
    published = _reference(release)
    for stated, day in _stated(release):
        if day is None or stated["kind"] not in _PULLS:
            continue
        late = (published - day).days
        wrong_year = 365 - 10 <= late <= 365 + _YEAR_OFF
        if late > _LATE_DAYS and not wrong_year and _own_year(stated, release):
            yield _issue(
                stated,
                f"{stated['kind'].replace('_', ' ')} says {stated['text']}, {late} days before "
                f"the release of {published}",
                published,
                WARNING if stated["kind"] in _FOOTNOTES else ERROR,
            )


@check(
    "date_in_future", "dates",
    "No stated date lies after the publication of the release.",
    "workbook_layouts 9 (E26's kind)", ERROR,
)  # fmt: skip
def date_in_future(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each stated date after publication (where that is known)."""
    if release.published_on is None:
        return
    for stated, day in _stated(release):
        if day is not None and day > release.published_on + dt.timedelta(days=1):
            yield _issue(
                stated,
                f"{stated['kind'].replace('_', ' ')} says {stated['text']}, after the release of "
                f"{release.published_on}",
                release.published_on,
            )


@check(
    "date_placeholder", "dates",
    "No date was left to be filled in (XX/XX/XXXX).",
    "workbook_layouts 9 (E12's kind)", WARNING,
)  # fmt: skip
def date_placeholder(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each date text that is no date."""
    for stated, day in _stated(release):
        if day is None and "x" in str(stated["text"]).lower():
            yield _issue(stated, f"{stated['kind'].replace('_', ' ')} says {stated['text']}", "")


@check(
    "dates_disagree", "dates",
    "The report date under an ATD table and the date in its title are at most 14 days apart.",
    "workbook_layouts 9 (E18's kind)", WARNING,
)  # fmt: skip
def dates_disagree(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each ATD sheet whose two dates are weeks apart."""
    stated = _stated(release)
    for title, day in stated:
        if title["kind"] != "atd_title" or day is None:
            continue
        reports = [
            d for s, d in stated if s["kind"] == "atd_report" and s["sheet"] == title["sheet"] and d
        ]
        if reports and min(abs((d - day).days) for d in reports) > 14:
            yield _issue(
                title, f"the title says as of {title['text']}, the report below {max(reports)}",
                max(reports),
            )  # fmt: skip


def _inspections(release: Release) -> pl.DataFrame | None:
    """Return the inspection dates of the facility list."""
    frame = release.table("facilities")
    if frame is None:
        return None
    return frame.filter(pl.col("measure") == "inspection_date").with_columns(
        day=pl.col("value_text").str.to_date("%Y-%m-%d", strict=False)
    )


@check(
    "inspection_after_as_of", "dates",
    "No facility was inspected after the day as of which the list stands.",
    "workbook_layouts 9 (E26's kind)", ERROR,
)  # fmt: skip
def inspection_after_as_of(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each inspection dated after the as-of date of its table.

    An inspection within a fortnight after it may have been entered when the file was made ready
    for publication: a note.
    """
    dated = _inspections(release)
    if dated is None:
        return
    last = pl.max_horizontal("as_of", pl.lit(release.as_of))
    for row in dated.filter(pl.col("day") > last).to_dicts():
        late = (row["day"] - max(row["as_of"], release.as_of)).days
        yield Issue(
            what=f"{row['facility_label']} has its {row['inspection'].lower()} inspection on "
            f"{row['day']}, {late} days after the as-of date {row['as_of']}",
            table="facilities", sheet=row["sheet"], cell=row["cell"],
            printed=str(row["day"]), computed=str(row["as_of"]),
            severity=NOTE if late <= 14 else ERROR,
        )  # fmt: skip


@check(
    "inspection_twice", "dates",
    "Two inspections of a facility are more than three days apart.",
    "workbook_layouts 9 (E27's kind)", WARNING,
)  # fmt: skip
def inspection_twice(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each facility whose last and second-to-last inspection nearly coincide."""
    dated = _inspections(release)
    if dated is None:
        return
    pairs = (
        dated.filter(pl.col("day").is_not_null())
        .sort("day")
        .group_by("sheet", "row", maintain_order=True)
        .agg(
            label=pl.col("facility_label").first(), cell=pl.col("cell").last(),
            first=pl.col("day").first(), last=pl.col("day").last(), n=pl.len(),
        )
        .filter((pl.col("n") == 2) & ((pl.col("last") - pl.col("first")).dt.total_days() <= 3))
    )  # fmt: skip
    for row in pairs.to_dicts():
        yield Issue(
            what=f"{row['label']} has inspections on {row['first']} and {row['last']}: most likely "
            "one inspection entered twice",
            table="facilities", sheet=row["sheet"], cell=row["cell"],
            printed=str(row["last"]), computed=str(row["first"]),
        )  # fmt: skip
