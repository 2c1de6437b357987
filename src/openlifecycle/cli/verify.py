"""``olc verify``: proof that the store is whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from openlifecycle.settings import STORE_ENV, store_path

if TYPE_CHECKING:
    from openlifecycle.vault.proof import Proof
    from openlifecycle.vault.rebuild import Rebuilt

_SHOWN = 20


@click.command("verify")
@click.option("--store", "store", envvar=STORE_ENV, metavar="DIR", help="Folder of the store.")
@click.option("--rebuild", is_flag=True, help="First derive every table again from the releases.")
@click.option("--clean", is_flag=True, help="Remove leftovers of takes that were cut short.")
@click.option("--json", "as_json", is_flag=True, help="Print the proof as JSON.")
@click.pass_context
def command(
    ctx: click.Context, store: str | None, rebuild: bool, clean: bool, as_json: bool
) -> None:
    """Prove every hash, row count and receipt of the store.

    Exit code 5 if anything does not hold. Leftovers of a take that was cut short do no harm;
    --clean removes them.

    \b
    Example:
        olc verify
        olc verify --rebuild --clean
    """
    from openlifecycle.intake.prepare import prepare
    from openlifecycle.intake.record_derive import derive_again
    from openlifecycle.vault import rebuild as rebuilding
    from openlifecycle.vault import verify as proving
    from openlifecycle.vault.store import Store

    opened = Store.open(store_path(store))
    rebuilt = rebuilding.rebuild(opened, prepare, derive_again) if rebuild else None
    removed = proving.clean(opened) if clean else []
    proof = proving.verify(opened)
    if as_json:
        shown = {**proof.as_dict(), "removed": removed}
        shown["rebuilt"] = rebuilt.as_dict() if rebuilt else None
        click.echo(json.dumps(shown, indent=1))
    else:
        _say(proof, rebuilt, removed)
    ctx.exit(0 if proof.holds else 5)


def _say(proof: Proof, rebuilt: Rebuilt | None, removed: list[str]) -> None:
    if rebuilt is not None:
        click.echo(
            f"rebuilt: {rebuilt.same} files byte-identical, {len(rebuilt.restored)} put back,"
            f" {len(rebuilt.changed)} changed by newer rules"
        )
    for problem in proof.problems:
        click.echo(f"DOES NOT HOLD  {problem.what}\n  where    {problem.where}", err=True)
        if problem.next_step:
            click.echo(f"  next     {problem.next_step}", err=True)
    if removed:
        click.echo(f"removed {len(removed)} leftovers")
    for path in proof.leftovers[:_SHOWN]:
        click.echo(f"leftover (harmless; --clean removes it): {path}")
    if len(proof.leftovers) > _SHOWN:
        click.echo(f"... and {len(proof.leftovers) - _SHOWN} more leftovers")
    records = ""
    if proof.record_releases:
        records = f", {proof.record_releases:,} record releases with {proof.records:,} records"
    receipts = proof.releases + proof.record_releases
    verdict = "holds" if proof.holds else f"{len(proof.problems)} things do not hold"
    click.echo(
        f"{verdict}: {proof.releases:,} releases, {proof.files:,} files"
        f" ({proof.bytes_hashed / 1e6:,.1f} MB) hashed, {proof.observations:,} observations"
        f" counted{records}, {receipts:,} receipts added up, {proof.sightings:,} names"
    )
