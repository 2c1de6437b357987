"""Explore says what the command says, for published figures and for figures from records.

Expected figures were read by eye from FY26_detentionStats12032025.xlsx (Detention FY26); all else
is held against ``olc ask --json`` run as a person runs it.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from starlette.testclient import TestClient

import openlifecycle as ol
from openlifecycle.publishing.numbers import shown
from tests.serving import conftest as served
from tests.site.html import Element, read

QUESTIONS = [
    "measure=detained_population&by=arresting_agency",
    "measure=detained_population&by=arresting_agency&by=criminality&from=2025-01-01",
    "measure=detained_population&where=arresting_agency%3DICE&on=2024-10-03&as-known-on=2024-12-31",
    "measure=detained_population&by=arresting_agency&totals=true&on=2025-11-30",
    "measure=book_ins&by=arresting_agency&from=2024-10-01&as=corrected",
    "measure=alos&by=criminality&period=fiscal_year",
    "measure=detained_share_by_agency&from=2025-01-01",
    "measure=facility_adp&by=aor&on=2025-11-30",
    "measure=facility_inspections&on=2025-11-30&where=facility_state%3DMS",
    "measure=arrests&by=criminality&from=2024-01-01&period=quarter",
    "measure=arrests&from=2025-01-01&to=2025-12-31&sensitivity=true",
    "measure=record_book_ins&rules=ddp-2026-03&from=2025-01-01",
    "measure=record_median_stay&period=fiscal_year",
]


@cache
def olc(*words: str, store: Path) -> str:
    """Return what a command prints: it is run once."""
    return served.olc(*words, store=store)


def olc_json(*words: str, store: Path) -> Any:
    return json.loads(olc(*words, "--json", store=store))


def words_of(query: str) -> list[str]:
    """Return the command that asks what an address asks, written here a second time."""
    pairs = parse_qsl(query)
    by = ",".join(value for name, value in pairs if name == "by")
    words = ["ask", dict(pairs)["measure"], *(["--by", by] if by else [])]
    for name, value in pairs:
        if name in ("totals", "sensitivity"):
            words.append(f"--{name}")
        elif name not in ("measure", "by"):
            words += [f"--{name}", value]
    return words


def get(client: TestClient, query: str, status: int = 200) -> Element:
    found = client.get(f"/explore?{query}")
    assert found.status_code == status, found.text
    return read(found.text)


def value_cells(page: Element) -> list[str]:
    """Return the column of values of the table."""
    table = page.first("table")
    heads = [one.text for one in table.first("thead").all("th")]
    place = next(i for i, head in enumerate(heads) if head.startswith("Value"))
    return [
        [cell for cell in row.children if isinstance(cell, Element)][place].text
        for row in table.first("tbody").all("tr")
    ]


def as_told(said: dict[str, Any]) -> list[str]:
    """Return the values of the command's JSON as a person reads them; hidden ones as a mark."""
    told = []
    for row in said["rows"]:
        if row.get("value_text"):
            told.append(row["value_text"])
        elif row["value"] is None:
            told.append("not shown" if row["note"] else "none")
        else:
            told.append(shown(row["value"], said["unit"]))
    return told


@pytest.mark.parametrize("query", QUESTIONS)
def test_the_table_has_the_values_of_the_command(
    client: TestClient, store: Path, query: str
) -> None:
    said = olc_json(*words_of(query), store=store)
    assert said["rows"], "a question without rows holds nothing"
    cells = [re.sub(r" \(<\d+\)$", "", one) for one in value_cells(get(client, query))]
    assert cells == as_told(said)[:500]


@pytest.mark.parametrize("query", QUESTIONS)
def test_command_python_and_api_as_shown_give_the_same_rows(
    client: TestClient, store: Path, query: str
) -> None:
    page = get(client, query)
    command, python, api = (one.lines for one in page.first("section", "lines").all("code"))
    said = olc_json(*words_of(query), store=store)
    assert olc_json(*shlex.split(command)[1:], store=store)["rows"] == said["rows"]
    assert client.get(api).json()["rows"] == said["rows"]
    call = ast.parse(python.splitlines()[1].partition(" = ")[2], mode="eval").body
    assert isinstance(call, ast.Call)
    values = [ast.literal_eval(one) for one in call.args]
    named = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
    answer = ol.open(store).ask(*values, **named)
    assert json.loads(json.dumps(answer.as_dict()))["rows"] == said["rows"]


