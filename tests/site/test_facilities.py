"""Facilities: the list, the map and each page say what the workbooks print, read here once more.

Numbers in this file were read by hand from the workbooks; tests marked ``corpus`` read whole
sheets with openpyxl, which nothing of the house reads workbooks with.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from openlifecycle.api import Session
from tests.site.html import Element, read

LATEST = "FY26_2025-11-28_cd254e2e.xlsx"
#: The last list of FY2019: the starter set has it.
FY19 = "us_ice.detention_statistics@35b0eaf280d5"
ADELANTO = "/facilities/ca/adelanto/adelanto-ice-processing-center"
BUTLER_OHIO, BUTLER_KANSAS = (
    "/facilities/oh/hamilton/butler-county-jail",
    "/facilities/ks/el-dorado/butler-county-jail",
)
DILLEY = "/facilities/tx/dilley/dilley-immigration-processing-center"


def page(client: TestClient, address: str, **words: str) -> Element:
    told = client.get(address, params=words)
    assert told.status_code == 200, told.text[:400]
    return read(told.text)


def rows(of: Element, caption: str) -> list[list[str]]:
    """Return the words of each row of the table whose caption begins so."""
    table = next(t for t in of.all("table") if t.first("caption").text.startswith(caption))
    return [
        [cell.text for cell in row.walk() if cell.name in ("td", "th")]
        for row in table.first("tbody").all("tr")
    ]


def listed(of: Element) -> dict[tuple[str, str], list[str]]:
    """Return the rows of the list by name and place."""
    found = {}
    for row in of.first("table", "facilities").first("tbody").all("tr"):
        cells = [cell.text for cell in row.walk() if cell.name in ("td", "th")]
        found[row.first("a").text, cells[1]] = cells
    return found


def addresses(of: Element, name: str) -> list[str]:
    return [a.attributes["href"] for a in of.all("a") if a.text.startswith(name)]


def stats(of: Element) -> dict[str, str]:
    return {one.first("dt").text: one.first("dd", "value").text for one in of.all("div", "stat")}


# The list


def test_the_page_says_of_how_many_lists_it_knows(client: TestClient) -> None:
    said = page(client, "/facilities").text
    assert "This store holds the lists of 9 of its 81 releases." in said
    assert "219 facilities that ICE listed as of 28 November 2025" in said
    assert len(listed(page(client, "/facilities"))) == 219


def test_a_row_has_what_was_read_by_hand(client: TestClient) -> None:
    # Facilities FY26, row 12: N+O+P+Q = 730+805+40+209, W = 640, I = 45, Y = 2025-09-18, AA = Pass
    row = listed(page(client, "/facilities"))["ADELANTO ICE PROCESSING CENTER", "ADELANTO, CA"]
    assert row[2:9] == ["LOS", "CDF", "1,784", "640", "45.0", "2025-09-18", "Pass"]


def test_two_facilities_of_one_name_stay_two(client: TestClient) -> None:
    jails = listed(page(client, "/facilities", release=FY19, q="butler county jail"))
    assert {place for _, place in jails} == {"HAMILTON, OH", "EL DORADO, KS"}
    ohio, kansas = page(client, BUTLER_OHIO), page(client, BUTLER_KANSAS)
    assert "705 HANOVER STREET" in ohio.text
    assert "701 SE STONE ROAD" in kansas.text
    assert set(addresses(ohio, "BUTLER COUNTY JAIL")) == {BUTLER_KANSAS}
    assert set(addresses(kansas, "BUTLER COUNTY JAIL")) == {BUTLER_OHIO}
    # FY26 row 31: 65+263+5+22; the jail in Kansas is not in that list
    assert stats(ohio)["Average daily population"] == "355 persons"
    assert "Not in the latest list" in kansas.text


def test_names_that_differ_in_a_full_stop_have_two_addresses(client: TestClient) -> None:
    found = page(client, "/facilities", release="all", q="don hutto detention")
    leading = {name: addresses(found, name)[0] for name in ("T DON HUTTO", "T. DON HUTTO")}
    assert len(set(leading.values())) == 2
    for name, address in leading.items():
        assert page(client, address).first("h1").text.startswith(name)


@pytest.mark.parametrize(
    ("words", "name", "city"),
    [
        ("adelanto", "ADELANTO ICE PROCESSING CENTER", "ADELANTO, CA"),
        ("stewart lumpkin", "STEWART DETENTION CENTER", "LUMPKIN, GA"),
        ("Georgia", "STEWART DETENTION CENTER", "LUMPKIN, GA"),
        ("ga", "STEWART DETENTION CENTER", "LUMPKIN, GA"),
        ("31815", "STEWART DETENTION CENTER", "LUMPKIN, GA"),
    ],
)
def test_search_by_name_city_state_and_zip(
    client: TestClient, words: str, name: str, city: str
) -> None:
    found = listed(page(client, "/facilities", q=words))
    assert (name, city) in found
    assert len(found) < 219


def test_two_letters_are_a_state_and_not_part_of_a_word(client: TestClient) -> None:
    found = listed(page(client, "/facilities", q="ga"))
    assert {place.rpartition(", ")[2] for _, place in found} == {"GA"}


def test_nothing_found_is_said_and_leads_on(client: TestClient) -> None:
    found = page(client, "/facilities", q="zzyzx")
    assert "No facility fits" in found.text
    assert addresses(found, "Look in every list") == ["/facilities?q=zzyzx&release=all"]


def test_the_list_sorts(client: TestClient) -> None:
    def column(sort: str, place: int) -> list[float]:
        found = listed(page(client, "/facilities", sort=sort))
        return [float(c[place].replace(",", "")) for c in found.values() if c[place][:1].isdigit()]

    for sort, place in (("adp", 4), ("minimum", 5), ("alos", 6)):
        assert column(sort, place) == sorted(column(sort, place), reverse=True)
    names = [name for name, _ in listed(page(client, "/facilities", sort="name"))]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("sort=size", 400),
        ("page=9", 400),
        ("as=better", 400),
        ("release=none", 404),
        ("who=x", 400),
    ],
)
def test_what_cannot_be_asked_is_refused(client: TestClient, words: str, status: int) -> None:
    assert client.get(f"/facilities?{words}").status_code == status


# The map


def circles(of: Element) -> list[str]:
    return [one.text for one in of.first("g", "dots").all("title")]


def test_every_facility_is_on_the_map_or_named_below_it(client: TestClient) -> None:
    found = page(client, "/facilities", release="us_ice.detention_statistics@614b4e5f280b")
    below = found.first("details", "unplaced")
    named = {item.first("a").text for item in below.all("li")}
    # FPO is a military post; ZIP 34009 is Guantanamo Bay, in no state
    assert {"JTF CAMP SIX", "MIGRANT OPS CENTER MAIN A"} <= named
    for name, place in listed(found):
        assert name in named or any(
            said.startswith(f"{name}, {place}: ") for said in circles(found)
        ), (name, place)
    # rows 144 and 146 of the sheet are of one name and place: Nassau County Correctional Center
    assert len(listed(found)) == 200
    assert len(circles(found)) + len(below.all("li")) == 201


def test_a_list_that_the_corrected_edition_leaves_out_has_no_map(client: TestClient) -> None:
    # E5: the FY2020 list in a workbook of September 2022; no other day's list may stand in for it
    wrong = {"release": "us_ice.detention_statistics@8420a7129c9b"}
    assert circles(page(client, "/facilities", **wrong))
    mended = page(client, "/facilities", **wrong, **{"as": "corrected"})
    assert "No map of this list" in mended.text
    assert not mended.all("circle")


def test_a_circle_is_a_row_of_the_list_and_leads_where_it_leads(client: TestClient) -> None:
    found = page(client, "/facilities")
    dots = found.first("g", "dots").all("a")
    rows = {a.attributes["href"] for a in found.first("table", "facilities").all("a")}
    assert {dot.attributes["href"] for dot in dots} <= rows
    assert "ADELANTO ICE PROCESSING CENTER, ADELANTO, CA: 1,784" in circles(found)


def test_the_map_shows_what_was_searched(client: TestClient) -> None:
    found = page(client, "/facilities", q="texas")
    dots = found.first("g", "dots").all("a")
    seen = [dot for dot in dots if dot.attributes.get("class") != "out"]
    assert len(dots) == 218
    assert len(seen) == len(listed(found)) - 1  # of Dilley nothing is drawn


def test_the_map_is_a_picture_too(client: TestClient) -> None:
    light, dark = (
        client.get("/facilities/map.svg", params={"theme": t}) for t in ("light", "dark")
    )
    assert light.headers["content-type"].startswith("image/svg+xml")
    assert light.text.count("<circle") == 218
    assert "#14161a" in dark.text
    assert "#14161a" not in light.text
    assert "http" not in light.text.replace("http://www.w3.org/2000/svg", "")


# A facility


def test_a_page_has_what_was_read_by_hand(client: TestClient) -> None:
    found = page(client, ADELANTO)
    assert stats(found) == {
        "Average daily population": "1,784 persons",
        "Guaranteed minimum": "640 beds",
        "Average length of stay": "45.0 days",
        "Last inspection": "Pass",
    }
    assert dict(map(tuple, rows(found, "By sex and criminality"))) == {
        "Male Criminal": "730",
        "Male Non-Criminal": "805",
        "Female Criminal": "40",
        "Female Non-Criminal": "209",
    }
    threats = dict(map(tuple, rows(found, "By ICE threat level")))
    assert threats == {
        "Level 1": "517",
        "Level 2": "186",
        "Level 3": "142",
        "No threat level": "940",
    }
    levels = rows(found, "By classification level")
    assert [value for _, value in levels] == ["684", "191", "427", "484"]
    assert rows(found, "Under mandatory detention") == [["Mandatory", "776"]]
    inspection = rows(found, "Inspections as the list of 28 November 2025")[0]
    assert inspection[:5] == ["Last", "2025-09-18", "ODO", "PBNDS 2011 - 2016 Revisions", "Pass"]
    # FY19, row 10: N+O+P+Q = 1,710.86; W = 1455; I = 53.55
    numbers = rows(found, "Numbers of every list")
    assert numbers[-1][:5] == ["2019-10-07", "1,710.9", "1,455", "53.5", "Facilities FY19, row 10"]


def test_segregation_is_what_the_monthly_table_prints(client: TestClient) -> None:
    months = rows(page(client, ADELANTO), "Placements in segregation")
    assert months[0][:2] == ["2025-10", "89"]  # FY26 Monthly Segregation, B9


def test_who_left_the_lists_and_came_back(client: TestClient) -> None:
    found = page(client, BUTLER_OHIO)
    said = [one.text for one in found.all("li") if re.match("(Listed|Missing) in", one.text)]
    # of the nine lists of the starter set: read in the nine workbooks
    assert said == [
        "Listed in 1 list: 7 October 2019",
        "Missing in 1 list: 27 September 2021",
        "Listed in 1 list: 24 February 2020",
        "Missing in 3 lists: 19 September 2022 to 7 October 2024",
        "Listed in 3 lists: 23 June 2025 to 28 November 2025",
    ]
    boxes = [one.attributes["class"] for one in found.first("ol", "strip").all("li")]
    assert [b for b in boxes if b != "year"].count("missing") == 4


def test_a_name_printed_twice_in_a_list_is_said(client: TestClient) -> None:
    found = page(client, "/facilities/ny/east-meadow/nassau-county-correctional-center")
    june = next(r for r in rows(found, "Numbers of every list") if r[0] == "2025-06-23")
    assert "2 rows of one name" in june[-1]


def test_a_facility_without_a_printed_state_is_not_given_one(client: TestClient) -> None:
    # Facilities FY26 leaves the state of three rows blank; other lists print FL
    without = page(client, "/facilities/unprinted/pompano-beach/broward-transitional-center")
    assert "In 1 of the 9 lists" in without.text
    assert "a question by name and city means another one as well" in without.text
    [other] = addresses(without, "BROWARD TRANSITIONAL CENTER")
    assert other == "/facilities/fl/pompano-beach/broward-transitional-center"
    assert "In 8 of the 9 lists" in page(client, other).text


def test_of_families_nothing_small_is_made_or_drawn(client: TestClient) -> None:
    found = page(client, DILLEY)
    assert stats(found)["Average daily population"] == "not shown"
    assert "No picture" in found.text
    assert client.get(DILLEY + "/population.svg").status_code == 403
    every = page(client, "/facilities")
    assert not [said for said in circles(every) if said.startswith("DILLEY")]
    assert "DILLEY" in every.first("details", "unplaced").text
    row = listed(every)["DILLEY IMMIGRATION PROCESSING CENTER", "DILLEY, TX"]
    assert row[4] == "not shown"
    assert list(listed(every))[-1][0].startswith("DILLEY")  # without a number, without a rank


def test_the_picture_is_light_or_dark_and_large_or_small(client: TestClient) -> None:
    wide = client.get(ADELANTO + "/population.svg")
    small = client.get(ADELANTO + "/population.svg", params={"theme": "dark", "size": "small"})
    assert 'width="760"' in wide.text
    assert 'width="340"' in small.text
    assert "#14161a" in small.text
    assert "Guaranteed minimum" in wide.text


def test_corrected_numbers_are_marked(client: TestClient) -> None:
    # E11: June 2025 misprinted whole rows; E5: a list of FY2020 in a workbook of FY2022
    plain = rows(page(client, ADELANTO), "Numbers of every list")
    mended = rows(page(client, ADELANTO, **{"as": "corrected"}), "Numbers of every list")
    assert "disputed E5" in next(r for r in plain if r[0] == "2020-02-24")[-1]
    assert next(r for r in mended if r[0] == "2020-02-24")[1] == ""


def test_an_unknown_facility_is_not_found_and_the_nearest_is_named(client: TestClient) -> None:
    told = client.get("/facilities/ca/adelanto/adelanto-ice-procesing-centre")
    assert told.status_code == 404
    assert ADELANTO in told.text
    assert client.get("/facilities/ca/adelanto/nobody/population.svg").status_code == 404


def test_pages_are_light(client: TestClient) -> None:
    for address in ("/facilities", ADELANTO, "/facilities?release=all"):
        told = client.get(address, headers={"accept-encoding": "gzip"})
        assert int(told.headers["content-length"]) < 60 * 1024


# Against the workbooks, read by another reader


def printed(workbook: Path) -> list[dict[str, Any]]:
    """Return the rows of the list of facilities, by the words of its header."""
    book = openpyxl.load_workbook(workbook, read_only=True, data_only=True)
    sheet = next(s for s in book.worksheets if s.title.strip().startswith("Facilities"))
    found: list[dict[str, Any]] = []
    head: list[str] = []
    for row in sheet.iter_rows(values_only=True):
        if not head:
            labels = [str(c).strip() if c else "" for c in row]
            head = labels if {"Name", "City", "AOR"} <= set(labels) else []
        elif row[0] and row[head.index("AOR")]:
            found.append(dict(zip(head, row, strict=False)))
    return found


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _near(text: str, value: float | None) -> bool:
    said = text.split(" / ")[0].replace(",", "")
    return said == "" if value is None else abs(float(said) - value) <= 0.05 + 1e-9


@pytest.mark.corpus
def test_the_whole_list_is_what_the_workbook_prints(client: TestClient, corpus_dir: Path) -> None:
    found = listed(page(client, "/facilities"))
    rows = printed(corpus_dir / "ice_detention_statistics" / LATEST)
    assert len(rows) == len(found) == 219
    for row in rows:
        state = str(row["State"] or "").strip()
        place = ", ".join(p for p in (str(row["City"]).strip(), state) if p)
        cells = found[" ".join(str(row["Name"]).split()), place]
        columns = ("Male Crim", "Male Non-Crim", "Female Crim", "Female Non-Crim")
        if cells[4] != "not shown":
            assert _near(cells[4], sum(_number(row[c]) or 0.0 for c in columns)), row
        assert _near(cells[5], _number(row["Guaranteed Minimum"])), row
        alos = next(label for label in row if "ALOS" in label)
        assert _near(cells[6], _number(row[alos])), row
        inspected = row["Last Inspection End Date"]
        if isinstance(inspected, datetime):
            assert cells[7] == inspected.date().isoformat(), row


@pytest.mark.corpus
@pytest.mark.parametrize("address", [BUTLER_OHIO, BUTLER_KANSAS, ADELANTO])
def test_a_facility_is_missing_where_the_workbook_lacks_it(
    client: TestClient, corpus_dir: Path, address: str
) -> None:
    found = page(client, address)
    name, place = found.first("h1").text, found.first("p", "lead").text.partition(".")[0]
    said = {
        box.first("a").attributes["href"].rpartition("%40")[2]: box.attributes["class"]
        for box in found.first("ol", "strip").all("li")
        if box.attributes["class"] != "year"
    }
    assert len(said) == 9
    for release, state in said.items():
        [workbook] = (corpus_dir / "ice_detention_statistics").glob(f"*_{release[:8]}.xlsx")
        has = any(
            (str(r["Name"]).strip().upper(), f"{r['City']}, {r['State']}".upper())
            == (name.upper(), place.upper())
            for r in printed(workbook)
        )
        assert state == ("listed" if has else "missing"), workbook.name


def test_every_page_of_the_latest_list_answers(client: TestClient, session: Session) -> None:
    found = page(client, "/facilities")
    links = {a.attributes["href"] for a in found.first("table", "facilities").all("a")}
    assert len(links) == 219
    for address in sorted(links)[::25]:
        told = page(client, address)
        assert told.first("h1").text
        assert str(date(2025, 11, 28).year) in told.text


def test_the_latest_of_a_facility_is_of_the_latest_day(client: TestClient) -> None:
    # of the nine lists the one published after September 2021 that has it is of February 2020 (E5)
    found = page(client, "/facilities/ok/okmulgee/okmulgee-county-jail")
    assert "last in that as of 27 September 2021" in found.text
    assert "Not in the latest list" in found.text
