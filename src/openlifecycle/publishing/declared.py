"""What is declared, for JSON: a measure, and what it can be split by. It tells nothing counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from openlifecycle.measures.declaration import DISCLOSURE, Measure
from openlifecycle.measures.hierarchies import hierarchies_of, times_of
from openlifecycle.measures.plan import combinations
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.model.dimensions import DIMENSIONS


def measure_dict(m: Measure) -> dict[str, Any]:
    """Return all of a declaration."""
    return {
        "name": m.name,
        "family": m.family,
        "question": m.question,
        "numerator": m.numerator,
        "denominator": m.denominator,
        "unit": m.unit,
        "population": m.population,
        "periods": list(m.periods),
        "dimensions": list(m.dimensions),
        "printed_together": [list(c) for c in combinations(m)],
        "made": m.made,
        "tier": m.tier,
        "tier_text": m.tier_text,
        "kind": m.kind,
        "defined_by": m.defined_by,
        "rule_set_sections": list(m.records.parameter) if m.records else [],
        "conditions": _conditions(m),
        "publication": m.publication,
        "sheet": m.sheet,
        "tables": list(m.tables),
        "caveats": [{"text": c.text, "source": c.source} for c in m.caveats],
        "changes": [
            {
                "effective": c.effective.isoformat(),
                "what": c.what,
                "before": c.before,
                "after": c.after,
                "break": c.breaks,
            }
            for c in m.changes
        ],
        "not_spliced_with": [n.measure for n in (m.before, m.after) if n],
        "versions": [
            {"from": day.isoformat() if day else None, "counts": counts}
            for day, counts in m.versions
        ],
        "hierarchies": {n: [list(c) for c in chains] for n, chains in hierarchies_of(m).items()},
        "time_hierarchy": list(times_of(m)),
        "ratio": asdict(m.ratio) if m.ratio else None,
        "exposed_group": m.exposed,
        "disclosure": m.disclosure,
        "disclosure_text": DISCLOSURE[m.disclosure],
    }


def _conditions(m: Measure) -> dict[str, list[str]]:
    """Return, of a measure over records, the conditions of population and numerator."""
    if not m.records:
        return {}
    return {
        "population": [c.words() for c in m.records.where],
        "numerator": [c.words() for c in m.records.counts],
    }


def dimension_texts(m: Measure) -> dict[str, str]:
    """Return what each dimension of a measure says, in words."""
    if m.records:
        return {d: record_dimensions()[d].text for d in m.dimensions}
    return {d: DIMENSIONS[d].text if d in DIMENSIONS else "what is printed" for d in m.dimensions}


def dimensions_dict(m: Measure, values: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the dimensions of a measure with the values that may be named."""
    texts = dimension_texts(m)
    listed = [{"name": d, "text": texts[d], "values": list(v)} for d, v in values.items()]
    together = [list(c) for c in combinations(m)]
    return {"measure": m.name, "dimensions": listed, "printed_together": together}
