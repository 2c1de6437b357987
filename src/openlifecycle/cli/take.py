"""``olc take``: releases come in at the door."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openlifecycle.settings import STORE_ENV, store_path

if TYPE_CHECKING:
    from openlifecycle.intake.outcome import Outcome

#: The order of the summary; a kind that did not occur is left out.
_WORDS = {
    "taken": "taken",
    "already_taken": "already taken",
    "not_changed": "not changed at its address",
    "refused": "refused",
    "skipped": "skipped",
}


@click.command("take")
@click.argument("sources", nargs=-1, required=True, metavar="PATH|FOLDER|ZIP|URL...")
@click.option("--store", "store", envvar=STORE_ENV, metavar="DIR", help="Folder of the store.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), help="Processes that read; else as many as help."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON.")
@click.pass_context
def command(
    ctx: click.Context, sources: Sequence[str], store: str | None, jobs: int | None, as_json: bool
) -> None:
    """Take releases in: files, folders, ZIPs or URLs.

    Each release is kept as it came, once, with where it came from; every cell of it is read; it
    lands whole or is refused with its reason. Exit code 3 if anything was refused.

    Record tables (Excel, Parquet, CSV, Feather) of one series and layout are one release; those
    taken in one command belong together, and are linked by their pseudonym.

    \b
    Example:
        olc take ~/Downloads/FY25_detentionStats.xlsx
        olc take ~/ice-workbooks/ https://example.org/archive.zip
        olc take arrests-FY2025.xlsx arrests-FY2026.xlsx detentions.xlsx
    """
    from openlifecycle.cli.progress import TakeProgress, wants_progress
    from openlifecycle.intake.fetch import is_url
    from openlifecycle.intake.offers import count_files
    from openlifecycle.intake.outcome import REFUSED
    from openlifecycle.intake.take import take
    from openlifecycle.intake.workers import default_jobs

    files = sum(count_files(Path(s)) for s in sources if not is_url(s))
    outcomes: list[Outcome] = []
    progress = TakeProgress() if wants_progress() else None

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if progress is not None:
            progress.advance(max(1, len(outcome.members)))
        if not as_json:
            _say(outcome)

    try:
        with progress or nullcontext():
            take(
                store_path(store),
                sources,
                progress=progress,
                tell=tell,
                jobs=jobs or default_jobs(files),
            )
    finally:
        # Also after a full disk or Ctrl-C: what was taken before stays taken, and is said.
        if as_json:
            click.echo(json.dumps([outcome.as_dict() for outcome in outcomes], indent=1))
        else:
            _say_collections(outcomes)
            click.echo(_summary(outcomes))
    ctx.exit(3 if any(outcome.outcome == REFUSED for outcome in outcomes) else 0)


def _say(outcome: Outcome) -> None:
    """Print one outcome: on stdout what landed, on stderr what did not."""
    if outcome.outcome == "refused":
        click.echo(f"refused        {outcome.label}\n{outcome.message}", err=True)
        return
    if outcome.outcome == "skipped":
        click.echo(f"skipped        {outcome.label}: {outcome.message}", err=True)
        return
    words = _WORDS[outcome.outcome]
    detail = f"  {outcome.observations:,} observations" if outcome.observations else ""
    if outcome.rows:
        detail = f"  {outcome.rows:,} records"
    if outcome.new_name:
        detail = "  under a new name, which is recorded"
    click.echo(f"{words:<14} {outcome.release_id}{detail}  {outcome.label}")
    if outcome.follows:
        click.echo(f"               follows {outcome.follows} ({outcome.follows_why})")
    for table in outcome.tables_refused:
        click.echo(
            f"               table refused: {table} (olc receipt {outcome.release_id})", err=True
        )


def _say_collections(outcomes: Sequence[Outcome]) -> None:
    """Print which releases of records belong together."""
    counts = Counter(outcome.collection_id for outcome in outcomes if outcome.collection_id)
    for collection_id, count in counts.items():
        releases = "release" if count == 1 else "releases"
        click.echo(f"collection     {collection_id}  {count} {releases} of records")


def _summary(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(outcome.outcome for outcome in outcomes)
    parts = [f"{counts[kind]} {words}" for kind, words in _WORDS.items() if counts[kind]]
    return ", ".join(parts) if parts else "nothing was taken"
