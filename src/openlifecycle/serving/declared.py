"""The addresses that tell declarations: measures, dimensions, questions, and this API itself."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.questions import questions as standing
from openlifecycle.measures.registry import measure as declared
from openlifecycle.measures.schema import schema
from openlifecycle.publishing.citation import version
from openlifecycle.publishing.declared import dimensions_dict, measure_dict
from openlifecycle.publishing.pages import Page, Part, document_page, listing_page
from openlifecycle.serving.limits import PUBLISHED, RECORDS
from openlifecycle.serving.openapi import document
from openlifecycle.serving.operations import OPERATIONS, ROOT, Operation
from openlifecycle.serving.service import Service
from openlifecycle.serving.words import Words


async def index(service: Service, operation: Operation, request: Request) -> Response:
    """Say what this server is."""
    words = Words(request, operation.words)
    said = {
        "openlifecycle": version(),
        "state": service.session.state(),
        "operations": {one.name: f"{one.method} {ROOT}{one.path}" for one in OPERATIONS},
    }
    return await _said(service, operation, request, words, said)


async def measures(service: Service, operation: Operation, request: Request) -> Response:
    """List the measures."""
    words = Words(request, operation.words)

    def work(form: str, part: Part) -> Page:
        return listing_page([_line(m) for m in service.session.measures().values()], form, part)

    return await service.give(request, operation, words, (), PUBLISHED, work)


def _line(m: Measure) -> dict[str, Any]:
    return {
        "name": m.name,
        "family": m.family,
        "question": m.question,
        "unit": m.unit,
        "periods": list(m.periods),
        "dimensions": list(m.dimensions),
        "tier": m.tier,
        "publication": m.publication,
        "disclosure": m.disclosure,
    }


async def measure(service: Service, operation: Operation, request: Request) -> Response:
    """Tell all of a measure."""
    words = Words(request, operation.words)
    found = declared(str(request.path_params["name"]))
    said = measure_dict(found) | {"schema": schema(found)}
    return await _said(service, operation, request, words, said, found.name)


async def dimensions(service: Service, operation: Operation, request: Request) -> Response:
    """Tell what a measure can be split by, and the values that may be named."""
    words = Words(request, operation.words)
    found = declared(str(request.path_params["measure"]))

    def work(_form: str, _part: Part) -> Page:
        return document_page(dimensions_dict(found, service.session.dimensions(found.name)))

    pool = RECORDS if found.records else PUBLISHED
    return await service.give(request, operation, words, found.name, pool, work)


async def questions(service: Service, operation: Operation, request: Request) -> Response:
    """List the standing questions."""
    words = Words(request, operation.words)

    def work(form: str, part: Part) -> Page:
        return listing_page([one.as_dict() for one in standing().values()], form, part)

    return await service.give(request, operation, words, (), PUBLISHED, work)


async def openapi(service: Service, operation: Operation, request: Request) -> Response:
    """Give the OpenAPI document."""
    words = Words(request, operation.words)
    return await _said(service, operation, request, words, document())


async def _said(
    service: Service, operation: Operation, request: Request, words: Words,
    said: dict[str, Any], key: str = "",
) -> Response:  # fmt: skip
    return await service.give(
        request, operation, words, key, PUBLISHED, lambda _form, _part: document_page(said)
    )
