"""How dimensions and periods lie within each other, read once from measures/hierarchies.yml.

A reader must know what adds up to what, and so must whoever protects a table: a small cell is told
by the total above it less the other parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.loading import BadDeclaration, line
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.model.dimensions import DIMENSIONS

#: What stands above the coarsest dimension of every chain.
WHOLE: Final = "all"

#: Periods by calendar, finest first; each lies in exactly one of the next.
TIME: Final = ("day", "month", "quarter", "fiscal_year")

_KEYS: Final = {"name", "text", "records", "published", "whole", "why"}

Chain = tuple[str, ...]


@dataclass(frozen=True)
class Hierarchy:
    """Dimensions that lie within each other.

    Attributes:
        name: its name.
        text: its levels in words, the finest first.
        records: chains of dimensions of measures over records, the finest first.
        published: chains of dimensions of printed measures.
        whole: whether each fine value lies in exactly one coarse value.
        why: where it does not, why.
    """

    name: str
    text: str
    records: tuple[Chain, ...]
    published: tuple[Chain, ...]
    whole: bool
    why: str

    def of(self, one: Measure) -> tuple[Chain, ...]:
        """Return the chains that a measure can be split by, each up to ``all``."""
        chains = self.records if one.records else self.published
        known = set(one.dimensions)
        kept = (tuple(d for d in chain if d in known) for chain in chains)
        return tuple((*chain, WHOLE) for chain in kept if chain)


@cache
def hierarchies() -> tuple[Hierarchy, ...]:
    """Return every hierarchy of dimensions in the order of the file."""
    text = (resources.files("openlifecycle.measures") / "hierarchies.yml").read_text("utf-8")
    return tuple(hierarchy_of(entry) for entry in yaml.load(text, Loader=yaml.CSafeLoader))


def hierarchy_of(entry: dict[str, Any]) -> Hierarchy:
    """Return the hierarchy that an entry declares, or raise BadDeclaration."""
    made = Hierarchy(
        name=entry["name"],
        text=line(entry["text"]),
        records=tuple(tuple(chain) for chain in entry["records"]),
        published=tuple(tuple(chain) for chain in entry["published"]),
        whole=bool(entry["whole"]),
        why=line(entry.get("why", "")),
    )
    strangers = {d for chain in made.records for d in chain} - set(record_dimensions())
    strangers |= {d for chain in made.published for d in chain} - set(DIMENSIONS)
    if strangers or set(entry) - _KEYS or made.whole == bool(made.why):
        raise BadDeclaration(f"hierarchy {made.name}: unknown {sorted(strangers)}, or no reason")
    return made


def hierarchies_of(one: Measure) -> dict[str, tuple[Chain, ...]]:
    """Return the chains of dimensions that a measure can be split by, by hierarchy."""
    found = {h.name: h.of(one) for h in hierarchies()}
    return {name: chains for name, chains in found.items() if chains}


def times_of(one: Measure) -> Chain:
    """Return the calendar periods that a measure is answered by, the finest first."""
    return tuple(period for period in TIME if period in one.periods)
