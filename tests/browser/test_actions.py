"""What people come for, done with the mouse and done with the keyboard alone.

Expected numbers were read from the published workbooks, or are what the command line prints for
the same question (README.md).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import PATIENCE_MS, Room

expect.set_options(timeout=PATIENCE_MS)

#: FY24_detentionStats.xlsx, 'Detention FY24'!D20 and B20: held on 3 October 2024.
CBP, ICE = "24,051", "13,633"
DAY = "2024-10-03"
BEFORE, AFTER = "FY24_detentionStats01182024.xlsx", "FY24_detentionStats02012024.xlsx"


def tab_to(page: Page, wanted: Locator, most: int = 150) -> None:
    """Go to an element as somebody without a mouse does; fail where Tab does not lead there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{most} times Tab do not reach {wanted}")


def kept_file(page: Page, link: Locator, to: Path, *, keyboard: bool) -> bytes:
    """Follow a link that gives a file, and return the file."""
    with page.expect_download() as coming:
        if keyboard:
            link.focus()
            page.keyboard.press("Enter")
        else:
            link.click()
    coming.value.save_as(to)
    return to.read_bytes()


@pytest.mark.parametrize("javascript", [True, False])
def test_explore_is_asked_with_the_mouse(room: Room, tmp_path: Path, javascript: bool) -> None:
    seat = room.seat("/explore?measure=adp", java_script_enabled=javascript)
    page = seat.page
    if javascript:
        with page.expect_response("**/explore/fields?*"):
            page.locator("#measure").select_option("detained_population")
    else:
        page.locator("#measure").select_option("detained_population")
        page.get_by_role("button", name="Choose").click()
    split = page.locator("input[name=by][value=arresting_agency]")
    split.wait_for()
    split.set_checked(True)
    page.locator("#on").fill(DAY)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_url("**/explore?*on=2024-10-03*")
    expect(page.locator("#table td.num")).to_have_text([CBP, ICE])
    csv = kept_file(page, page.get_by_role("link", name="CSV"), tmp_path / "a.csv", keyboard=False)
    assert b"24051" in csv
    assert seat.complaints == []


