"""``olc demo``: a first look at real published figures, with nothing to download."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from openlifecycle.cli.demo_world import world


@click.group(
    invoke_without_command=True,
    short_help="A first look at real published figures, with nothing to download.",
    epilog="Example: olc demo --chart held.svg",
)
@click.option(
    "--chart",
    "chart_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to draw the chart, .png or .svg; beside the starter set if not said.",
)
@click.option(
    "--store",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to unpack the starter set; in the user's data folder if not said.",
)
@click.pass_context
def command(ctx: click.Context, chart_path: Path | None, folder: Path | None) -> None:
    """A first look at real published figures, with nothing to download.

    Unpacks the starter set (the figures of 81 published releases, with the cell of each), says
    what the latest release prints and what to distrust of it, and draws a chart.
    """
    if ctx.invoked_subcommand is not None:
        return
    from datetime import UTC, datetime

    from openlifecycle.api import Session
    from openlifecycle.demo.facts import POPULATION, gather
    from openlifecycle.demo.summary import summary
    from openlifecycle.demo.unpack import starter_store
    from openlifecycle.errors import UsageError
    from openlifecycle.settings import starter_path

    place = (folder or starter_path()).expanduser().absolute()
    drawn = chart_path or place.with_name("detained_population.png")
    form = drawn.suffix.lstrip(".").lower()
    if form not in ("png", "svg"):
        raise UsageError(f"a chart is drawn as .png or .svg, not {drawn.name!r}")
    place.parent.mkdir(parents=True, exist_ok=True)
    store = starter_store(place)
    session = Session(store)
    facts = gather(store, session)
    click.echo(summary(facts, datetime.now(UTC).date()))
    drawn.parent.mkdir(parents=True, exist_ok=True)
    drawn.write_bytes(session.ask(POPULATION, by=["arresting_agency"]).image(form))
    click.echo(f"\nCHART\n  {drawn}")
    found = shutil.which("olc") is not None
    path = "" if found else f"    export PATH={Path(sys.executable).parent}:$PATH\n"
    click.echo(NEXT.format(path=path, store=place))


command.add_command(world)

NEXT = """
NEXT
  Ask these figures, and walk a number back to its cell:
{path}    export OPENLIFECYCLE_STORE={store}
    olc measures
    olc ask detained_population --by criminality --from 2024-10-01
    olc explain FY26_detentionStats12032025.xlsx "'Detention FY26'!F20"
  Take your own copies, newest first from ice.gov/detain/detention-management:
    unset OPENLIFECYCLE_STORE
    olc take ~/Downloads/FY26_detentionStats*.xlsx
    olc check --all"""
