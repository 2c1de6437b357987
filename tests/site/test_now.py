"""Now says what the workbook prints.

Expected figures were read by eye from FY26_detentionStats12032025.xlsx, sheet Detention FY26, and
from FY25_detentionStats08292025.xlsx and FY25_detentionStats12122024.xlsx, sheet Detention FY25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.testclient import TestClient

import openlifecycle as ol
from openlifecycle.api import Session
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.service import Service
from openlifecycle.site import now, now_figures
from openlifecycle.site.listed import VIEWS
from openlifecycle.site.now_figures import Point
from openlifecycle.site.render import rendered
from openlifecycle.site.views import Visit
from openlifecycle.vault.store import Store
from tests.serving.conftest import olc_json
from tests.site.conftest import browser


@pytest.fixture(scope="module")
def page(client: TestClient) -> str:
    found = client.get("/")
    assert found.status_code == 200
    text: str = found.text
    return text


@pytest.fixture(scope="module")
def said(page: str) -> str:
    """What a person reads: no tags, single spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.parametrize(
    "words",
    [
        "65,735 people held by ICE",  # F20
        "+4,509 (+7.4 %) since the release before: 61,226 on 24 August 2025",  # 65,735 - 61,226
        "53,520",  # B20, arrested by ICE
        "12,215",  # D20, arrested by CBP
        "17,358",  # F21, Convicted Criminal
        "26.4 %",  # 17,358 of 65,735
        "79,356",  # V20, book-ins since 1 October
        "70,511",  # V22, after an arrest by ICE
        "8,845",  # V21, after an arrest by CBP
        "73,854",  # O38, final book-outs
        "65,954",  # O67, Release to Remove
        "72,958",  # P29, removals
        "64,882.8",  # N100, average daily population
        "182,009",  # ATD FY26 YTD, B23
        "47.0",  # C117, average stay in November
    ],
)
def test_it_says_what_is_printed(said: str, words: str) -> None:
    assert words in said


def test_the_year_before_is_the_release_nearest_to_that_day(said: str) -> None:
    # F20 of FY25_detentionStats12122024.xlsx: 38,728 on 1 December 2024
    assert "+27,007 (+69.7 %) in a year: 38,728 on 1 December 2024" in said


def test_every_figure_says_its_time_its_cell_and_its_release(said: str) -> None:
    assert "79,356 1 October to 29 November 2025" in said
    assert "Detention FY26!V20, release of 3 December 2025" in said


def test_a_month_that_was_not_over_is_marked(said: str) -> None:
    assert "66,668.4 people 1 to 29 November 2025 month not over" in said


def test_old_figures_are_said_to_be_old_with_the_day_the_next_were_due(said: str) -> None:
    days = (datetime.now(UTC).date() - date(2025, 11, 30)).days
    assert f"These figures are {days} days old" in said
    # published on 3 December: that half month is served, the next ends on the 31st
    assert "the next was due by 31 December 2025" in said


def test_what_was_restated_is_what_the_command_counts(said: str, store: Path) -> None:
    before, after = "FY25_detentionStats07072025.xlsx", "FY25_detentionStats08292025.xlsx"
    told = olc_json("changes", before, after, store=store)
    restated = told["counts"]["restated"]
    assert "The release of 3 December 2025 restated 0 of" in said
    assert f"The release of 29 August 2025 restated {restated:,} of" in said


def test_what_the_publisher_got_wrong_is_what_the_command_finds(said: str, store: Path) -> None:
    told = olc_json("check", "FY26_detentionStats12032025.xlsx", store=store)
    errors = [one for one in told if one["severity"] == "error"]
    assert f"{len(errors)} error" in said
    for one in errors:
        assert one["what"].rstrip(".") in said


def test_each_link_to_explore_asks_the_question_whose_answer_it_shows(
    page: str, store: Path
) -> None:
    session = ol.open(store)
    found = re.findall(r'<a href="(/explore\?[^"]+)"[^>]*>([\d,.]+)</a>', page)
    assert len(found) > 30
    for address, shown in found:
        words = parse_qsl(urlsplit(unescape(address)).query)
        asked = dict(words)
        answer = session.ask(
            asked["measure"],
            where=dict(value.split("=", 1) for name, value in words if name == "where"),
            on=asked.get("on"),
            start=asked.get("from"),
            end=asked.get("to"),
            period=asked.get("period"),
        )
        values = {f"{value:,.1f}".removesuffix(".0") for value in answer.rows["value"]}
        assert shown.removesuffix(".0") in values, address


def test_synthetic_records_and_the_starter_set_are_named_on_the_page(said: str) -> None:
    assert "Starter set: published figures of ICE Detention Statistics FY2019 to FY2026" in said
    assert "SYNTHETIC RECORDS 5 releases of a made-up world that describe nobody" in said


def test_new_figures_say_when_the_next_are_due(session: Session) -> None:
    visit = Visit(Service(session, ServeSettings()), {}, today=date(2025, 12, 10))
    page = rendered(now.page(visit), now.VIEWS[0], visit)
    assert "The day spoken of is 10 days ago." in page
    assert "The next release is due by 31 December 2025" in page
    assert "state-stale" not in page
    assert "7 days ago" in page


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A browser at a store that holds nothing."""
    folder = tmp_path_factory.mktemp("empty") / "store"
    Store.open(folder, create=True)
    with browser(ol.open(folder)) as reader:
        yield reader


@pytest.mark.parametrize("address", [view.path for view in VIEWS if view.nav])
def test_every_page_of_an_empty_store_is_a_page(empty: TestClient, address: str) -> None:
    found = empty.get(address)
    assert found.status_code == 200
    assert "Nothing has been taken in yet." in found.text


def test_an_empty_store_says_what_to_do(empty: TestClient) -> None:
    found = empty.get("/")
    assert "No published figures are here" in found.text
    assert "olc take" in found.text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_picture_is_drawn_on_both_papers(client: TestClient, theme: str) -> None:
    found = client.get("/now.svg", params={"theme": theme})
    assert found.headers["content-type"] == "image/svg+xml"
    assert found.text.startswith("<svg")


def test_its_picture_is_told_to_who_does_not_see_it(page: str) -> None:
    assert "53,520 arrested by ICE and 12,215 arrested by CBP on 30 November 2025" in page


def test_it_weighs_less_than_60_kb_packed(client: TestClient, page: str) -> None:
    addresses = ["/", *re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)]
    weight = 0
    for address in addresses:
        with client.stream("GET", address, headers={"accept-encoding": "br"}) as found:
            weight += len(b"".join(found.iter_raw()))
    assert len(addresses) == 5
    assert weight < 60_000


def _point(value: float, start: date, end: date) -> Point:
    return Point(value, "events", start, end, "", "", None)


def test_a_time_much_longer_or_far_away_is_not_a_year_before() -> None:
    now = _point(1, date(2025, 10, 1), date(2025, 11, 29))
    whole_year = _point(2, date(2023, 10, 1), date(2024, 11, 29))
    far = _point(3, date(2024, 6, 1), date(2024, 7, 30))
    near = _point(4, date(2024, 10, 1), date(2024, 11, 30))
    assert now_figures.year_before([whole_year, far], now) is None
    assert now_figures.year_before([whole_year, far, near], now) == near
