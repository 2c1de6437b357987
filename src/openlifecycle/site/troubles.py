"""Errors as pages: a person's browser gets what, where, nearest and next in words.

It stands around everything else, the guard included, and turns each problem+json that is on its
way to a person into a page of the same status. Programs, and addresses of the API and of files,
keep the JSON.
"""

from __future__ import annotations

import difflib
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openlifecycle.api import Session
from openlifecycle.serving import operations, problems
from openlifecycle.serving.negotiate import prefers
from openlifecycle.site import assets
from openlifecycle.site.holdings import Holdings, last_holdings
from openlifecycle.site.listed import VIEWS
from openlifecycle.site.render import written
from openlifecycle.site.views import HTML, POLICY, Html, View

_MACHINES: Final = (operations.ROOT, assets.ROOT)
_TROUBLE: Final = View("trouble", "", "", lambda _visit: Html("problem.html", {}))
_PLACES: Final = {view.path: view for view in VIEWS if view.nav}
#: Where a page lists what an error advises to list with a command.
_LISTED: Final = {
    "olc releases": "/releases",
    "olc measures": "/methods",
    "olc dimensions": "/explore",
    "olc questions": "/questions",
}
#: Headers of a problem that a page of it has of its own.
_OWN: Final = (b"content-type", b"content-length", b"content-security-policy", b"content-encoding")


class Troubles:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, session: Session) -> None:
        """Take the session for the few words about its store; an error never reads the store."""
        self._app, self._session = app, session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; where that is a problem and a person asked, by a page."""
        if scope["type"] != "http" or not _is_person(scope):
            await self._app(scope, receive, send)
            return
        started: Message | None = None
        body = b""

        async def sent(message: Message) -> None:
            nonlocal started, body
            if message["type"] == "http.response.start" and _is_problem(message):
                started = message
                return
            if started is None:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                await self._page(scope, started, body, send)
                started = None

        await self._app(scope, receive, sent)

    async def _page(self, scope: Scope, started: Message, body: bytes, send: Send) -> None:
        today = datetime.now(UTC).date().isoformat()
        near = _near(scope["path"])
        page = _written(body, near, today, last_holdings(self._session))
        kept = [(name, value) for name, value in started["headers"] if name.lower() not in _OWN]
        wait = [value for name, value in kept if name.lower() == b"retry-after"]
        headers = [
            *kept,
            (b"content-type", HTML.encode()),
            (b"content-length", str(len(page)).encode()),
            (b"content-security-policy", POLICY.encode()),
            (b"cache-control", b"no-store"),
            (b"vary", b"accept"),
            # it asks again by itself, with no script
            *([(b"refresh", wait[0])] if wait and started["status"] == 503 else []),
        ]
        await send({"type": started["type"], "status": started["status"], "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else page
        await send({"type": "http.response.body", "body": shown})


def _is_person(scope: Scope) -> bool:
    """Return whether a page is wanted, at an address where pages are."""
    path = scope["path"]
    if any(path == root or path.startswith(root + "/") for root in _MACHINES):
        return False
    accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
    return prefers(accept, "text/html", problems.MEDIA, "application/json")


def _is_problem(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.decode("latin-1") == problems.MEDIA
        for name, value in message.get("headers", [])
    )


def _near(path: str) -> str:
    """Return the address of a page that may have been meant."""
    if path.rstrip("/") in _PLACES:
        return path.rstrip("/")
    found = difflib.get_close_matches(path.lower()[:100].rstrip("/"), _PLACES, n=1, cutoff=0.6)
    return found[0] if found else ""


@lru_cache(maxsize=64)  # many clients are refused for the same few reasons
def _written(body: bytes, near: str, today: str, held: Holdings | None) -> bytes:
    said: dict[str, Any] = json.loads(body)
    kind = str(said["type"]).removeprefix(problems.TYPE)
    is_unserved = said["status"] == 404 and kind == problems.NotFound.__name__
    listed = next((p for word, p in _LISTED.items() if said["next"].startswith(word)), "")
    context = {
        "problem": said,
        "is_waiting": said["status"] == 503 and kind == problems.TooBusy.__name__,
        "is_unserved": is_unserved,
        "near": _PLACES[near] if near and is_unserved else None,
        "listed": _PLACES.get(listed),
    }
    day = datetime.fromisoformat(today).date()
    return written(Html("problem.html", context), _TROUBLE, day, None, held).encode()
