"""What is no request is refused and logged, and nobody's head fills the memory."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from openlifecycle.api import Session
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.run import listening
from tests.serving.conftest import running

HEAD = b"GET /api/v1/measures HTTP/1.1\r\nHost: localhost\r\n"
POST = (
    b"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\ncontent-type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
#: Of shorter requests the answer always arrives.
LOST = 30_000


@pytest.fixture
def port(session: Session) -> Iterator[int]:
    with running(session, ServeSettings(rate=10_000, burst=10_000)) as client:
        yield client.base_url.port or 80


def told(port: int, *parts: bytes, answers: int = 1) -> tuple[list[int], bool]:
    """Return the statuses of what is answered to bytes, and whether the connection is ended."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
        try:
            for part in parts:
                one.sendall(part)
        except OSError:
            pass  # it is ended while we still send
        while True:
            found = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", said)]
            one.settimeout(1 if len(found) >= answers else 20)
            try:
                got = one.recv(1 << 16)
            except TimeoutError:
                return found, False
            except OSError:
                return found, True
            if not got:
                return found, True
            said += got


@pytest.mark.parametrize("parts", [
    (b"\x16\x03\x01\x02\x00",),
    (b"GOT /api/v1/measures HTTP/1.1\r\nHost: localhost\r\n\r\n",),
    (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",),
    (HEAD + b"x: " + b"a" * 40_000 + b"\r\n\r\n",),  # in one go
    (HEAD + b"x: ", *[b"a" * 8_000] * 20),  # one that does not end
    (HEAD, *[b"x%d: y\r\n" % number for number in range(8_000)]),
    (POST + b"0\r\nx: ", *[b"a" * 60_000] * 20),  # behind the body
], ids=["no HTTP", "method", "address", "long", "endless", "many", "trailer"])  # fmt: skip
def test_what_cannot_be_read_or_does_not_end_is_refused(
    parts: tuple[bytes, ...], port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    found, is_ended = told(port, *parts)
    assert is_ended
    # the answer may be lost where the client still sends what nobody reads
    assert found == [400] or (found == [] and sum(map(len, parts)) > LOST)
    assert "- - 400 0 ms" in caplog.messages
    assert {one.name for one in caplog.records} <= {"openlifecycle.serving", "asyncio"}


def test_what_is_long_but_allowed_is_answered(port: int) -> None:
    assert told(port, HEAD + b"x: " + b"a" * 20_000 + b"\r\n\r\n") == ([200], False)
    drops = [HEAD[n : n + 1] for n in range(len(HEAD))]
    assert told(port, *drops, b"\r\n") == ([200], False)
    # a body of many small chunks: what is between them counts too, and less
    body = b"1\r\n \r\n" * 20_000 + b"0\r\n\r\n"
    assert told(port, POST, body) == ([400], False)
    assert told(port, POST, b"ffff\r\n" + b" " * 0xFFFF + b"\r\n" + b"9\r\n" + b" " * 9) == (
        [413],
        False,
    )


def test_requests_follow_each_other_on_one_connection(port: int) -> None:
    assert told(port, (HEAD + b"\r\n") * 5, answers=5) == ([200] * 5, False)
    upgrade = HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    assert told(port, upgrade) == ([200], False)


def test_a_body_does_not_wait_for_its_head_to_be_acknowledged() -> None:
    # asyncio's own loop turns Nagle's algorithm off for sockets that say that they are TCP
    with listening("127.0.0.1", 0) as found:
        assert found.proto == socket.IPPROTO_TCP
