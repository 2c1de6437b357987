"""The page about the limits: its numbers are those of the policy that decides."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from tests.site.html import Element, read


@pytest.fixture(scope="module")
def found(client: TestClient) -> Element:
    """The page."""
    told = client.get("/limits")
    assert told.status_code == 200
    return read(told.text).first("main")


def rules(name: str) -> dict[str, Any]:
    file = resources.files("openlifecycle") / "disclosure" / "policies" / f"{name}.yml"
    body: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))["rules"]
    return body


def test_every_rule_of_the_policy_is_told_in_its_words(found: Element) -> None:
    shown = {one.first("h3").text.lower(): one.text for one in found.all("section", "rule")}
    for name, rule in rules("public-foia").items():
        text = shown[name.replace("_", " ")]
        for part in ("pass", "fail", "review", "source"):
            assert " ".join(str(rule[part] or "").split()) in text
    assert len(shown) == len(rules("public-foia"))


def test_plain_words_carry_the_numbers_of_the_policy(found: Element) -> None:
    policy, agreement = rules("public-foia"), rules("agreement")
    text = found.text
    smallest = policy["minimum_cell"]["value"]
    assert f"No figure is about fewer than {smallest} people." in text
    assert f"names no number of its own it is {agreement['minimum_cell']['value']}" in text
    assert f'"fewer than {policy["shown_from"]["value"]}"' in text
    noise = policy["perturbation"]["value"]
    assert f"at most {noise['most']} either way" in text
    assert f"a variance of {noise['variance']}" in text
    naming = policy["naming"]["value"]
    assert f"with probability {naming['outsider']} at most" in text
    assert f"with probability {naming['insider']} at most" in text


@pytest.mark.parametrize(
    "said",
    [
        "finds, follows, profiles, scores, ranks or flags a person",
        "officers, observers and lawyers are protected alike",
        "only inside one release of one publisher",
        "counts and statistics that have passed the gate",
        "No address of the reader, no path as asked and no query",
        "How to report an error",
    ],
)
def test_what_it_does_not_do_is_said(said: str, found: Element) -> None:
    assert said in found.text


def test_what_the_data_cannot_say_is_named(found: Element) -> None:
    """Read in source.yml of arrests and of the workbooks."""
    assert "Arrests by CBP, criminal arrests by HSI" in found.text
    assert "The list of facilities omits closed facilities, hold rooms" in found.text
    assert "Court records are not held." in found.text


def test_columns_that_never_enter_are_named(found: Element) -> None:
    file = resources.files("openlifecycle") / "sources" / "us_ice" / "records.yml"
    for why in yaml.safe_load(file.read_text("utf-8"))["drop_reasons"].values():
        assert " ".join(why.split()) in found.text


def test_the_log_keeps_what_the_page_says(client: TestClient, caplog: Any) -> None:
    """A line of the log of a page asked with words that could say who is looked for."""
    with caplog.at_level("INFO", logger="openlifecycle.serving"):
        client.get("/releases/changes", params={"before": "SOMEBODY"})
        client.get("/questions/77777")
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "/releases/changes 404" in said
    assert "/questions/{number} 404" in said
    assert "SOMEBODY" not in said
    assert "77777" not in said


def test_no_page_of_the_site_has_a_field_for_people(client: TestClient) -> None:
    for address in ("/releases", "/releases/changes", "/questions", "/methods", "/limits"):
        page = read(client.get(address).text).first("main")
        assert not page.all("input")
