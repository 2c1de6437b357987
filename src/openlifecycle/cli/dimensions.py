"""``olc dimensions``: what a measure can be split by, and the values in this store."""

from __future__ import annotations

import click

#: A terminal shows this many values of a dimension; --json has them all.
SHOWN = 24


@click.command(
    short_help="List what a measure can be split by.",
    epilog="Example: olc dimensions detained_population",
)
@click.argument("measure")
@click.option("--store", type=click.Path(), help="Store folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(measure: str, store: str | None, as_json: bool) -> int:
    """List what a measure can be split by, with the values present in the store."""
    import json
    import textwrap

    from openlifecycle.api import open_store
    from openlifecycle.measures.registry import measure as declared
    from openlifecycle.publishing.declared import dimension_texts, dimensions_dict

    found = declared(measure)
    values = open_store(store).dimensions(measure)
    if as_json:
        body = dimensions_dict(found, values)
        click.echo(json.dumps(body, indent=1, ensure_ascii=False))
        return 0
    texts = dimension_texts(found)
    for dim, present in values.items():
        click.echo(f"{dim}: {texts[dim]}")
        more = f", ... ({len(present)} values)" if len(present) > SHOWN else ""
        words = ", ".join(present[:SHOWN]) + more
        click.echo(textwrap.fill(words, 96, initial_indent="    ", subsequent_indent="    "))
    if found.records:
        click.echo("any of these together; values of few people are not listed")
        return 0
    together = dimensions_dict(found, values)["printed_together"]
    click.echo("printed together: " + "; ".join(" + ".join(c) or "no split" for c in together))
    return 0
