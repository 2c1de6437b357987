"""Every page, for everybody: it renders, keeps to itself, and can be read however one reads.

The pages are the list that the server itself is made from, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page

from openlifecycle.site.listed import VIEWS
from tests.browser.conftest import Room, Seat, Shown
from tests.browser.links import Followed

#: WCAG 2.2, levels A and AA, as axe-core names them.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: Those of them that a colour scheme can change; the others look at the document alone.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
#: Rows of a long table after the first: alike, and most of the time that it would take.
ALIKE = "tbody tr:nth-child(n+21)"
NAVIGATION = [view.path for view in VIEWS if view.nav]
#: Bytes of a first visit over the line: the page with its styles and scripts, and all of it.
PLAIN_LIMIT, WHOLE_LIMIT = 60_000, 500_000
#: What draws: pictures, and the scripts that draw in the reader's browser.
CHARTS = ("chart", "vega", "map")
#: The narrowest screen that WCAG asks for (1.4.10, reflow).
NARROW = {"width": 320, "height": 640}


@dataclass(frozen=True)
class Opened:
    """One page, opened once for all tests of it."""

    address: str
    seat: Seat

    @property
    def page(self) -> Page:
        return self.seat.page


#: Parts that a script brings into a page: tested there, by using the page.
PARTS = {"explore_fields"}
#: Pictures and files say so; they are asked for where pages show them.
PAGES = [
    view.name
    for view in VIEWS
    if view.make.__annotations__.get("return") != "Raw" and view.name not in PARTS
]


@pytest.fixture(scope="module", params=PAGES)
def opened(
    request: pytest.FixtureRequest, chromium: Browser, shown: Shown, walk: Followed
) -> Iterator[Opened]:
    """Each page in turn."""
    address = walk.examples.get(request.param)
    assert address, f"no page links to {request.param!r}"
    room = Room(chromium, shown.address)
    yield Opened(address, room.seat(address))
    room.close()


def test_it_renders_with_one_first_heading(opened: Opened) -> None:
    assert opened.page.locator("h1").count() == 1
    assert opened.page.locator("h1").inner_text().strip()
    assert "OpenLifecycle" in opened.page.title()
    assert opened.page.locator("main").count() == 1


def test_every_picture_arrives(opened: Opened) -> None:
    broken = opened.page.evaluate(
        """async () => {
            const all = [...document.images];
            all.forEach(one => { one.loading = 'eager'; });
            await Promise.all(all.map(one => one.decode().catch(() => null)));
            return all.filter(one => !one.naturalWidth).map(one => one.currentSrc || one.src);
        }"""
    )
    assert broken == []


def test_a_first_visit_is_light(opened: Opened) -> None:
    # before the dark and the narrow look of it, which load pictures of their own
    loaded: list[tuple[str, str, float]] = opened.page.evaluate(
        """() => [...performance.getEntriesByType('navigation'),
                  ...performance.getEntriesByType('resource')]
            .map(one => [one.name, one.initiatorType, one.transferSize])"""
    )
    drawn = [
        size
        for name, kind, size in loaded
        if kind == "img" or any(word in name.rpartition("/")[2] for word in CHARTS)
    ]
    whole = sum(size for _name, _kind, size in loaded)
    assert 0 < whole - sum(drawn) < PLAIN_LIMIT, loaded
    assert whole < WHOLE_LIMIT, loaded


def _violations(page: Page, run_only: dict[str, Any]) -> list[str]:
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "([alike, runOnly]) => axe.run({exclude: [[alike]]},"
        " {runOnly, resultTypes: ['violations'], preload: false})",
        [ALIKE, run_only],
    )
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def test_it_keeps_the_rules_of_wcag(opened: Opened) -> None:
    assert _violations(opened.page, {"type": "tag", "values": WCAG}) == []


def test_it_keeps_them_in_the_dark(opened: Opened) -> None:
    opened.page.emulate_media(color_scheme="dark")
    try:
        assert _violations(opened.page, {"type": "rule", "values": OF_COLOURS}) == []
    finally:
        opened.page.emulate_media(color_scheme="light")


def test_nothing_is_wider_than_a_narrow_screen(opened: Opened) -> None:
    before = opened.page.viewport_size
    opened.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    try:
        wide = opened.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= NARROW["width"]
    finally:
        opened.page.set_viewport_size(before)  # type: ignore[arg-type]


def test_on_paper_it_is_ink_on_white_without_navigation(opened: Opened) -> None:
    opened.page.emulate_media(media="print", color_scheme="dark")
    try:
        assert opened.page.locator("h1").is_visible()
        assert not opened.page.locator("header nav").is_visible()
        colours = opened.page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, "
            "getComputedStyle(document.body).color]"
        )
        assert _light(colours[0]) or colours[0] == "rgba(0, 0, 0, 0)", colours
        assert not _light(colours[1]), colours
    finally:
        opened.page.emulate_media(media="screen", color_scheme="light")


def _light(colour: str) -> bool:
    return min(float(one) for one in colour[colour.index("(") + 1 : -1].split(",")[:3]) > 127


def test_the_keyboard_reaches_skip_link_and_navigation_first(opened: Opened) -> None:
    opened.page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    reached = []
    for _ in range(len(NAVIGATION) + 2):  # the skip link and the name of the house
        opened.page.keyboard.press("Tab")
        reached.append(opened.page.evaluate(_FOCUSED))
    assert reached[0]["target"] == "#main"
    assert [one["target"] for one in reached[2:]] == NAVIGATION
    assert [one["target"] for one in reached if not one["marked"]] == [], "focus is not seen"


_FOCUSED = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const onScreen = box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.width > 0;
    const marked = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
        || style.boxShadow !== 'none';
    return {target: one.getAttribute('href'), marked: onScreen && marked};
}"""


def test_the_skip_link_leads_to_the_content(opened: Opened) -> None:
    opened.page.locator("a.skip").focus()
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("document.activeElement.id") == "main"


@pytest.fixture(scope="module")
def without_javascript(chromium: Browser, shown: Shown) -> Iterator[Page]:
    """One page of a browser that runs no scripts."""
    room = Room(chromium, shown.address)
    yield room.seat("/limits", java_script_enabled=False).page
    room.close()


def test_without_javascript_all_of_it_is_there(opened: Opened, without_javascript: Page) -> None:
    without_javascript.goto(opened.address)
    plain, usual = without_javascript.locator, opened.page.locator
    assert plain(_TOLD).all_text_contents() == usual(_TOLD).all_text_contents()
    drawn = "main figure, main table"
    assert plain(drawn).count() == usual(drawn).count()


#: Headings, and the cells and figures that a page is opened for.
_TOLD = "main :is(h1, h2, h3), main td, main .stat"


def test_it_said_nothing_on_the_console_and_asked_nobody_else(opened: Opened) -> None:
    # the last test of a page: what the others made it do is in it
    assert opened.seat.complaints == []
    assert opened.seat.elsewhere == []
