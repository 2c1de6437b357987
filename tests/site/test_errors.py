"""Errors as a person meets them: a page of the right status that says what to do next."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from openlifecycle.api import Session
from openlifecycle.errors import NotCleared, RefusedInput, StoreDamaged, UnknownMeasure
from openlifecycle.site import listed
from openlifecycle.site.views import Html, View
from tests.site.conftest import browser

_JSON = "application/problem+json"


def test_an_unknown_address_gets_a_page_with_the_nearest(client: TestClient) -> None:
    found = client.get("/explor")
    assert found.status_code == 404
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is no such thing here" in found.text
    assert '<a href="/explore">Explore</a>' in found.text
    assert "What to do next" in found.text


def test_a_stop_too_much_finds_the_page(client: TestClient) -> None:
    assert 'Nearest</h2><p><a href="/releases">Releases</a>' in client.get("/releases/").text


def test_a_release_that_is_not_held_is_not_taken_for_a_page(client: TestClient) -> None:
    found = client.get("/releases/nothing")
    assert found.status_code == 404
    assert "Nearest" not in found.text
    assert '<a href="/releases">Releases</a> has the list.' in found.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/problem+json", ""])
def test_a_program_gets_json(client: TestClient, accept: str) -> None:
    found = client.get("/nothing", headers={"accept": accept})
    assert found.status_code == 404
    assert found.headers["content-type"] == _JSON
    assert found.json()["what"] == "nothing is served under this address"


@pytest.mark.parametrize("address", ["/api/v1/nothing", "/api/v1/measures/nothing", "/assets/0/x"])
def test_addresses_of_the_api_and_of_files_keep_json(client: TestClient, address: str) -> None:
    found = client.get(address)
    assert found.headers["content-type"] == _JSON


def test_a_field_that_the_page_has_not_is_an_error_never_ignored(client: TestClient) -> None:
    found = client.get("/", params={"name": "somebody"})
    assert found.status_code == 400
    assert "This page has no field" in found.text


def test_a_method_that_is_not_served(client: TestClient) -> None:
    found = client.post("/")
    assert found.status_code == 405
    assert set(found.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert "This address is read with GET" in found.text


def test_head_of_an_unknown_address_has_no_body(client: TestClient) -> None:
    found = client.head("/nothing")
    assert (found.status_code, found.content) == (404, b"")
    assert int(found.headers["content-length"]) > 1000


def test_an_error_page_may_run_and_load_only_its_own(client: TestClient) -> None:
    found = client.get("/nothing")
    policy = found.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<style" not in found.text
    assert " style=" not in found.text
    assert found.headers["cache-control"] == "no-store"


def test_what_was_asked_is_shown_as_text_never_as_markup(client: TestClient) -> None:
    found = client.get("/", params={"<script>x</script>": "1"})
    assert "<script>x" not in found.text
    assert "&lt;script&gt;" in found.text


def test_a_reader_who_asks_too_fast_is_told_how_long_to_wait(session: Session) -> None:
    with browser(session, rate=0.1, burst=1) as reader:
        first, second = reader.get("/nothing"), reader.get("/nothing")
    assert (first.status_code, second.status_code) == (404, 429)
    assert int(second.headers["retry-after"]) > 0
    assert "Asked too fast" in second.text
    assert "Ask again after" in second.text


def test_a_query_that_is_too_long_is_refused_by_a_page(client: TestClient) -> None:
    found = client.get("/", params={"x": "y" * 9000})
    assert found.status_code == 413
    assert "Longer than allowed" in found.text


def test_a_server_of_another_name_says_so_by_a_page(session: Session) -> None:
    with browser(session, hosts=("localhost",)) as reader:
        found = reader.get("/")
    assert found.status_code == 421
    assert "This server does not go by that name" in found.text


def _raising(error: Exception) -> View:
    def make(_visit: Any) -> Html:
        raise error

    return View("raising", "/raising", "Raising", make)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (UnknownMeasure("there is no measure 'x'", nearest="adp"), 404, "adp"),
        (NotCleared("too few people", next_step="ask by fiscal year"), 403, "Ask by fiscal year"),
        (RefusedInput("this is no workbook"), 422, "This is no workbook"),
        (StoreDamaged("a file does not hold"), 503, "Not now"),
        (ValueError("ROOT/secret of the machine"), 500, "A fault of this server"),
    ],
)
def test_each_family_is_a_page_of_its_status(
    session: Session, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, words: str
) -> None:
    monkeypatch.setattr("openlifecycle.site.app.VIEWS", (_raising(error), *listed.VIEWS))
    with browser(session) as reader:
        found = reader.get("/raising")
    assert found.status_code == status
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert words in found.text
    assert "secret" not in found.text


def test_no_error_tells_the_path_of_the_store(
    session: Session, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = StoreDamaged(f"{store}/derived/x does not hold", where=f"{store}/derived/x")
    monkeypatch.setattr("openlifecycle.site.app.VIEWS", (_raising(error), *listed.VIEWS))
    with browser(session) as reader:
        found = reader.get("/raising")
    assert found.status_code == 503
    assert str(store) not in found.text


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Holds a page back until it is set."""
    made = threading.Event()
    yield made
    made.set()


def test_a_slow_page_says_so_and_asks_again_by_itself(
    session: Session, monkeypatch: pytest.MonkeyPatch, gate: threading.Event
) -> None:
    def make(_visit: Any) -> Html:
        gate.wait(timeout=20)
        return Html("empty.html", {})

    slow = View("slow", "/slow", "Slow", make)
    monkeypatch.setattr("openlifecycle.site.app.VIEWS", (slow, *listed.VIEWS))
    with browser(session, patience=0.2) as reader:
        waiting = reader.get("/slow")
        assert waiting.status_code == 503
        assert int(waiting.headers["retry-after"]) > 0
        assert waiting.headers["refresh"] == waiting.headers["retry-after"]
        assert "Still working on it" in waiting.text
        gate.set()
        # the work went on: whoever asks again finds it done
        for _ in range(50):
            found = reader.get("/slow")
            if found.status_code == 200:
                break
        assert found.status_code == 200
