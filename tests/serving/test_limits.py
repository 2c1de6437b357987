"""Limits hold, and one slow question does not make the others wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import openlifecycle as ol
from openlifecycle.api import Session
from openlifecycle.publishing.faces import Answer
from openlifecycle.serving.limits import (
    LONG,
    PUBLISHED,
    RECORDS,
    RELEASES,
    PoolLimits,
    ServeSettings,
)
from openlifecycle.serving.throttle import Throttle, client_of
from tests.serving.conftest import PATIENCE, running

HELD = {"measure": "detained_population", "on": "2024-10-03"}
OF_RECORDS = {"measure": "arrests", "period": "fiscal_year"}


class Slow(Session):
    """A session in which questions about records wait until they are let go."""

    def __init__(self, store: Path) -> None:
        super().__init__(ol.open(store).source)
        self.go = threading.Event()
        self.begun = 0

    def rows_at_most(self, question: Any) -> int:
        self.begun += 1
        assert self.go.wait(timeout=2 * PATIENCE)
        return 1

    def _from_records(self, question: Any) -> Answer:
        return super()._from_records(question)


def pools(waiting: int) -> dict[str, PoolLimits]:
    one = PoolLimits(workers=1, waiting=waiting)
    return {PUBLISHED: one, RECORDS: one, RELEASES: one, LONG: one}


@pytest.fixture
def slow(store: Path) -> Iterator[Slow]:
    session = Slow(store)
    yield session
    session.go.set()


def test_a_slow_question_about_records_does_not_starve_the_others(slow: Slow) -> None:
    settings = ServeSettings(rate=10_000, burst=10_000, seconds=PATIENCE, pools=pools(waiting=2))
    with running(slow, settings) as client:
        client.get("/ask", params=HELD)  # opens the store
        waiting = [threading.Thread(target=client.get, args=("/ask",),
                                    kwargs={"params": OF_RECORDS}) for _ in range(5)]  # fmt: skip
        for one in waiting:
            one.start()
        while slow.begun == 0:
            time.sleep(0.01)
        took = []
        for year in range(2020, 2026):
            began = time.perf_counter()
            asked = {"measure": "detained_population", "from": f"{year}-01-01"}
            assert client.get("/ask", params=asked).status_code == 200
            took.append(time.perf_counter() - began)
        # the slow one is still held, and would hold them for as long
        assert max(took) < PATIENCE, took
        assert not slow.go.is_set()
        slow.go.set()
        for one in waiting:
            one.join()
        # five readers asked the same: it was worked out once
        assert slow.begun == 1


def test_a_full_queue_is_503_and_says_when_to_ask_again(slow: Slow) -> None:
    settings = ServeSettings(rate=10_000, burst=10_000, pools=pools(waiting=1))
    with running(slow, settings) as client:
        threads = [
            threading.Thread(target=client.get, args=("/ask",),
                             kwargs={"params": OF_RECORDS | {"by": by}})
            for by in ("gender", "aor")
        ]  # fmt: skip
        for one in threads:
            one.start()
        while slow.begun == 0:
            time.sleep(0.01)
        time.sleep(0.3)
        got = client.get("/ask", params=OF_RECORDS)
        assert got.status_code == 503
        assert int(got.headers["retry-after"]) > 0
        assert got.json()["type"].endswith(":TooBusy")
        slow.go.set()
        for one in threads:
            one.join()


def test_an_answer_that_takes_too_long_is_503_and_there_later(slow: Slow) -> None:
    with running(slow, ServeSettings(seconds=0.3)) as client:
        got = client.get("/ask", params=OF_RECORDS)
        assert got.status_code == 503
        assert "takes longer" in got.json()["what"]
        assert int(got.headers["retry-after"]) > 0
        slow.go.set()
        for _ in range(100):
            got = client.get("/ask", params=OF_RECORDS)
            if got.status_code == 200:
                break
            time.sleep(0.2)
        assert got.status_code == 200
        assert slow.begun == 1, "it was worked on all the while, and once"


def test_one_client_cannot_have_everybody_wait_for_its_questions(slow: Slow) -> None:
    settings = ServeSettings(rate=10_000, burst=10_000, at_once=3, pools=pools(waiting=16))
    with running(slow, settings) as client:
        told: list[int] = []

        def ask(by: str) -> None:
            told.append(client.get("/ask", params=OF_RECORDS | {"by": by}).status_code)

        waiting = [threading.Thread(target=ask, args=(by,)) for by in ("gender", "aor", "method")]
        for one in waiting:
            one.start()
        while slow.begun == 0:
            time.sleep(0.01)
        time.sleep(0.3)
        got = client.get("/measures")
        assert (got.status_code, got.headers["retry-after"]) == (429, "1")
        others = httpx.HTTPTransport(local_address="127.0.1.7")
        with httpx.Client(base_url=client.base_url, transport=others) as somebody:
            assert somebody.get("/measures").status_code == 200
        slow.go.set()
        for one in waiting:
            one.join()
        assert 429 not in told
        assert client.get("/measures").status_code == 200, "it may ask again"


def test_a_client_that_asks_too_fast_is_told_to_wait(session: Session) -> None:
    with running(session, ServeSettings(rate=0.01, burst=3)) as client:
        got = [client.get("/table") for _ in range(5)]
        assert [one.status_code for one in got] == [200, 200, 200, 429, 429]
        assert int(got[-1].headers["retry-after"]) >= 1
        # an address that the client claims is not believed
        named = client.get("/table", headers={"x-forwarded-for": "203.0.113.7"})
        assert named.status_code == 429


def test_a_bucket_fills_at_its_rate_and_old_clients_are_forgotten() -> None:
    now = [0.0]
    throttle = Throttle(rate=2.0, burst=2, clients=2, clock=lambda: now[0])
    assert [throttle.wait("a") for _ in range(3)] == [0, 0, 1]
    now[0] = 0.5
    assert [throttle.wait("a") for _ in range(2)] == [0, 1]
    assert [throttle.wait(name) for name in ("b", "c")] == [0, 0]
    assert throttle.wait("a") == 0, "a was seen longest ago, and is new again"


def test_a_network_of_ipv6_is_one_client() -> None:
    assert client_of("2001:db8::1") == client_of("2001:db8::ffff") == "2001:db8::/64"
    assert client_of("2001:db8:0:1::1") != client_of("2001:db8::1")
    assert client_of("::ffff:192.0.2.1") == client_of("192.0.2.1") == "192.0.2.1"


def test_long_bodies_and_queries_are_refused(session: Session) -> None:
    with running(session, ServeSettings(body_bytes=1000, query_chars=500)) as client:
        sent = {"content-type": "application/json"}
        assert client.post("/ask", content=b" " * 1001, headers=sent).status_code == 413
        in_pieces = client.post("/ask", content=iter([b" " * 600] * 3), headers=sent)
        assert in_pieces.status_code == 413
        assert client.get("/measures", params={"format": "x" * 600}).status_code == 413


def test_an_answer_that_would_be_too_long_is_refused(session: Session) -> None:
    with running(session, ServeSettings(answer_rows=10, seconds=PATIENCE)) as client:
        for asked in (OF_RECORDS | {"by": "aor"}, {"measure": "detained_population"}):
            got = client.get("/ask", params=asked)
            assert got.status_code == 400, got.text
            assert "at most 10" in got.json()["what"]


def test_a_server_that_is_called_by_another_name_does_not_answer(client: httpx.Client) -> None:
    got = client.get("/measures", headers={"host": "attacker.example"})
    assert got.status_code == 421
    assert client.get("/measures", headers={"host": "LOCALHOST:1"}).status_code == 200


def test_every_response_has_the_safe_headers_and_no_cookie(client: httpx.Client) -> None:
    for path in ("/measures", "/nothing", "/ask"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in headers
        assert "server" not in headers
