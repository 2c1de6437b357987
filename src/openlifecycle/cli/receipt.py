"""``olc receipt``: the account of every cell of a release."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from openlifecycle.settings import STORE_ENV, store_path

if TYPE_CHECKING:
    from openlifecycle.vault.store import Store


@click.command("receipt")
@click.argument("release")
@click.option("--store", "store", envvar=STORE_ENV, metavar="DIR", help="Folder of the store.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
def command(release: str, store: str | None, as_json: bool) -> None:
    """Account for every cell of a release: captured, structural, ignored or refused.

    Of records: what became of every row and column, and never a value of one.

    RELEASE is a release id, the start of a sha256, a file name or an as-of date.

    \b
    Example:
        olc receipt 2024-10-03
        olc receipt us_ice.detention_statistics@a177b8bd2f63 --json
    """
    from openlifecycle.disclosure.gate import clear_receipt
    from openlifecycle.vault.store import Store

    opened = Store.open(store_path(store))
    if opened.has_records(release):
        _records(opened, release, as_json)
        return
    row = opened.release(release)
    receipt = clear_receipt(opened.receipt(row.release_id)).content
    if as_json:
        click.echo(json.dumps(receipt, indent=1, ensure_ascii=False))
        return
    click.echo(f"{row.release_id}  ({', '.join(row.names)})")
    for sheet in receipt["sheets"]:
        _say_sheet(sheet)


def _say_sheet(sheet: dict[str, Any]) -> None:
    hidden = "  [hidden]" if sheet["hidden"] else ""
    click.echo(f"\n{sheet['sheet']!r}  {sheet['family'] or 'no known family'}{hidden}")
    for kind, words in (("numeric", "numeric cells"), ("cells", "all cells")):
        counts = sheet[kind]
        ignored = sum(counts["ignored"].values())
        click.echo(
            f"  {words:<14} {counts['all']:>7,} = {counts['captured']:,} captured"
            f" + {counts['structural']:,} structural + {ignored:,} ignored"
            f" + {counts['refused']:,} refused"
        )
        for reason, count in counts["ignored"].items():
            click.echo(f"{'':<25}{count:>7,} ignored: {reason}")
    for table in sheet["tables"]:
        if table["status"] == "captured":
            click.echo(f"  {table['table']:<32} {table['captured']:>7,}  layout {table['layout']}")
            continue
        click.echo(f"  {table['table']:<32} REFUSED  {table['why']}")
        if table["nearest"]:
            click.echo(f"{'':<35}nearest layout: {table['nearest']}")
        for label in table["differs"]:
            click.echo(f"{'':<35}differs: {label}")


def _records(opened: Store, release: str, as_json: bool) -> None:
    """Print the receipt of a record release, and what was found wrong in it."""
    from openlifecycle.disclosure.gate import clear_record_account

    row = opened.record_release(release)
    cleared = clear_record_account(opened.record_account(row.release_id))
    account = cleared.content
    receipt = account["receipt"]
    if as_json:
        shown = {**receipt, "release_id": row.release_id, "findings": account["findings"],
                 "disclosure": cleared.verdict.as_dict()}  # fmt: skip
        click.echo(json.dumps(shown, indent=1, ensure_ascii=False))
        return
    click.echo(f"{row.release_id}  ({', '.join(row.names)})")
    click.echo(f"  layout {row.layout}, {row.form}; through {row.through} ({row.through_why})")
    for member in receipt["members"]:
        for sheet in member["sheets"]:
            _say_records_sheet(member["member"], sheet)
    totals = receipt["totals"]
    click.echo(f"\n{totals['landed_rows']:,} records landed")
    click.echo(f"disclosure: {cleared.verdict.words}")
    for finding in account["findings"]:
        where = f"  ({finding['where']})" if finding["where"] else ""
        click.echo(f"  found: {finding['what']}{where}")


def _say_records_sheet(member: str, sheet: dict[str, Any]) -> None:
    name = f"{member}  {sheet['sheet']!r}" if sheet["sheet"] else member
    click.echo(f"\n{name}")
    click.echo(
        f"  rows {sheet['rows']:,} = {sheet['landed_rows']:,} landed + {sheet['blank_rows']:,}"
        f" blank, below a header in row {sheet['header_row']}"
    )
    for column in sheet["columns"]:
        became = column.get("field") or column["became"]
        counts = [
            f"{column[key]:,} {words}"
            for key, words in (
                ("nulls", "empty"),
                ("redacted", "redacted"),
                ("unparsable", "unreadable"),
            )
            if column.get(key)
        ]
        why = f"  {column['why']}" if column.get("why") else ""
        tail = f"  [{', '.join(counts)}]" if counts else ""
        click.echo(f"  {column['column']:<3} {column['heading']:<38} {became:<24}{tail}{why}")
