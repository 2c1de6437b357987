"""The standing questions: each page says what the commands of ``olc questions`` print."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.testclient import TestClient

import openlifecycle as ol
from openlifecycle.demo.unpack import starter_store
from openlifecycle.demo.world import Rates, make_world, write_world
from tests.serving.conftest import olc, olc_json
from tests.site.conftest import browser
from tests.site.html import Element, read

#: Records and printed figures, a rate, a table of reference, days of publication, two splits.
ASKED = [6, 16, 25, 31, 34]


def asked(client: TestClient, number: int) -> Element:
    """Return the page of a question; the first of records may take longer than a reader waits."""
    for _ in range(12):
        told = client.get(f"/questions/{number}")
        if told.status_code != 503:
            break
        time.sleep(3)
    assert told.status_code == 200, told.text[:400]
    return read(told.text)


def test_every_question_is_listed_with_its_status(client: TestClient) -> None:
    found = read(client.get("/questions").text)
    items = [one for one in found.all("li") if one.all("span", "number")]
    said = {}
    for one in items:
        number = int(one.first("span", "number").text.rstrip("."))
        said[number] = (one.first("a").text, one.first("span", "badge").text, one.text)
    told = standing(client)
    assert sorted(said) == [one["number"] for one in told]
    for question in told:
        text, status, whole = said[question["number"]]
        assert text == f"{question['number']}. {question['asks']}"
        assert status == question["status"]
        assert question["missing"] in whole
    themes = {one["theme"] for one in told}
    assert {one.text.lower() for one in found.first("main").all("h2")} >= themes


def standing(client: TestClient) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get("/api/v1/questions").json()["rows"]
    return rows


def test_the_list_is_what_the_command_says(client: TestClient) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openlifecycle", "questions", "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == standing(client)


@pytest.mark.parametrize("number", ASKED)
def test_a_page_answers_as_its_commands_do(number: int, client: TestClient, store: Path) -> None:
    found = asked(client, number)
    (told,) = [one for one in standing(client) if one["number"] == number]
    sections = found.all("section", "answer")
    assert len(sections) == len(told["answers"])
    for section, way in zip(sections, told["answers"], strict=True):
        command = section.first("code").text
        assert command == way["command"]
        words = shlex.split(command)[1:]
        printed = olc(*words, store=store)
        rows = [
            [cell.text for cell in row.walk() if cell.name in ("td", "th")]
            for row in section.first("tbody").all("tr")
        ]
        lines = [re.sub(r"\s+", " ", line).strip() for line in printed.splitlines()]
        assert rows
        for row in rows:
            assert re.sub(r"\s+", " ", " ".join(row)).strip() in lines


def test_all_rows_are_counted_and_the_latest_shown(client: TestClient, store: Path) -> None:
    """Against ``olc ask --json`` of the same words."""
    section = asked(client, 16).all("section", "answer")[0]
    words = shlex.split(section.first("code").text)[1:]
    told = olc_json(*words, store=store)["rows"]
    assert f"40 of {len(told):,} rows, the latest first." in section.text
    last = max(one["period_end"] for one in told)
    reasons = {one["release_reason"] for one in told if one["period_end"] == last}
    shown = [row.all("td")[0].text for row in section.first("tbody").all("tr")]
    assert set(shown[: len(reasons)]) == reasons


def test_explore_is_asked_in_the_same_words(client: TestClient) -> None:
    found = asked(client, 16)
    first = found.all("section", "answer")[0]
    (address,) = [
        one.attributes["href"] for one in first.all("a") if one.text == "All of it in Explore"
    ]
    assert dict(parse_qsl(urlsplit(address).query)) == {
        "measure": "book_outs_per_1000_held", "by": "release_reason", "period": "month",
    }  # fmt: skip
    assert client.get(address).status_code == 200


def test_restatements_lead_to_their_cells(client: TestClient) -> None:
    found = asked(client, 30)
    linked = [one.attributes["href"] for one in found.all("a")]
    assert any(one.startswith("/releases/changes?before=") for one in linked)


def test_too_few_and_nobody_look_alike(tmp_path: Path) -> None:
    """Of forty invented people no count of any month can be shown, whether there is one or none."""
    write_world(make_world(40, 7, Rates()), tmp_path / "world", form="processed")
    olc("take", str(tmp_path / "world" / "releases"), store=tmp_path / "store")
    with browser(ol.open(tmp_path / "store")) as client:
        for number in (14, 15):
            found = asked(client, number)
            for section in found.all("section", "answer"):
                state = section.first("section", "state-notcleared")
                assert "Too few people to be shown, or nobody" in state.text
                assert not section.all("table")


def test_a_question_without_an_answer_says_why(client: TestClient) -> None:
    found = asked(client, 36)
    assert "Court records are not held." in found.text
    assert "EOIR" in found.first("section", "missing").text
    assert not found.all("section", "answer")


@pytest.mark.parametrize("number", ["0", "41", "999999999", "seven", "-1", "٣"])
def test_a_number_that_is_not_there_is_404_with_the_nearest(
    number: str, client: TestClient
) -> None:
    told = client.get(f"/questions/{number}")
    assert told.status_code == 404
    assert "1 to 40" in told.text


@pytest.fixture(scope="module")
def without_records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A store of published workbooks only."""
    folder = tmp_path_factory.mktemp("published") / "store"
    starter_store(folder)
    with browser(ol.open(folder)) as made:
        yield made


@pytest.mark.parametrize("number", [1, 9, 35])
def test_records_that_are_not_held_are_a_designed_state(
    number: int, without_records: TestClient
) -> None:
    found = asked(without_records, number)
    assert found.all("section", "state-empty")
    assert "does not hold what it needs" in found.text
    # the commands stay to be copied
    assert found.all("section", "answer")[0].first("code").text.startswith("olc ")
