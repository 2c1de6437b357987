"""Tables that say a new date and print old numbers, and sheets of another year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from openlifecycle.oversight.finding import ERROR, NOTE, WARNING, Issue
from openlifecycle.oversight.history import History, by_year, digest_of
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

#: Tables that change from one pull to the next; the others are monthly, quarterly or static.
_FAST: Final = (
    "detained_by_disposition", "detained_by_criminality", "book_ins_by_agency_month",
    "book_ins_by_facility_type", "releases_by_facility_type", "releases_by_reason",
    "releases_by_reason_month", "adp_by_agency_month", "alos_by_agency_month",
    "adp_by_facility_type_month", "alos_by_facility_type_month", "alos_adult_by_agency_month",
    "facilities", "atd_status", "atd_technology", "atd_by_aor_technology",
)  # fmt: skip
_SLOW: Final = ("transgender", "segregation_by_facility", "bond", "iclos", "iclos_detainees")
#: A stated date moved, or the same date came again much later.
_MOVED_DAYS: Final = 5
_LATE_DAYS: Final = 20
#: Fewer numbers than this may be equal by chance.
_LEAST: Final = 6


@check(
    "table_repeated", "staleness",
    "A table does not repeat every number of an earlier release under another date or 20 days "
    "later (an error where it changes with every pull, a warning where it changes monthly).",
    "workbook_layouts 9 (E8, E12's kind)", ERROR,
)  # fmt: skip
def table_repeated(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each table of the workbook's own year equal to an earlier one."""
    for name in (*_FAST, *_SLOW):
        for year, rows in by_year(release, name).items():
            if rows.height < _LEAST or (
                year < release.fiscal_year and len(by_year(release, name)) > 1
            ):
                continue
            digest = digest_of(release, rows)
            known = [d for y in (year, year - 1) for d in history.digests.get((name, y), ())]
            same = [d for d in known if d.digest == digest.digest and d.numbers == digest.numbers]
            if not same:
                continue
            first = same[0]
            moved = abs((digest.as_of - first.as_of).days) >= _MOVED_DAYS
            later = (digest.published - first.published).days
            if not moved and later < _LATE_DAYS:
                continue
            yield Issue(
                what=f"all {rows.height} numbers of {name} equal {first.release_id}, published "
                f"{later} days earlier as of {first.as_of}; here they are as of {digest.as_of}",
                table=name, sheet=rows["sheet"][0], cell=rows["cell"][0],
                printed=str(digest.as_of), computed=str(first.as_of),
                severity=ERROR if name in _FAST else WARNING,
            )  # fmt: skip


@check(
    "sheet_of_another_year", "staleness",
    "A sheet speaks of the workbook's own fiscal year, unless a second sheet does.",
    "workbook_layouts 9 (E2, E5, E7's kind)", ERROR,
)  # fmt: skip
def sheet_of_another_year(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue a sheet whose tables all speak of another fiscal year."""
    seen: set[str] = set()
    for name in (*_FAST, "transgender"):
        years = by_year(release, name)
        if not years or release.fiscal_year in years:
            continue
        for year, rows in years.items():
            sheet = str(rows["sheet"][0])
            if sheet in seen:
                continue
            seen.add(sheet)
            yield Issue(
                what=f"sheet {sheet!r} speaks of fiscal year {year} in a workbook of fiscal year "
                f"{release.fiscal_year}",
                table=name, sheet=sheet, cell=rows["cell"][0],
                printed=year, computed=release.fiscal_year,
                severity=ERROR if name in _FAST else WARNING,
            )  # fmt: skip


@check(
    "hidden_sheet", "staleness",
    "No hidden sheet holds tables that a visible sheet of the workbook holds too (Q3).",
    "methods Q3, Q4", NOTE,
)  # fmt: skip
def hidden_sheet(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue a hidden sheet with numbers."""
    hidden = release.printed.filter(release.printed["hidden"])
    for rows in hidden.partition_by("sheet", maintain_order=True):
        yield Issue(
            what=f"hidden sheet {rows['sheet'][0]!r} holds {rows.height} values of fiscal year "
            f"{rows['fiscal_year'].max()!r}; a reader that takes the first matching sheet takes it",
            table=str(rows["table"][0]), sheet=rows["sheet"][0], cell=rows["cell"][0],
            printed=rows.height,
        )  # fmt: skip
