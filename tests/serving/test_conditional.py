"""Nothing is sent twice, nothing stale is given, and pages fit together."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import brotli
import httpx
import pytest

import openlifecycle as ol
from openlifecycle.api import Session
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.negotiate import encoding_of
from tests.serving.conftest import PATIENCE, olc, patient, running

ASKED = {"measure": "facility_adp", "by": "facility_label", "on": "2024-10-03"}


def test_what_the_client_has_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/ask", params=ASKED)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    for said in (tag, f'"other", {tag}', "*", tag.removeprefix("W/")):
        again = client.get("/ask", params=ASKED, headers={"if-none-match": said})
        assert (again.status_code, again.content) == (304, b""), said
        assert again.headers["etag"] == tag
    other = client.get("/ask", params=ASKED, headers={"if-none-match": '"other"'})
    assert other.status_code == 200
    assert client.get("/ask", params=ASKED | {"format": "csv"}).headers["etag"] != tag
    assert client.head("/ask", params=ASKED).headers["etag"] == tag


@pytest.mark.parametrize("asked", [
    {"measure": "facility_adp", "by": "aor"},  # sums of averages of many decimals
    {"measure": "facility_adp", "by": "facility_state", "period": "fiscal_year"},
    {"measure": "share_without_conviction"},
    {"measure": "arrests", "by": "gender"},  # with noise
])  # fmt: skip
def test_two_processes_give_one_answer_the_same_tag(
    asked: dict[str, str], client: httpx.Client, session: Session
) -> None:
    told = patient(client, "/ask", params=asked)
    assert told.status_code == 200, told.text
    with running(session, ServeSettings(seconds=PATIENCE)) as here:
        tag = {"if-none-match": told.headers["etag"]}
        again = patient(here, "/ask", params=asked, headers=tag)
        assert again.status_code == 304
        assert here.get("/ask", params=asked).content == told.content


def test_a_tag_changes_when_a_release_is_taken(
    tmp_path: Path, corpus_workbooks: list[Path]
) -> None:
    own, first, second = tmp_path / "store", corpus_workbooks[0], corpus_workbooks[-1]
    olc("take", str(first), store=own)
    asked = {"measure": "detained_population", "by": "arresting_agency"}
    with running(ol.open(own), ServeSettings(seconds=PATIENCE)) as client:
        before = {path: client.get(path, params=words) for path, words in _read(asked).items()}
        for path, words in _read(asked).items():
            tag = {"if-none-match": before[path].headers["etag"]}
            assert client.get(path, params=words, headers=tag).status_code == 304
        olc("take", str(second), store=own)
        for path, words in _read(asked).items():
            tag = {"if-none-match": before[path].headers["etag"]}
            after = client.get(path, params=words, headers=tag)
            assert after.status_code == 200, path
            assert after.headers["etag"] != before[path].headers["etag"]
        names = {name for row in client.get("/releases").json()["rows"] for name in row["names"]}
        assert names == {first.name, second.name}
        shown = client.get("/ask", params=asked).json()
        assert {n for r in shown["releases"] for n in r["names"]} == names


def _read(asked: dict[str, str]) -> dict[str, dict[str, str]]:
    return {"/ask": asked, "/releases": {}, "/": {}, "/dimensions/adp": {}}


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress),
                                                  ("gzip", gzip.decompress)])  # fmt: skip
def test_a_long_answer_is_packed_and_unpacks_to_the_same(
    encoding: str, unpack: object, client: httpx.Client
) -> None:
    plain = client.get("/ask", params=ASKED, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    request = client.build_request(
        "GET", "/ask", params=ASKED, headers={"accept-encoding": encoding}
    )
    packed = client.send(request, stream=True)
    raw = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == encoding
    assert "accept-encoding" in packed.headers["vary"]
    assert len(raw) < len(plain.content) / 4
    assert callable(unpack)
    assert unpack(raw) == plain.content


def test_the_encoding_is_the_best_that_is_accepted() -> None:
    # RFC 9110, 12.5.3: q=0 is not acceptable, * is every other
    assert encoding_of("gzip, br") == "br"
    assert encoding_of("gzip;q=1.0, br;q=0.5") == "gzip"
    assert encoding_of("br;q=0, *") == "gzip"
    assert encoding_of("identity") == encoding_of(None) == ""


def test_pages_follow_their_links_and_make_the_whole(client: httpx.Client) -> None:
    whole = client.get("/ask", params=ASKED)
    assert "link" not in whole.headers
    rows, got = [], client.get("/ask", params=ASKED | {"limit": "50"})
    root = str(client.base_url).split("/api/")[0]
    while True:
        rows += got.json()["rows"]
        assert got.headers["x-total-count"] == whole.headers["x-total-count"]
        links = dict(
            (rel, url) for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', got.headers["link"])
        )
        if "next" not in links:
            break
        got = client.get(root + links["next"])
    assert rows == whole.json()["rows"]
    assert len(rows) == int(whole.headers["x-total-count"]) > 100
    assert client.get(root + links["last"]).json()["rows"] == got.json()["rows"]
    assert client.get(root + links["first"]).json()["rows"] == rows[:50]
    beyond = client.get("/ask", params=ASKED | {"limit": "50", "offset": "100000"})
    assert beyond.json()["rows"] == []
