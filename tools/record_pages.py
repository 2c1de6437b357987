"""The generated pages about records: event tables, dimensions of record measures, rule sets."""

from __future__ import annotations

from openlifecycle.lifecycle.rules import DEFAULT_RULES, RULE_SETS, ruleset
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.model.events import EVENTS, KINDS, PROVENANCE


def events_page() -> str:
    """Return the data dictionary of the event tables and of the dimensions of record measures."""
    parts = [
        "# Data dictionary: event tables\n\nOne row per released record. They stay in the store.\n",
        "\n## Every table begins with\n\n| column | type | what it says |\n|---|---|---|\n",
    ]
    parts += [f"| {f.name} | {KINDS[f.kind]} | {f.text} |\n" for f in PROVENANCE]
    for table in EVENTS.values():
        parts.append(f"\n## {table.table}\n\nSeries {table.series}.\n")
        parts.append("\n| column | type | what it says |\n|---|---|---|\n")
        parts += [f"| {f.name} | {KINDS[f.kind]} | {f.text} |\n" for f in table.fields]
    parts.append("\n## Dimensions of record measures\n\n| dimension | within | what it says |\n")
    parts.append("|---|---|---|\n")
    parts += [f"| {d.name} | {d.within or ''} | {d.text} |\n" for d in record_dimensions().values()]
    return "".join(parts)


def rule_sets_page() -> str:
    """Return every rule of every rule set, with its source."""
    parts = ["# Rule sets\n\nWhy they differ: [decision 0008](../decisions/0008-rule-sets.md).\n"]
    for name in RULE_SETS:
        one = ruleset(name)
        default = " (the default)" if name == DEFAULT_RULES else ""
        parts.append(f"\n## {name}{default}\n\n{one.title}. {one.whose}\n\n{one.differs}\n")
        parts.append("\n| rule | settings | what it does | source |\n|---|---|---|---|\n")
        for rule in one.rules:
            parts.append(
                f"| {rule.id} | {', '.join(rule.about)} | {rule.words} | {rule.source} |\n"
            )
    return "".join(parts)
