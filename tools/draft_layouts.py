"""Drafts layouts.yml from workbooks: every order of labels seen, with the first and last as-of day.

A layout is a human decision: read the draft against the workbooks before committing it. Rows
that are lists (facilities, countries) have no order to draft.

    python tools/draft_layouts.py WORKBOOK... > draft.yml
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from openlifecycle.reading.workbook import open_workbook
from openlifecycle.tidying.account import SheetAccount
from openlifecycle.tidying.dates import choose
from openlifecycle.tidying.reads import read_sheet
from openlifecycle.tidying.sheets import workbook_year
from openlifecycle.tidying.tidy import _all_dates, recognise

MONTHS = ("Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep")
CRIMINALITY = ("Convicted Criminal", "Pending Criminal Charges", "Other Immigration Violator")
BANDS = ("0-180 Days", "181-365 Days", "366-730 Days", "More than 730 Days", "Total")
MACROS = {"months": MONTHS, "criminality": CRIMINALITY, "bands": BANDS}
Structure = tuple[tuple[str, ...], tuple[str, ...]]


def _quoted(label: str) -> str:
    return "'" + label.replace("'", "''") + "'"


def _folded(labels: tuple[str, ...]) -> list[str]:
    """Return labels with runs that a macro names folded into it."""
    out: list[str] = []
    i = 0
    while i < len(labels):
        for name, macro in MACROS.items():
            if labels[i : i + len(macro)] == macro:
                out.append(f"${name}")
                i += len(macro)
                break
        else:
            out.append(_quoted(labels[i]))
            i += 1
    return out


def _blocks(rows: tuple[str, ...]) -> str:
    """Return rows as YAML, blocks of one inner order written once."""
    groups: list[tuple[str, tuple[str, ...]]] = []
    for row in rows:
        outer, _, inner = row.partition("/")
        if inner and "/" not in rows[0] and groups and groups[-1][0] == outer:
            groups[-1] = (outer, (*groups[-1][1], inner))
        elif inner:
            return "[" + ", ".join(_folded(rows)) + "]"
        else:
            groups.append((row, ()))
    parts: list[str] = []
    i = 0
    while i < len(groups):
        own = groups[i][1]
        same = [outer for outer, other in groups[i:] if other == own]
        run = 0
        while i + run < len(groups) and groups[i + run][1] == own:
            run += 1
        if own:
            outers = ", ".join(_quoted(outer) for outer in same[:run])
            parts.append(f"{{outer: [{outers}], inner: [{', '.join(_folded(own))}]}}")
        else:
            parts += _folded(tuple(same[:run]))
        i += run
    return "[" + ", ".join(parts) + "]"


def draft(paths: Iterable[Path]) -> dict[str, dict[Structure, list[str]]]:
    """Return every structure seen, by table, with the as-of days of its workbooks."""
    out: dict[str, dict[Structure, list[str]]] = {}
    for path in paths:
        series, sheets = recognise(open_workbook(path.read_bytes()))
        dates = _all_dates(sheets, series)
        for sheet in sheets:
            account = SheetAccount(sheet.grid, sheet.family, sheet.fiscal_year)
            for read in read_sheet(sheet, series, account):
                if read.seen == ((), ()):
                    continue
                year = sheet.fiscal_year or workbook_year(sheets) or 0
                day = choose("docket", year, dates, hidden=sheet.grid.hidden, sheet="").day
                out.setdefault(read.spec.name, {}).setdefault(read.seen, []).append(day.isoformat())
    return out


def main(arguments: list[str]) -> int:
    """Print the draft."""
    lines = ["macros:"]
    lines += [f"  {name}: [{', '.join(map(_quoted, macro))}]" for name, macro in MACROS.items()]
    lines.append("tables:")
    for table, structures in draft(map(Path, arguments)).items():
        lines.append(f"  {table}:")
        for (header, rows), days in sorted(structures.items(), key=lambda item: min(item[1])):
            lines.append(f"    - layout: {_quoted(min(days))}")
            lines.append(f"      first: {_quoted(min(days))}")
            lines.append(f"      last: {_quoted(max(days))}")
            if header:
                lines.append(f"      header: [{', '.join(_folded(header))}]")
            if rows:
                lines.append(f"      rows: {_blocks(rows)}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
