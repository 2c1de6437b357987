"""``olc demo world``: record releases of an invented system, with the truth beside them."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from openlifecycle.demo.world import World

LAYOUTS: Final = ("2026-03", "mid-2025", "2012-2023", "uwchr-2022")


@click.command(
    "world",
    short_help="Invented record releases, with the truth that real ones lack.",
    epilog="Example: olc demo world --persons 20000 --out ~/world && olc take ~/world/releases",
)
@click.option("--persons", type=click.IntRange(1), default=2_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default=LAYOUTS[0],
    show_default=True,
    help="Fields, period and files of the releases.",
)
@click.option(
    "--form",
    type=click.Choice(("original", "processed")),
    default="original",
    show_default=True,
    help="Workbooks as the publisher gives them, or one Parquet file a table.",
)
@click.option(
    "--out",
    "out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new or empty folder; synthetic-world here if not said.",
)
@click.option(
    "--rates",
    "rates_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file of rates, name: value.",
)
@click.option(
    "--rate", "pairs", multiple=True, metavar="NAME=VALUE", help="One rate; may be repeated."
)
@click.option("--list-rates", is_flag=True, help="List the rates with their defaults, and stop.")
@click.option("--sheet-rows", type=click.IntRange(1), help="Rows at which a sheet is full.")
@click.option("--score", is_flag=True, help="Say how far each rule set is from the truth.")
@click.option(
    "--rules", multiple=True, metavar="NAME", help="With --score: a rule set; all if not said."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def world(
    persons: int,
    seed: int,
    layout: str,
    form: str,
    out: Path | None,
    rates_file: Path | None,
    pairs: tuple[str, ...],
    list_rates: bool,
    sheet_rows: int | None,
    score: bool,
    rules: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write the record releases of an invented system, with the truth that real ones lack.

    Nobody in them exists. The mess of real releases is in them at rates that can be set:
    duplicates of each known kind, missing keys and times, overlaps, negative stays, redactions.
    The same options give the same bytes. The truth is written beside them: who was where when.
    With --score nothing is written unless --out says where: the rule sets are held against the
    truth instead, measure by measure.
    """
    from openlifecycle.demo.world import make_world, write_world
    from openlifecycle.demo.world.build import SHEET_ROWS
    from openlifecycle.demo.world.rates import rates_from

    rates = rates_from(rates_file, _pairs(pairs))
    if list_rates:
        click.echo(_rates_table())
        return
    made = make_world(persons, seed, rates, layout=layout, sheet_rows=sheet_rows or SHEET_ROWS)
    if score:
        _score(made, rules, as_json=as_json)
        if out is None:
            return
    folder = (out or Path("synthetic-world")).expanduser().absolute()
    files = write_world(made, folder, form)
    rows = {table: frame.height for table, frame in made.tables.items()}
    if as_json:
        told = {"synthetic": True, "folder": str(folder), "files": [f.name for f in files]}
        click.echo(json.dumps(told | {"rows": rows}, indent=1))
        return
    click.echo(_said(made, folder, len(files), rows))


def _score(made: World, rules: tuple[str, ...], *, as_json: bool) -> None:
    """Print how far each rule set is from the truth of a world."""
    from openlifecycle.demo.world.score import score
    from openlifecycle.demo.world.score_table import score_table
    from openlifecycle.lifecycle.rules import RULE_SETS

    found = score(made, rules or RULE_SETS)
    click.echo(json.dumps(found.to_dicts(), indent=1) if as_json else score_table(found))


def _pairs(pairs: tuple[str, ...]) -> dict[str, float]:
    """Return rates told as NAME=VALUE."""
    from openlifecycle.errors import UsageError

    found = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise UsageError(
                f"a rate is told as NAME=VALUE, not {pair!r}", next_step="--rate overlap=0.05"
            ) from None
    return found


def _rates_table() -> str:
    from openlifecycle.demo.world.rates import WORDS, Rates

    defaults = Rates()
    return "\n".join(
        textwrap.fill(
            f"{name:<24}{getattr(defaults, name):<8g}{words}", 98, subsequent_indent=" " * 32
        )
        for name, words in WORDS.items()
    )


def _said(made: World, folder: Path, files: int, rows: dict[str, int]) -> str:
    lines = [
        "SYNTHETIC: invented records of invented people; nobody in them exists.",
        f"  {made.persons:,} persons, seed {made.seed}, layout {made.layout}, "
        f"{made.start} through {made.through:%Y-%m-%d}; {files} files",
        *(f"  {count:>12,}  {table.replace('_', ' ')} rows" for table, count in rows.items()),
        f"  {folder}",
        "",
        "NEXT",
        f"    olc take --store /tmp/synthetic-store {folder / 'releases'}",
    ]
    return "\n".join(lines)
