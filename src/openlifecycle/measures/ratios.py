"""Declared ratios: one measure over another, with the dimensions, caveats and changes of both.

What is derived from an especially exposed group is not declared: a quotient would tell its few
again (disclosure class).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from openlifecycle.measures.declaration import MATCHES, TIERS, Caveat, Measure, Ratio
from openlifecycle.measures.loading import BadDeclaration, line

_KEYS: Final = {
    "name", "question", "unit", "population", "of", "over", "per", "match", "over_period", "adds",
    "periods", "caveats", "tier", "default_by", "defined_by",
}  # fmt: skip


def ratio_measure(
    entry: Mapping[str, Any],
    caveats: Mapping[str, Caveat],
    known: Mapping[str, Measure],
    *,
    family: str,
) -> Measure:
    """Return the ratio that an entry declares of two known measures, or raise BadDeclaration.

    What both parts say is not said again: numerator, denominator, sources, sheet, caveats and
    changes are theirs, and the entry's own caveats come first.
    """
    name = entry["name"]
    made = Ratio(
        of=entry["of"],
        over=entry["over"],
        per=float(entry.get("per", 1)),
        match=entry.get("match", "period"),
        over_period=entry.get("over_period", ""),
        adds=bool(entry.get("adds", False)),
    )
    parts = [known.get(made.of), known.get(made.over)]
    top, below = parts
    if top is None or below is None or made.match not in MATCHES or set(entry) - _KEYS:
        raise BadDeclaration(f"measure {name}: unknown keys, parts or match")
    tier = entry.get("tier", 2)
    if tier not in TIERS or any(c not in caveats for c in entry.get("caveats", ())):
        raise BadDeclaration(f"measure {name}: unknown tier or caveat")
    if top.exposed or below.exposed:
        raise BadDeclaration(f"measure {name}: nothing is derived from an exposed group")
    default = tuple(entry.get("default_by", top.default_by))
    if not set(below.default_by) <= set(default):
        raise BadDeclaration(f"measure {name}: {below.name} is split, so this must be")
    periods = tuple(entry["periods"])
    if not set(periods) <= set(top.periods):
        raise BadDeclaration(f"measure {name}: {top.name} has no such periods")
    own = [caveats[c] for c in entry.get("caveats", ())]
    return Measure(
        name=name,
        question=line(entry["question"]),
        numerator=_words(top),
        denominator=_words(below),
        unit=entry["unit"],
        population=line(entry.get("population", top.population)),
        sources=tuple(s for s in top.sources if set(periods) & set(s.periods)),
        caveats=tuple(dict.fromkeys([*own, *top.caveats, *below.caveats])),
        changes=tuple(dict.fromkeys(c for c in (*top.changes, *below.changes) if c.breaks)),
        tier=tier,
        publication=top.publication,
        sheet=" and ".join(dict.fromkeys([top.sheet, below.sheet])),
        family=family,
        derivation="ratio",
        summed=top.summed,
        default_by=default,
        additive=False,
        defined_by=line(entry.get("defined_by", "ours; see both parts")),
        ratio=made,
        times=periods,
    )


def _words(part: Measure) -> str:
    """Return what a part counts, in words."""
    return part.numerator + ("" if part.denominator == "none" else f", over {part.denominator}")