def test_figures_are_those_of_the_workbook(client: TestClient) -> None:
    page = get(client, "measure=detained_population&by=arresting_agency&on=2025-11-30")
    assert value_cells(page) == ["12,215", "53,520"]
    whole = get(client, "measure=detained_population&on=2025-11-30")
    assert value_cells(whole) == ["65,735"]
    assert "30 November 2025" in whole.first("table").text


def test_the_first_visit_asks_for_people_held_by_agency(client: TestClient) -> None:
    page = read(client.get("/explore").text)
    again = get(client, "measure=detained_population&by=arresting_agency")
    assert value_cells(page) == value_cells(again)
    assert len(value_cells(page)) == 140


def test_a_row_leads_back_to_its_sheet_and_cell(client: TestClient) -> None:
    page = get(client, "measure=detained_population&by=arresting_agency&on=2025-11-30")
    links = [one.attributes["href"] for one in page.first("tbody").all("a")]
    walked = read(client.get(links[1]).text).first("main").text
    for said in ("53,520", "ICE", "30 November 2025", "sheet “Detention FY26”", "B20",
                 "FY26_detentionStats12032025.xlsx", "3 December 2025",
                 "cd254e2e3eba721525d69d6080026f9cee709a2616965360fac103dd60139007"):  # fmt: skip
        assert said in walked


def test_a_figure_from_records_leads_back_to_its_rules_and_never_to_a_record(
    client: TestClient,
) -> None:
    page = get(client, "measure=arrests&by=criminality&from=2024-01-01&period=quarter")
    link = page.first("tbody").all("a")[0].attributes["href"]
    walked = read(client.get(link).text).first("main")
    assert "SYNTHETIC" in walked.text
    assert "olc-1" in walked.text
    assert not walked.all("table")


def test_a_row_that_is_not_there_is_told(client: TestClient) -> None:
    found = client.get("/explore/row?measure=detained_population&on=2025-11-30&row=7")
    assert found.status_code == 400
    assert "There is no row '7': the answer has 1" in read(found.text).first("main").text


@pytest.mark.parametrize(
    ("query", "kind", "word", "row"),
    [
        ("measure=detained_population", "error", "disputed", ""),
        ("measure=detained_population&as=corrected", "corrected", "corrected", "corrected"),
        ("measure=adp", "restated", "restated", "restated"),
        ("measure=adp", "provisional", "provisional", "provisional"),
        ("measure=removals", "break", "break inside", "break"),
        ("measure=arrests&from=2025-10-01", "provisional", "partial", "provisional"),
    ],
)
def test_a_mark_is_told_in_words_and_its_row_looks_different(
    client: TestClient, store: Path, query: str, kind: str, word: str, row: str
) -> None:
    page = get(client, query)
    said = olc_json(*words_of(query), store=store)["rows"]
    marked = [i for i, one in enumerate(said) if word in (one["note"] or "").split("; ")]
    assert marked
    rows = page.first("tbody").all("tr")
    for place in marked:
        assert word in [one.text for one in rows[place].all("span", f"badge-{kind}")]
    if row:
        looks = [rows[place].attributes["class"] for place in marked]
        assert row in looks
    plain = [i for i, one in enumerate(said) if not one["note"]]
    assert all(not rows[place].attributes.get("class") for place in plain)
    assert word in [one.text for one in page.first("dl", "marks").all("dt")]


def test_a_hidden_value_says_so_and_tells_nothing(client: TestClient, store: Path) -> None:
    query = "measure=arrests&by=aor&from=2025-01-01&period=quarter"
    said = olc_json(*words_of(query), store=store)
    hidden = [i for i, row in enumerate(said["rows"]) if row["value"] is None]
    assert hidden
    rows = get(client, query).first("tbody").all("tr")
    for place in hidden:
        assert "not shown" in rows[place].text
        assert rows[place].attributes["class"].startswith("hidden")
        assert not re.search(r"\d+\.\d %", rows[place].text)


