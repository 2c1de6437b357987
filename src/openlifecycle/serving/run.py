"""One process that serves: finds a free port, says where it listens, and runs until stopped."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from openlifecycle.errors import UsageError
from openlifecycle.serving.guard import LOG
from openlifecycle.serving.wire import Wire

#: Seconds after which a thread that works lets another in. With Python's own 0.005 a kept answer
#: waits while new ones are worked out: 216 to 355 ms for one of a hundred, and 50 to 105 with this.
_TURN: Final = 0.0005

#: Connections and files that one process may have open, where the system allows it.
_FILES: Final = 65_536

#: Ports that are tried after the one asked for.
_TRIED: Final = 20


def listening(host: str, port: int) -> socket.socket:
    """Return a socket bound to the port, or to the next free one.

    It is bound here and handed on: between looking for a free port and taking it lies no time.

    Raises:
        UsageError: the host is none of this machine, or no port is free.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = port if port == 0 else min(port + _TRIED, 65535)
    for tried in range(port, last + 1):
        # named, because asyncio turns Nagle's wait off only where a socket says that it is TCP:
        # without it a body waits some 40 ms for the client to acknowledge its head
        found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, tried))
            found.listen(512)
        except OSError as why:
            found.close()
            if why.errno not in _TAKEN:
                raise UsageError(
                    f"cannot listen on {host}: {why.strerror}",
                    next_step="olc serve --host 127.0.0.1",
                ) from why
        else:
            return found
    raise UsageError(f"no port from {port} to {last} is free", next_step="olc serve --port 0")


_TAKEN: Final = frozenset({98, 48, 10048})  # EADDRINUSE on Linux, macOS and Windows


def config(app: ASGIApp) -> uvicorn.Config:
    """Return how uvicorn is to run the application."""
    return uvicorn.Config(
        app,
        # whatever else is installed: another parser has other limits, and logs in its own words
        http=Wire,
        ws="none",
        loop="auto",  # uvloop, and asyncio's own where there is none (Windows)
        log_config=None,
        access_log=False,  # its lines hold the query
        server_header=False,
        proxy_headers=False,  # a client could name any address and so escape the rate limit
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
    )


def serve(app: ASGIApp, found: socket.socket, started: Callable[[str], None]) -> None:
    """Serve until interrupted; ``started`` is told the address once requests are answered."""
    _log_to_stderr()
    _room_for_readers()
    sys.setswitchinterval(_TURN)
    server = _Telling(config(app), lambda: started(address(found)))
    with found, suppress(KeyboardInterrupt):
        server.run(sockets=[found])


def address(found: socket.socket) -> str:
    """Return the address of a listening socket as a person opens it."""
    host, port = found.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class _Telling(uvicorn.Server):
    """Says when it has begun to listen."""

    def __init__(self, config: uvicorn.Config, told: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._told()


def _room_for_readers() -> None:
    """Allow as many open files as this user may have: each reader's connection is one."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(most, _FILES)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _log_to_stderr() -> None:
    if not LOG.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        LOG.addHandler(handler)
        LOG.setLevel(logging.INFO)
        LOG.propagate = False
