"""Every error says what, where, nearest and next, in the shape of RFC 9457, and tells no path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

import openlifecycle as ol
from openlifecycle.errors import OpenLifecycleError, PersonalData, StoreDamaged
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.problems import problem_of, status_of
from tests.serving.conftest import Served, running

CASES = [
    ("/ask", {}, 400, "UsageError", "measure="),
    ("/ask", {"measure": "apd"}, 404, "UnknownMeasure", "adp"),
    ("/ask", {"measure": "adp", "frm": "2024-01-01"}, 400, "UsageError", "from"),
    ("/ask", {"measure": "adp", "from": "03/04/2025"}, 400, "UsageError", "2024-10-03"),
    ("/ask", {"measure": "adp", "totals": "maybe"}, 400, "UsageError", "totals=true"),
    ("/ask", {"measure": "adp", "by": "gander"}, 400, "UnknownDimension", ""),
    ("/ask", {"measure": "adp", "where": "ICE"}, 400, "UsageError", "arresting_agency=ICE"),
    ("/ask", {"measure": "adp", "limit": "0"}, 400, "UsageError", ""),
    ("/ask", {"measure": "adp", "format": "xlsx"}, 400, "UsageError", "json"),
    ("/ask", {"measure": "arrests", "by": "gender,aor,citizenship_country"}, 403, "NotCleared", ""),
    ("/ask", {"measure": "arrests", "collection": "ffff"}, 404, "UnknownRelease", "us_ice"),
    ("/ask", {"measure": "arrests", "where": "gender=Nobody"}, 400, "UnknownDimension", ""),
    ("/measures/apd", {}, 404, "UnknownMeasure", "adp"),
    ("/measures/adp", {"format": "csv"}, 406, "NotAcceptable", "json"),
    ("/dimensions/apd", {}, 404, "UnknownMeasure", "adp"),
    ("/cohort", {}, 400, "UsageError", "entry=arrest"),
    ("/cohort", {"entry": "arrest", "from": "2025-13"}, 400, "UsageError", ""),
    ("/cohort", {"entry": "arrest", "horizons": "2"}, 403, "NotCleared", ""),
    ("/table/arrests", {"fiscal-year": "2025"}, 404, "UnknownMeasure", "arrests_by"),
    ("/table/arrests_by_area_and_conviction", {}, 400, "UsageError", "fiscal-year=2025"),
    ("/releases/1999-01-01/receipt", {}, 404, "UnknownRelease", ""),
    ("/releases/1999-01-01/findings", {}, 404, "UnknownRelease", ""),
    ("/changes", {"before": "2024-10-03"}, 400, "UsageError", "after="),
    ("/nothing", {}, 404, "NotFound", ""),
]


@pytest.mark.parametrize(("path", "asked", "status", "name", "nearest"), CASES)
def test_an_error_says_what_and_what_is_nearest(
    path: str, asked: dict[str, str], status: int, name: str, nearest: str,
    client: httpx.Client, served: Served,
) -> None:  # fmt: skip
    got = client.get(path, params=asked)
    assert (got.status_code, got.headers["content-type"]) == (status, "application/problem+json")
    said = got.json()
    assert said["type"] == f"urn:openlifecycle:problem:{name}"
    assert said["status"] == status
    assert said["what"]
    assert nearest in said["nearest"]
    assert set(said) == {"type", "title", "status", "detail", "what", "where", "nearest", "next"}
    assert str(served.store) not in got.text


def test_what_is_not_cleared_says_what_would_pass(client: httpx.Client) -> None:
    asked = {"measure": "arrests", "by": "gender,aor,citizenship_country"}
    said = client.get("/ask", params=asked).json()
    assert "policy" in said["where"]
    assert said["next"]


BODIES: list[tuple[Any, str]] = [
    (b"{", "the body is no JSON"),
    (b"[" * 10_000, "the body is no JSON"),
    (b"[]", "the body is no JSON object"),
    (b"{}", "measure must be"),
    (b'{"measure": "adp", "start": 3}', "start must be"),
    (b'{"measure": "adp", "by": "sex"}', "by must be"),
    (b'{"measure": "adp", "where": {"sex": []}}', "where.sex must be"),
    (b'{"measure": "adp", "totals": "yes"}', "totals must be"),
    (b'{"measure": "adp", "frm": "2024-01-01"}', "a question has no 'frm'"),
]


@pytest.mark.parametrize(("body", "what"), BODIES)
def test_a_body_that_is_no_question_is_refused(
    body: bytes, what: str, client: httpx.Client
) -> None:
    got = client.post("/ask", content=body, headers={"content-type": "application/json"})
    assert got.status_code == 400
    assert what in got.json()["what"]


def test_a_body_of_another_kind_is_refused(client: httpx.Client) -> None:
    assert client.post("/ask", content=b"measure=adp").json()["where"] == "content-type"


def test_another_method_is_refused_and_says_which_is_served(client: httpx.Client) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"):
        got = client.request(method, "/measures")
        assert got.status_code == 405, method
        assert "GET" in got.headers["allow"]
        assert got.json()["type"].endswith(":NotAllowed")


def test_an_accept_that_cannot_be_met_is_told_what_is_served(client: httpx.Client) -> None:
    got = client.get("/measures/adp", headers={"accept": "text/html"})
    assert got.status_code == 406
    assert "application/json" in got.json()["nearest"]


def test_families_of_errors_have_the_statuses_that_their_exit_codes_stand_for() -> None:
    assert status_of(PersonalData("x")) == 422
    assert status_of(StoreDamaged("x")) == 503
    assert status_of(OpenLifecycleError("x")) == 503


def test_the_folder_of_the_store_is_told_to_nobody() -> None:
    error = StoreDamaged(
        "cannot read /srv/olc/catalogue.sqlite", where="/srv/olc/derived/a.parquet"
    )
    assert b"/srv" not in problem_of(error, "/srv/olc").body


def test_a_store_that_is_gone_is_503_and_a_fault_tells_nothing(tmp_path: Path) -> None:
    from openlifecycle.demo.unpack import starter_store

    starter_store(tmp_path / "store")
    session = ol.open(tmp_path / "store")
    with running(session, ServeSettings()) as client:
        assert client.get("/measures").status_code == 200
        (tmp_path / "store" / "catalogue.sqlite").unlink()
        got = client.get("/measures")
        assert (got.status_code, got.json()["where"]) == (503, "")
        session.state = _broken  # type: ignore[method-assign]
        got = client.get("/measures")
        assert got.status_code == 500
        assert "secret" not in got.text


def _broken() -> str:
    raise RuntimeError("secret of somebody")
