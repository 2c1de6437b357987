"""``olc reconcile``: do the record tables and the published workbooks agree?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openlifecycle.oversight.records_from_store import Reconciled


@click.command(
    short_help="Hold the records against the published workbooks.",
    epilog="Example: olc reconcile --rules ddp-2026-03",
)
@click.option("--rules", metavar="NAME", default="olc-1", show_default=True, help="Rule set.")
@click.option("--collection", metavar="ID", help="The collection; the latest by default.")
@click.option("--store", type=click.Path(), help="Store folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(rules: str, collection: str | None, store: str | None, as_json: bool) -> int:
    """Hold the records against the published workbooks of the same store.

    Midnight population on the day of each published snapshot, and initial book-ins of each whole
    month, for the whole country. They are not defined alike; the field finds populations within
    about 1.4 %. Ends with 1 when a figure lies farther apart, or when there is none to compare.
    """
    import json

    from openlifecycle.errors import EXIT_ANSWERED_NO, EXIT_DONE
    from openlifecycle.oversight.records_from_store import reconcile_store
    from openlifecycle.settings import store_path
    from openlifecycle.vault.store import Store

    told = reconcile_store(Store.open(store_path(store)), rules=rules, collection=collection)
    click.echo(json.dumps(told.as_dict(), indent=1) if as_json else _text(told))
    return EXIT_DONE if told.found.verdict == "within" else EXIT_ANSWERED_NO


def _text(told: Reconciled) -> str:
    """Return the comparison as the terminal shows it."""
    import textwrap

    from openlifecycle.publishing.numbers import shown
    from openlifecycle.publishing.table import text_table

    rows = [
        [
            row["what"],
            row["period_end"].isoformat(),
            shown(row["published"], "persons"),
            "<5" if row["records"] is None else shown(row["records"], "persons"),
            "" if row["share"] is None else f"{row['share']:+.1%}",
            "" if row["on_list_share"] is None else f"{row['on_list_share']:+.1%}",
            {True: "within", False: "outside", None: "not judged"}[row["within"]],
            f"{row['release_id'].split('@')[-1][:8]} '{row['sheet']}'!{row['cell']}",
        ]
        for row in told.found.rows.iter_rows(named=True)
    ]
    head = [
        "figure",
        "to",
        "published",
        "records",
        "apart",
        "listed places",
        "band",
        "published in",
    ]
    lines = [
        f"{told.collection_id} under {told.rules}, through {told.through.date()}",
        *(["SYNTHETIC: these records describe nobody"] if told.synthetic else []),
        "",
        text_table(head, rows, {2, 3, 4, 5}),
        "",
        told.found.says + ".",
        "",
    ]
    for words in told.found.definitions:
        lines += textwrap.wrap(words, 96, initial_indent="- ", subsequent_indent="  ")
    return "\n".join(lines)
