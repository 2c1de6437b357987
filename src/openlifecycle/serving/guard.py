"""What surrounds every request: limits before it, safe headers after it, and one line in the log.

The line has method, route template, status and time. It has no address, no path and no query: what
somebody asked about may say who they are looking for.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openlifecycle.errors import OpenLifecycleError
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.problems import (
    MEDIA,
    Problem,
    TooLarge,
    TooMany,
    WrongHost,
    problem,
    problem_of,
)
from openlifecycle.serving.throttle import Throttle, client_of
from openlifecycle.settings import DEBUG_ENV

LOG: Final = logging.getLogger("openlifecycle.serving")

#: For an API: nothing in it is a page, so nothing may be loaded, framed or run.
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
}


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        """Keep the limits of the settings."""
        self._app, self._settings = app, settings
        self._throttle = Throttle(settings.rate, settings.burst, settings.clients)
        self._unanswered: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        client = client_of((scope.get("client") or ("",))[0])

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_headers(message.get("headers", []))
            await send(message)

        self._unanswered[client] += 1
        try:
            self._admit(scope, client)
            await self._app(scope, _bounded(receive, self._settings.body_bytes), sent)
        except OpenLifecycleError as error:
            if not status:
                await _send(problem_of(error), sent)
        except Exception as error:  # no fault of ours may tell of what was asked
            if os.environ.get(DEBUG_ENV) == "1":
                LOG.exception("fault")
            LOG.error("fault %s at %s", type(error).__name__, _template(scope))
            if not status:
                what = "something in this server went wrong; whoever runs it finds it in the log"
                await _send(problem(500, "Unexpected", what=what), sent)
        finally:
            self._unanswered[client] -= 1
            if not self._unanswered[client]:
                del self._unanswered[client]
            took = (time.perf_counter() - began) * 1000
            LOG.info("%s %s %d %.0f ms", _method(scope), _template(scope), status, took)

    def _admit(self, scope: Scope, client: str) -> None:
        """Raise for a request that is too fast or too long, or that asks another server."""
        limits = self._settings
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if limits.hosts and name.lower() not in limits.hosts:
            raise WrongHost("this server does not go by the name in Host")
        seconds = self._throttle.wait(client)
        if seconds:
            raise TooMany(
                f"no client may ask more than {limits.rate:g} times a second for long", seconds
            )
        if self._unanswered[client] > limits.at_once:
            raise TooMany(f"{limits.at_once} requests of this client wait for their answers", 1)
        if len(scope["query_string"]) > limits.query_chars:
            raise TooLarge(f"the query is longer than {limits.query_chars:,} characters")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:20]) > limits.body_bytes:
            raise TooLarge(f"the body is longer than {limits.body_bytes:,} bytes")


def _bounded(receive: Receive, most: int) -> Receive:
    """Return a receive that stops a body without a stated length where it grows too long."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise TooLarge(f"the body is longer than {most:,} bytes")
        return message

    return counted


async def _send(found: Problem, send: Send) -> None:
    headers = {"content-type": MEDIA, "content-length": str(len(found.body))} | found.headers
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": found.status, "headers": raw})
    await send({"type": "http.response.body", "body": found.body})


def _with_headers(given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers with the safe ones; a page that sets one of them knows better."""
    has = {name.lower() for name, _ in given}
    more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in has]
    return [*given, *more]


def _method(scope: Scope) -> str:
    """Return the method; a client may write anything in its place."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
    return scope["method"] if scope["method"] in known else "-"


def _template(scope: Scope) -> str:
    """Return the route as declared, never the path as asked: a path holds names."""
    return str(getattr(scope.get("route"), "path", "-"))
