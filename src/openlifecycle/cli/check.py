"""``olc check``: does what a release prints hold together?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from openlifecycle.errors import EXIT_ANSWERED_NO, EXIT_DONE
from openlifecycle.settings import STORE_ENV, store_path

if TYPE_CHECKING:
    from openlifecycle.oversight.finding import Finding

_SEVERITIES = ("error", "warning", "note")
#: Findings of one check that are printed for a release before the rest is counted.
_SHOWN = 5


@click.command("check")
@click.argument("release", required=False)
@click.option("--all", "every", is_flag=True, help="Check every release, in published order.")
@click.option(
    "--least",
    type=click.Choice(_SEVERITIES),
    default="warning",
    show_default=True,
    help="Print findings of this severity and above.",
)
@click.option("--store", "store", envvar=STORE_ENV, metavar="DIR", help="Folder of the store.")
@click.option("--json", "as_json", is_flag=True, help="Print every finding as JSON.")
@click.pass_context
def command(
    context: click.Context,
    release: str | None,
    every: bool,
    least: str,
    store: str | None,
    as_json: bool,
) -> None:
    """Look for the publisher's errors in a release.

    Adds up every printed total, compares tables with each other and with the releases before, and
    looks at dates. The numbers are taken as published; known corrections are not consulted. Ends
    with exit code 1 if anything found is an error.

    \b
    Example:
        olc check FY21_2021-04-05
        olc check --all --least error
    """
    if every == (release is not None):
        raise click.UsageError("name one RELEASE, or say --all")
    from openlifecycle.disclosure.gate import clear_findings
    from openlifecycle.oversight.check import answered_no
    from openlifecycle.oversight.from_store import check_all, check_stored
    from openlifecycle.vault.store import Store

    opened = Store.open(store_path(store))
    found: Sequence[Finding] = []
    if release is not None:
        found = clear_findings(check_stored(opened, release)).content
        if not as_json:
            _show(opened.release(release).release_id, found, least)
    else:
        for row, findings in check_all(opened):
            shown = clear_findings(findings).content
            found = [*found, *shown]
            if not as_json:
                _show(row.release_id, shown, least)
    if as_json:
        click.echo(json.dumps(found, indent=1, ensure_ascii=False, default=str))
    elif every:
        click.echo(_counts(found))
    context.exit(EXIT_ANSWERED_NO if answered_no(found) else EXIT_DONE)


def _show(release_id: str, findings: Sequence[Finding], least: str) -> None:
    """Print one release: a line of counts, and the findings grave enough."""
    click.echo(f"{release_id}  {_counts(findings)}")
    grave = _SEVERITIES[: _SEVERITIES.index(least) + 1]
    for finding in findings:
        if finding["severity"] in grave:
            place = f"{finding['sheet']}!{finding['cell']}" if finding["sheet"] else "workbook"
            click.echo(
                f"  {finding['severity']:<8}{place}  {finding['what']}  [{finding['check']}]"
            )


def _counts(findings: Iterable[Finding]) -> str:
    """Return how many findings there are of each severity, in words."""
    counts = Counter(finding["severity"] for finding in findings)
    return ", ".join(
        f"{counts[severity]} {severity}{'' if counts[severity] == 1 else 's'}"
        for severity in _SEVERITIES
    )
