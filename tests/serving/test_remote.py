"""``ol.open`` of an address has the face of ``ol.open`` of a folder, and the same answers."""

from __future__ import annotations

import inspect

import httpx
import pytest

import openlifecycle as ol
from openlifecycle.api import Session
from openlifecycle.errors import (
    NotCleared,
    StoreProblem,
    UnknownMeasure,
    UnknownRelease,
    UsageError,
)
from openlifecycle.remote.exchange import exchanged
from openlifecycle.remote.session import _NOT_SERVED, RemoteSession
from tests.serving.conftest import Served

ASKED = [
    ("detained_population", {"by": "arresting_agency", "on": "2024-10-03"}),
    ("adp", {"edition": "corrected", "as_known_on": "2023-01-01", "period": "month"}),
    ("arrests", {"by": ["gender"], "start": "2025-01-01", "end": "2025-03-31"}),
    ("arrests", {"where": {"gender": "Male"}, "period": "fiscal_year", "sensitivity": True}),
]


@pytest.mark.parametrize(("measure", "words"), ASKED)
def test_an_answer_from_a_server_is_the_answer_of_its_store(
    measure: str, words: dict[str, object], served: Served, session: Session
) -> None:
    far, near = ol.open(served.address).ask(measure, **words), session.ask(measure, **words)  # type: ignore[arg-type]
    assert far.rows.schema == near.rows.schema
    assert far.rows.equals(near.rows)
    for name in ("question", "measure", "split", "granularity", "caveats", "notes",
                 "corrections", "sql", "disclosure", "verdict"):  # fmt: skip
        assert getattr(far, name) == getattr(near, name), name
    assert [r.release_id for r in far.releases] == [r.release_id for r in near.releases]
    assert far.citation() == near.citation()
    assert len(far) == len(near)


def test_one_value(served: Served) -> None:
    # FY25_detentionStats08292025.xlsx, Detention FY25, F20: 61,226
    far = ol.open(served.address).ask("detained_population", on="2025-08-24")
    assert far.value == 61_226


def test_measures_dimensions_and_releases(served: Served, session: Session) -> None:
    far = ol.open(served.address + "api/v1/")
    assert far.measures() == session.measures()
    assert far.releases() == session.releases()
    assert far.dimensions("adp") == session.dimensions("adp")


def test_errors_are_those_of_the_store(served: Served, session: Session) -> None:
    far = ol.open(served.address)
    for family, measure, by in (
        (UnknownMeasure, "apd", ""),
        (NotCleared, "arrests", "gender,aor,citizenship_country"),
    ):
        with pytest.raises(family) as there:
            far.ask(measure, by=by)
        with pytest.raises(family) as here:
            session.ask(measure, by=by)
        assert there.value.as_dict() == here.value.as_dict()


BEFORE, AFTER = "FY24_detentionStats01182024.xlsx", "FY24_detentionStats02012024.xlsx"
LATEST = "FY26_detentionStats12032025.xlsx"


def test_what_is_told_of_releases_is_what_the_store_tells(served: Served, session: Session) -> None:
    far = ol.open(served.address)
    for name in ("facilities", "findings"):
        there, here = getattr(far, name)(LATEST), getattr(session, name)(LATEST)
        assert there.rows.equals(here.rows), name
        assert there.said["release_id"] == here.release_id
    assert len(far.facilities(LATEST)) > 100
    there, here = far.changes(BEFORE, AFTER), session.changes(BEFORE, AFTER)
    assert there.as_dict()["before"] == here.before
    assert there.rows.equals(here.rows.filter(here.rows["kind"] != "same"))
    account = session.receipt(BEFORE).as_dict()
    assert {k: far.receipt(BEFORE).as_dict()[k] for k in account} == account
    assert far.collections() == session.collections()
    assert far.values("adp", "criminality") == session.values("adp", "criminality")
    with pytest.raises(UnknownRelease):
        far.receipt("1999-01-01")
    with pytest.raises(UsageError, match="nothing is served"):
        far.receipt("../../measures")


def test_cohorts_are_those_of_the_store(served: Served, session: Session) -> None:
    words: dict[str, object] = {"period": "fiscal_year", "horizons": (30, 90), "by": "gender"}
    there = ol.open(served.address).cohort("arrest", "2023-10-01", **words)  # type: ignore[arg-type]
    here = session.cohort("arrest", "2023-10-01", **words)  # type: ignore[arg-type]
    assert there.rows.equals(here.rows)
    assert there.said["caveats"] == list(here.caveats)
    assert len(there) > 0


def test_the_faces_are_one_face() -> None:
    def face(kind: type) -> dict[str, inspect.Signature]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: inspect.signature(f) for name, f in found if name[0] != "_"}

    near, far = face(Session), face(RemoteSession)
    assert set(near) == set(far) | _NOT_SERVED
    for name, signature in far.items():
        assert list(signature.parameters.values()) == list(near[name].parameters.values()), name


def test_what_is_not_served_says_so(served: Served) -> None:
    with pytest.raises(UsageError, match="observations of a served store"):
        ol.open(served.address).observations("2024-10-03")
    with pytest.raises(AttributeError):
        ol.open(served.address).nothing  # type: ignore[attr-defined]  # noqa: B018


def test_no_server_and_another_server_are_told_apart() -> None:
    with pytest.raises(StoreProblem, match="cannot be reached"):
        ol.open("http://127.0.0.1:9").ask("adp")
    other = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(404, text="x")))
    with pytest.raises(StoreProblem, match="no OpenLifecycle server"):
        RemoteSession("http://example.org", other).measures()


def test_a_busy_server_is_asked_again() -> None:
    answers = [httpx.Response(503, headers={"retry-after": "0"}), httpx.Response(200, text="y")]
    client = httpx.Client(transport=httpx.MockTransport(lambda _: answers.pop(0)))
    assert exchanged(client, client.build_request("GET", "http://example.org")).text == "y"
