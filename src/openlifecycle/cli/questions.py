"""``olc questions``: what people ask of this record, and the command that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openlifecycle.measures.questions import StandingQuestion

_WIDTH = 96


@click.command(
    short_help="What people ask of this record, and the command for each.",
    epilog="Example: olc questions 7",
)
@click.argument("number", required=False, type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(number: int | None, as_json: bool) -> int:
    """List what people ask of this record, with the commands that answer each question.

    A question that cannot be answered, or only in part, says why and what would be needed.
    """
    import json

    from openlifecycle.measures.questions import question, questions

    found = [question(number)] if number is not None else list(questions().values())
    if as_json:
        click.echo(json.dumps([q.as_dict() for q in found], indent=1, ensure_ascii=False))
        return 0
    click.echo("\n\n".join(_told(q) for q in found))
    if number is None:
        click.echo("\n" + _counts(found))
    return 0


def _told(question: StandingQuestion) -> str:
    """Return one question as the terminal shows it; commands stay whole, to be copied."""
    lines = [_wrapped(f"{question.number:>2}  ", question.asks)]
    for way in question.ways:
        lines += [f"    $ {way.command}", _wrapped("      ", way.tells)]
    parts = {"missing": question.missing, "needs": question.needs, "note": question.caveat}
    lines += [_wrapped(f"    {name}: ", text) for name, text in parts.items() if text]
    return "\n".join(lines)


def _counts(found: list[StandingQuestion]) -> str:
    from openlifecycle.measures.questions import ANSWERED, IN_PART, NOT_ANSWERED

    said = [
        f"{sum(q.status == status for q in found)} {status}"
        for status in (ANSWERED, IN_PART, NOT_ANSWERED)
    ]
    return f"{len(found)} questions: " + ", ".join(said) + "."


def _wrapped(mark: str, text: str) -> str:
    import textwrap

    return textwrap.fill(
        text, _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False
    )
