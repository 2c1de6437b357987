"""No person key and no secret comes out of any address of the server."""

from __future__ import annotations

import asyncio

import httpx

import openlifecycle as ol
from openlifecycle.measures.registry import measures
from openlifecycle.serving.app import create_app
from openlifecycle.serving.limits import ServeSettings
from tests.privacy.conftest import Held
from tests.privacy.test_surfaces import RECORD_MEASURES, no_key_in

SETTINGS = ServeSettings(hosts=(), rate=1e6, burst=1_000_000, seconds=120)


def addresses(held: Held) -> list[str]:
    """Return every address that speaks of records, in a form that is text."""
    releases = [r["release_id"] for c in ol.open(held.path).collections() for r in c["releases"]]
    asked = ["/", "/measures", "/releases", "/questions", "/table", "/openapi.json"]
    asked += [f"/dimensions/{name}" for name in RECORD_MEASURES[:5]]
    asked += [f"/releases/{one}/{what}" for one in releases for what in ("receipt", "findings")]
    asked += [f"/facilities?release={one}" for one in releases]
    asked += ["/cohort?entry=arrest", "/cohort?entry=book_in&lengths=true&by=aor"]
    asked += [f"/ask?measure={name}&sensitivity=true" for name in RECORD_MEASURES[:3]]
    # test_surfaces.py asks every measure by every dimension; here it is the way out that is walked
    for name in RECORD_MEASURES:
        asked += [f"/ask?measure={name}&by={d}" for d in measures()[name].dimensions[:1]]
    return asked


def test_no_person_key_comes_out_of_any_address(held: Held) -> None:
    async def walk() -> list[httpx.Response]:
        transport = httpx.ASGITransport(create_app(ol.open(held.path), SETTINGS))
        async with httpx.AsyncClient(transport=transport, base_url="http://x/api/v1") as client:
            return [await client.get(one) for one in addresses(held)]

    answered = 0
    for got in asyncio.run(walk()):
        assert got.status_code in (200, 403, 404), got.text
        answered += got.status_code == 200
        no_key_in(got.text + str(got.headers), held)
    assert answered > len(RECORD_MEASURES)
