"""Which family a sheet belongs to, which fiscal year it is labelled with, and which it repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from openlifecycle.reading.anchors import Anchor, find_anchors
from openlifecycle.reading.labels import fiscal_year_in, normal, us_dates_in
from openlifecycle.reading.layouts import Series
from openlifecycle.reading.workbook import Grid

_TITLE_ROWS = 12
#: Families whose own title names the fiscal year; the others follow the workbook.
YEARED = ("detention", "facilities", "atd")
_LABELLED = (*YEARED, "transgender")


@dataclass
class Sheet:
    """One sheet: its grid, family, titles found and fiscal year."""

    grid: Grid
    family: str
    anchors: list[Anchor] = field(default_factory=list)
    fiscal_year: int | None = None
    year_from: str = ""
    other_years: dict[str, int] = field(default_factory=dict)
    same_as: str = ""
    rival: str = ""


def family_of(grid: Grid, series: Series) -> str:
    """Return the family of a sheet by its name, else by the titles on it; empty when unknown."""
    name = normal(grid.name)
    for family, spec in series.families.items():
        if any(name.startswith(known) for known in spec["names"]):
            return family
        if spec.get("infix") and spec["infix"] in name:
            return family
    for family in series.families:
        if find_anchors(grid, series.of_family(family)):
            return family
    return ""


def one_year(text: str) -> int | None:
    """Return the fiscal year of a title that names just one (``FY2018 - FY2023`` names two)."""
    first = fiscal_year_in(text)
    if first is None or " - ytd" in normal(text):
        return None
    rest = text[text.upper().find("FY") + 2 :]
    return first if fiscal_year_in(rest) in (None, first) else None


def title_year(anchor: Anchor) -> int | None:
    """Return the fiscal year that a table's own title names, None when it names none or two.

    Court appearance of a whole year stands in the next year's sheet for some months, by right.
    """
    whole_year = {"september", "end"} & set(normal(anchor.text).split())
    return None if anchor.spec.as_of == "court" and whole_year else one_year(anchor.text)


def label_years(sheet: Sheet, series: Series) -> None:
    """Set the fiscal year of a sheet from its labels, and keep every label that disagrees."""
    grid, title = sheet.grid, series.families[sheet.family]["title"]
    found: dict[str, int] = {}
    for r, _, text in grid.texts:
        if r >= _TITLE_ROWS:
            break
        year = one_year(text)
        if year is not None and title and title in normal(text) and not us_dates_in(text):
            found.setdefault("sheet title", year)
        elif year is not None and sheet.family == "facilities" and "alos" in normal(text):
            found.setdefault("column heading", year)
        elif year is not None and sheet.family == "facilities":
            found.setdefault("sheet subtitle", year)
    own = Counter(y for a in sheet.anchors if (y := title_year(a)) is not None)
    if own:
        found["table titles"] = own.most_common(1)[0][0]
    name_year = fiscal_year_in(grid.name)
    if name_year is not None:
        found["sheet name"] = name_year
    order = ["column heading", "sheet title", "table titles", "sheet subtitle", "sheet name"]
    for source in order:
        if source in found:
            sheet.fiscal_year, sheet.year_from = found[source], source
            break
    sheet.other_years = {k: v for k, v in found.items() if v != sheet.fiscal_year}


def classify(grids: Sequence[Grid], series: Series) -> list[Sheet]:
    """Return the sheets with families, titles and fiscal years; rivals of one year are named."""
    sheets = []
    for grid in grids:
        family = family_of(grid, series)
        sheet = Sheet(grid, family)
        if family:
            sheet.anchors = find_anchors(grid, series.of_family(family))
            if family in _LABELLED:
                label_years(sheet, series)
        sheets.append(sheet)
    seen: dict[tuple[str, int | None], Sheet] = {}
    for sheet in sheets:
        if not sheet.family or sheet.grid.hidden or "text_only" in series.families[sheet.family]:
            continue
        key = (sheet.family, sheet.fiscal_year)
        first = seen.setdefault(key, sheet)
        if first is sheet:
            continue
        if first.grid.rows == sheet.grid.rows:
            sheet.same_as = first.grid.name
        else:
            sheet.rival, first.rival = first.grid.name, sheet.grid.name
    return sheets


def workbook_year(sheets: Sequence[Sheet]) -> int | None:
    """Return the fiscal year of a workbook: the latest that most of its visible sheets name."""
    years = Counter(
        s.fiscal_year
        for s in sheets
        if s.family in YEARED and not s.grid.hidden and s.fiscal_year is not None
    )
    if not years:
        return None
    most = max(years.values())
    return max(year for year, count in years.items() if count == most)
