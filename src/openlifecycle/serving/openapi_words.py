"""Each parameter of the API as OpenAPI tells it: its schema, made from declarations, in words."""

from __future__ import annotations

from typing import Any, Final

from openlifecycle.lifecycle.rules import RULE_SETS
from openlifecycle.measures.declaration import GRANULARITIES
from openlifecycle.measures.question import AS_CORRECTED, AS_PUBLISHED
from openlifecycle.measures.registry import measures
from openlifecycle.measures.schema import schema
from openlifecycle.serving.asked import COHORT_PERIODS, ENTRIES

_DAY: Final = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_MONTH: Final = {"type": "string", "pattern": r"^(19|20)\d{2}-(0[1-9]|1[0-2])$"}
_TEXT: Final = {"type": "string", "minLength": 1, "pattern": r"^[^\u0000]+$"}
#: Names of dimensions with commas between.
_NAMES: Final = {"type": "string", "pattern": r"^[a-z_]+(,[a-z_]+)*$"}


def parameter(name: str, operation: str, *, in_path: bool = False) -> dict[str, Any]:
    """Return a parameter of an operation, without its example."""
    kind, text = _declared(name, operation)
    made: dict[str, Any] = {
        "name": name,
        "in": "path" if in_path else "query",
        "description": text,
        "required": in_path or name in _NEEDED,
        "schema": kind,
    }
    if kind.get("type") == "array":
        made |= {"style": "form", "explode": True}
    return made


def question() -> dict[str, Any]:
    """Return the schema of a question in JSON: what any measure takes.

    The schema of each measure lies at its own address: a hundred of them here would be a document
    that no program reads in time.
    """
    known = [schema(one)["properties"] for one in measures().values()]
    dims = sorted({d for one in measures().values() for d in one.dimensions})
    made: dict[str, Any] = {name: told for one in known for name, told in one.items()}
    made |= {
        "measure": {"type": "string", "enum": list(measures())},
        "period": {"type": "string", "enum": list(GRANULARITIES)},
        "by": {"type": "array", "uniqueItems": True, "items": {"enum": dims}},
        "where": {
            "type": "object",
            "propertyNames": {"enum": dims},
            "additionalProperties": {
                "anyOf": [_TEXT, {"type": "array", "minItems": 1, "items": _TEXT}]
            },
        },
        "collection": _TEXT,
        "sensitivity": {"type": "boolean"},
    }
    return {
        "title": "A question",
        "description": "What one measure takes is the `schema` of GET /api/v1/measures/{name}.",
        "type": "object",
        "required": ["measure"],
        "additionalProperties": False,
        "properties": made,
    }


_NEEDED: Final = frozenset({"measure", "entry", "before", "after", "fiscal-year"})


def _declared(name: str, operation: str) -> tuple[dict[str, Any], str]:
    """Return schema and words of a parameter; a cohort's months are not an answer's days."""
    if operation == "cohort" and name in _OF_COHORTS:
        return _OF_COHORTS[name]
    if name == "name" and operation == "measure":
        name = "measure"
    if name == "measure":
        return {"type": "string", "enum": list(measures())}, "name of a declared measure"
    return _WORDS[name]


_OF_COHORTS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "from": (_MONTH, "first month shown"),
    "to": (_MONTH, "last month shown"),
    "period": (
        {"type": "string", "enum": list(COHORT_PERIODS), "default": "month"},
        "a cohort a month, a fiscal year, or one in all",
    ),
}
_WORDS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "by": (_NAMES, "split by these dimensions, with commas between"),
    "where": (
        {"type": "array", "items": {"type": "string", "pattern": r"^[a-z_]+=[^\u0000=]+$"}},
        "keep this value, DIM=VALUE; may be repeated",
    ),
    "from": (_DAY, "first day; periods that it touches are whole"),
    "to": (_DAY, "last day"),
    "on": (_DAY, "one day instead of a time"),
    "as-known-on": (_DAY, "only what had been published by this day"),
    "as": (
        {"type": "string", "enum": [AS_PUBLISHED, AS_CORRECTED], "default": AS_PUBLISHED},
        "as printed, or with known publisher's errors corrected",
    ),
    "period": ({"type": "string", "enum": list(GRANULARITIES)}, "how fine in time"),
    "totals": ({"type": "boolean", "default": False}, "keep the printed Total rows"),
    "rules": ({"type": "string", "enum": list(RULE_SETS)}, "of records: the rule set"),
    "sensitivity": (
        {"type": "boolean", "default": False},
        "of records: answer under every rule set",
    ),
    "collection": (_TEXT, "of records: the collection; the latest without it"),
    "entry": ({"type": "string", "enum": list(ENTRIES)}, "what begins a cohort"),
    "horizons": (
        {"type": "string", "pattern": r"^[1-9]\d{0,2}(,[1-9]\d{0,2})*$"},
        "days after entry, with commas between",
    ),
    "lengths": ({"type": "boolean", "default": False}, "length of stay instead of states"),
    "fiscal-year": (
        {"type": "integer", "minimum": 2000, "maximum": 2100},
        "the year, from 1 October of the year before",
    ),
    "name": (_TEXT, "name of a fixed table"),
    "id": (_TEXT, "a release: its id, the start of its hash, file name or as-of date"),
    "release": (_TEXT, "a release: its id, the start of its hash, file name or as-of date"),
    "before": (_TEXT, "the earlier release"),
    "after": (_TEXT, "the later release"),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 100_000}, "so many rows; else all"),
    "offset": ({"type": "integer", "minimum": 0, "maximum": 10**9}, "rows to leave out first"),
}
