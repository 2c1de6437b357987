"""Lifecycle says what ``olc cohort`` and ``olc ask`` say, draws what is shown, and no more."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

import openlifecycle as ol
from openlifecycle.api import Session
from openlifecycle.demo.unpack import starter_store
from openlifecycle.lifecycle.outcomes import states
from openlifecycle.publishing import curves, flow
from openlifecycle.publishing.flow_chart import flow_chart
from openlifecycle.publishing.flow_colours import STATES
from openlifecycle.publishing.moves import moves
from tests.serving.conftest import olc, olc_json
from tests.site.conftest import browser
from tests.site.html import Element, read

DAYS = (1, 7, 30, 90, 180, 365)


def get(client: TestClient, address: str, status: int = 200, **words: str) -> Element:
    found = client.get(f"{address}?{urlencode(words)}" if words else address)
    assert found.status_code == status, found.text
    return read(found.text)


def cells(table: Element) -> dict[str, list[str]]:
    """Return the cells of a table by the name that heads the row."""
    rows = table.all("tbody")[0].all("tr")
    return {row.first("th").first("strong").text: [td.text for td in row.all("td")] for row in rows}


def expected(rows: list[dict[str, Any]], kinds: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the same cells made of what the command prints, written here a second time."""
    found: dict[tuple[str, str], dict[int, str]] = {}
    seen = set()
    for row in rows:
        if row["kind"] not in kinds:
            continue
        key = (row["kind"], row["state"])
        if row["share"] is None:
            text = "not known yet" if row["note"] == "too few watched so long" else "not shown"
        else:
            low, high = 100 * row["low"], 100 * row["high"]
            text = f"{100 * row['share']:.1f} % {low:.1f} to {high:.1f} %"
        found.setdefault(key, {})[row["horizon_days"]] = text
        if row["share"] is not None or row["n_seen"] is not None:
            seen.add(key)
    return {
        state.replace("_", " "): [by_day[d] for d in DAYS]
        for (kind, state), by_day in found.items()
        if (kind, state) in seen
    }


def asked(store: Path, entry: str, period: str, start: str, end: str, *more: str) -> Any:
    words = ("cohort", entry, "--period", period, "--from", start, "--to", end, *more)
    return olc_json(*words, store=store)


CASES = [
    ("arrest", "fiscal_year", "FY2025", "2024-10", "2025-09"),
    ("arrest", "fiscal_year", "FY2026", "2025-10", "2025-12"),
    ("book_in", "fiscal_year", "FY2024", "2023-10", "2024-09"),
    ("book_in", "month", "2025-06", "2025-06", "2025-06"),
]


@pytest.mark.parametrize(("entry", "period", "cohort", "start", "end"), CASES)
def test_tables_are_those_of_the_command(
    client: TestClient, store: Path, entry: str, period: str, cohort: str, start: str, end: str
) -> None:
    rows = asked(store, entry, period, start, end)["rows"]
    page = get(client, "/lifecycle", entry=entry, period=period, cohort=cohort)
    shares, reached, left = page.all("table")[:3]
    watched = [next(r["n_followed"] for r in rows if r["horizon_days"] == d) for d in DAYS]
    shown = cells(shares)
    assert shown.pop("watched all the days") == [
        "not told" if n is None else f"{n:,}" for n in watched
    ]
    assert shown == expected(rows, ("state", "sum"))
    for table, kind in ((reached, "reached"), (left, "left_as")):
        shown = cells(table)
        shown.pop("watched all the days")
        assert shown == expected(rows, (kind,))
    people = rows[0]["n_people"]
    assert f"{people:,} people" in page.first("section").lines or any(
        h2.text.startswith(f"{people:,} people") for h2 in page.all("h2")
    )


def test_a_split_shows_the_group_that_is_asked_for(client: TestClient, store: Path) -> None:
    said = asked(store, "arrest", "fiscal_year", "2024-10", "2025-09", "--by", "gender")
    rows = [r for r in said["rows"] if r["gender"] == "Female"]
    assert rows
    words = {"entry": "arrest", "by": "gender", "cohort": "FY2025", "group": "Female"}
    shown = cells(get(client, "/lifecycle", 200, **words).all("table")[0])
    shown.pop("watched all the days")
    assert shown == expected(rows, ("state", "sum"))


def test_bands_add_up_to_what_the_rows_say(session: Session, store: Path) -> None:
    rows = asked(store, "arrest", "fiscal_year", "2024-10", "2025-09")["rows"]
    cohort = session.cohort("arrest", period="fiscal_year")
    course = flow.course(cohort.cleared, ("FY2025",))
    assert [column.days for column in course.columns] == list(DAYS)
    for column in course.columns:
        told = {
            r["state"]: r["share"] for r in rows
            if r["kind"] == "state" and r["horizon_days"] == column.days
        }  # fmt: skip
        drawn = {block.state: block.share for block in column.blocks}
        assert drawn == {state: share for state, share in told.items() if share}
        assert set(column.unshown) == {state for state, share in told.items() if share is None}
        end = column.blocks[-1].foot if column.blocks else 0
        assert end == pytest.approx(sum(s for s in told.values() if s))
        for above, below in zip(column.blocks, column.blocks[1:], strict=False):
            assert below.top == pytest.approx(above.foot)


