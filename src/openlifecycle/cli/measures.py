"""``olc measures``: the questions that can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openlifecycle.measures.declaration import Measure


@click.command(
    short_help="List the questions that can be asked.", epilog="Example: olc measures adp"
)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--schema", "as_schema", is_flag=True, help="What may be asked, as JSON Schema.")
def command(name: str | None, as_json: bool, as_schema: bool) -> int:
    """List the questions that can be asked, or tell all of one measure."""
    import json

    from openlifecycle.measures.registry import measure, measures

    found = [measure(name)] if name else list(measures().values())
    if as_schema:
        from openlifecycle.measures.schema import schema, schemas

        body = schema(found[0]) if name else schemas(found)
        click.echo(json.dumps(body, indent=1, ensure_ascii=False))
    elif as_json:
        from openlifecycle.publishing.declared import measure_dict

        click.echo(json.dumps([measure_dict(m) for m in found], indent=1))
    elif name:
        click.echo(_page(found[0]))
    else:
        click.echo(_list(found))
    return 0


def _list(found: list[Measure]) -> str:
    width = max(len(m.name) for m in found)
    lines: list[str] = []
    family = ""
    for m in found:
        if m.family != family:
            family = m.family
            lines.append(f"\n{family.replace('_', ' ').upper()}" if lines else family.upper())
        lines.append(f"  {m.name.ljust(width)}  {m.question}")
    return "\n".join([*lines, "", "olc measures NAME tells all of one; olc ask NAME asks it."])


def _page(m: Measure) -> str:
    import textwrap

    from openlifecycle.publishing.declared import measure_dict

    told = measure_dict(m)
    lines = [m.name, m.question, ""]
    where = (m.publication, m.sheet)
    rows = [
        ("counts", m.numerator), ("over", m.denominator), ("unit", m.unit),
        ("population", m.population), ("periods", ", ".join(m.periods)), ("made", told["made"]),
        ("tier", f"{m.tier}: {told['tier_text']}"),
        ("counted in" if m.records else "printed in", ", ".join(filter(None, where))),
        ("disclosure", f"{m.disclosure}: {told['disclosure_text']}"),
    ]  # fmt: skip
    if m.ratio:
        rows += [("ratio", f"{m.ratio.of} over {m.ratio.over}, of the same {m.ratio.match}")]
    if m.records:
        rows += [("where", "; ".join(words)) for words in told["conditions"].values() if words]
        rows += [
            ("rule set", "sections " + ", ".join(told["rule_set_sections"]) + "; --rules NAME")
        ]
        rows += [("split by", ", ".join(m.dimensions))]
    else:
        rows += [("split", " + ".join(c) or "none") for c in told["printed_together"]]
    chains = [chain for found in told["hierarchies"].values() for chain in found]
    rows += [("within", " < ".join(chain)) for chain in chains if len(chain) > 2]
    rows += [("defined by", m.defined_by)]
    rows += [("not", f"{n.measure}: {n.text}") for n in (m.before, m.after) if n]
    rows += [("changed", f"{c.effective}: {c.what}. Before: {c.before}. After: {c.after}.")
             for c in m.changes]  # fmt: skip
    rows += [("caveat", f"{c.text} [{c.source}]") for c in m.caveats]
    for label, text in rows:
        lines.append(
            textwrap.fill(text, 96, initial_indent=f"  {label:<11}", subsequent_indent=" " * 13)
        )
    return "\n".join(lines)
