"""What was sent once is sent again before anything is looked up for it.

Who asks the same address in the same form of the same state of the store is sent the same bytes.
Reading a question, its form and its page costs more than all else of a known answer, so the
response is found by the request's own bytes. It stands inside the guard: limits, safe headers and
the log are those of every request. The bytes stay with the desk; this holds where they are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openlifecycle.errors import OpenLifecycleError
from openlifecycle.serving.desk import Desk, Kept
from openlifecycle.serving.reply import SENT, is_named

#: Requests that are recognised, and the longest of them: nobody fills the memory with addresses.
_MOST: Final = 4096
_LONGEST: Final = 1024

#: Headers of a request that a response depends on.
_FORM: Final = frozenset({b"accept", b"accept-encoding"})
_TAG: Final = b"if-none-match"
#: Headers that tell of a body, and are not sent without one.
_OF_BODY: Final = frozenset({b"content-type", b"content-encoding", b"content-length"})

#: Of a request: its path, its query, and what it accepts.
_Asked = tuple[bytes, bytes, tuple[tuple[bytes, bytes], ...]]


@dataclass(frozen=True)
class _Sent:
    """One response: where its page is kept, and all but the page."""

    whole: tuple[str, Hashable]
    encoding: str
    headers: list[tuple[bytes, bytes]]
    etag: str
    route: Any


class Remembered:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, desk: Desk, states: Callable[[], tuple[str, ...]]) -> None:
        """Answer from the desk what is of one of the present states; ask the application else."""
        self._app, self._desk, self._states = app, desk, states
        self._sent: OrderedDict[_Asked, _Sent] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked, tag = _asked(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        known = self._sent.get(asked)
        kept = self._kept(known) if known else None
        if known and kept:
            self._sent.move_to_end(asked)
            scope["route"] = known.route
            await _send(known, kept, tag, send)
            return

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                self._remember(asked, scope, list(message["headers"]))
            await send(message)

        await self._app(scope, receive, seen)

    def _kept(self, known: _Sent) -> Kept | None:
        """Return the page of a response, where it is of the present and the desk still has it."""
        try:
            is_present = known.whole[0] in self._states()
        except OpenLifecycleError:
            return None  # the application meets it too, and knows what may be told of it
        return self._desk.kept(known.whole) if is_present else None

    def _remember(self, asked: _Asked, scope: Scope, headers: list[tuple[bytes, bytes]]) -> None:
        kept, encoding = scope.get(SENT, (None, ""))
        if kept is None or kept.whole is None:
            return
        self._sent[asked] = _Sent(kept.whole, encoding, headers, kept.etag, scope.get("route"))
        self._sent.move_to_end(asked)
        if len(self._sent) > _MOST:
            self._sent.popitem(last=False)


def _asked(scope: Scope) -> tuple[_Asked | None, str | None]:
    """Return what a request is recognised by, and the tags that it has; None where it is not."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None, None
    form, tag = [], None
    for header in scope["headers"]:
        if header[0] in _FORM:
            form.append(header)
        elif header[0] == _TAG:
            if tag is not None:
                return None, None
            tag = header[1].decode("latin-1")
    asked = (scope.get("raw_path") or scope["path"].encode(), scope["query_string"], tuple(form))
    size = len(asked[0]) + len(asked[1]) + sum(len(value) for _, value in form)
    return (asked if size <= _LONGEST else None), tag


async def _send(known: _Sent, kept: Kept, tag: str | None, send: Send) -> None:
    if is_named(tag, known.etag):
        headers = [one for one in known.headers if one[0] not in _OF_BODY]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    body = kept.encoded[known.encoding] if known.encoding else kept.page.body
    headers = list(known.headers)
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
