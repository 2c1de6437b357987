"""One table's cells into the collector: measure, period and dates of each."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.reading.cells import RowRead, TableRead
from openlifecycle.reading.labels import MONTHS, a1, fiscal_month, month_end, normal
from openlifecycle.reading.layouts import Series
from openlifecycle.reading.lookups import Context
from openlifecycle.tidying.account import SheetAccount
from openlifecycle.tidying.collect import Collector, TableCells
from openlifecycle.tidying.dates import StatedDate, choose
from openlifecycle.tidying.periods import Period, period_of
from openlifecycle.tidying.sheets import Sheet, one_year

#: From this month on the publisher counts final book-outs where it counted final releases (E13).
BOOK_OUTS_SINCE = dt.date(2023, 10, 1)
_BOOK_OUTS = {
    "bond_final_releases": "bond_final_book_outs",
    "bond_posted_releases": "bond_posted_book_outs",
}


def collect_table(
    read: TableRead,
    sheet: Sheet,
    series: Series,
    dates: list[StatedDate],
    workbook_year: int,
    collector: Collector,
    account: SheetAccount,
) -> int:
    """Take the cells of a captured table; return how many became observations."""
    spec, grid = read.spec, sheet.grid
    year = _table_year(read, sheet, workbook_year)
    if read.groups.get("through"):
        _court_title(read, year, dates, grid.name)
    as_of = choose(spec.as_of, year, dates, hidden=grid.hidden, sheet=grid.name)
    table = _table_context(read, sheet, series)
    table |= {"as_of": as_of.day}
    hints = {**_said_by_table(read), **read.groups}
    closed = "interval" if spec.as_of == "semiannual" else "fiscal_year_to_date"

    def period(by_row: Context, by_column: Context) -> Period:
        said = {**hints, **by_row, **by_column}
        return period_of(said, fiscal_year=year, as_of=as_of.day, closed=closed)

    if spec.shape == "sentence":
        value = float(read.groups["value"].replace(",", ""))
        place = (read.rows[0].row, read.columns[0].column)
        collector.add_value(place, table, period({}, {}), value)
        account.captured.add(place)
        return 1

    def refuse(row: int, column: int, why: str) -> None:
        read.refused.append((row, column))
        read.refusals.append(f"{a1(row, column)}: {why}")

    rows = _by_concept(read, period) if spec.name == "bond" else read.rows
    taken = collector.add_table(
        TableCells(grid, rows, read.columns, table, period, str(spec.options.get("zero", ""))),
        refuse,
    )
    account.captured.update(taken)
    account.structural.update(read.structural)
    return len(taken)


def _by_concept(read: TableRead, period: Callable[[Context, Context], Period]) -> list[RowRead]:
    """Return bond rows in which months that count book-outs say so.

    One row of the bond table counts releases up to September 2023 and book-outs from October on
    (workbook_layouts, section 7.1).
    """
    out = []
    for row in read.rows:
        concept = row.says.get("_concept", "releases")
        since = dt.date.min if concept == "book_outs" else BOOK_OUTS_SINCE
        later = [c for c in read.columns if period(row.says, c.says).start >= since]
        if concept == "releases" or not later:
            out.append(row)
            continue
        earlier = [c for c in read.columns if c not in later]
        out.append(RowRead(row.row, row.says, earlier))
        says = {**row.says, "measure": _BOOK_OUTS[row.says["measure"]]}
        out.append(RowRead(row.row, says, later))
    return out


def _table_year(read: TableRead, sheet: Sheet, workbook_year: int) -> int:
    """Return the fiscal year of a table: its own title's, else the sheet's, else the workbook's."""
    if "fiscal_year" in read.groups:
        digits = int(read.groups["fiscal_year"].removeprefix("fy"))
        return digits + 2000 if digits < 100 else digits
    for anchor in sheet.anchors:
        if anchor.row == read.row and anchor.column == read.column:
            own = title_year_of(anchor.text, read)
            if own is not None:
                return own
    return sheet.fiscal_year or workbook_year


def title_year_of(text: str, read: TableRead) -> int | None:
    """Return the fiscal year of a title; tables whose labels carry their own years have none."""
    if "quarter" in read.groups or "month_name" in read.groups:
        return None
    own = ("_fiscal_year", "_month_start")
    says = [part.says for part in read.rows[:1]] + [part.says for part in read.columns[:1]]
    if any(hint in said for said in says for hint in own):
        return None
    return one_year(text)


def _said_by_table(read: TableRead) -> Context:
    """Return what the table says of every cell, by its title where titles differ in meaning."""
    said = dict(read.spec.context)
    for variant in read.spec.options.get("variants", ()):
        if re.fullmatch(variant["title"], normal(read.title)):
            said |= variant["context"]
    return said


def _table_context(read: TableRead, sheet: Sheet, series: Series) -> Context:
    spec = read.spec
    said = _said_by_table(read)
    context: dict[str, Any] = {k: v for k, v in said.items() if not k.startswith("_")}
    for phrase, measure in (spec.options.get("concept") or {}).items():
        if phrase in normal(read.title):
            context["measure"] = measure
    for group, text in read.groups.items():
        if group in DIMENSIONS:
            context |= series.matcher(group)(text) or {}
    context |= {
        "table": spec.name,
        "sheet": sheet.grid.name,
        "hidden": sheet.grid.hidden,
        "layout": read.layout,
    }
    return context


def _court_title(read: TableRead, year: int, dates: list[StatedDate], sheet: str) -> None:
    """Add the month that a court-appearance title says the count runs through."""
    words = normal(read.groups["through"]).split()
    if "end" in words:
        day = dt.date(year, 9, 30)
    else:
        months = [MONTHS[w] for w in words if w in MONTHS]
        if not months:
            return
        day = month_end(fiscal_month(year, months[0]))
    if any(d.kind == "court_title" and d.day == day for d in dates):
        return
    dates.append(StatedDate("court_title", day, read.title[:80], sheet, a1(read.row, read.column)))