def test_explore_is_asked_with_the_keyboard(room: Room, tmp_path: Path) -> None:
    seat = room.seat("/explore?measure=adp")
    page = seat.page
    tab_to(page, page.locator("#measure"))
    with page.expect_response("**/explore/fields?*"):
        page.keyboard.type("Detained pop")
        page.keyboard.press("Tab")  # a list is chosen from when it is left
    split = page.locator("input[name=by][value=criminality]")
    tab_to(page, split)
    if not split.is_checked():
        page.keyboard.press("Space")
    tab_to(page, page.locator("#on"))
    page.keyboard.type("10032024")
    tab_to(page, page.get_by_role("button", name="Ask", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url("**/explore?*on=2024-10-03*")
    assert "measure=detained_population" in page.url
    assert "by=criminality" in page.url
    expect(page.locator("#table tbody tr")).to_have_count(3)
    csv = kept_file(page, page.get_by_role("link", name="CSV"), tmp_path / "a.csv", keyboard=True)
    assert b"Convicted Criminal" in csv
    assert seat.complaints == []


def test_enter_in_a_field_asks(room: Room) -> None:
    page = room.seat("/explore?measure=detained_population&by=arresting_agency").page
    page.locator("#on").fill(DAY)
    page.locator("#on").press("Enter")
    page.wait_for_url("**/explore?*on=2024-10-03*")
    assert "step=" not in page.url
    expect(page.locator("#table td.num")).to_have_text([CBP, ICE])


def test_what_is_filled_in_while_fields_are_coming_stays(room: Room) -> None:
    seat = room.seat("/explore?measure=adp")
    page = seat.page
    waiting: list[Route] = []
    page.route("**/explore/fields?*", lambda route: waiting.append(route))
    page.locator("#measure").select_option("detained_population")
    page.locator("input[name=by][value=criminality]").set_checked(True)
    page.locator("#on").fill(DAY)
    page.locator("#on").focus()
    with page.expect_response("**/explore/fields?*"):
        waiting[0].continue_()
    expect(page.locator("#fields-said")).to_contain_text("Detained population")
    assert page.locator("#on").input_value() == DAY
    assert page.locator("input[name=by][value=criminality]").is_checked()
    expect(page.locator("#on")).to_be_focused()
    assert seat.complaints == []


def test_the_address_of_an_answer_is_the_question(room: Room) -> None:
    asked = f"/explore?measure=detained_population&by=arresting_agency&on={DAY}"
    page = room.seat(asked).page
    assert page.locator("#measure").input_value() == "detained_population"
    assert page.locator("input[name=by][value=arresting_agency]").is_checked()
    assert page.locator("#on").input_value() == DAY
    expect(page.locator("#table td.num")).to_have_text([CBP, ICE])


def test_a_chart_tells_its_values_under_the_pointer(room: Room) -> None:
    seat = room.seat("/explore?measure=detained_population&by=arresting_agency")
    figure = seat.page.locator("figure.chart[data-spec]")
    figure.scroll_into_view_if_needed()
    figure.hover()
    expect(figure.locator("canvas")).to_be_visible()
    assert seat.complaints == []  # the policy of the page holds for the drawing too
    assert seat.elsewhere == []


def test_a_number_is_walked_back_to_its_cell(room: Room) -> None:
    page = room.seat(f"/explore?measure=detained_population&by=arresting_agency&on={DAY}").page
    page.locator("#table").get_by_role("link", name="Detention FY24!D20").click()
    page.wait_for_url("**/explore/row?*")
    main = page.locator("main")
    expect(main).to_contain_text(CBP)
    expect(main).to_contain_text("FY24_detentionStats.xlsx")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_facility_is_found_with_the_mouse(room: Room, javascript: bool) -> None:
    page = room.seat("/facilities", java_script_enabled=javascript).page
    page.locator("#q").fill("stewart")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/facilities?q=stewart*")
    found = page.locator("table.facilities tbody tr:visible")
    expect(found).to_have_count(1)  # one of that name in the list of FY26_detentionStats12032025
    found.get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text(re.compile("stewart", re.IGNORECASE))
    expect(page.locator("main")).to_contain_text("LUMPKIN")  # the city, as printed


def test_a_facility_is_found_with_the_keyboard(room: Room) -> None:
    seat = room.seat("/facilities")
    page = seat.page
    rows = page.locator("table.facilities tbody tr:visible")
    before = rows.count()
    tab_to(page, page.locator("#q"))
    page.keyboard.type("stewart")
    expect(rows).to_have_count(1)  # while one types
    assert before > 100
    page.keyboard.press("Enter")
    page.wait_for_url("**/facilities?q=stewart*")
    tab_to(page, rows.get_by_role("link").first)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(re.compile("stewart", re.IGNORECASE))
    assert seat.complaints == []


@pytest.mark.parametrize("javascript", [True, False])
def test_a_cohort_is_followed(room: Room, javascript: bool) -> None:
    page = room.seat("/lifecycle", java_script_enabled=javascript).page
    page.locator("select[name=entry]").select_option(index=1)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/lifecycle?*entry=*")
    expect(page.locator("main")).to_contain_text("SYNTHETIC")
    expect(page.locator("#states table")).to_be_visible()
    expect(page.locator("#states figure img")).to_be_visible()


def choose(page: Page, name: str, label: str) -> None:
    """Choose from a list by the start of its text."""
    value = page.locator(f"#{name} option", has_text=label).first.get_attribute("value")
    page.locator(f"#{name}").select_option(value)


@pytest.mark.parametrize("javascript", [True, False])
def test_two_releases_are_compared_with_the_mouse(room: Room, javascript: bool) -> None:
    page = room.seat("/releases/changes", java_script_enabled=javascript).page
    choose(page, "before", BEFORE)
    choose(page, "after", AFTER)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/releases/changes?*")
    kinds = page.locator("main table").first
    expect(kinds.locator("tr", has_text="restated").first.locator("td").first).to_have_text("172")


def test_two_releases_are_compared_with_the_keyboard(room: Room) -> None:
    seat = room.seat("/releases")
    page = seat.page
    tab_to(page, page.get_by_role("link", name="What was restated between two of them"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/releases/changes*")
    tab_to(page, page.locator("#before"))
    chosen = page.locator("#before").input_value()
    page.keyboard.press("ArrowDown")
    assert page.locator("#before").input_value() != chosen
    tab_to(page, page.get_by_role("button", name="Compare"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/releases/changes?*before=*")
    assert chosen not in page.url.split("after=")[0]
    expect(page.locator("main table").first).to_contain_text("restated")
    assert seat.complaints == []


def test_a_standing_question_is_opened_with_the_mouse_and_leads_to_explore(room: Room) -> None:
    page = room.seat("/questions").page
    first = page.locator("ul.questions a").first
    asks = first.inner_text().split(".", 1)[1].strip()
    first.click()
    page.wait_for_url("**/questions/1")
    expect(page.locator("h1")).to_contain_text(asks)
    expect(page.locator("main table").first).to_be_visible()


def test_a_standing_question_is_opened_with_the_keyboard(room: Room) -> None:
    page = room.seat("/questions").page
    tab_to(page, page.locator("ul.questions a").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/questions/1")
    expect(page.locator("main table").first).to_be_visible()


def test_a_measure_that_is_not_there_is_said_beside_the_form(room: Room) -> None:
    page = room.seat("/").page
    answer = page.goto("/explore?measure=adpp")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("#answer")).to_contain_text("adpp")
    expect(page.locator("#answer")).to_contain_text("adp")
    expect(page.locator("#measure")).to_be_visible()


@pytest.mark.parametrize("address", ["/nowhere", "/facilities/ga/lumpkin/nowhere", "/releases/x"])
def test_a_wrong_address_says_what_to_do_and_keeps_the_navigation(room: Room, address: str) -> None:
    page = room.seat("/").page
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("header nav")).to_be_visible()
    expect(page.locator("main a").first).to_be_visible()
