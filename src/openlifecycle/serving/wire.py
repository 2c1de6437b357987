"""How bytes become requests: uvicorn's parser in C, with a bound for what is not a body.

That parser keeps a head however long it grows, and knows the methods that are registered; h11,
which is bounded, takes a third of the time of a known answer. What cannot be read is refused here,
before there is a request, and has a line in our log as every request has.
"""

from __future__ import annotations

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from openlifecycle.serving.guard import LOG

#: Bytes of one head; browsers send one or two thousand.
HEAD: Final = 32 * 1024
#: Bytes of one request that are neither head nor body: lengths of chunks, and what follows them.
_BETWEEN: Final = 16 * HEAD


class Wire(HttpToolsProtocol):
    """One connection."""

    #: Bytes of the present request that are not its body, and whether they are still its head.
    _beside = 0
    _in_head = False
    #: Bytes of its headers.
    _named = 0

    def data_received(self, data: bytes) -> None:
        """Read what came; end the connection where it cannot be read, or does not end."""
        self._unset_keepalive_if_required()
        self._beside += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # nothing else is spoken here; the request was answered as what it was before
        except httptools.HttpParserError:
            self._refuse()
            return
        if self._beside > (HEAD if self._in_head else _BETWEEN):
            self._refuse()

    def on_message_begin(self) -> None:
        """Count anew."""
        super().on_message_begin()
        self._in_head, self._named = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep one header of a head that is not too long."""
        super().on_header(name, value)
        self._named += len(name) + len(value)
        if self._named > HEAD:
            raise ValueError("the head is too long")  # the parser tells it as its own error

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._in_head, self._beside = False, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body; the guard bounds it."""
        self._beside -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Count the next one from its own first byte."""
        super().on_message_complete()
        self._beside = 0

    def _refuse(self) -> None:
        LOG.info("- - 400 0 ms")
        self.send_400_response("Invalid HTTP request received.")
