"""The readers of bench_serving.py, as Locust runs them: one page or question each ten seconds.

Locust reads this file in an environment of its own; nothing of OpenLifecycle is imported here.
Each connection comes from a loopback address of its own, so that the server's limit for one client
stays in force and stands for many.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import time
from pathlib import Path

from geventhttpclient.connectionpool import ConnectionPool
from locust import FastHttpUser, events, task

TOLD = json.loads(Path(os.environ["READERS"]).read_text())
RANDOM = random.Random(20251122)  # noqa: S311 - the same in each run
FRESH = iter(TOLD["fresh"])
NAMES = list(TOLD["popular"])
#: The first is read most, as everywhere: the n-th 1/n as often.
WEIGHTS = list(itertools.accumulate(1 / rank for rank in range(1, len(NAMES) + 1)))
#: What a reader's browser has kept since the last visit: the tag of an address.
KEPT: dict[str, str] = dict(TOLD["tags"])
#: Of those who come again.
AGAIN = 0.4

BEGAN = time.time()
SEEN: list[tuple[float, float, str, int, str]] = []
_plain = ConnectionPool._create_tcp_socket
_numbers = itertools.count(1)


def _from_its_own_address(self, family, kind, protocol):  # noqa: ANN001, ANN202
    made = _plain(self, family, kind, protocol)
    number = next(_numbers) % TOLD["readers"]
    made.bind((f"127.1.{number // 250}.{number % 250 + 1}", 0))
    return made


ConnectionPool._create_tcp_socket = _from_its_own_address


class Reader(FastHttpUser):
    """Somebody who reads."""

    network_timeout = 60.0
    concurrency = 1

    def on_start(self) -> None:
        """Begin at a moment of its own: Locust starts all readers of a second at one moment.

        Its constant_pacing would keep them together: 370 requests at once each second, and nothing
        in between. Then what is measured is how long 370 stand in line. (time.sleep is gevent's.)
        """
        time.sleep(RANDOM.random())
        self._due = time.perf_counter()

    def wait_time(self) -> float:
        """Return how long to read: the next request is ten seconds after the last one was due."""
        self._due += TOLD["seconds_between"]
        return max(0.0, self._due - time.perf_counter())

    @task
    def read(self) -> None:
        """Ask for one thing."""
        kind, path = "kept", ""
        if RANDOM.random() < TOLD["share_fresh"]:
            kind, path = "fresh", next(FRESH, "")
        if not path:
            kind, path = "kept", RANDOM.choices(NAMES, cum_weights=WEIGHTS)[0]
        headers = {"accept-encoding": "br, gzip"}
        if path in KEPT and RANDOM.random() < AGAIN:
            headers["if-none-match"] = KEPT[path]
        self.client.get(path, headers=headers, name=kind)


@events.request.add_listener
def _seen(name, response_time, response_length, response, exception, start_time, **_more):  # noqa: ANN001, ANN003, ANN202
    status = getattr(response, "status_code", 0)
    SEEN.append((start_time - BEGAN, response_time, name, status, str(exception or "")))


@events.quit.add_listener
def _told(**_more) -> None:  # noqa: ANN003
    cpu = os.times()
    said = {"seen": SEEN, "cpu": cpu.user + cpu.system}
    Path(TOLD["out"]).write_text(json.dumps(said))
