"""``olc ask``: one question, one answer."""

from __future__ import annotations

import click

FORMATS = ("table", "json", "csv", "parquet", "png", "svg")


def question_options(command: click.decorators.FC) -> click.decorators.FC:
    """Add the options that make a Question; ``ask`` and ``explain`` share them."""
    for option in reversed(
        [
            click.option("--by", metavar="DIM,...", default="", help="Split by these dimensions."),
            click.option("--where", "where", metavar="DIM=VALUE", multiple=True,
                         help="Keep this value; may be given again."),
            click.option("--from", "start", metavar="DATE", help="First day, YYYY-MM-DD."),
            click.option("--to", "end", metavar="DATE", help="Last day, YYYY-MM-DD."),
            click.option("--on", metavar="DATE", help="One day instead of a time."),
            click.option("--as-known-on", metavar="DATE",
                         help="Answer only from what had been published by this day."),
            click.option("--as", "edition", type=click.Choice(["published", "corrected"]),
                         default="published", show_default=True,
                         help="As printed, or with known publisher's errors corrected."),
            click.option("--period", metavar="PERIOD",
                         help="month, fiscal_year, release, ...: how fine in time."),
            click.option("--totals", is_flag=True, help="Keep the printed Total rows."),
            click.option("--rules", metavar="NAME",
                         help="Records: the rule set, e.g. ddp-2026-03; ours by default."),
            click.option("--sensitivity", is_flag=True,
                         help="Records: answer under every rule set."),
            click.option("--collection", metavar="ID",
                         help="Records: the collection; the latest by default."),
            click.option("--store", type=click.Path(), help="Store folder."),
        ]
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(
    short_help="Ask a measure: by dimension, date, release, edition.",
    epilog="Example: olc ask detained_population --by arresting_agency,criminality --on 2024-10-03",
)
@click.argument("measure")
@question_options
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--out", type=click.Path(dir_okay=False), help="Write to this file.")
def command(
    measure: str, by: str, where: tuple[str, ...], start: str | None, end: str | None,
    on: str | None, as_known_on: str | None, edition: str, period: str | None, totals: bool,
    rules: str | None, sensitivity: bool, collection: str | None,
    store: str | None, form: str, as_json: bool, out: str | None,
) -> int:  # fmt: skip
    """Ask a measure: by dimension, date, release, edition.

    A measure is printed by the agency, or counted from released records under a rule set.
    Ends with 1 when nothing was printed that answers the question.
    """
    from openlifecycle.api import open_store
    from openlifecycle.cli.output import deliver
    from openlifecycle.errors import EXIT_ANSWERED_NO, EXIT_DONE
    from openlifecycle.measures.question import Question, where_of

    question = Question.of(
        measure, by=by, where=where_of(where), start=start, end=end, on=on,
        as_known_on=as_known_on, edition=edition, period=period, totals=totals,
        rules=rules, sensitivity=sensitivity, collection=collection,
    )  # fmt: skip
    answer = open_store(store).answer(question)
    deliver(answer.file("json" if as_json else form), out, binary=form in ("parquet", "png"))
    return EXIT_DONE if len(answer) else EXIT_ANSWERED_NO
