"""Releases: what the pages say is what the command line says of the same store.

Days of publication and hand-read cells are of the published workbooks themselves.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.serving.conftest import olc_json
from tests.site.html import Element, read

#: Two releases two weeks apart; between them ICE changed what a final release is (E13).
BEFORE, AFTER = "FY24_detentionStats01182024.xlsx", "FY24_detentionStats02012024.xlsx"


def page(client: TestClient, address: str, **words: str) -> Element:
    told = client.get(address, params=words)
    assert told.status_code == 200, told.text[:400]
    return read(told.text)


def tables(page: Element) -> dict[str, list[list[str]]]:
    """Return the rows of each table of a page by its caption."""
    return {
        one.first("caption").text: [
            [cell.text for cell in row.walk() if cell.name in ("td", "th")]
            for row in one.first("tbody").all("tr")
        ]
        for one in page.all("table")
    }


def starting(found: dict[str, list[list[str]]], caption: str) -> list[list[str]]:
    return next(rows for name, rows in found.items() if name.startswith(caption))


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.fixture(scope="module")
def listed(store: Path) -> list[dict[str, Any]]:
    """What ``olc releases --json`` says."""
    said: list[dict[str, Any]] = olc_json("releases", store=store)
    return said


def test_every_release_of_the_command_is_listed_once(
    client: TestClient, listed: list[dict[str, Any]]
) -> None:
    found = read(client.get("/releases").text)
    linked = {one.attributes["href"].removeprefix("/releases/") for one in found.all("a")}
    for one in listed:
        assert one["release_id"].replace("@", "%40") in linked
    rows = starting(tables(found), "Published releases")
    published = [one for one in listed if one.get("kind") != "records"]
    assert [row[1] for row in rows] == [one["names"][0] for one in reversed(published)]
    # two of them have one name
    for row, one in zip(rows, reversed(published), strict=True):
        assert one["follows_why"] in row[6]
        assert bool(row[6]) == bool(one["follows"])


def test_gaps_are_those_of_the_measures(client: TestClient, store: Path) -> None:
    today = datetime.now(UTC).date().isoformat()
    found = tables(page(client, "/releases"))
    between = olc_json("ask", "days_between_releases", "--as-known-on", today, store=store)
    days = {one["period_start"]: int(one["value"]) for one in between["rows"]}
    gaps = starting(found, "Late or missing")
    for after, _, said, missed in gaps:
        started = datetime.strptime(after, "%d %B %Y").date()  # noqa: DTZ007
        assert days[started.isoformat()] == number(said)
        assert number(missed) >= 1
    missed = olc_json("ask", "half_months_without_release", "--as-known-on", today, store=store)
    by_year = {f"FY{one['fiscal_year']}": int(one["value"]) for one in missed["rows"]}
    assert {row[0]: number(row[3]) for row in starting(found, "Half months")} == by_year
    assert sum(by_year.values()) == sum(number(row[3]) for row in gaps)


def test_gaps_that_the_field_knows_are_shown(client: TestClient) -> None:
    """Pains 17: more than seven weeks around the shutdown of autumn 2025; 38 days in 2023."""
    gaps = starting(tables(page(client, "/releases")), "Late or missing")
    ends = {(row[0], row[1]): number(row[2]) for row in gaps}
    assert ends["29 August 2025", "3 December 2025"] == (date(2025, 12, 3) - date(2025, 8, 29)).days
    assert ends["12 June 2023", "20 July 2023"] == 38
    assert gaps[0][1] == "none held since"


def test_two_weeks_without_a_missed_half_month_are_no_gap(client: TestClient) -> None:
    gaps = starting(tables(page(client, "/releases")), "Late or missing")
    assert "18 January 2024" not in {row[0] for row in gaps}


def test_a_fiscal_year_is_chosen_by_a_form(client: TestClient) -> None:
    rows = starting(tables(page(client, "/releases", **{"fiscal-year": "2026"})), "Published rel")
    assert [row[1] for row in rows] == ["FY26_detentionStats12032025.xlsx"]


def test_the_picture_has_both_papers(client: TestClient) -> None:
    light = client.get("/releases/rhythm.svg")
    dark = client.get("/releases/rhythm.svg", params={"theme": "dark"})
    assert light.headers["content-type"] == dark.headers["content-type"] == "image/svg+xml"
    assert light.content.startswith(b"<svg")
    assert light.content != dark.content
    assert "FY2026" in light.text


@pytest.mark.parametrize("name", [AFTER, "FY19-detentionstats.xlsx"])
def test_a_receipt_is_that_of_the_command_and_adds_up(
    name: str, client: TestClient, store: Path
) -> None:
    told = olc_json("receipt", name, store=store)
    found = tables(page(client, f"/releases/{name}"))
    for kind, caption in (("cells", "All cells"), ("numeric", "Of these")):
        rows = starting(found, caption)
        assert len(rows) == len(told["sheets"]) + 1
        for row in rows:
            whole, *parts = (number(text) for text in row[1:])
            assert whole == sum(parts)
        for row, sheet in zip(rows, told["sheets"], strict=False):
            counts = sheet[kind]
            ignored = sum(counts["ignored"].values())
            expected = [counts["all"], counts["captured"], counts["structural"], ignored,
                        counts["refused"]]  # fmt: skip
            assert [number(text) for text in row[1:]] == expected
        assert number(rows[-1][1]) == sum(sheet[kind]["all"] for sheet in told["sheets"])
    layouts = [row[3] for row in starting(found, "Tables in")]
    assert layouts == [t["layout"] for sheet in told["sheets"] for t in sheet["tables"]]


def test_a_release_says_what_it_is(client: TestClient, listed: list[dict[str, Any]]) -> None:
    one = next(one for one in listed if one["follows"] and one.get("kind") != "records")
    found = page(client, f"/releases/{one['release_id']}")
    facts = found.first("dl", "facts").text
    for part in (one["release_id"], one["sha256"], f"{one['size']:,}", *one["names"],
                 one["follows"], one["follows_why"], one["published_why"]):  # fmt: skip
        assert part in facts
    place = [row["release_id"] for row in listed].index(one["release_id"])
    neighbours = found.first("nav", "neighbours").text
    for beside in (listed[place - 1], listed[place + 1]):
        assert beside["names"][0] in neighbours
    replaced = page(client, f"/releases/{one['follows']}")
    assert one["release_id"] in replaced.first("dl", "facts").text


def test_findings_are_those_of_the_check_the_gravest_first(client: TestClient, store: Path) -> None:
    name = "FY26_detentionStats12032025.xlsx"
    told = olc_json("check", name, store=store)
    rows = starting(tables(page(client, f"/releases/{name}")), "Findings")
    assert sorted(row[1] for row in rows) == sorted(one["what"] for one in told)
    ranks = [("error", "warning", "note").index(row[0]) for row in rows]
    assert ranks == sorted(ranks)
    # read by eye: the list of 28 November names an inspection of 19 December
    assert rows[0][2] == "'Facilities FY26'!Y96"


def test_a_known_error_leads_to_its_record(client: TestClient) -> None:
    found = page(client, f"/releases/{BEFORE}")
    linked = {one.attributes["href"] for one in found.all("a")}
    assert "/methods/corrections#E13" in linked
    assert 'id="E13"' in client.get("/methods/corrections").text


def test_a_record_release_shows_its_account_and_no_row(client: TestClient, store: Path) -> None:
    listed = olc_json("releases", store=store)
    one = next(row for row in listed if row.get("table") == "arrest")
    told = olc_json("receipt", one["release_id"], store=store)
    answer = client.get(f"/releases/{one['release_id']}")
    found = read(answer.text)
    assert "rounded" in found.text
    (sheet,) = told["members"][0]["sheets"]
    rows = starting(tables(found), "What became")
    assert [row[1] for row in rows] == [column["heading"] for column in sheet["columns"]]
    for row, column in zip(rows, sheet["columns"], strict=True):
        if "nulls" in column:
            # as the gate told it: steps of ten, from nothing up or from everything down
            assert number(row[3]) == column["nulls"]
            assert column["nulls"] % 10 == 0 or (sheet["landed_rows"] - column["nulls"]) % 10 == 0
    landed = re.search(r"([\d,]+) rows = ([\d,]+) landed \+ ([\d,]+) blank", found.text)
    assert landed
    whole, *parts = (number(text) for text in landed.groups())
    assert whole == sum(parts)
    # the day of the first record may be one person's day
    assert one["first"] not in answer.text


@pytest.mark.parametrize(
    ("release", "near"),
    [("us_ice.detention_statistics@000000000000", ""), ("FY24_detentionStats0118202.xlsx", BEFORE)],
)
def test_an_unknown_release_is_404_with_the_nearest(
    release: str, near: str, client: TestClient
) -> None:
    told = client.get(f"/releases/{release}")
    assert told.status_code == 404
    assert near in told.text


def test_changes_are_those_of_the_command(client: TestClient, store: Path) -> None:
    told = olc_json("changes", BEFORE, AFTER, store=store)
    found = page(client, "/releases/changes", before=BEFORE, after=AFTER)
    counts = {row[0]: number(row[1]) for row in starting(tables(found), "Numbers of both")}
    assert counts == told["counts"]
    by_table = {row[0]: number(row[1]) for row in starting(tables(found), "By table")}
    assert by_table == {one["table"]: one["restated"] for one in told["tables"]}


def test_restated_cells_are_all_there_page_by_page(client: TestClient, store: Path) -> None:
    told = olc_json("changes", BEFORE, AFTER, store=store)
    expected = sorted(
        tuple(f"'{one[f'{end}_sheet']}'!{one[f'{end}_cell']}" for end in ("before", "after"))
        for one in told["rows"]
        if one["kind"] == "restated"
    )  # fmt: skip
    seen, offset = [], 0
    while offset < len(expected):
        found = page(client, "/releases/changes", before=BEFORE, after=AFTER, offset=str(offset))
        rows = starting(tables(found), "restated")
        seen += [(row[6], row[7]) for row in rows]
        offset += len(rows)
    assert sorted(seen) == expected


def test_a_change_of_concept_is_no_restatement(client: TestClient) -> None:
    """E13, read by eye: releases of October 2023 in C37, 10,028 in one and 20,375 in the other."""
    words = {"before": BEFORE, "after": AFTER, "kind": "concept changed"}
    rows = []
    for offset in range(0, 1000, 50):
        told = client.get("/releases/changes", params=words | {"offset": str(offset)})
        if told.status_code != 200:
            break
        rows += starting(tables(read(told.text)), "concept changed")
    assert ["10,028", "20,375"] in [row[2:4] for row in rows]


def test_without_words_the_last_two_of_a_year_are_compared(client: TestClient) -> None:
    found = page(client, "/releases/changes")
    chosen = [one.text for one in found.all("option") if "selected" in one.attributes]
    assert [one.rpartition(" ")[2] for one in chosen[:2]] == [
        "FY25_detentionStats07072025.xlsx",
        "FY25_detentionStats08292025.xlsx",
    ]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"before": "nothing"}, 404),
        ({"kind": "restatd"}, 400),
        ({"kind": "same"}, 400),
        ({"table": "facilties"}, 400),
        ({"offset": "-1"}, 400),
        ({"offset": "999999999999"}, 400),
    ],
)
def test_words_that_name_nothing_are_refused(
    words: dict[str, str], status: int, client: TestClient
) -> None:
    assert client.get("/releases/changes", params=words).status_code == status


def test_half_months_end_where_months_do() -> None:
    """The rule against a calendar: every day since the first half belongs to one half month."""
    from openlifecycle.engine.schedule import half_months

    first, end = date(2023, 12, 20), date(2024, 3, 14)
    halves = half_months([first], end)
    covered = [
        one.first + timedelta(days=n)
        for one in halves
        for n in range((one.last - one.first).days + 1)
    ]
    assert covered == [date(2023, 12, 16) + timedelta(days=n) for n in range(len(covered))]
    assert halves[-1].last == date(2024, 2, 29)
    assert [one.public for one in halves][:2] == [(first,), ()]
