"""Downloads, against a real HTTP server on loopback that misbehaves on request."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tiny_reader import read_tiny, tiny_workbook, tree

from openlifecycle.errors import UnsafeInput
from openlifecycle.intake import fetch
from openlifecycle.intake.fetch import NotFetched, fetched, public_url
from openlifecycle.intake.take import Outcome, take
from openlifecycle.settings import FetchLimits
from openlifecycle.vault.store import Store

QUICK = FetchLimits(backoff_seconds=0.01, read_seconds=0.5, connect_seconds=0.5)
BODY = bytes(range(256)) * 2000


class Server(ThreadingHTTPServer):
    """Serves ``files``; a name in ``plans`` misbehaves, once for each entry of its list."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.plans: dict[str, list[str]] = {}
        self.seen: list[tuple[str, dict[str, str], int]] = []

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of these tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.server.seen.append((self.path, dict(self.headers), status))
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        name = self.path.lstrip("/").split("?")[0]
        plan = self.server.plans.get(name)
        what = plan.pop(0) if plan else ""
        if what == "500":
            return self._answer(500, {})
        if what.startswith("to "):
            return self._answer(302, {"Location": what[3:]})
        if name not in self.server.files:
            return self._answer(404, {}, b"not here")
        return self._file(name, what)

    def _file(self, name: str, what: str) -> None:
        body = self.server.files[name]
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Accept-Ranges": "bytes"}
        if what == "gzip":
            return self._answer(200, {**headers, "Content-Encoding": "gzip"}, body)
        if self.headers.get("If-None-Match") == etag:
            return self._answer(304, headers)
        start, status = 0, 200
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range") == etag and what != "ignore range":
            start, status = int(asked.group(1)), 206
            shift = 1 if what == "wrong range" else 0
            headers["Content-Range"] = f"bytes {start + shift}-{len(body) - 1}/{len(body)}"
        rest = body[start:]
        if what == "no length":
            self.close_connection = True
            self.server.seen.append((self.path, dict(self.headers), 200))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(rest)
            return None
        if what in ("cut", "stall"):
            headers["Content-Length"] = str(len(rest))
            self._answer(status, headers, rest[: len(rest) // 2])
            if what == "stall":
                time.sleep(1.5)
            self.close_connection = True
            return None
        return self._answer(status, headers, rest)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def get(server: Server, tmp_path: Path) -> Callable[..., bytes | None]:
    def run(name: str, **more: object) -> bytes | None:
        more.setdefault("limits", QUICK)
        with fetched(server.url(name), tmp_path / "cache", **more) as got:
            return got.path.read_bytes() if got.path else None

    return run


def statuses(server: Server) -> list[int]:
    return [status for _, _, status in server.seen]


def test_a_file_comes_whole_and_nothing_is_left_behind(
    server: Server, get: Callable[..., bytes], tmp_path: Path
) -> None:
    server.files["a.bin"] = BODY
    told: list[tuple[int, int | None]] = []
    assert get("a.bin", progress=lambda done, total: told.append((done, total))) == BODY
    assert told[-1] == (len(BODY), len(BODY))
    assert [p.suffix for p in (tmp_path / "cache").iterdir()] == [".lock"]


@pytest.mark.parametrize("how", ["cut", "stall"])
def test_a_broken_download_resumes_where_it_broke_off(
    how: str, server: Server, get: Callable[..., bytes]
) -> None:
    server.files["a.bin"] = BODY
    server.plans["a.bin"] = [how, "cut", ""]
    assert get("a.bin") == BODY
    assert statuses(server) == [200, 206, 206]
    assert server.seen[1][1]["Range"] == f"bytes={len(BODY) // 2}-"


def test_a_later_take_resumes_what_an_earlier_one_left(
    server: Server, get: Callable[..., bytes]
) -> None:
    server.files["a.bin"] = BODY
    server.plans["a.bin"] = ["cut", "500", "500", "500"]
    with pytest.raises(NotFetched, match="failed 4 times"):
        get("a.bin")
    assert get("a.bin") == BODY
    assert statuses(server)[-1] == 206


def test_a_file_that_changed_meanwhile_is_not_spliced(
    server: Server, get: Callable[..., bytes]
) -> None:
    server.files["a.bin"] = BODY
    server.plans["a.bin"] = ["cut", "500", "500", "500"]
    with pytest.raises(NotFetched):
        get("a.bin")
    server.files["a.bin"] = changed = BODY[::-1]
    assert get("a.bin") == changed


@pytest.mark.parametrize("how", ["ignore range", "wrong range"])
def test_a_server_that_gives_another_piece_does_not_spoil_the_file(
    how: str, server: Server, get: Callable[..., bytes]
) -> None:
    server.files["a.bin"] = BODY
    server.plans["a.bin"] = ["cut", how]
    assert get("a.bin") == BODY


def test_a_file_without_a_stated_length_comes_whole(
    server: Server, get: Callable[..., bytes]
) -> None:
    server.files["a.bin"] = BODY
    server.plans["a.bin"] = ["no length"]
    assert get("a.bin") == BODY


@pytest.mark.parametrize("how", ["", "no length"])
def test_a_file_larger_than_the_limit_is_refused_and_forgotten(
    how: str, server: Server, get: Callable[..., bytes], tmp_path: Path
) -> None:
    server.files["a.bin"] = BODY
    server.plans["a.bin"] = [how]
    limits = FetchLimits(file_bytes=len(BODY) - 1)
    with pytest.raises(UnsafeInput, match="the limit is"):
        get("a.bin", limits=limits)
    assert not list((tmp_path / "cache").glob("*.part"))
    assert get("a.bin", limits=FetchLimits(file_bytes=len(BODY))) == BODY


@pytest.mark.parametrize(
    ("plan", "words"),
    [(["gzip"], "packs the file"), (["500"] * 9, "500"), (["stall"] * 9, "failed 4 times")],
)
def test_a_server_in_trouble_is_a_refusal_with_its_reason(
    plan: list[str], words: str, server: Server, get: Callable[..., bytes]
) -> None:
    server.files["a.bin"] = BODY
    server.plans["a.bin"] = plan
    with pytest.raises(NotFetched, match=words):
        get("a.bin")


def test_a_page_that_is_not_there_is_not_asked_for_again(
    server: Server, get: Callable[..., bytes]
) -> None:
    with pytest.raises(NotFetched, match="404"):
        get("none.bin")
    assert statuses(server) == [404]


def test_redirects_are_followed_so_far_and_no_further(
    server: Server, get: Callable[..., bytes]
) -> None:
    server.files["a.bin"] = BODY
    server.plans["b.bin"] = ["to /c.bin"]
    server.plans["c.bin"] = [f"to {server.url('a.bin')}"]
    assert get("b.bin") == BODY
    server.plans["loop.bin"] = ["to /loop.bin"] * 50
    with pytest.raises(UnsafeInput, match="more than 5 times"):
        get("loop.bin")
    server.plans["out.bin"] = ["to file:///etc/hostname"]
    with pytest.raises(UnsafeInput, match="unprotected"):
        get("out.bin")


def test_nobody_listening_is_a_refusal(tmp_path: Path) -> None:
    with Server() as gone:
        url = gone.url("a.bin")
    with (
        pytest.raises(NotFetched, match="failed 4 times"),
        fetched(url, tmp_path / "cache", limits=QUICK),
    ):
        raise AssertionError("came from nowhere")


def test_what_signs_an_address_is_not_kept() -> None:
    shown = public_url("https://me:word@example.org/a.xlsx?v=2&X-Amz-Signature=ab&token=cd#x")
    assert shown == "https://example.org/a.xlsx?v=2&X-Amz-Signature=...&token=..."


def run(store: Path, *urls: str) -> list[Outcome]:
    return take(store, urls, read=read_tiny)


def test_an_address_is_taken_and_the_next_visit_asks_for_changes_only(
    server: Server, tmp_path: Path
) -> None:
    server.files["stats.xlsx"] = tiny_workbook("2024-01-01")
    url, store = server.url("stats.xlsx"), tmp_path / "store"
    (first,) = run(store, url)
    assert first.outcome == "taken"
    manifest = json.loads(next((store / "manifests").glob("*.json")).read_text())
    assert manifest["origin"]["url"] == url
    assert manifest["origin"]["etag"].startswith('"')
    before = tree(store)
    (second,) = run(store, url)
    assert (second.outcome, second.release_id) == ("not_changed", first.release_id)
    assert statuses(server) == [200, 304]
    assert tree(store) == before
    # the publisher overwrites the file in place: another release, which follows the first
    server.files["stats.xlsx"] = tiny_workbook("2024-02-01")
    (third,) = run(store, url)
    assert (third.outcome, third.follows) == ("taken", first.release_id)


def test_an_archive_at_an_address_is_unfolded(server: Server, tmp_path: Path) -> None:
    archive = tmp_path / "z.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("a.xlsx", tiny_workbook("2024-01-01"))
        zipped.writestr("b.xlsx", tiny_workbook("2024-02-01"))
    server.files["z.zip"] = archive.read_bytes()
    store = tmp_path / "store"
    assert [o.outcome for o in run(store, server.url("z.zip"))] == ["taken", "taken"]
    assert [o.outcome for o in run(store, server.url("z.zip"))] == ["not_changed"]
    assert len(Store.open(store).releases()) == 2


def test_a_refused_download_leaves_the_store_as_it_was_and_is_tried_anew(
    server: Server, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "FETCH_LIMITS", QUICK)
    server.files["stats.xlsx"] = b"<html>maintenance</html>"
    before = tree(store)
    (outcome,) = run(store, server.url("stats.xlsx"))
    assert (outcome.outcome, outcome.error["error"]) == ("refused", "NotAWorkbook")
    (missing,) = run(store, server.url("none.xlsx"))
    assert (missing.outcome, missing.error["error"]) == ("refused", "NotFetched")
    assert tree(store) == before
    server.files["stats.xlsx"] = tiny_workbook("2024-03-01")
    assert run(store, server.url("stats.xlsx"))[0].outcome == "taken"
