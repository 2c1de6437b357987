"""What may be asked of a measure, as JSON Schema: made from its declaration and from nothing else.

An API, a form or a program of another house reads what a question may hold, before it is asked.
"""

from __future__ import annotations

from typing import Any, Final

from openlifecycle.lifecycle.rules import RULE_SETS
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.plan import combinations
from openlifecycle.measures.question import AS_CORRECTED, AS_PUBLISHED
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.model.dimensions import DIMENSIONS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_DATE: Final = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}

#: One day, or a time; never both.
_DAY_OR_TIME: Final = [{"required": ["on", "start"]}, {"required": ["on", "end"]}]


def schema(one: Measure) -> dict[str, Any]:
    """Return the JSON Schema of a question to a measure, as ``Question.of`` takes it."""
    known = list(one.dimensions)
    refused = list(_DAY_OR_TIME)
    properties: dict[str, Any] = {
        "measure": {"const": one.name},
        "by": _listed("dimensions to split by", known),
        "where": {
            "type": "object",
            "description": "values to keep, by dimension",
            "properties": {name: _values(one, name) for name in known},
            "additionalProperties": False,
        },
        "start": {**_DATE, "description": "first day; periods that it touches are whole"},
        "end": {**_DATE, "description": "last day"},
        "on": {**_DATE, "description": "one day instead of a time"},
        "as_known_on": {**_DATE, "description": "only what had been published by this day"},
        "period": {"enum": list(one.periods), "default": _default_period(one)},
    }
    if one.records:
        refused.append({"required": ["rules", "sensitivity"]})
        properties |= {
            "rules": {"enum": list(RULE_SETS), "description": "how records are read"},
            "collection": {"type": "string", "description": "the latest without it"},
            "sensitivity": {"const": True, "description": "answer under every rule set"},
        }
    else:
        properties |= {
            "edition": {"enum": [AS_PUBLISHED, AS_CORRECTED], "default": AS_PUBLISHED},
            "totals": {"type": "boolean", "description": "keep printed Total rows"},
        }
    return {
        "$schema": DIALECT,
        "$id": f"urn:openlifecycle:measure:{one.name}",
        "title": one.question,
        "description": f"{one.population}; {one.unit}; {one.disclosure}",
        "type": "object",
        "properties": properties,
        "required": ["measure"],
        "additionalProperties": False,
        "not": {"anyOf": refused},
        "x-printed-together": [] if one.records else [list(c) for c in combinations(one)],
    }


def schemas(found: list[Measure]) -> dict[str, Any]:
    """Return one schema for a question to any of the measures."""
    return {
        "$schema": DIALECT,
        "$id": "urn:openlifecycle:question",
        "title": "A question to OpenLifecycle",
        "oneOf": [{"$ref": f"#/$defs/{one.name}"} for one in found],
        "$defs": {one.name: {k: v for k, v in schema(one).items() if k[0] != "$"} for one in found},
    }


def _default_period(one: Measure) -> str:
    return one.periods[0]


def _listed(text: str, known: list[str]) -> dict[str, Any]:
    items = {"enum": known} if known else False
    return {"type": "array", "description": text, "uniqueItems": True, "items": items}


def _values(one: Measure, name: str) -> dict[str, Any]:
    """Return the schema of the values of a dimension: a list of words where they are few."""
    word: dict[str, Any] = {"type": "string", "minLength": 1}
    if one.records:
        dimension = record_dimensions()[name]
        labels = [label for label, _ in dimension.groups]
        if labels and dimension.rest:
            word = {"enum": [*labels, dimension.rest]}
        text = dimension.text
    else:
        text = DIMENSIONS[name].text if name in DIMENSIONS else "what is printed"
    some = {"type": "array", "items": word, "minItems": 1}
    return {"description": text, "anyOf": [word, some]}
