"""Every declared measure, read once from measures/declarations/*.yml and declarations_records."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from openlifecycle.errors import UnknownMeasure
from openlifecycle.measures.declaration import (
    DERIVATIONS,
    EXPOSED,
    GRANULARITIES,
    PUBLISHED,
    TIERS,
    Caveat,
    Measure,
    Neighbour,
    Source,
)
from openlifecycle.measures.loading import (
    BadDeclaration,
    caveats_of,
    change_of,
    line,
    load_folder,
)
from openlifecycle.measures.ratios import ratio_measure
from openlifecycle.measures.record_registry import record_measures
from openlifecycle.model.dimensions import DIMENSIONS

#: Files that are not families of measures.
CAVEATS_FILE: Final = "caveats.yml"

#: Derivations that read no printed table.
UNPRINTED: Final = ("schedule", "reference")

PUBLICATION: Final = "ICE Detention Statistics workbook (us_ice.detention_statistics)"

_SOURCE_KEYS: Final = {
    "table", "measure", "measures", "periods", "dims", "no_total", "entity", "entity_total",
    "attributes", "fixed", "listed",
}  # fmt: skip
_MEASURE_KEYS: Final = {
    "name", "question", "numerator", "denominator", "unit", "population", "sources", "caveats",
    "changes", "tier", "sheet", "derivation", "summed", "share_of", "default_by", "additive",
    "before", "after", "exposed", "counted_by", "periods", "publication", "defined_by",
}  # fmt: skip


@cache
def measures() -> dict[str, Measure]:
    """Return every declared measure by name, in the order of the files."""
    texts = load_folder("declarations")
    caveats = caveats_of(texts.pop(CAVEATS_FILE))
    found: dict[str, Measure] = {}
    told = [(name.removesuffix(".yml"), e) for name, entries in texts.items() for e in entries]
    # a ratio is made of two measures, which may be declared after it
    for family, entry in sorted(told, key=lambda one: "over" in one[1]):
        if "over" in entry:
            one = ratio_measure(entry, caveats, found, family=family)
        else:
            one = _measure(entry, caveats, family=family)
        if one.name in found:
            raise BadDeclaration(f"measure {one.name} is declared twice")
        found[one.name] = one
    found = {entry["name"]: found[entry["name"]] for _, entry in told}
    _check_neighbours(found)
    for name, one in record_measures().items():
        if name in found:
            raise BadDeclaration(f"measure {name} is declared twice")
        found[name] = one
    return found


def measure(name: str) -> Measure:
    """Return the declared measure of that name, or raise with the nearest names."""
    found = measures().get(name)
    if found is None:
        raise UnknownMeasure(
            f"no measure is called {name!r}",
            nearest=nearest(name, measures()),
            next_step="olc measures lists them all",
        )
    return found


def nearest(word: str, known: Iterable[str]) -> str:
    """Return up to three known words like the given one, for an error message."""
    pool = {k.casefold(): k for k in known}
    folded = word.casefold()
    close = difflib.get_close_matches(folded, pool, n=3, cutoff=0.5)
    inside = [k for k in pool if folded and (folded in k or k in folded) and k not in close]
    return ", ".join(pool[k] for k in [*close, *inside][:3])


def _measure(entry: Mapping[str, Any], caveats: Mapping[str, Caveat], *, family: str) -> Measure:
    name = entry["name"]
    unknown = set(entry) - _MEASURE_KEYS
    if unknown:
        raise BadDeclaration(f"measure {name}: unknown keys {sorted(unknown)}")
    missing = [c for c in entry.get("caveats", ()) if c not in caveats]
    if missing:
        raise BadDeclaration(f"measure {name}: caveats {missing} are not in {CAVEATS_FILE}")
    derivation = entry.get("derivation", "printed")
    if derivation not in DERIVATIONS or entry.get("tier", 1) not in TIERS:
        raise BadDeclaration(f"measure {name}: unknown derivation or tier")
    return Measure(
        name=name,
        question=line(entry["question"]),
        numerator=line(entry["numerator"]),
        denominator=line(entry.get("denominator", "none")),
        unit=entry["unit"],
        population=line(entry["population"]),
        sources=tuple(_source(name, s) for s in entry.get("sources", ())),
        caveats=tuple(caveats[c] for c in entry.get("caveats", ())),
        changes=tuple(change_of(c) for c in entry.get("changes", ())),
        tier=entry.get("tier", 1),
        publication=entry.get("publication", PUBLICATION),
        sheet=entry["sheet"],
        family=family,
        derivation=derivation,
        summed=tuple(entry.get("summed", ())),
        share_of=_values(entry.get("share_of", {})),
        default_by=tuple(entry.get("default_by", ())),
        additive=bool(entry.get("additive", True)),
        before=_neighbour(entry.get("before")),
        after=_neighbour(entry.get("after")),
        exposed=bool(entry.get("exposed", False)),
        counted_by=entry.get("counted_by", ""),
        disclosure=EXPOSED if entry.get("exposed") else PUBLISHED,
        defined_by=line(
            entry.get("defined_by", f"ICE, Footnotes sheet and sheet {entry['sheet']}")
        ),
        times=_times(name, derivation, entry),
    )


def _times(name: str, derivation: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the granularities of a measure that is not made of printed tables."""
    periods = tuple(entry.get("periods", ()))
    if bool(periods) != (derivation in UNPRINTED) or bool(periods) == bool(entry.get("sources")):
        raise BadDeclaration(f"measure {name}: tables or periods, as the derivation needs")
    if not set(periods) <= set(GRANULARITIES):
        raise BadDeclaration(f"measure {name}: unknown period")
    return periods


def _source(name: str, entry: Mapping[str, Any]) -> Source:
    attributes = tuple(entry.get("attributes", ()))
    unknown = set(entry) - _SOURCE_KEYS
    periods = tuple(entry["periods"])
    dims = tuple(entry.get("dims", ()))
    entity = tuple(entry.get("entity", ()))
    if unknown or not set(periods) <= set(GRANULARITIES):
        raise BadDeclaration(f"measure {name}: unknown keys {sorted(unknown)} or period")
    strangers = [d for d in dims + entity + attributes if d not in DIMENSIONS]
    if strangers:
        raise BadDeclaration(f"measure {name}: {strangers} are not dimensions of model/")
    return Source(
        table=entry["table"],
        measures=tuple(entry["measures"]) if "measures" in entry else (entry["measure"],),
        periods=periods,
        dims=dims,
        no_total=tuple(entry.get("no_total", ())),
        entity=entity,
        entity_total=bool(entry.get("entity_total", False)),
        attributes=attributes,
        fixed=_values(entry.get("fixed", {})),
        listed=bool(entry.get("listed", False)),
    )


def _values(entry: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((dim, tuple(str(v) for v in values)) for dim, values in entry.items())


def _neighbour(entry: Mapping[str, Any] | None) -> Neighbour | None:
    if entry is None:
        return None
    return Neighbour(entry["measure"], entry["released"], line(entry["text"]))


def _check_neighbours(found: Mapping[str, Measure]) -> None:
    for one in found.values():
        named = [n.measure for n in (one.before, one.after) if n] + [one.counted_by]
        strangers = [n for n in named if n and n not in found]
        if strangers:
            raise BadDeclaration(f"measure {one.name} names {strangers}, which are not declared")
