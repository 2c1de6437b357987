"""What reading noticed: refused tables and rows, wrong dates, hidden sheets, relabelled years.

A finding says what stands where; it carries no judgement of intent. Checks that compare tables
or releases are in the room ``oversight``.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from openlifecycle.reading.cells import TableRead
from openlifecycle.reading.labels import a1
from openlifecycle.tidying.account import UNKNOWN_TABLE, SheetAccount
from openlifecycle.tidying.collect import Ahead, Collector
from openlifecycle.tidying.dates import StatedDate, fits
from openlifecycle.tidying.sheets import Sheet, title_year

Finding = dict[str, Any]
#: Facility pull, ATD report and docket snapshot lie within this many days of each other.
_NEAR = 21
_FEW_DAYS = dt.timedelta(days=7)
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


class _SheetFindings:
    """Collects what reading one sheet noticed."""

    def __init__(self, sheet: Sheet, account: SheetAccount, release_id: str, year: int) -> None:
        self.sheet, self.account, self.release_id, self.year = sheet, account, release_id, year
        self.out: list[Finding] = []

    def add(self, check: str, severity: str, what: str, **where: Any) -> None:
        name = self.sheet.grid.name
        self.out.append(finding(check, severity, self.release_id, what, sheet=name, **where))

    def whole_sheet(self) -> None:
        sheet, account = self.sheet, self.account
        if account.refuse_all and sheet.family:
            self.add("sheet_refused", "error", f"the sheet was refused: {account.refuse_all}")
        elif account.refuse_all:
            self.add("sheet_unknown", "warning", f"the sheet was refused: {account.refuse_all}")
        if sheet.same_as:
            what = f"the sheet repeats {sheet.same_as!r} cell for cell"
            self.add("sheet_repeated", "warning", what)
        if sheet.grid.hidden and sheet.family and not account.ignore_all:
            what = "the sheet is hidden; its values answer no question"
            self.add("sheet_hidden", "note", what)

    def years(self) -> None:
        sheet = self.sheet
        for source, year in sheet.other_years.items():
            self.add(
                "fiscal_year_labels",
                "error" if sheet.family != "facilities" else "warning",
                f"the {source} says FY{year}, the {sheet.year_from} says FY{sheet.fiscal_year}",
                printed=year,
                computed=sheet.fiscal_year,
            )
        for anchor in sheet.anchors:
            own, known = title_year(anchor), sheet.fiscal_year or self.year
            repeats = anchor.spec.shape == "sentence" or "quarter" in anchor.groups
            if own is None or own == known or repeats:
                continue
            self.add(
                "fiscal_year_labels",
                "error",
                f"the title says FY{own}, the {sheet.year_from or 'rest of the workbook'} "
                f"says FY{known}",
                cell=a1(anchor.row, anchor.column),
                table=anchor.spec.name,
                printed=own,
                computed=known,
            )

    def tables(self) -> None:
        for read, _ in self.account.tables:
            cell = a1(read.row, read.column)
            table = read.spec.name if read.layout != UNKNOWN_TABLE else ""
            if read.why:
                differs = f"; {'; '.join(read.differs)}" if read.differs else ""
                near = f" (nearest: {read.nearest})" if read.nearest else ""
                check = "table_refused" if read.title or read.row else "table_missing"
                self.add(check, "error", f"{read.why}{near}{differs}", cell=cell, table=table)
            for refusal in read.refusals:
                self.add("row_refused", "warning", f"refused: {refusal}", cell=cell, table=table)
            old = _outdated(read, self.sheet.fiscal_year)
            if old:
                what = f"the labels stand in an order last seen in {old}"
                self.add("old_layout", "warning", what, cell=cell, table=table)

    def attributes(self) -> None:
        """Count the facilities whose type or gender is outside its vocabulary."""
        rows = {id(row.says): row.says for read, _ in self.account.tables for row in read.rows}
        flags = Counter(flag for context in rows.values() for flag in context.get("_flags", ()))
        for flag, count in flags.items():
            if flag.endswith("_not_in_vocabulary"):
                field = flag.removesuffix("_not_in_vocabulary")
                self.add(
                    "attribute_vocabulary",
                    "warning",
                    f"{count} facilities carry a value of {field} outside its vocabulary",
                    table="facilities",
                    printed=count,
                )


def _outdated(read: TableRead, fiscal_year: int | None) -> str:
    """Return when a table's layout was last seen, if that is long before this sheet."""
    layouts = read.spec.layouts
    used = [entry for entry in layouts if read.layout.endswith(f"@{entry.name}")]
    newest = max((entry.last for entry in layouts), default="")
    if not read.captured or not used or used[0].last >= newest:
        return ""
    return used[0].last if (fiscal_year or 0) > int(used[0].last[:4]) + 1 else ""


def reading_findings(
    sheet: Sheet, account: SheetAccount, release_id: str, workbook_year: int
) -> list[Finding]:
    """Return what reading one sheet noticed, in the order: sheet, years, tables, attributes."""
    found = _SheetFindings(sheet, account, release_id, workbook_year)
    found.whole_sheet()
    found.years()
    found.tables()
    found.attributes()
    return found.out


def ahead_findings(collector: Collector, release_id: str) -> list[Finding]:
    """Return a finding for each table that prints values for a period that had not begun.

    A few days are common (tables are run a day or two after the stated date): a note. More
    means that a date, a fiscal year or a heading is wrong: an error.
    """
    tables: dict[tuple[str, str], list[Ahead]] = {}
    for value in collector.ahead:
        tables.setdefault((value.table["sheet"], value.table["table"]), []).append(value)
    out = []
    for (sheet, table), values in tables.items():
        as_of = values[0].table["as_of"]
        far = max(value.start for value in values) - as_of > _FEW_DAYS
        out.append(
            finding(
                "value_ahead_of_as_of",
                "error" if far else "note",
                release_id,
                f"{len(values)} values speak of a period that begins after {as_of}",
                sheet=sheet,
                cell=a1(values[0].row, values[0].column),
                table=table,
                printed=len(values),
            )
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
