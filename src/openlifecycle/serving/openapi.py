"""The OpenAPI 3.1 document: made from the operations, and from the declarations of measures."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from openlifecycle.measures.schema import DIALECT
from openlifecycle.publishing.citation import version
from openlifecycle.serving.negotiate import MEDIA
from openlifecycle.serving.openapi_words import parameter, question
from openlifecycle.serving.operations import OPERATIONS, ROOT, Operation
from openlifecycle.serving.problems import MEDIA as PROBLEM_MEDIA
from openlifecycle.serving.problems import TYPE

_ROWS: Final = {"type": "array", "items": {"type": "object"}}
_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}

#: What the JSON of each kind of result holds at least.
_RESULTS: Final[dict[str, dict[str, Any]]] = {
    "Document": {"type": "object"},
    "Listing": {"type": "object", "required": ["rows"], "properties": {"rows": _ROWS}},
    "Answer": {
        "type": "object",
        "required": [
            "question", "measure", "unit", "period", "split", "rows", "notes", "caveats", "breaks",
            "corrections", "releases", "disclosure", "verdict", "citation", "sql", "openlifecycle",
        ],
        "properties": {
            "question": {"type": "object"}, "measure": _TEXT, "unit": _TEXT, "period": _TEXT,
            "split": _TEXTS, "rows": _ROWS, "notes": _TEXTS, "caveats": _TEXTS, "breaks": _ROWS,
            "corrections": _TEXTS, "releases": _ROWS, "disclosure": _TEXT,
            "verdict": {"type": "object"}, "citation": _TEXT, "sql": _TEXT,
            "openlifecycle": _TEXT,
        },
    },
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "what", "where", "nearest", "next"],
        "properties": {
            "type": {"type": "string", "pattern": f"^{TYPE}"}, "title": _TEXT, "detail": _TEXT,
            "status": {"type": "integer"}, "what": _TEXT, "where": _TEXT, "nearest": _TEXT,
            "next": _TEXT,
        },
    },
}  # fmt: skip

_PROBLEMS: Final = {
    "400": "the question cannot be answered as asked",
    "403": "not cleared: it cannot be shown safely; `next` says what would pass",
    "404": "no such measure, release or table",
    "405": "another method",
    "406": "not served in that form",
    "413": "the body or the query is too long",
    "422": "refused",
    "429": "asked too fast; Retry-After says how long to wait",
    "503": "the store cannot be read, or too many questions wait; see Retry-After",
}
_EXAMPLE_PROBLEM: Final = {
    "type": TYPE + "UnknownMeasure", "title": "There is no such thing here", "status": 404,
    "detail": "there is no measure 'apd'", "what": "there is no measure 'apd'", "where": "",
    "nearest": "adp", "next": "olc measures lists them",
}  # fmt: skip


@cache
def document() -> dict[str, Any]:
    """Return the document; it depends on declarations only, so it is made once."""
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(ROOT + one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": "OpenLifecycle",
            "version": version(),
            "description": "Published immigration-enforcement statistics and protected counts of "
            "released records. Read-only. Parameters have the names of the command line.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": {**_RESULTS, "Question": question()}},
    }


def _operation(one: Operation) -> dict[str, Any]:
    in_path = re.findall(r"\{(\w+)\}", one.path)
    made: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [_with_example(one, n, in_path=True) for n in in_path]
        + [_with_example(one, name, in_path=False) for name in one.words]
        + _of_lists(one),
        "responses": {"200": _found(one), "304": {"description": "the client has it already"}}
        | {status: _problem(text) for status, text in _PROBLEMS.items()},
    }
    if one.method == "POST":
        body = {"schema": {"$ref": "#/components/schemas/Question"}, "example": one.example}
        made["requestBody"] = {"required": True, "content": {"application/json": body}}
    return made


def _with_example(one: Operation, name: str, *, in_path: bool) -> dict[str, Any]:
    made = parameter(name, one.name, in_path=in_path)
    return made | ({"example": one.example[name]} if name in one.example else {})


def _of_lists(one: Operation) -> list[dict[str, Any]]:
    """Return the parameters that every list and answer takes."""
    form = {
        "name": "format", "in": "query", "required": False, "example": one.forms[0],
        "description": "wins over Accept",
        "schema": {"type": "string", "enum": list(one.forms), "default": one.forms[0]},
    }  # fmt: skip
    paging = [parameter(name, one.name) for name in ("limit", "offset")] if one.paged else []
    examples = {"limit": 100, "offset": 0}
    return [form, *(word | {"example": examples[word["name"]]} for word in paging)]


def _found(one: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for form in one.forms:
        media = MEDIA[form].split(";")[0]
        content[media] = {"schema": {"type": "string"} if form == "csv" else {}}
    content[MEDIA["json"]] = {"schema": {"$ref": f"#/components/schemas/{one.result}"}}
    headers = {
        "ETag": {"schema": _TEXT, "description": "of the content and the state of the store"},
        "X-Total-Count": {"schema": {"type": "integer"}, "description": "rows of the whole"},
        "Link": {"schema": _TEXT, "description": "first, prev, next, last; of a page only"},
    }
    return {"description": one.summary, "content": content, "headers": headers}


def _problem(text: str) -> dict[str, Any]:
    ref = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": text,
        "content": {PROBLEM_MEDIA: {"schema": ref, "example": _EXAMPLE_PROBLEM}},
    }
