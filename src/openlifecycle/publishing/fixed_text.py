"""A fixed table as the terminal shows it: one block a category, months across, areas down."""

from __future__ import annotations

import json
import textwrap
from typing import Any, Final

from openlifecycle.disclosure.fixed_release import NOT_SHOWN, FixedRelease
from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.disclosure.hierarchy import TOTAL
from openlifecycle.errors import UsageError
from openlifecycle.publishing.table import text_table

_WIDTH: Final = 100
#: What stands in the place of a number that is not shown.
MARK: Final = "x"


def fixed_text(cleared: Cleared[FixedRelease]) -> str:
    """Return the whole table as text, with what was audited and what to know of the numbers."""
    release = opened(cleared)
    declared = release.declared
    times = release.rows["period"].unique(maintain_order=True).to_list()
    lines = [f"{declared.title}, fiscal year {release.fiscal_year}"]
    for category in release.rows[declared.category].unique(maintain_order=True).to_list():
        part = release.rows.filter(release.rows[declared.category] == category)
        heading = "all" if category == TOTAL else category
        lines += ["", f"{declared.category}: {heading}"]
        found = {
            (row[declared.area], row["period"]): row["value"] for row in part.iter_rows(named=True)
        }
        areas = part[declared.area].unique(maintain_order=True).to_list()
        rows = [[area, *(_number(found[area, time]) for time in times)] for area in areas]
        lines.append(text_table([declared.area, *times], rows, right=set(range(1, len(times) + 1))))
    lines.append("")
    for text in fixed_notes(release):
        lines += textwrap.wrap(text, _WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def fixed_notes(release: FixedRelease) -> list[str]:
    """Return what to know of the numbers, one line each."""
    declared = release.declared.declared
    notes = [
        f"{MARK}: {NOT_SHOWN}, because few people are behind it or because it would tell a cell "
        "with few",
        f"disclosure: policy {release.policy}, suppression; {release.audit.words}",
        f"source: {release.collection_id}, records through {release.through}; "
        + ", ".join(release.releases),
        f"measure: {declared.name}: {declared.numerator}",
        *(f"caveat: {c.text}" for c in declared.caveats if not c.concerns),
    ]
    synthetic = "SYNTHETIC: these records are of a made-up world and describe nobody"
    return [synthetic, *notes] if release.is_synthetic else notes


def fixed_file(cleared: Cleared[FixedRelease], form: str) -> bytes:
    """Return the table as table, json or csv bytes.

    In CSV a value that is not shown is empty and its note says so.

    Raises:
        UsageError: another form.
    """
    if form == "table":
        return (fixed_text(cleared) + "\n").encode()
    if form == "json":
        return _json(cleared)
    if form == "csv":
        return opened(cleared).rows.write_csv().encode()
    raise UsageError(f"a fixed table is not written as {form!r}", nearest="table, json, csv")


def _json(cleared: Cleared[FixedRelease]) -> bytes:
    release = opened(cleared)
    said: dict[str, Any] = {
        "table": release.name,
        "title": release.declared.title,
        "measure": release.declared.measure,
        "fiscal_year": release.fiscal_year,
        "rows": release.rows.to_dicts(),
        "collection_id": release.collection_id,
        "releases": list(release.releases),
        "through": release.through,
        "synthetic": release.is_synthetic,
        "verdict": cleared.verdict.as_dict(),
        "notes": fixed_notes(release),
    }
    return (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode()


def _number(value: int | None) -> str:
    return MARK if value is None else f"{value:,}"
