"""Pages, their files and their errors pass the same guard as the API."""

from __future__ import annotations

import gzip
import re

import pytest

from openlifecycle.api import Session
from tests.site.conftest import browser

JSON = {"accept": "application/json"}
#: A page, a question, and a file that a page loads.
PLACES = ("/limits", "/api/v1/measures", "/assets/0/olc.css")


@pytest.mark.parametrize("path", PLACES)
def test_whoever_asks_too_fast_is_told_to_wait_wherever_they_ask(
    path: str, session: Session
) -> None:
    with browser(session, rate=0.01, burst=2) as client:
        got = [client.get(path) for _ in range(3)]
    assert [one.status_code for one in got] == [200, 200, 429]
    assert int(got[-1].headers["retry-after"]) >= 1


def test_a_page_has_one_limit_with_the_questions_behind_it(session: Session) -> None:
    with browser(session, rate=0.01, burst=3) as client:
        got = [client.get(path).status_code for path in (*PLACES, "/releases")]
    assert got == [200, 200, 200, 429]


def test_a_page_answers_to_the_names_of_the_server_only(session: Session) -> None:
    with browser(session, hosts=("olc.example",)) as client:
        for path in PLACES:
            assert client.get(path, headers={"host": "attacker.example"}).status_code == 421
            assert client.get(path, headers={"host": "olc.example:80"}).status_code == 200


def test_long_queries_and_bodies_are_refused_of_pages_too(session: Session) -> None:
    with browser(session, query_chars=500, body_bytes=1000) as client:
        assert client.get("/explore", params={"measure": "x" * 600}).status_code == 413
        for path in PLACES:
            assert client.request("GET", path, content=b" " * 1001).status_code == 413


@pytest.mark.parametrize("path", PLACES)
def test_nothing_is_changed_by_a_page(path: str, session: Session) -> None:
    with browser(session) as client:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            got = client.request(method, path, headers=JSON)
            assert got.status_code == 405, method
            assert got.headers["content-type"] == "application/problem+json"
            assert "GET" in got.headers["allow"]


@pytest.mark.parametrize("path", PLACES)
def test_head_and_what_the_browser_has_already(path: str, session: Session) -> None:
    with browser(session) as client:
        whole = client.get(path)
        assert whole.status_code == 200
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == whole.headers["etag"]
        again = client.get(path, headers={"if-none-match": whole.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = client.get(path, headers={"if-none-match": '"other"'})
        assert other.content == whole.content


@pytest.mark.parametrize("path", PLACES)
def test_pages_and_files_are_packed(path: str, session: Session) -> None:
    with browser(session) as client:
        plain = client.get(path, headers={"accept-encoding": "identity"})
        packed = client.get(path, headers={"accept-encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "accept-encoding" in packed.headers["vary"]
        assert int(packed.headers["content-length"]) < len(plain.content) / 2
        with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as raw:
            body = b"".join(raw.iter_raw())
        assert gzip.decompress(body) == plain.content


def test_a_file_that_is_not_there_is_a_problem_and_no_path_is_told(session: Session) -> None:
    with browser(session) as client:
        for name in ("nothing.js", "..%2f..%2fapp.py", "%2e%2e/olc.css", "olc.css%00"):
            got = client.get(f"/assets/0/{name}")
            assert got.status_code == 404, name
            assert got.headers["content-type"] == "application/problem+json"
            assert not re.search(r"site-packages|/src/|Traceback", got.text)


def test_the_log_has_the_template_of_a_page_and_nothing_of_its_fields(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="openlifecycle.serving")
    with browser(session) as client:
        client.get("/explore", params={"measure": "Xq7Zsecret"}, headers={"user-agent": "Xq7Z"})
        client.get("/explore/Xq7Zsecret")
        client.get("/assets/0/Xq7Zsecret")
    assert len(caplog.messages) == 3
    assert "Xq7Z" not in caplog.text
    assert caplog.messages[0].startswith("GET /explore ")
    assert caplog.messages[2].startswith("GET /assets/{digest}/{name} 404")
