"""What one release restated of another, as the terminal shows it."""

from __future__ import annotations

from typing import Any

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.changes import KINDS, RESTATED, SAME, Changes
from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.publishing.numbers import period_word, shown
from openlifecycle.publishing.table import text_table


def changes_text(cleared: Cleared[Changes], most: int) -> str:
    """Return counts by kind and table, and the largest restatements, at most so many."""
    found = opened(cleared)
    lines = [f"{found.before} -> {found.after}", ""]
    for kind, text in KINDS.items():
        lines.append(f"  {found.of_kind(kind).height:>6,}  {kind}: {text}")
    tables = found.by_table().filter(found.by_table()[RESTATED] > 0)
    rows = [
        [t["table"], f"{t[RESTATED]:,}", f"{t[RESTATED] + t[SAME]:,}", _share(t["median_share"]),
         _share(t["largest_share"])]
        for t in tables.iter_rows(named=True)
    ]  # fmt: skip
    if rows:
        headings = ["table", "restated", "of", "median", "largest"]
        lines += ["", text_table(headings, rows, {1, 2, 3, 4})]
    largest = found.of_kind(RESTATED).head(most)
    if largest.height:
        headings = ["largest restatements", "period", "before", "after", "change", "cell"]
        lines += ["", text_table(headings, [_row(r) for r in largest.iter_rows(named=True)],
                                 {2, 3, 4})]  # fmt: skip
    return "\n".join(lines)


def _row(row: dict[str, Any]) -> list[str]:
    dims = [str(row[d]) for d in DIMENSIONS if row.get(d) and row[d] != "Total"]
    period = period_word(row["period_kind"], row["period_start"], row["period_end"], None)
    return [
        " / ".join([row["measure"], *dims])[:70], period, shown(row["before"], row["unit"]),
        shown(row["after"], row["unit"]), _share(row["share"]),
        f"'{row['after_sheet']}'!{row['after_cell']}",
    ]  # fmt: skip


def _share(share: float | None) -> str:
    return "" if share is None else f"{100 * share:+.1f} %"
