"""Category lookups of a series: printed label to canonical values, or nothing.

Each lookup of ``lookups.yml`` has three disjoint sets: ``valid`` (canonical spellings),
``fixes`` (printed spelling to canonical) and ``void`` (labels that mean no value). A lookup
may give more than one field, e.g. a bond row gives a measure and its unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openlifecycle.reading.labels import fiscal_year_in, normal, us_dates_in

#: What a label says: canonical fields, and period hints whose names start with an underscore.
Context = dict[str, Any]


@dataclass(frozen=True)
class Lookup:
    """One closed vocabulary: what each printed label says."""

    name: str
    entries: Mapping[str, Context]

    def get(self, label: str) -> Context | None:
        """Return what a label in normal form says, or None when the label is not known."""
        return self.entries.get(label)


def _entry(field: str | None, value: Any) -> Context:
    if isinstance(value, dict):
        return dict(value)
    if field is None:
        raise ValueError(f"a lookup without a dimension needs mappings, not {value!r}")
    return {field: value}


def build_lookup(name: str, spec: Mapping[str, Any]) -> Lookup:
    """Return a lookup from its YAML, refusing overlapping sets.

    Raises:
        ValueError: a label stands in two sets, or two spellings fall together and disagree.
    """
    field = spec.get("dimension")
    entries: dict[str, Context] = {}
    rows = [(v, _entry(field, v)) for v in spec.get("valid", ())]
    rows += [(k, _entry(field, v)) for k, v in spec.get("fixes", {}).items()]
    rows += [(k, {}) for k in spec.get("void", ())]
    for label, context in rows:
        key = normal(str(label))
        if key in entries and entries[key] != context:
            raise ValueError(f"lookup {name}: {label!r} stands in two sets")
        entries[key] = context
    return Lookup(name, entries)


#: Stands for "the label as printed" in the context of an open dimension.
PRINTED = "\x00printed"
_TOTALS = ("total", "grand total")


def fiscal_year_label(label: str) -> Context | None:
    """Return the fiscal year of a label such as ``FY2022 (10/1/2021 - 3/31/2022)``, and its end."""
    year = fiscal_year_in(label)
    if year is None:
        return None
    days = [day for day, _ in us_dates_in(label) if day is not None]
    return {"_fiscal_year": year, "_through": days[1]} if len(days) == 2 else {"_fiscal_year": year}


def open_label(dimension: str) -> Callable[[str], Context | None]:
    """Return the matcher of a vocabulary that is open by nature: any label lands as printed."""

    def match(label: str) -> Context | None:
        return {dimension: "Total" if label in _TOTALS else PRINTED} if label else None

    return match


#: Matchers that are rules rather than lists.
RULES: Mapping[str, Callable[[str], Context | None]] = {"fiscal_year": fiscal_year_label}