def test_what_is_not_cleared_shows_no_value_and_what_would_pass(client: TestClient) -> None:
    query = "measure=arrests&" + urlencode(
        [("by", d) for d in ("aor", "criminality", "gender", "state")]
    )
    page = get(client, query, 403)
    state = page.first("section", "state-notcleared")
    assert "policy" in state.text
    assert not page.all("table")
    assert "chart.svg" not in client.get(f"/explore?{query}").text
    for link in state.all("a"):
        assert client.get(link.attributes["href"]).status_code == 200
    assert client.get(f"/explore/chart.svg?{query}").status_code == 403
    assert client.get(f"/explore/row?{query}&row=0").status_code == 403


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("measure=nonesuch", "no measure"),
        ("measure=detained_population&by=nonsense", "nonsense"),
        ("measure=detained_population&from=2024-13-01", "2024-13-01"),
        ("measure=detained_population&where=arresting_agency", "DIM=VALUE"),
        ("measure=detained_population&where=arresting_agency%3DFBI", "FBI"),
        ("measure=detained_population&from=2025-01-01&on=2025-01-01", "one day"),
        ("measure=adp&period=fortnight", "fortnight"),
        ("measure=arrests&rules=none-such", "none-such"),
        ("measure=detained_population&offset=x", "offset"),
    ],
)
def test_a_question_with_a_mistake_is_explained_beside_the_form(
    client: TestClient, query: str, words: str
) -> None:
    page = get(client, query, 404 if "nonesuch" in query else 400)
    assert words in page.first("section", "state-refused").text
    assert page.first("form").all("select")
    assert not page.all("table")


def test_a_mistaken_day_and_value_stay_in_the_form(client: TestClient) -> None:
    page = get(client, "measure=adp&from=2024-13-01&where=criminality%3DNo+Such", 400)
    day = next(one for one in page.all("input") if one.attributes.get("name") == "from")
    assert (day.attributes["type"], day.attributes["value"]) == ("text", "2024-13-01")
    assert ("where", "criminality=No Such") in filled(page)


def test_nothing_published_is_told_with_what_to_ask_instead(client: TestClient) -> None:
    page = get(client, "measure=final_releases&from=2025-01-01")
    state = page.first("section", "state-empty")
    assert any("measure=final_book_outs" in one.attributes["href"] for one in state.all("a"))


def test_too_many_lines_have_a_table_and_no_chart(client: TestClient) -> None:
    page = get(client, "measure=atd_participants&by=aor")
    assert "cannot be told apart" in page.first("section", "state").text
    assert not page.all("figure")
    assert page.all("table")
    assert client.get("/explore/chart.svg?measure=atd_participants&by=aor").status_code == 400


def filled(page: Element) -> set[tuple[str, str]]:
    """Return what a browser would send with the form."""
    form = page.first("form")
    sent = set()
    for one in form.all("input"):
        kind = one.attributes.get("type")
        if kind not in ("checkbox", "radio") or "checked" in one.attributes:
            sent.add((one.attributes["name"], one.attributes.get("value", "")))
    for select in form.all("select"):
        for option in select.all("option"):
            if "selected" in option.attributes:
                sent.add((select.attributes["name"], option.attributes["value"]))
    return {pair for pair in sent if pair[1]}


@pytest.mark.parametrize(
    "query",
    [
        *QUESTIONS,
        "measure=adp&to=2024-09-30&from=2020-01-01&period=release",
        "measure=facility_adp&where=facility_label%3DADAMS+COUNTY+DET+CENTER&as-known-on=2025-01-01",
        "measure=arrests&by=state&where=criminality%3DConvicted+Criminal&rules=uwchr-2024",
    ],
)
def test_the_form_gives_back_what_was_asked(client: TestClient, query: str) -> None:
    assert filled(get(client, query)) == set(parse_qsl(query))


def test_the_collection_is_a_field_too(client: TestClient) -> None:
    collection = client.get("/api/v1/ask?measure=arrests").json()["records"]["collection"]
    query = urlencode({"measure": "arrests", "collection": collection})
    assert ("collection", collection) in filled(get(client, query))


