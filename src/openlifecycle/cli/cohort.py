"""``olc cohort``: where people are, so many days after an arrest or a book-in."""

from __future__ import annotations

import click

FORMATS = ("table", "json", "csv")


@click.command(
    short_help="Where people are 1 to 365 days after arrest or book-in.",
    epilog="Example: olc cohort arrest --from 2025-01 --to 2025-06 --by aor",
)
@click.argument("entry", type=click.Choice(["arrest", "book_in"]))
@click.option("--from", "start", metavar="MONTH", help="First month shown, YYYY-MM.")
@click.option("--to", "end", metavar="MONTH", help="Last month; the end of the records without.")
@click.option("--by", metavar="DIM,...", default="", help="Split by these dimensions.")
@click.option(
    "--period",
    type=click.Choice(["month", "fiscal_year", "all"]),
    default="month",
    show_default=True,
    help="A cohort a month, a fiscal year, or one in all.",
)
@click.option("--horizons", metavar="DAYS,...", default="1,7,30,90,180,365", show_default=True)
@click.option("--lengths", is_flag=True, help="Length of stay instead: median, quartiles, curve.")
@click.option("--rules", metavar="NAME", default="olc-1", show_default=True, help="Rule set.")
@click.option("--collection", metavar="ID", help="The collection; the latest by default.")
@click.option("--store", type=click.Path(), help="Store folder.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--out", type=click.Path(dir_okay=False), help="Write to this file.")
def command(
    entry: str, start: str | None, end: str | None, by: str, period: str, horizons: str,
    lengths: bool, rules: str, collection: str | None, store: str | None, form: str, as_json: bool,
    out: str | None,
) -> int:  # fmt: skip
    """Follow the people who were arrested, or booked in, in a month.

    Shares with 95 % bands by Aalen-Johansen, the naive shares beside them in JSON and CSV, or
    lengths of stay by Kaplan-Meier. Periods are whole: a fiscal year that one of the months lies
    in is shown whole, and all is the whole collection. Every number has passed the gate: the
    answer says how far noise may have moved it. Ends with 1 when no cohort can be shown.
    """
    import json
    from typing import cast

    from openlifecycle.api import open_store
    from openlifecycle.cli.output import deliver
    from openlifecycle.errors import EXIT_ANSWERED_NO, EXIT_DONE
    from openlifecycle.lifecycle.cohort_entry import Entry, Period
    from openlifecycle.measures.cohort_words import days_of, month_of

    # read before the store is opened: what is mistyped is refused without one
    first, last = month_of(start)[0] if start else None, month_of(end)[1] if end else None
    days = days_of(horizons)
    answer = open_store(store).cohort(
        cast("Entry", entry), first, last,
        by=tuple(name.strip() for name in by.split(",") if name.strip()),
        period=cast("Period", period), horizons=days, lengths=lengths, rules=rules,
        collection=collection,
    )  # fmt: skip
    if as_json or form == "json":
        body = json.dumps(answer.as_dict(), indent=1) + "\n"
    elif form == "csv":
        body = answer.rows.write_csv()
    else:
        body = answer.text() + "\n"
    deliver(body.encode(), out)
    return EXIT_ANSWERED_NO if answer.rows.is_empty() else EXIT_DONE
