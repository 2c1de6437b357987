"""The measures over record tables, read from measures/declarations_records/*.yml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from openlifecycle.measures.declaration import GRANULARITIES, RECORDS, Caveat, Measure
from openlifecycle.measures.loading import BadDeclaration, caveats_of, change_of, line, load_folder
from openlifecycle.measures.record_declaration import (
    FACTS,
    RECORD_TIERS,
    STATISTICS,
    TESTS,
    VALUES,
    Condition,
    RecordSpec,
)
from openlifecycle.measures.record_dimensions import DIMENSIONS_FILE, record_dimensions
from openlifecycle.model.events import EVENTS

CAVEATS_FILE: Final = "caveats.yml"

_TOLD: Final = {
    "name", "question", "numerator", "denominator", "unit", "population", "caveats", "changes",
    "tier", "default_by", "defined_by",
}  # fmt: skip
_SPEC: Final = {
    "value", "table", "at", "where", "counts", "of", "since", "until", "over_days",
    "follow_up_days", "statistic", "heads", "ended", "dimensions", "periods", "parameter", "needs",
}  # fmt: skip

#: Which keys a kind of value must have; those of other kinds it must not.
_NEEDS: Final[dict[str, frozenset[str]]] = {
    "rows": frozenset({"at"}),
    "people": frozenset({"at"}),
    "share": frozenset({"at", "counts"}),
    "mean": frozenset({"at", "of"}),
    "median": frozenset({"at", "of"}),
    "survival": frozenset({"at", "of", "ended"}),
    "stock": frozenset({"since", "until"}),
    "headcount": frozenset({"statistic"}),
}
_OF_A_KIND: Final = frozenset().union(*_NEEDS.values()) | {"over_days", "heads"}
_MAY: Final = {"stock": {"over_days"}, "headcount": {"heads"}}


def record_measures() -> dict[str, Measure]:
    """Return every declared measure over records by name, in the order of the files."""
    texts = load_folder("declarations_records")
    texts.pop(DIMENSIONS_FILE)
    caveats = caveats_of(texts.pop(CAVEATS_FILE))
    found: dict[str, Measure] = {}
    for file_name, entries in texts.items():
        for entry in entries:
            one = _measure(entry, caveats, "records_" + file_name.removesuffix(".yml"))
            if one.name in found:
                raise BadDeclaration(f"measure {one.name} is declared twice")
            found[one.name] = one
    return found


def _measure(entry: Mapping[str, Any], caveats: Mapping[str, Caveat], family: str) -> Measure:
    name = entry["name"]
    unknown = set(entry) - _TOLD - _SPEC
    missing = [c for c in entry["caveats"] if c not in caveats]
    if unknown or missing:
        raise BadDeclaration(f"measure {name}: unknown keys {sorted(unknown)} or caveats {missing}")
    if entry.get("tier", 1) not in RECORD_TIERS:
        raise BadDeclaration(f"measure {name}: unknown tier")
    spec = _spec(name, entry)
    return Measure(
        name=name,
        question=line(entry["question"]),
        numerator=line(entry["numerator"]),
        denominator=line(entry.get("denominator", "none")),
        unit=entry["unit"],
        population=line(entry["population"]),
        sources=(),
        caveats=tuple(caveats[c] for c in entry["caveats"]),
        changes=tuple(change_of(c) for c in entry.get("changes", ())),
        tier=entry.get("tier", 1),
        publication=f"released record tables (FOIA), {EVENTS[spec.event].series}",
        sheet="",
        family=family,
        derivation=spec.value,
        default_by=tuple(entry.get("default_by", ())),
        additive=spec.value == "rows",
        disclosure=RECORDS,
        records=spec,
        defined_by=line(entry["defined_by"]),
    )


def _spec(name: str, entry: Mapping[str, Any]) -> RecordSpec:
    kind, table = entry["value"], entry["table"]
    if kind not in VALUES or table not in FACTS:
        raise BadDeclaration(f"measure {name}: unknown value or table")
    told = set(entry) & _OF_A_KIND
    if not _NEEDS[kind] <= told or told - _NEEDS[kind] - _MAY.get(kind, set()):
        raise BadDeclaration(f"measure {name}: a {kind} needs {sorted(_NEEDS[kind])}")
    if entry.get("statistic", "last") not in STATISTICS:
        raise BadDeclaration(f"measure {name}: unknown statistic")
    periods, dims = tuple(entry["periods"]), tuple(entry["dimensions"])
    known = record_dimensions()
    strangers = [d for d in dims if d not in known or table not in known[d].columns]
    strangers += [d for d in entry.get("default_by", ()) if d not in dims]
    strangers += [p for p in periods if p not in GRANULARITIES]
    strangers += [e for e in entry.get("needs", ()) if e not in EVENTS]
    if strangers:
        raise BadDeclaration(f"measure {name}: {strangers} are no dimensions or periods of {table}")
    return RecordSpec(
        value=kind,
        table=table,
        dimensions=dims,
        periods=periods,
        at=entry.get("at", ""),
        where=tuple(_condition(name, c) for c in entry.get("where", ())),
        counts=tuple(_condition(name, c) for c in entry.get("counts", ())),
        of=entry.get("of", ""),
        since=tuple(entry.get("since", ())),
        until=entry.get("until", ""),
        over_days=int(entry.get("over_days", 0)),
        follow_up_days=int(entry.get("follow_up_days", 0)),
        statistic=entry.get("statistic", ""),
        heads=entry.get("heads", "midnight"),
        ended=entry.get("ended", ""),
        parameter=tuple(entry.get("parameter", ())),
        needs=tuple(entry.get("needs", ())),
    )


def _condition(name: str, entry: Mapping[str, Any]) -> Condition:
    tests = [t for t in entry if t != "field"]
    if len(tests) != 1 or tests[0] not in TESTS:
        raise BadDeclaration(f"measure {name}: condition {dict(entry)} has no known test")
    value = entry[tests[0]]
    return Condition(entry["field"], tests[0], tuple(value) if isinstance(value, list) else value)
