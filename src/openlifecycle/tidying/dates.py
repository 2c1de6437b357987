"""The dates a workbook states, kept apart, and which one each table speaks of and why.

A workbook carries up to five dates that differ by design (facility pull, ATD report, docket
snapshot, transgender as-of, file name). One is used only where its fiscal year agrees with the
fiscal year that the sheet is labelled with; a date that disagrees is a finding, not a guess.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from openlifecycle.reading.labels import a1, fiscal_year_of, normal, us_dates_in
from openlifecycle.reading.workbook import Grid


@dataclass
class StatedDate:
    """One date text of a workbook: where it stands, what it says, what it was used for."""

    kind: str
    day: dt.date | None
    text: str
    sheet: str = ""
    cell: str = ""
    hidden: bool = False
    used_for: list[str] = field(default_factory=list)
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the form that receipts and ``olc releases --json`` print."""
        return {
            "kind": self.kind,
            "date": self.day.isoformat() if self.day else None,
            "text": self.text,
            "sheet": self.sheet,
            "cell": self.cell,
            "hidden": self.hidden,
            "used_for": list(self.used_for),
            "why": self.why,
        }


#: The shortest text that names a date: "as of " and the date.
_SHORTEST = 16
#: Words of which every stated date carries one; a look for them is cheaper than a pattern.
_WORDS = ("as of", "updated through", "ource:", "OURCE:", "eport", "EPORT", "AS OF", "As of")
_DIGIT = re.compile(r"\d[./]|[xX]{2}/")


@lru_cache(maxsize=64)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.DOTALL)


def stated_dates(grid: Grid, family: str, specs: Iterable[Mapping[str, Any]]) -> list[StatedDate]:
    """Return the dates that one sheet states, top to bottom."""
    own = [(s["kind"], _pattern(s["pattern"])) for s in specs if s["family"] == family]
    out: list[StatedDate] = []
    if not own:
        return out
    for r, c, text in grid.texts:
        # A bare date in a list of facilities says of itself, not of the release.
        if len(text) < _SHORTEST or not any(words in text for words in _WORDS):
            continue
        if not _DIGIT.search(text):
            continue
        label = normal(text)
        for kind, pattern in own:
            found = pattern.search(label)
            if found is None:
                continue
            dates = us_dates_in(found.group(1))
            day = dates[0][0] if dates else None
            out.append(StatedDate(kind, day, found.group(1)[:80], grid.name, a1(r, c), grid.hidden))
    return out


def fits(day: dt.date, fiscal_year: int) -> bool:
    """Return whether a date can speak of a fiscal year: within it, or in the October after it."""
    return fiscal_year_of(day) == fiscal_year or (
        fiscal_year_of(day) == fiscal_year + 1 and day.month == 10
    )


#: Which stated dates a table may use, best first. Every list ends in the docket snapshot's own.
_DOCKET = ("docket_snapshot", "detention_title", "updated_through", "atd_report", "facility_pull")
PREFERENCE: Mapping[str, tuple[str, ...]] = {
    "docket": _DOCKET,
    "detention": ("updated_through", *_DOCKET),
    "facility_pull": ("facility_pull", *_DOCKET),
    "atd": ("atd_report", "atd_title", *_DOCKET),
    "court": ("court_title", "court_as_of", "atd_report", *_DOCKET),
    "iclos": ("iclos_through", *_DOCKET),
    "transgender": ("transgender_as_of", *_DOCKET),
    "semiannual": ("semiannual_as_of", "semiannual_through", *_DOCKET),
}


#: Dates of biweekly tables that the Footnotes carry from release to release, sometimes without
#: being renewed (Q5).
_CARRIED = ("docket_snapshot", "updated_through", "iclos_through")
#: A carried date this much older than the newest facility or ATD date was not renewed.
_NOT_RENEWED = dt.timedelta(days=60)


def _not_renewed(stated: StatedDate, fiscal_year: int, dates: Sequence[StatedDate]) -> bool:
    if stated.kind not in _CARRIED or stated.day is None:
        return False
    others = [
        d.day
        for d in dates
        if d.kind in ("facility_pull", "atd_report")
        and d.day is not None
        and fits(d.day, fiscal_year)
        and not d.hidden
    ]
    return bool(others) and max(others) - stated.day > _NOT_RENEWED


@dataclass(frozen=True)
class AsOf:
    """The date that a table speaks of, and why that one."""

    day: dt.date
    kind: str
    why: str


def choose(
    purpose: str, fiscal_year: int, dates: Sequence[StatedDate], *, hidden: bool, sheet: str
) -> AsOf:
    """Return the date that a sheet's tables of one purpose speak of.

    Args:
        purpose: key of PREFERENCE.
        fiscal_year: the fiscal year that the sheet is labelled with.
        dates: every date that the workbook states.
        hidden: the sheet is hidden, so that dates on other hidden sheets are its own.
        sheet: name of the sheet, for the record of what a date was used for.
    """
    skipped: list[str] = []
    for kind in PREFERENCE[purpose]:
        for stated in dates:
            if stated.kind != kind or stated.day is None:
                continue
            # A visible sheet may fall back on a hidden footnote, but only of its own year.
            if stated.hidden and not hidden and not fits(stated.day, fiscal_year):
                continue
            if not fits(stated.day, fiscal_year):
                skipped.append(f"{kind} {stated.day.isoformat()} lies outside FY{fiscal_year}")
                continue
            if _not_renewed(stated, fiscal_year, dates):
                skipped.append(f"{kind} {stated.day.isoformat()} was not renewed")
                continue
            if sheet not in stated.used_for:
                stated.used_for.append(sheet)
            why = f"{kind.replace('_', ' ')} printed in {stated.sheet or 'the file'} {stated.cell}"
            stated.why = stated.why or "fiscal year agrees with the sheet's"
            return AsOf(stated.day, kind, "; ".join([why.strip(), *skipped]))
    end = dt.date(fiscal_year, 9, 30)
    why = "; ".join(["no stated date fits: the last day of the sheet's fiscal year", *skipped])
    return AsOf(end, "fiscal_year_end", why)
