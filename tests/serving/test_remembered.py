"""What was sent once is sent again without asking anybody: the same, and only while it is true."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from openlifecycle.api import Session
from openlifecycle.errors import StoreDamaged
from openlifecycle.serving.app import application
from openlifecycle.serving.guard import Guard
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.remembered import Remembered
from openlifecycle.serving.service import Service
from openlifecycle.site import app as site
from tests.serving.conftest import Served, logged, running, so_far

ASKED = "/api/v1/ask?measure=detained_population&by=arresting_agency&on=2024-10-03"
GUARDED = ("content-security-policy", "x-content-type-options", "referrer-policy")


class Asked:
    """The application of a session behind its memory, and how often it was asked."""

    def __init__(self, session: Session) -> None:
        self.count, self.states = 0, ["one"]
        self.service = Service(session, ServeSettings(rate=10_000, burst=10_000))
        app = application(self.service)

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            self.count += 1
            await app(scope, receive, send)

        session.state = lambda: self.states[0]  # type: ignore[method-assign]
        self.app = Guard(
            Remembered(counted, self.service.desk, lambda: (session.state(),)),
            self.service.settings,
        )

    def get(self, path: str = ASKED, method: str = "GET", **headers: str) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 1))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, headers=named)

        return asyncio.run(asked())


@pytest.fixture
def asked(session: Session, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setattr(session, "state", session.state)  # put back after the test
    return Asked(session)


@pytest.mark.parametrize("encoding", ["identity", "br, gzip"])
def test_the_second_time_nobody_is_asked_and_the_same_is_sent(encoding: str, asked: Asked) -> None:
    first, second = (asked.get(accept_encoding=encoding) for _ in range(2))
    assert asked.count == 1
    assert first.status_code == second.status_code == 200
    assert second.headers.multi_items() == first.headers.multi_items()
    assert second.content == first.content
    assert all(name in second.headers for name in GUARDED)


def test_what_the_client_has_is_not_sent_again_as_the_application_would_say_it(
    asked: Asked,
) -> None:
    tag = asked.get().headers["etag"]
    known = asked.get(if_none_match=f'"other", {tag}')
    assert asked.count == 1
    # another word for the same question: the application answers
    worked = asked.get(ASKED + "&as=published", if_none_match=tag)
    assert asked.count == 2
    assert (known.status_code, known.content) == (worked.status_code, worked.content) == (304, b"")
    assert known.headers.multi_items() == worked.headers.multi_items()
    assert asked.get(if_none_match='"other"').status_code == 200


def test_another_form_encoding_or_method_is_another_response(asked: Asked) -> None:
    got = [
        asked.get(),
        asked.get(accept="text/csv"),
        asked.get(accept_encoding="gzip"),
        asked.get(ASKED + "&format=csv"),
        asked.get(method="HEAD"),
    ]
    assert asked.count == len(got)
    assert [one.headers["content-type"][:8] for one in got] == [
        "applicat", "text/csv", "applicat", "text/csv", "applicat",
    ]  # fmt: skip
    assert got[-1].content == b""


def test_nothing_of_another_state_is_sent(asked: Asked) -> None:
    first = asked.get()
    asked.states[0] = "two"
    second = asked.get()
    assert asked.count == 2
    assert second.headers["etag"] != first.headers["etag"]
    assert asked.get(if_none_match=first.headers["etag"]).status_code == 200


def test_what_the_desk_has_no_more_is_asked_for_again(asked: Asked) -> None:
    first = asked.get()
    asked.service.desk._kept.clear()
    assert asked.get().content == first.content
    assert asked.count == 2


def test_errors_long_addresses_and_a_broken_store_go_to_the_application(asked: Asked) -> None:
    for path, status in (("/api/v1/ask?measure=apd", 404), ("/nothing", 404)):
        assert [asked.get(path).status_code for _ in range(2)] == [status] * 2
    count, long = asked.count, "application/json" + ", text/plain" * 100
    assert [asked.get(accept=long).status_code for _ in range(2)] == [200, 200]
    assert asked.count == count + 2
    asked.get()

    def gone() -> str:
        raise StoreDamaged("the catalogue is gone", where="/srv/olc/catalogue.sqlite")

    asked.service.session.state = gone  # type: ignore[method-assign]
    got = asked.get()
    assert got.status_code == 503
    assert "/srv" not in got.text


def test_limits_and_the_log_are_those_of_every_request(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="openlifecycle.serving")
    with running(session, ServeSettings(rate=0.01, burst=3)) as client:
        path = "/ask?measure=detained_population&on=2024-10-03"
        got = [client.get(path).status_code for _ in range(4)]
    assert got == [200, 200, 200, 429]
    lines = [one.rsplit(" ", 2)[0] for one in caplog.messages]
    assert lines[:3] == ["GET /api/v1/ask 200"] * 3


def test_a_page_is_of_its_day(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    plain = site._whole

    def job(*given: Any) -> Any:
        seen.append(given[1].today)
        return plain(*given)

    class Clock(site.datetime):  # type: ignore[misc, name-defined]
        day = date(2025, 11, 22)

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return site.datetime.combine(cls.day, site.datetime.min.time(), tz)

    monkeypatch.setattr(site, "_whole", job)
    monkeypatch.setattr(site, "datetime", Clock)
    with running(session, ServeSettings(), made=site.create_site) as client:
        root = str(client.base_url).split("/api/")[0]
        for day in (22, 22, 23, 23):
            Clock.day = date(2025, 11, day)
            assert client.get(root + "/methods").status_code == 200
    assert [one.day for one in seen] == [22, 23]


def test_a_real_server_sends_the_same_again(client: httpx.Client, served: Served) -> None:
    before = so_far(served)
    words = {"measure": "adp", "by": "criminality", "from": "2024-01-01"}
    first, second = (client.get("/ask", params=words) for _ in range(2))
    assert first.content == second.content
    skipped = {"date"}
    assert [h for h in first.headers.multi_items() if h[0] not in skipped] == [
        h for h in second.headers.multi_items() if h[0] not in skipped
    ]
    lines = logged(served, before, 2)
    assert [line.split(" ", 2)[2].rsplit(" ", 2)[0] for line in lines] == [
        "GET /api/v1/ask 200"
    ] * 2
