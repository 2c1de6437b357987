"""A release's bytes to observations, with the receipt for every cell.

The one public verb of the room is ``read_release``. It refuses a workbook in which no known
series is recognised; everything else it reads, table by table, and says what it did not read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from openlifecycle.errors import UnknownSeries
from openlifecycle.model.observation import BOTH
from openlifecycle.reading.cycles import no_cycle_search
from openlifecycle.reading.layouts import Series
from openlifecycle.reading.workbook import Workbook, open_workbook
from openlifecycle.tidying import corrections
from openlifecycle.tidying.account import SheetAccount, total
from openlifecycle.tidying.collect import Collector
from openlifecycle.tidying.dates import StatedDate, choose, stated_dates
from openlifecycle.tidying.findings import (
    Finding,
    ahead_findings,
    date_findings,
    reading_findings,
)
from openlifecycle.tidying.published import published_on
from openlifecycle.tidying.reads import read_sheet, unknown_tables
from openlifecycle.tidying.series import known_series
from openlifecycle.tidying.sheets import Sheet, classify, workbook_year
from openlifecycle.tidying.statuses import mark_blanked
from openlifecycle.tidying.values import collect_table

#: A workbook is of a series when it carries at least this many titled tables of it.
_ENOUGH_TABLES = 3


@dataclass(frozen=True)
class Tidied:
    """What reading one release gave.

    Attributes:
        series: the published series, e.g. ``us_ice.detention_statistics``.
        observations: core__observation, columns and order of ``model.observation.SCHEMA``.
        receipt: the account of every cell, per sheet and table.
        dates: every stated date with what it was used for and why.
        findings: what reading noticed: refused tables and rows, wrong dates, hidden sheets.
        fiscal_year: the fiscal year that the release reports.
        as_of: the day that its population speaks of.
        published_on: the day it was published, None when nothing says so.
        published_why: why that day.
    """

    series: str
    observations: pl.DataFrame
    receipt: dict[str, Any]
    dates: list[dict[str, Any]]
    findings: list[Finding]
    fiscal_year: int
    as_of: dt.date
    published_on: dt.date | None
    published_why: str


def recognise(book: Workbook) -> tuple[Series, list[Sheet]]:
    """Return the series that a workbook's content belongs to, and its sheets.

    Raises:
        UnknownSeries: no known series has enough of its tables in the workbook.
    """
    best: tuple[int, Series, list[Sheet]] | None = None
    for series in known_series():
        sheets = classify(book.grids, series)
        tables = {a.spec.name for s in sheets for a in s.anchors}
        tables |= {s.family for s in sheets if s.family == "facilities"}
        if best is None or len(tables) > best[0]:
            best = (len(tables), series, sheets)
    if best is None or best[0] < _ENOUGH_TABLES:
        names = ", ".join(grid.name.strip() for grid in book.grids[:8])
        raise UnknownSeries(
            "the content belongs to no published series that OpenLifecycle knows",
            where=f"sheets: {names}",
            nearest=f"{best[1].name} ({best[0]} of its tables found)" if best else "",
            next_step="check that this is the file you meant; to add a series see CONTRIBUTING.md",
        )
    return best[1], best[2]


def _all_dates(sheets: Sequence[Sheet], series: Series) -> list[StatedDate]:
    dates = [d for s in sheets for d in stated_dates(s.grid, s.family, series.dates)]
    through = [d for d in dates if d.kind == "updated_through" and not d.hidden]
    if len(through) > 1:
        # The footnotes say it for the detention tables, and again below for Semiannual.
        last = through[-1].day
        for stated in through[1:]:
            if stated.day == last:
                stated.kind = "semiannual_through"
    return dates


def read_release(data: bytes, *, names: Sequence[str] = (), release_id: str = "") -> Tidied:
    """Return the observations of one release and the account of every cell.

    Args:
        data: the bytes of the release as received.
        names: names the bytes were seen under; used only for the publication date.
        release_id: id of the release; derived from the bytes when empty.

    Raises:
        RefusedInput: the bytes are no safe workbook, or no series is recognised in them.
    """
    with no_cycle_search():
        return _read_release(data, names, release_id)


def _read_release(data: bytes, names: Sequence[str], release_id: str) -> Tidied:
    digest = hashlib.sha256(data).hexdigest()
    book = open_workbook(data)
    series, sheets = recognise(book)
    release_id = release_id or f"{series.name}@{digest[:12]}"
    dates = _all_dates(sheets, series)
    year = workbook_year(sheets) or _year_of(dates)
    collector = Collector()
    accounts: list[SheetAccount] = []
    findings: list[Finding] = []
    for sheet in sheets:
        account = SheetAccount(sheet.grid, sheet.family, sheet.fiscal_year)
        accounts.append(account)
        for read in read_sheet(sheet, series, account):
            count = 0
            if read.captured:
                count = collect_table(read, sheet, series, dates, year, collector, account)
            account.tables.append((read, count))
        account.tables += [(read, 0) for read in unknown_tables(sheet, series, account)]
        findings += reading_findings(sheet, account, release_id, year)
    main = choose("docket", year, dates, hidden=False, sheet="(release)")
    mark_blanked(collector, fiscal_year=year)
    frame = collector.frame(
        {
            "release_id": release_id,
            "series": series.name,
            "edition": BOTH,
            "correction_id": "",
            "rule_version": series.rule_version,
        }
    )
    frame, problems = corrections.apply(frame, release_id, digest)
    stated = [d.day for d in dates if d.day is not None and d.used_for and not d.hidden]
    published, why, lies = published_on(names, stated or [main.day], book.facts.modified)
    dates += _file_dates(names, published, book, lies)
    years = {s.grid.name: s.fiscal_year for s in sheets}
    findings += ahead_findings(collector, release_id)
    findings += date_findings(dates, release_id, year, published, years)
    receipts = [account.as_dict() for account in accounts]
    return Tidied(
        series=series.name,
        observations=frame,
        receipt={"release_id": release_id, "sheets": receipts, "totals": total(receipts)},
        dates=[d.as_dict() for d in dates],
        findings=findings + problems,
        fiscal_year=year,
        as_of=main.day,
        published_on=published,
        published_why=why,
    )


def _year_of(dates: Sequence[StatedDate]) -> int:
    """Return the fiscal year that most stated dates lie in, for a workbook without labels."""
    years = Counter(d.day.year + (d.day.month >= 10) for d in dates if d.day is not None)
    if not years:
        raise UnknownSeries(
            "the workbook names no fiscal year and no date anywhere",
            next_step="its tables cannot be placed in time; ask the publisher which period it is",
        )
    return years.most_common(1)[0][0]


def _file_dates(
    names: Sequence[str],
    published: dt.date | None,
    book: Workbook,
    lies: Sequence[tuple[str, dt.date]],
) -> list[StatedDate]:
    """Return the dates of the container: names and last save."""
    wrong = dict(lies)
    out = []
    for name in names:
        why = "no date like it stands inside the workbook" if name in wrong else ""
        out.append(StatedDate("file_name", wrong.get(name), name, why=why))
    modified = book.facts.modified
    if modified is not None:
        used = ["published_on"] if published == modified.date() else []
        out.append(StatedDate("modified", modified.date(), modified.isoformat(), used_for=used))
    return out
