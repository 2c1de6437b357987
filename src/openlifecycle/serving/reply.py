"""A page becomes a response: form, encoding, entity tag, and links to the pages beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Final
from urllib.parse import urlencode

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response

from openlifecycle.publishing.pages import Part
from openlifecycle.serving.desk import Kept
from openlifecycle.serving.negotiate import MEDIA, encoding_of
from openlifecycle.serving.words import Words

#: Below this, packing costs more than it saves.
_WORTH_PACKING: Final = 1024
#: Above this, packing takes so long that others would wait for it: a thread does it.
_LONG: Final = 64 * 1024
#: Parquet is packed already.
_PACKED: Final = frozenset({"parquet"})
#: Brotli at 5 packs an answer about as well as gzip at 9, in a third of the time.
_LEVELS: Final = {"br": ("brotli", 5), "gzip": ("gzip", 6)}


#: Where the scope of a request has what was sent: the page as kept, and its encoding.
SENT: Final = "openlifecycle.sent"


async def reply(request: Request, words: Words, kept: Kept, form: str, part: Part) -> Response:
    """Return the response for a page; 304 where the client has it already."""
    headers = {"vary": "accept, accept-encoding", "x-total-count": str(kept.page.total)}
    links = _links(request, words, part, kept.page.total)
    if links:
        headers["link"] = links
    return await sent(request, kept, MEDIA[form], headers, pack=form not in _PACKED)


async def sent(
    request: Request, kept: Kept, media: str, more: Mapping[str, str], *, pack: bool = True
) -> Response:
    """Return the bytes of a page with their tag; 304 where the client has them already."""
    headers = {
        "etag": kept.etag,
        "cache-control": "no-cache",  # may be kept, must be asked for: a release may have come
        "vary": "accept-encoding",
        **more,
    }
    if is_named(request.headers.get("if-none-match"), kept.etag):
        return Response(status_code=304, headers=headers)
    body = kept.page.body
    encoding = encoding_of(request.headers.get("accept-encoding"))
    if not pack or len(body) < _WORTH_PACKING:
        encoding = ""
    if encoding:
        body = await _packed(kept, encoding)
        headers["content-encoding"] = encoding
    request.scope[SENT] = (kept, encoding)
    return Response(body, media_type=None, headers=headers | {"content-type": media})


def key_of(asked: Hashable, form: str, part: Part) -> Hashable:
    """Return what a page is kept under."""
    return (asked, form, part.offset, part.limit)


async def _packed(kept: Kept, encoding: str) -> bytes:
    """Return the body of a page as encoded, packed once for all who accept the encoding."""
    if encoding not in kept.encoded:
        name, level = _LEVELS[encoding]
        codec, body = pa.Codec(name, compression_level=level), kept.page.body
        pack = partial(codec.compress, body, asbytes=True)
        kept.encoded[encoding] = await asyncio.to_thread(pack) if len(body) > _LONG else pack()
    return kept.encoded[encoding]


def is_named(header: str | None, etag: str) -> bool:
    """Return whether If-None-Match names the tag; tags are compared weakly (RFC 9110, 13.1.2)."""
    if header is None:
        return False
    bare = etag.removeprefix("W/")
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or bare in tags


def _links(request: Request, words: Words, part: Part, total: int) -> str:
    """Return the Link header (RFC 8288) of a page; an answer given whole has none."""
    if part.limit is None:
        return ""
    limit, last = part.limit, max(0, (total - 1) // part.limit * part.limit)
    places = {"first": 0, "last": last}
    if part.offset > 0:
        places["prev"] = max(0, part.offset - limit)
    if part.offset + limit < total:
        places["next"] = part.offset + limit
    return ", ".join(
        f'<{request.url.path}?{_query(words, offset)}>; rel="{rel}"'
        for rel, offset in places.items()
    )


def _query(words: Words, offset: int) -> str:
    kept: Sequence[tuple[str, str]] = [
        (name, value)
        for name, values in words.given().items()
        for value in values
        if name != "offset"
    ]
    return urlencode([*kept, ("offset", str(offset))])
