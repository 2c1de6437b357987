"""The addresses of releases: list, receipt, findings, changes, facilities."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from openlifecycle.errors import UnknownRelease
from openlifecycle.publishing.pages import (
    Page,
    Part,
    changes_page,
    facilities_page,
    findings_page,
    listing_page,
    receipt_page,
)
from openlifecycle.serving.limits import PUBLISHED, RELEASES
from openlifecycle.serving.operations import Operation
from openlifecycle.serving.service import Service
from openlifecycle.serving.words import Words


async def releases(service: Service, operation: Operation, request: Request) -> Response:
    """List the releases in published order, and the collections of records beside them."""
    words = Words(request, operation.words)

    def work(form: str, part: Part) -> Page:
        listed: list[dict[str, Any]] = [
            {
                "release_id": one.release_id,
                "series": one.series,
                "sha256": one.sha256,
                "names": list(one.names),
                "fiscal_year": one.fiscal_year,
                "as_of": one.as_of.isoformat() if one.as_of else None,
                "published_on": one.published_on.isoformat() if one.published_on else None,
                "received_at": one.received_at,
            }
            for one in service.session.releases()
        ]
        beside = {"collections": service.session.collections()}
        return listing_page(listed, form, part, beside)

    return await service.give(request, operation, words, (), PUBLISHED, work)


async def receipt(service: Service, operation: Operation, request: Request) -> Response:
    """Give the account of every cell of a release."""
    words = Words(request, operation.words)
    release = str(request.path_params["id"])

    def work(_form: str, _part: Part) -> Page:
        return receipt_page(service.session.receipt(release))

    return await service.give(request, operation, words, release, RELEASES, work)


async def findings(service: Service, operation: Operation, request: Request) -> Response:
    """Give what checks find in a release."""
    words = Words(request, operation.words)
    release = str(request.path_params["id"])

    def work(form: str, part: Part) -> Page:
        return findings_page(service.session.findings(release), form, part)

    return await service.give(request, operation, words, release, RELEASES, work)


async def changes(service: Service, operation: Operation, request: Request) -> Response:
    """Give what one release restated of another."""
    words = Words(request, operation.words)
    before = words.needed("before", "FY24_detentionStats01182024.xlsx")
    after = words.needed("after", "FY24_detentionStats02012024.xlsx")

    def work(form: str, part: Part) -> Page:
        return changes_page(service.session.changes(before, after).cleared, form, part)

    return await service.give(request, operation, words, (before, after), RELEASES, work)


async def facilities(service: Service, operation: Operation, request: Request) -> Response:
    """Give the facilities that a release lists."""
    words = Words(request, operation.words)
    release = words.one("release")

    def work(form: str, part: Part) -> Page:
        return facilities_page(service.session.facilities(release or _latest(service)), form, part)

    return await service.give(request, operation, words, release, RELEASES, work)


def _latest(service: Service) -> str:
    held = service.session.releases()
    if not held:
        raise UnknownRelease("the store holds no published release")
    return held[-1].release_id
