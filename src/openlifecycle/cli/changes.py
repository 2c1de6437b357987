"""``olc changes``: what one release restated of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from openlifecycle.engine.changes import Changes


@click.command(
    short_help="What one release restated of another.",
    epilog="Example: olc changes FY24_detentionStats01182024.xlsx FY24_detentionStats02012024.xlsx",
)
@click.argument("release_a")
@click.argument("release_b")
@click.option("--most", default=20, show_default=True, help="Show this many restatements.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print every paired number as CSV.")
@click.option("--out", type=click.Path(dir_okay=False), help="Write to this file.")
@click.option("--store", type=click.Path(), help="Store folder.")
def command(
    release_a: str, release_b: str, most: int, as_json: bool, as_csv: bool, out: str | None,
    store: str | None,
) -> int:  # fmt: skip
    """What one release restated of another.

    Values restated for the same table, measure, dimensions and period; numbers that appeared or
    vanished. A period that moved on and a change of concept are told apart and not counted.
    """
    import json

    from openlifecycle.api import open_store
    from openlifecycle.cli.output import deliver
    from openlifecycle.publishing.files import frame_bytes

    found = open_store(store).changes(release_a, release_b)
    if as_json:
        body = (json.dumps(found.as_dict(), indent=1, ensure_ascii=False) + "\n").encode()
    elif as_csv:
        body = frame_bytes(found.rows, "csv")
    else:
        body = (_told(found, most) + "\n").encode()
    deliver(body, out)
    return 0


def _told(found: Changes, most: int) -> str:
    from openlifecycle.engine.changes import KINDS, RESTATED
    from openlifecycle.publishing.table import text_table

    lines = [f"{found.before} -> {found.after}", ""]
    for kind, text in KINDS.items():
        lines.append(f"  {found.of_kind(kind).height:>6,}  {kind}: {text}")
    tables = found.by_table().filter(found.by_table()[RESTATED] > 0)
    rows = [
        [t["table"], f"{t[RESTATED]:,}", f"{_numbers(t):,}", _share(t["median_share"]),
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


def _numbers(table: dict[str, Any]) -> int:
    from openlifecycle.engine.changes import RESTATED, SAME

    return int(table[RESTATED]) + int(table[SAME])


def _row(row: dict[str, Any]) -> list[str]:
    from openlifecycle.model.dimensions import DIMENSIONS
    from openlifecycle.publishing.numbers import period_word, shown

    dims = [str(row[d]) for d in DIMENSIONS if row.get(d) and row[d] != "Total"]
    period = period_word(row["period_kind"], row["period_start"], row["period_end"], None)
    return [
        " / ".join([row["measure"], *dims])[:70], period, shown(row["before"], row["unit"]),
        shown(row["after"], row["unit"]), _share(row["share"]),
        f"'{row['after_sheet']}'!{row['after_cell']}",
    ]  # fmt: skip


def _share(share: float | None) -> str:
    return "" if share is None else f"{100 * share:+.1f} %"
