"""What reading noticed: refused tables and rows, wrong dates, hidden sheets, relabelled years.

A finding says what stands where; it carries no judgement of intent. Checks that compare tables
or releases are in the room ``oversight``.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from openlifecycle.reading.labels import a1
from openlifecycle.reading.layouts import Series
from openlifecycle.tidying.account import SheetAccount
from openlifecycle.tidying.dates import StatedDate, fits
from openlifecycle.tidying.sheets import Sheet, title_year

Finding = dict[str, Any]
#: Facility pull, ATD report and docket snapshot lie within this many days of each other.
_NEAR = 21
_COMPARED = ("facility_pull", "atd_report", "docket_snapshot")


def finding(
    check: str,
    severity: str,
    release_id: str,
    what: str,
    *,
    sheet: str = "",
    cell: str = "",
    table: str = "",
    printed: Any = None,
    computed: Any = None,
) -> Finding:
    """Return one finding in the form that receipts, checks and pages share."""
    return {
        "check": check,
        "severity": severity,
        "release_id": release_id,
        "sheet": sheet,
        "cell": cell,
        "table": table,
        "what": what,
        "printed": printed,
        "computed": computed,
    }


def reading_findings(
    sheet: Sheet, series: Series, account: SheetAccount, release_id: str, workbook_year: int
) -> list[Finding]:
    """Return what reading one sheet noticed."""
    name, out = sheet.grid.name, []

    def add(check: str, severity: str, what: str, **where: Any) -> None:
        out.append(finding(check, severity, release_id, what, sheet=name, **where))

    if account.refuse_all and sheet.family:
        add("sheet_refused", "error", f"the sheet was refused: {account.refuse_all}")
    elif account.refuse_all:
        add("sheet_unknown", "warning", f"the sheet was refused: {account.refuse_all}")
    if sheet.same_as:
        add("sheet_repeated", "warning", f"the sheet repeats {sheet.same_as!r} cell for cell")
    if sheet.grid.hidden and sheet.family and not account.ignore_all:
        add("sheet_hidden", "note", "the sheet is hidden; its values answer no question")
    for source, year in sheet.other_years.items():
        add(
            "fiscal_year_labels",
            "error" if sheet.family != "facilities" else "warning",
            f"the {source} says FY{year}, the {sheet.year_from} says FY{sheet.fiscal_year}",
            printed=year,
            computed=sheet.fiscal_year,
        )
    for anchor in sheet.anchors:
        own, known = title_year(anchor), sheet.fiscal_year or workbook_year
        if own is None or own == known or anchor.spec.shape == "sentence":
            continue
        if "quarter" in anchor.groups:
            continue
        source = sheet.year_from or "rest of the workbook"
        add(
            "fiscal_year_labels",
            "error",
            f"the title says FY{own}, the {source} says FY{known}",
            cell=a1(anchor.row, anchor.column),
            table=anchor.spec.name,
            printed=own,
            computed=known,
        )
    for read, _ in account.tables:
        cell = a1(read.row, read.column)
        table = read.spec.name if read.layout != "(unknown table)" else ""
        if read.why:
            differs = f"; {'; '.join(read.differs)}" if read.differs else ""
            near = f" (nearest: {read.nearest})" if read.nearest else ""
            check = "table_refused" if read.title or read.row else "table_missing"
            add(check, "error", f"{read.why}{near}{differs}", cell=cell, table=table)
        for refusal in read.refusals:
            add("row_refused", "warning", f"refused: {refusal}", cell=cell, table=table)
        used = [entry for entry in read.spec.layouts if read.layout.endswith(f"@{entry.name}")]
        newest = max((entry.last for entry in read.spec.layouts), default="")
        if read.captured and used and used[0].last < newest:
            account_year = sheet.fiscal_year or 0
            if account_year > int(used[0].last[:4]) + 1:
                add(
                    "old_layout",
                    "warning",
                    f"the labels stand in an order last seen in {used[0].last}",
                    cell=cell,
                    table=table,
                )
    flags = Counter(
        (flag, cell.by_row.get("facility_label", ""))
        for read, _ in account.tables
        for cell in read.cells
        for flag in cell.by_row.get("_flags", ())
        if flag.endswith("_not_in_vocabulary")
    )
    for flag, count in Counter(flag for flag, _ in flags).items():
        field = flag.removesuffix("_not_in_vocabulary")
        add(
            "attribute_vocabulary",
            "warning",
            f"{count} facilities carry a value of {field} that is not in its vocabulary",
            table="facilities",
            printed=count,
        )
    return out


def date_findings(
    dates: Sequence[StatedDate],
    release_id: str,
    fiscal_year: int,
    published: dt.date | None,
    years: Mapping[str, int | None],
) -> list[Finding]:
    """Return the stated dates that cannot be right, or that lie far from the others.

    Args:
        dates: what the workbook states.
        release_id: the release.
        fiscal_year: the fiscal year that the release reports.
        published: when it was published.
        years: fiscal year of each sheet; a frozen sheet of a prior year states that year's dates.
    """
    out = []
    visible = [d for d in dates if not d.hidden and years.get(d.sheet) in (None, fiscal_year)]
    for stated in visible:
        where = {"sheet": stated.sheet, "cell": stated.cell, "printed": stated.text}
        if stated.kind == "file_name":
            if stated.day is not None:
                what = f"the file name says {stated.day.isoformat()}; {stated.why}"
                out.append(finding("date_file_name", "note", release_id, what, **where))
            continue
        if stated.day is None:
            what = f"the {stated.kind.replace('_', ' ')} date is not a date: {stated.text!r}"
            out.append(finding("date_unreadable", "warning", release_id, what, **where))
        elif stated.kind in _COMPARED and not fits(stated.day, fiscal_year):
            what = f"{stated.kind.replace('_', ' ')} lies outside FY{fiscal_year}"
            out.append(finding("date_wrong_year", "error", release_id, what, **where))
        elif published is not None and stated.day > published and stated.kind != "modified":
            what = f"{stated.kind.replace('_', ' ')} lies after publication ({published})"
            out.append(finding("date_after_publication", "warning", release_id, what, **where))
    latest = {
        kind: max((d.day for d in visible if d.kind == kind and d.day is not None), default=None)
        for kind in _COMPARED
    }
    days = [day for day in latest.values() if day is not None]
    if days:
        newest = max(days)
        for kind, day in latest.items():
            if day is not None and (newest - day).days > _NEAR:
                what = (
                    f"the {kind.replace('_', ' ')} date is {(newest - day).days} days older than "
                    f"the newest date of the release ({newest})"
                )
                out.append(
                    finding("date_stale", "warning", release_id, what, printed=day.isoformat())
                )
    return out
