"""``olc observations``: every captured cell of a release."""

from __future__ import annotations

import click


@click.command(
    short_help="Every captured cell of a release, as CSV, JSON or Parquet.",
    epilog="Example: olc observations 35b0eaf280d5 --format csv --out fy19.csv",
)
@click.argument("release")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "parquet"]),
    default="csv",
    show_default=True,
)
@click.option(
    "--as",
    "edition",
    type=click.Choice(["published", "corrected"]),
    default="published",
    show_default=True,
    help="Which of the two views.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--out", type=click.Path(dir_okay=False), help="Write to this file.")
@click.option("--store", type=click.Path(), help="Store folder.")
def command(
    release: str, form: str, edition: str, as_json: bool, out: str | None, store: str | None
) -> int:
    """Every captured cell of a release, as CSV, JSON or Parquet.

    Hidden sheets and cells that are not yet values are in it, marked in the columns hidden and
    status.
    """
    from openlifecycle.api import open_store
    from openlifecycle.cli.output import deliver

    form = "json" if as_json else form
    body = open_store(store).observations_file(release, form, edition=edition)
    deliver(body, out, binary=form == "parquet")
    return 0
