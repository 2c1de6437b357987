"""``olc table``: fixed tables of records, exact, with small cells suppressed and audited."""

from __future__ import annotations

import click

FORMATS = ("table", "json", "csv")


@click.command(
    short_help="Fixed tables of records: exact, small cells suppressed.",
    epilog="Example: olc table arrests_by_area_and_conviction --fiscal-year 2025",
)
@click.argument("name", required=False)
@click.option("--fiscal-year", type=click.IntRange(2000, 2100), help="The year, from 1 October.")
@click.option("--store", type=click.Path(), help="Store folder.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--out", type=click.Path(dir_okay=False), help="Write to this file.")
def command(
    name: str | None, fiscal_year: int | None, store: str | None, form: str, as_json: bool,
    out: str | None,
) -> int:  # fmt: skip
    """Print a fixed table of a fiscal year; without a name, list them.

    The numbers are exact. Cells with few people, and the cells that would tell them, are not
    shown, and an audit proves that they cannot be narrowed down. A table that cannot be proved is
    not printed: exit code 4, with what would pass. It is made from the first collection in the
    store that covers the year, and from no other.
    """
    import json

    from openlifecycle.api import open_store
    from openlifecycle.cli.output import deliver
    from openlifecycle.disclosure.fixed_declared import fixed_tables
    from openlifecycle.errors import EXIT_DONE, UsageError

    if name is None:
        listed = [
            {"table": t.name, "title": t.title, "measure": t.measure, "area": t.area,
             "category": t.category}
            for t in fixed_tables().values()
        ]  # fmt: skip
        if as_json or form == "json":
            deliver((json.dumps(listed, indent=1) + "\n").encode(), out)
        else:
            lines = [f"{t['table']:<36}{t['title']}" for t in listed]
            deliver(("\n".join(lines) + "\n").encode(), out)
        return EXIT_DONE
    if fiscal_year is None:
        raise UsageError(
            "a fixed table is of one fiscal year", next_step=f"olc table {name} --fiscal-year 2025"
        )
    made = open_store(store).table(name, fiscal_year)
    deliver(made.file("json" if as_json else form), out)
    return EXIT_DONE
