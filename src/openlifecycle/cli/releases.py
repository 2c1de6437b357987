"""``olc releases``: what the store holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from openlifecycle.settings import STORE_ENV, store_path

if TYPE_CHECKING:
    from openlifecycle.vault.record_rows import Collection, RecordRelease
    from openlifecycle.vault.rows import ReleaseRow


@click.command("releases")
@click.option("--store", "store", envvar=STORE_ENV, metavar="DIR", help="Folder of the store.")
@click.option("--json", "as_json", is_flag=True, help="Print everything known of each, as JSON.")
def command(store: str | None, as_json: bool) -> None:
    """List the releases in the store, with their dates, in the order they were published.

    Releases of records come after them, by the collection in which they are linked.

    \b
    Example:
        olc releases
        olc releases --json
    """
    from openlifecycle.vault.store import Store

    opened = Store.open(store_path(store))
    rows, records = opened.releases(), opened.record_releases()
    if as_json:
        listed = [row.as_dict() for row in rows] + [row.as_dict() for row in records]
        click.echo(json.dumps(listed, indent=1, ensure_ascii=False))
        return
    if rows or not records:
        _say_releases(rows)
    if records:
        _say_records(records, opened.collections())


def _say_releases(rows: list[ReleaseRow]) -> None:
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


def _say_records(records: list[RecordRelease], collections: list[Collection]) -> None:
    by_id = {row.release_id: row for row in records}
    width = max(len(row.release_id) for row in records)
    for collection in collections:
        through = f"{collection.through:%Y-%m-%d %H:%M}" if collection.through else "unknown"
        click.echo(
            f"\nrecords {collection.collection_id}  layout {collection.layout}  through {through}"
        )
        for release_id in collection.releases.values():
            row = by_id[release_id]
            files = f"{len(row.members)} files" if len(row.members) > 1 else row.names[0]
            first = row.first.isoformat() if row.first else "unknown"
            click.echo(
                f"  {row.release_id:<{width}}  {row.rows:>11,} rows  from {first:<10}"
                f"  {row.form:<9}  {files}"
            )
            if row.follows:
                click.echo(f"  {'':<{width}}  follows {row.follows} ({row.follows_why})")
    click.echo(f"{len(records)} releases of records, collections: {len(collections)}")