def test_what_is_hidden_is_in_no_picture(session: Session) -> None:
    cohort = session.cohort("arrest", period="month", by="aor")
    hidden = 0
    for cell in flow.cells(cohort.cleared)[:8]:
        rows = flow.of_cell(cohort.cleared, cell)
        found = rows.filter(rows["kind"] == "state")
        shown = set(found.drop_nulls("share")["state"])
        never = set(found["state"]) - shown
        hidden += len(never)
        svg = json.dumps(flow_chart(cohort.cleared, cell).to_dict())
        for state in never:
            assert state.replace("_", " ") not in svg, (cell, state)
        course = flow.course(cohort.cleared, cell)
        assert set(course.drawn) <= shown
    assert hidden


def test_every_state_has_a_place_in_the_picture() -> None:
    assert sorted(flow.ORDER) == sorted(states())
    assert set(STATES) == set(states())


def test_no_band_joins_two_states(session: Session) -> None:
    cohort = session.cohort("arrest", period="fiscal_year")
    spec = flow_chart(cohort.cleared, ("FY2025",)).to_dict()
    course = flow.course(cohort.cleared, ("FY2025",))
    ends = [{b.state: b for b in c.blocks} for c in course.columns]
    first = spec["datasets"][spec["layer"][0]["data"]["name"]]
    bands: dict[str, list[dict[str, Any]]] = {}
    for row in first:
        bands.setdefault(row["band"], []).append(row)
    for name, rows in bands.items():
        place, state = name.split(" ")
        left = ends[max(int(place) - 1, 0)][state]
        right = ends[int(place)][state]
        assert (rows[0]["top"], rows[0]["foot"]) == pytest.approx((left.top, left.foot))
        assert (rows[-1]["top"], rows[-1]["foot"]) == pytest.approx((right.top, right.foot))


@pytest.mark.parametrize("kind", ["reached", "left_as"])
def test_curves_go_through_the_rows_of_the_command(
    session: Session, store: Path, kind: Any
) -> None:
    rows = asked(store, "arrest", "fiscal_year", "2024-10", "2025-09")["rows"]
    told = {
        (r["state"], r["horizon_days"]): (r["share"], r["low"], r["high"])
        for r in rows
        if r["kind"] == kind and r["share"] is not None
    }
    cohort = session.cohort("arrest", period="fiscal_year")
    points = curves.points(cohort.cleared, ("FY2025",), kind)
    assert {(p.name, p.days): (p.share, p.low, p.high) for p in points} == told


def test_lengths_of_stay_are_those_of_the_command(client: TestClient, store: Path) -> None:
    words = ("cohort", "book_in", "--lengths", "--period", "fiscal_year")
    rows = {r["period"]: r for r in olc_json(*words, store=store)["rows"]}
    page = get(client, "/lifecycle/lengths")
    held, lengths = page.all("table")[:2]
    seen = []
    for row in held.all("tbody")[0].all("tr"):
        period = "FY" + row.first("th").text.removeprefix("fiscal year ")
        seen.append(period)
        for days, td in zip(DAYS, row.all("td"), strict=True):
            share = rows[period][f"held_{days}d"]
            assert td.text.startswith("not shown" if share is None else f"{100 * share:.1f} %")
    assert sorted(seen) == sorted(rows)
    for row in lengths.all("tbody")[0].all("tr"):
        period = "FY" + row.first("th").text.removeprefix("fiscal year ")
        median = rows[period]["median_days"]
        text = row.all("td")[3].text
        assert text.startswith("not reached yet" if median is None else f"{median:,.1f}")


def test_moves_are_those_of_the_command(client: TestClient, session: Session, store: Path) -> None:
    page = get(client, "/lifecycle/moves", year="2025")
    words = ("--by", "aor,last_aor", "--period", "fiscal_year", "--from", "2024-10-01",
             "--to", "2025-09-30")  # fmt: skip
    rows = olc_json("ask", "record_book_outs", *words, store=store)["rows"]
    shown = [r for r in rows if r["value"] is not None]
    assert shown

    def city(area: str | None) -> str:
        return (area or "not stated").removesuffix(" Area of Responsibility")

    told = {(city(r["aor"]), city(r["last_aor"])): f"{r['value']:,.0f}" for r in shown}
    between, within = page.all("table")[:2]
    found = {}
    for row in between.all("tbody")[0].all("tr"):
        if row.all("td", "none"):
            continue
        end, stays, _ = (td.text for td in row.all("td"))
        found[row.first("th").text, end] = stays
    for row in within.all("tbody")[0].all("tr"):
        found[row.first("th").text, row.first("th").text] = row.all("td")[0].text
    assert found == told
    answer = session.ask("record_book_outs", by=["aor", "last_aor"], period="fiscal_year")
    drawn = moves(answer.cleared, 2025)
    assert {(m.begun, m.ended): f"{m.stays:,.0f}" for m in drawn} == told


