"""``olc changes``: what one release restated of another."""

from __future__ import annotations

import click


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
    from openlifecycle.api import open_store
    from openlifecycle.cli.output import deliver

    found = open_store(store).changes(release_a, release_b)
    if as_json:
        body = found.file("json")
    elif as_csv:
        body = found.file("csv")
    else:
        body = (found.text(most) + "\n").encode()
    deliver(body, out)
    return 0
