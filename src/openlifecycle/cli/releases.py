"""``olc releases``: what the store holds."""

from __future__ import annotations

import json

import click

from openlifecycle.settings import STORE_ENV, store_path


@click.command("releases")
@click.option("--store", "store", envvar=STORE_ENV, metavar="DIR", help="Folder of the store.")
@click.option("--json", "as_json", is_flag=True, help="Print everything known of each, as JSON.")
def command(store: str | None, as_json: bool) -> None:
    """List the releases in the store, with their dates, in the order they were published.

    \b
    Example:
        olc releases
        olc releases --json
    """
    from openlifecycle.vault.store import Store

    rows = Store.open(store_path(store)).releases()
    if as_json:
        click.echo(json.dumps([row.as_dict() for row in rows], indent=1, ensure_ascii=False))
        return
    width = max((len(row.release_id) for row in rows), default=10)
    click.echo(f"{'release':<{width}}  FY    as of       published   status   name")
    for row in rows:
        published = row.published_on.isoformat() if row.published_on else "unknown"
        click.echo(
            f"{row.release_id:<{width}}  {row.fiscal_year}  {row.as_of}  {published:<10}"
            f"  {row.status:<7}  {row.names[0] if row.names else ''}"
        )
        if row.follows:
            click.echo(f"{'':<{width}}  follows {row.follows} ({row.follows_why})")
    click.echo(f"{len(rows)} releases")