@pytest.mark.parametrize(
    "address",
    ["/lifecycle/flow.svg", "/lifecycle/reached.svg", "/lifecycle/left.svg", "/lifecycle/held.svg",
     "/lifecycle/moves.svg"],
)  # fmt: skip
def test_pictures_come_in_light_and_dark_and_say_that_the_world_is_made_up(
    client: TestClient, address: str
) -> None:
    light, dark = client.get(address), client.get(address, params={"theme": "dark"})
    assert light.status_code == dark.status_code == 200
    assert light.headers["content-type"] == "image/svg+xml"
    assert "SYNTHETIC" in light.text
    assert "SYNTHETIC" in dark.text
    assert light.text != dark.text
    assert client.get(address, params={"theme": "pink"}).status_code == 400


def test_every_picture_of_the_page_is_there(client: TestClient) -> None:
    for address in ("/lifecycle", "/lifecycle/lengths", "/lifecycle/moves"):
        page = get(client, address)
        pictures = page.all("img")
        assert pictures
        for one in [*pictures, *page.all("source")]:
            found = client.get(one.attributes.get("src") or one.attributes["srcset"])
            assert found.headers["content-type"] == "image/svg+xml", one.attributes
        for one in pictures:
            assert one.attributes["alt"]
            assert one.attributes["width"]
            assert one.attributes["height"]


def test_the_same_question_elsewhere_gives_the_same_rows(
    client: TestClient, store: Path, session: Session
) -> None:
    page = get(client, "/lifecycle", cohort="FY2025")
    command, python, http = (pre.lines.strip() for pre in page.first("section", "lines").all("pre"))
    said = json.loads(olc(*shlex.split(command)[1:], "--json", store=store))
    assert {row["period"] for row in said["rows"]} == {"FY2025"}
    assert client.get(http.removeprefix("GET ")).json()["rows"] == said["rows"]
    call = ast.parse(python.splitlines()[1]).body[0].value  # type: ignore[attr-defined]
    given = [ast.literal_eval(one) for one in call.args]
    named = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
    assert call.func.attr == "cohort"
    assert session.cohort(*given, **named).rows.to_dicts() == said["rows"]
    for link in page.first("ul", "downloads").all("a"):
        assert client.get(link.attributes["href"]).status_code == 200, link.text


@pytest.mark.parametrize(
    ("address", "words", "status"),
    [
        ("/lifecycle", "by=aor&by=gender", 403),
        ("/lifecycle", "by=nothing", 400),
        ("/lifecycle", "entry=book_in&by=arrest_method", 400),
        ("/lifecycle", "period=week", 400),
        ("/lifecycle", "rules=mine", 400),
        ("/lifecycle", "collection=none", 404),
        ("/lifecycle/lengths", "by=aor&by=gender&by=state", 403),
        ("/lifecycle/moves", "year=1999", 400),
        ("/lifecycle/moves", "level=street", 400),
    ],
)
def test_a_refusal_keeps_the_form(
    client: TestClient, address: str, words: str, status: int
) -> None:
    found = client.get(f"{address}?{words}")
    assert found.status_code == status
    page = read(found.text)
    state = page.all("section", "state")
    assert len(state) == 1
    assert state[0].text
    form = page.first("form")
    chosen = [one.attributes["value"] for one in form.all("option") if "selected" in one.attributes]
    name, value = words.split("&")[0].split("=")
    if name != "year":
        assert value in chosen
    assert not page.all("img")


def test_without_records_the_page_says_how_to_take_them(tmp_path: Path) -> None:
    starter_store(tmp_path / "store")
    with browser(ol.open(tmp_path / "store")) as client:
        for address in ("/lifecycle", "/lifecycle/lengths", "/lifecycle/moves"):
            page = get(client, address)
            state = page.first("section", "state-empty")
            assert "olc take PATH" in state.text
            assert not page.all("form")
            assert not page.all("img")
            for link in state.all("a"):
                assert client.get(link.attributes["href"]).status_code == 200, link.text


def test_a_form_that_changes_the_kind_of_cohort_may_carry_the_old_one(client: TestClient) -> None:
    page = get(client, "/lifecycle", period="month", cohort="FY2025", group="nobody")
    chosen = [one for one in page.all("select") if one.attributes["name"] == "cohort"][0]
    value = [o.attributes["value"] for o in chosen.all("option") if "selected" in o.attributes]
    assert re.fullmatch(r"\d{4}-\d{2}", value[0])


def test_pages_have_nothing_inline(client: TestClient) -> None:
    for address in ("/lifecycle", "/lifecycle/lengths", "/lifecycle/moves"):
        page = get(client, address)
        assert not page.all("style")
        assert not [one for one in page.walk() if "style" in one.attributes]
        assert all("src" in one.attributes for one in page.all("script"))