def test_another_measure_keeps_what_fits_it_and_drops_the_rest(client: TestClient) -> None:
    before = (
        "measure=arrests&by=arresting_agency&by=criminality&where=disposition%3DOther"
        "&where=criminality%3DConvicted+Criminal&as=corrected&totals=true&from=2025-01-01"
    )
    page = get(client, before + "&step=choose")
    assert filled(page) == {
        ("measure", "arrests"), ("by", "criminality"), ("from", "2025-01-01"),
        ("where", "criminality=Convicted Criminal"),
    }  # fmt: skip
    assert not page.all("section", "state-refused")


def test_every_measure_can_be_chosen_and_each_dimension_split_by(client: TestClient) -> None:
    page = get(client, "measure=detained_population")
    offered = {one.attributes["value"] for one in page.first("select").all("option")}
    assert offered == {one["name"] for one in client.get("/api/v1/measures").json()["rows"]}
    declared = client.get("/api/v1/dimensions/detained_population").json()["dimensions"]
    splits = [one for one in page.all("input") if one.attributes.get("name") == "by"]
    assert {one.attributes["value"] for one in splits} == {one["name"] for one in declared}
    values = {
        one.attributes["value"] for one in page.all("input") if one.attributes["name"] == "where"
    }
    assert values == {f"{d['name']}={v}" for d in declared for v in d["values"]}


def test_a_long_list_of_values_is_there_for_who_asks(client: TestClient) -> None:
    short = get(client, "measure=facility_adp")
    button = [one for one in short.all("button") if one.attributes.get("value") == "facility_label"]
    assert button[0].attributes["name"] == "open"
    query = "measure=facility_adp&open=facility_label"
    for page in (get(client, query), read(client.get(f"/explore/fields?{query}").text)):
        listed = [one.attributes.get("value", "") for one in page.all("input")]
        assert sum(one.startswith("facility_label=") for one in listed) > 300


def test_a_long_table_is_paged(client: TestClient, store: Path) -> None:
    query = "measure=facility_adp&by=facility_label"
    rows = olc_json(*words_of(query), store=store)["rows"]
    seen: list[str] = []
    address: str | None = f"/explore?{query}"
    while address:
        page = read(client.get(address).text)
        seen += value_cells(page)
        after = [one for one in page.all("a") if one.text == "Rows after"]
        address = after[0].attributes["href"].partition("#")[0] if after else None
    assert seen == as_told({"rows": rows, "unit": "persons"})


def test_files_are_the_same_question(client: TestClient, store: Path) -> None:
    query = "measure=detained_population&by=arresting_agency&from=2025-01-01"
    page = get(client, query)
    links = {one.text: one.attributes["href"] for one in page.first("ul", "downloads").all("a")}
    assert set(links) == {"CSV", "JSON", "Parquet", "PNG", "SVG"}
    assert client.get(links["CSV"]).text == olc(*words_of(query), "--format", "csv", store=store)
    assert client.get(links["Parquet"]).content.startswith(b"PAR1")
    for form, start in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        found = client.get(links[form])
        assert found.content.startswith(start)
        name = f"detained_population-arresting_agency.{form.lower()}"
        assert found.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_caveats_protection_citation_and_releases_are_on_the_page(
    client: TestClient, store: Path
) -> None:
    for query in ("measure=detained_population&on=2025-11-30", "measure=arrests&period=quarter"):
        said = olc_json(*words_of(query), store=store)
        told = get(client, query).first("main").text
        for text in (*said["caveats"], *said["notes"], said["disclosure"][1:]):
            # an option of the command has another name in the form
            assert all(part in told for part in re.split(r"--[a-z-]+", text))
        for line in said["citation"].splitlines():
            assert line in told
        for release in said["releases"]:
            assert release["release_id"] in told


def test_a_definition_change_is_told(client: TestClient, store: Path) -> None:
    query = "measure=removals"
    said = olc_json(*words_of(query), store=store)
    assert len(said["breaks"]) == 2
    told = get(client, query).first("main").text
    for change in said["breaks"]:
        assert change["what"] in told
        assert change["after"] in told


def test_no_style_or_script_stands_in_the_page(client: TestClient) -> None:
    text = client.get("/explore?measure=arrests&by=criminality&period=quarter").text
    assert " style=" not in text
    assert "<style" not in text
    assert all("src=" in one for one in re.findall(r"<script[^>]*>", text))
