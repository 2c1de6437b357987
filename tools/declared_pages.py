"""The generated pages that the declarations make: questions, parameters, words, hierarchies."""

from __future__ import annotations

from openlifecycle.measures.declaration import DERIVATIONS, DISCLOSURE, GRANULARITIES, TIERS
from openlifecycle.measures.hierarchies import WHOLE, hierarchies
from openlifecycle.measures.questions import StandingQuestion, questions
from openlifecycle.measures.record_declaration import RECORD_TIERS, VALUES
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.measures.registry import measures
from openlifecycle.measures.schema import schema
from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.model.references import reference


def questions_page() -> str:
    """Return the standing questions with the commands that answer them."""
    found = list(questions().values())
    parts = [
        "# Questions\n\nWhat people ask of this record, and the command for each. "
        "`olc questions` prints the same.\n"
    ]
    return "".join([*parts, *(_question(one) for one in found)])


def _question(one: StandingQuestion) -> str:
    lines = [f"\n## {one.number}. {one.asks}\n", f"*{one.status}*\n"]
    lines += [f"- `{way.command}`: {way.tells}" for way in one.ways]
    told = {"missing": one.missing, "needs": one.needs, "note": one.caveat}
    lines += [f"- {name}: {text}" for name, text in told.items() if text]
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """Return the parameters of a question, as the schema of each measure declares them."""
    parts = [
        "# Parameters of a question\n\nThe same on the command line, in Python and in a request. "
        "`olc measures --schema` prints JSON Schema for all measures, `olc measures NAME --schema` "
        "for one.\n",
        "\n| parameter | of | what it says |\n|---|---|---|\n",
    ]
    kinds = {"published": schema(measures()["adp"]), "records": schema(measures()["arrests"])}
    names = dict.fromkeys(n for one in kinds.values() for n in one["properties"])
    for name in names:
        of = [kind for kind, one in kinds.items() if name in one["properties"]]
        told = kinds[of[0]]["properties"][name]
        text = told.get("description") or _choices(told) or "name of a declared measure"
        parts.append(f"| {name} | {' and '.join(of)} | {text} |\n")
    parts.append("\n`on` is not given together with `start` or `end`.\n")
    parts.append("\n| measure | period | by, where |\n|---|---|---|\n")
    for one in measures().values():
        split = ", ".join(one.dimensions) or "nothing"
        parts.append(f"| {one.name} | {', '.join(one.periods)} | {split} |\n")
    return "".join(parts)


def _choices(told: dict[str, object]) -> str:
    """Return the choices of a parameter; the periods of a measure stand in its own row."""
    listed = told.get("enum")
    if not isinstance(listed, list):
        return ""
    return "how fine in time; see below" if "fiscal_year" in listed else ", ".join(map(str, listed))


def glossary_page() -> str:
    """Return the words that the declarations use, each once."""
    parts = [
        "# Words of the declarations\n\nNouns of the house: [GLOSSARY.md](../../GLOSSARY.md).\n"
    ]
    parts.append("\n## Measures\n\n")
    parts += [f"- **{m.name}**: {m.question} ({m.unit}; {m.kind})\n" for m in measures().values()]
    told = {
        "Dimensions of printed measures": {d.name: d.text for d in DIMENSIONS.values()},
        "Dimensions of record measures": {d.name: d.text for d in record_dimensions().values()},
        "Disclosure classes": DISCLOSURE,
        "Periods": GRANULARITIES,
        "How a printed measure is made": DERIVATIONS,
        "How a record measure is counted": VALUES,
        "Tiers of printed measures": {str(n): text for n, text in TIERS.items()},
        "Tiers of record measures": {str(n): text for n, text in RECORD_TIERS.items()},
    }
    for heading, words in told.items():
        parts.append(f"\n## {heading}\n\n")
        parts += [f"- **{name}**: {text}\n" for name, text in words.items()]
    deaths = reference("deaths")
    parts.append("\n## Sources of the table of deaths\n\n")
    parts += [f"- **{name}**: {text}\n" for name, text in deaths.sources.items()]
    parts.append(f"\nLeft out: {deaths.left_out}\n")
    return "".join(parts)


def dimensions_text() -> str:
    """Return the hierarchies of dimensions, for the data dictionary."""
    parts = [
        "\n## Hierarchies\n\nFinest first. Where parts do not add up to the whole, the reason is "
        "said. Time: day, month, quarter, fiscal year, by calendar.\n",
        "\n| hierarchy | levels | printed measures | record measures |\n|---|---|---|---|\n",
    ]
    for one in hierarchies():
        printed, counted = (
            "; ".join(" < ".join((*chain, WHOLE)) for chain in chains)
            for chains in (one.published, one.records)
        )
        note = "" if one.whole else f". Not whole: {one.why}"
        parts.append(f"| {one.name} | {one.text}{note} | {printed} | {counted} |\n")
    return "".join(parts)
