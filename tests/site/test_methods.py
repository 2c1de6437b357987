"""Methods: every declaration has its page, and the page says what is declared."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from tests.serving.conftest import olc_json
from tests.site.html import Element, read

PACKAGE = resources.files("openlifecycle")


def page(client: TestClient, address: str) -> Element:
    told = client.get(address)
    assert told.status_code == 200, told.text[:400]
    return read(told.text)


def line(text: object) -> str:
    return " ".join(str(text).split())


@pytest.fixture(scope="module")
def declared(client: TestClient) -> list[dict[str, Any]]:
    """What the API lists."""
    rows: list[dict[str, Any]] = client.get("/api/v1/measures").json()["rows"]
    return rows


def test_every_measure_is_in_the_index_once(
    client: TestClient, declared: list[dict[str, Any]]
) -> None:
    found = page(client, "/methods")
    linked = [one.attributes["href"] for one in found.first("main").all("a")]
    for one in declared:
        assert linked.count(f"/methods/{one['name']}") == 1
        assert one["question"] in found.text


def test_the_page_of_a_measure_says_all_of_its_declaration(
    client: TestClient, declared: list[dict[str, Any]]
) -> None:
    for one in declared:
        told = client.get(f"/api/v1/measures/{one['name']}").json()
        text = page(client, f"/methods/{one['name']}").first("main").text
        for part in ("question", "numerator", "denominator", "unit", "population", "made",
                     "tier_text", "disclosure_text", "defined_by", "publication"):  # fmt: skip
            assert line(told[part]) in text, (one["name"], part)
        for name in (*told["periods"], *told["dimensions"], *told["not_spliced_with"]):
            assert name in text, (one["name"], name)
        for caveat in told["caveats"]:
            assert caveat["text"] in text
            assert caveat["source"] in text
        for change in told["changes"]:
            assert change["what"] in text
            assert ("break in series" in text) or not change["break"]


def test_a_definition_that_changed_is_told_by_its_day(client: TestClient) -> None:
    """Footnotes of the workbooks: final releases to January 2024, book-outs from February on."""
    text = page(client, "/methods/final_releases").first("main").text
    assert "Never joined with" in text
    assert "final_book_outs" in text


@pytest.mark.parametrize(
    ("address", "near"),
    [("/methods/arests", "arrests"), ("/methods/rules/olc-2", "olc-1"), ("/methods/rules/x", "")],
)
def test_what_is_not_declared_is_404_with_the_nearest(
    address: str, near: str, client: TestClient
) -> None:
    told = client.get(address)
    assert told.status_code == 404
    assert near in told.text


def rule_sets() -> list[dict[str, Any]]:
    folder = PACKAGE / "lifecycle" / "rulesets"
    return [yaml.safe_load(one.read_text("utf-8")) for one in folder.iterdir()]


@pytest.mark.parametrize("body", rule_sets(), ids=lambda body: body["name"])
def test_a_rule_set_says_every_rule_in_words(body: dict[str, Any], client: TestClient) -> None:
    found = page(client, f"/methods/rules/{body['name']}")
    text = found.first("main").text
    for rule in body["rules"]:
        assert line(rule["words"]) in text
        assert line(rule["source"]) in text
    targets = {one.attributes.get("id") for one in found.all("dt")}
    assert targets >= {str(rule["id"]) for rule in body["rules"]}


def test_rule_sets_stand_side_by_side_with_their_choices(client: TestClient) -> None:
    found = page(client, "/methods/rules")
    heads = [one.text for one in found.first("thead").all("th")]
    rows = {
        row.first("th").text: [cell.text for cell in row.all("td")]
        for row in found.first("tbody").all("tr")
    }
    for body in rule_sets():
        column = heads.index(body["name"]) - 1
        assert rows["arrests: gap hours"][column] == str(body["arrests"]["gap_hours"])
        days = [str(day) for day in body["links"]["removal_days"]]
        assert rows["links: removal days"][column] == " to ".join(days)
        assert rows["headcount: midnight"][column] == body["headcount"]["midnight"]
    assert rows["headcount: midnight"][-1] == "no"


def corrections() -> list[dict[str, Any]]:
    file = PACKAGE / "sources" / "us_ice" / "detention_statistics" / "corrections.yml"
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text("utf-8"))
    return found


def test_every_known_error_says_what_where_and_why(client: TestClient) -> None:
    found = page(client, "/methods/corrections")
    sections = {one.first("h2").attributes["id"]: one for one in found.all("section", "correction")}
    assert list(sections) == [one["id"] for one in corrections()]
    for one in corrections():
        text = sections[one["id"]].text
        for part in ("title", "what", "why"):
            assert line(one[part]) in text
        for place in one.get("where", ()):
            assert place["file"] in text
            assert place["sheet"].strip() in text


def test_a_place_of_an_error_leads_to_its_release(client: TestClient, store: Path) -> None:
    held = {one["sha256"][:12]: one["release_id"] for one in olc_json("releases", store=store)}
    places = {place["release"] for one in corrections() for place in one.get("where", ())}
    found = page(client, "/methods/corrections")
    linked = {one.attributes["href"].replace("%40", "@") for one in found.all("a")}
    known = places & set(held)
    assert known
    for release in known:
        assert f"/releases/{held[release]}" in linked


def test_every_check_has_its_anchor(client: TestClient) -> None:
    """Against the generated list of checks, which a test of the documentation keeps whole."""
    found = page(client, "/methods/checks")
    targets = {one.attributes.get("id") for one in found.all("dt")}
    documented = Path(__file__).parents[2] / "docs" / "generated" / "checks.md"
    rows = [row for row in documented.read_text("utf-8").splitlines() if row.startswith("| ")]
    listed = {row.split("|")[1].strip() for row in rows} - {"check"}
    assert {one for one in listed if one and not one.startswith("-")} <= targets


def test_every_caveat_of_the_file_that_a_measure_carries_is_told(client: TestClient) -> None:
    text = page(client, "/methods/caveats").first("main").text
    file = PACKAGE / "measures" / "declarations" / "caveats.yml"
    for one in yaml.safe_load(file.read_text("utf-8")).values():
        assert line(one["text"]) in text


def test_passports_are_told_with_their_gaps(client: TestClient) -> None:
    text = page(client, "/methods/sources").first("main").text
    for folder in (PACKAGE / "sources" / "us_ice").iterdir():
        file = folder / "source.yml"
        if folder.is_dir() and file.is_file():
            body = yaml.safe_load(file.read_text("utf-8"))
            for part in (body["title"], body["legal_basis"], *body["known_gaps"]):
                assert line(part) in text


def test_the_glossary_has_every_noun(client: TestClient) -> None:
    found = page(client, "/methods/glossary")
    terms = {one.text for one in found.all("strong")}
    text = (Path(__file__).parents[2] / "GLOSSARY.md").read_text("utf-8")
    nouns = [part for part in text.split("**")[1::2]]
    assert terms >= set(nouns)
