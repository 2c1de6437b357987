"""The dimensions that split record measures, read once from declarations_records/dimensions.yml.

They are other dimensions than those of the workbooks (model/dimensions.py), even where the name
is the same: what a release prints and what its records say need not agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from openlifecycle.measures.record_declaration import FACTS

DIMENSIONS_FILE: Final = "dimensions.yml"

#: Label of whatever the groups of a dimension do not name.
_KEYS: Final = {"text", "columns", "within", "groups", "rest", "open"}


@dataclass(frozen=True)
class RecordDimension:
    """One dimension of record measures.

    Attributes:
        name: its name.
        text: what it says.
        columns: the lifecycle column behind it, by fact table.
        within: the coarser dimension that each of its values lies in; every chain ends in the
            nation (the hierarchies of the gate).
        groups: printed values by the label that stands for them; empty where values pass as is.
        rest: label of values that no group names; empty where they pass as they are.
        open: whether its vocabulary is open by nature (facilities, countries).
    """

    name: str
    text: str
    columns: dict[str, str]
    within: str = ""
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rest: str = ""
    open: bool = False


@cache
def record_dimensions() -> dict[str, RecordDimension]:
    """Return every dimension of record measures by name."""
    folder = resources.files("openlifecycle.measures") / "declarations_records"
    body = yaml.safe_load((folder / DIMENSIONS_FILE).read_text("utf-8"))
    found = {name: _dimension(name, entry) for name, entry in body.items()}
    for one in found.values():
        if one.within and one.within not in found:
            raise ValueError(f"dimension {one.name} lies within {one.within}, which is not one")
    return found


def _dimension(name: str, entry: dict[str, Any]) -> RecordDimension:
    unknown = set(entry) - _KEYS | set(entry["columns"]) - set(FACTS)
    if unknown:
        raise ValueError(f"dimension {name}: unknown {sorted(unknown)}")
    groups = tuple((k, tuple(str(v) for v in vs)) for k, vs in entry.get("groups", {}).items())
    return RecordDimension(
        name=name,
        text=" ".join(entry["text"].split()),
        columns=dict(entry["columns"]),
        within=entry.get("within", ""),
        groups=groups,
        rest=entry.get("rest", ""),
        open=bool(entry.get("open", False)),
    )
