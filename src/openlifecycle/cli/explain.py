"""``olc explain``: from a number back to its file, sheet and cell."""

from __future__ import annotations

from typing import Any

import click

from openlifecycle.cli.ask import question_options

#: A terminal shows the walk of this many rows; --json has them all.
SHOWN = 12


@click.command(
    short_help="Walk a number back to its file, sheet and cell.",
    epilog="Examples: olc explain detained_population --on 2024-10-03; "
    "olc explain FY24_detentionStats.xlsx \"'Detention FY24'!B20\"",
)
@click.argument("what", metavar="MEASURE|RELEASE")
@click.argument("place", required=False, metavar="['SHEET'!CELL]")
@question_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    what: str, place: str | None, by: str, where: tuple[str, ...], start: str | None,
    end: str | None, on: str | None, as_known_on: str | None, edition: str, period: str | None,
    totals: bool, rules: str | None, sensitivity: bool, collection: str | None,
    store: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Walk a number back to its file, sheet and cell.

    With MEASURE and the options of ask: every row of that answer. With RELEASE and a cell: what
    was read from that cell, by which layout and rule.
    """
    import json

    from openlifecycle.api import open_store
    from openlifecycle.measures.question import Question, where_of

    session = open_store(store)
    if place:
        walks = session.explain(what, place)
    else:
        answer = session.answer(
            Question.of(
                what, by=by, where=where_of(where), start=start, end=end, on=on,
                as_known_on=as_known_on, edition=edition, period=period, totals=totals,
                rules=rules, sensitivity=sensitivity, collection=collection,
            )
        )  # fmt: skip
        walks = [answer.explain(i) for i in range(len(answer))]
    if as_json:
        click.echo(json.dumps(walks, indent=1, ensure_ascii=False))
    else:
        for walk in walks[:SHOWN]:
            click.echo(_told(walk) + "\n")
        if len(walks) > SHOWN:
            click.echo(f"... and {len(walks) - SHOWN} more rows: --json has them all")
    return 0 if walks else 1


def _worth(walk: dict[str, Any]) -> str:
    """Return the value as tables show it; --json keeps every digit."""
    from openlifecycle.publishing.numbers import shown, shown_margin, unit_word

    value = walk["value"]
    if not isinstance(value, float | int):
        return f"{value} ({walk['unit']})" if value is not None else f"no value ({walk['unit']})"
    off = walk.get("margin")
    margin = f", 95 times of 100 within {shown_margin(off, walk['unit'])}" if off else ""
    return f"{shown(float(value), walk['unit'])} {unit_word(walk['unit'])}{margin}"


def _told_of_records(walk: dict[str, Any]) -> str:
    """Return the walk of a figure counted from records: by which rules, from which releases."""
    facts = walk["records"]
    worth = (
        _worth(walk) if walk["value"] is not None else f"not shown: {walk['note'] or 'no value'}"
    )
    lines = [
        worth,
        f"  is       {walk['measure']}, {' to '.join(dict.fromkeys(walk['period']))}",
        *(f"           {dim} = {value}" for dim, value in walk["dimensions"].items() if value),
        f"  counts   {walk['numerator']}",
        f"  over     {walk['denominator']}",
        f"  made by  {walk['made']}",
        f"  in       {facts['collection']}, through {facts['through']} ({facts['through_why']})",
        *(
            f"  release  {r['release_id']}: {', '.join(r['names'][:4]) or 'no name known'}"
            for r in walk["releases"]
        ),
        f"  rules    {walk['rule_set']}",
        *(f"           {rule['id']}: {rule['words']}" for rule in facts["rules"]),
    ]
    if walk.get("note"):
        lines.append(f"  note     {walk['note']}")
    return "\n".join(lines)


def _told(walk: dict[str, Any]) -> str:
    if "records" in walk:
        return _told_of_records(walk)
    release = walk["release"]
    names = ", ".join(release["names"]) or "no name known"
    lines = [
        _worth(walk),
        f"  is       {walk['measure']}, {' to '.join(dict.fromkeys(walk['period']))}",
        *(f"           {dim} = {value}" for dim, value in walk["dimensions"].items() if value),
        f"  printed  '{walk['sheet']}'!{', '.join(walk['cells'])}",
        f"  in       {names}",
        f"  release  {release['release_id']}, published {release['published_on'] or 'unknown'}",
        f"  sha256   {release['sha256']}",
        f"  read as  table {walk['table']}, layout {walk['layout']}, rules {walk['rule_version']}"
        + (f", {walk['flags']}" if walk.get("flags") else ""),
    ]
    if walk.get("made", "printed") != "printed":
        lines.append(f"  made by  {walk['made']} of these cells")
    lines += [
        f"  {said:<8} '{walk[other]['sheet']}'!{', '.join(walk[other]['cells'])} of "
        f"{walk[other]['release']['release_id']}"
        for said, other in (("and", "and"), ("over", "divided_by"))
        if other in walk
    ]
    if walk.get("status", "observed") != "observed" or walk.get("hidden"):
        state = walk["status"] + (", on a hidden sheet" if walk.get("hidden") else "")
        lines.append(f"  status   {state}: answers no question")
    if walk.get("note"):
        lines.append(f"  note     {walk['note']}")
    if walk.get("correction"):
        lines.append(f"  error    {walk['correction']} of the publisher's known errors touches it")
    return "\n".join(lines)
