"""Links lead somewhere: every page can be reached from the navigation, and none is a dead end."""

from __future__ import annotations

from collections import defaultdict

import httpx
import pytest

from openlifecycle.site.listed import VIEWS
from tests.browser.conftest import Shown
from tests.browser.links import Followed, links_of, view_of

#: Links tried of each kind on each page; a list of facilities has hundreds that are alike.
SOME = 3


def test_every_page_and_file_is_linked_from_some_page(walk: Followed) -> None:
    assert sorted({view.name for view in VIEWS} - set(walk.examples)) == []


def test_every_page_that_is_linked_answers(walk: Followed) -> None:
    assert walk.broken == []


@pytest.fixture(scope="module")
def statuses() -> dict[str, int]:
    """What each address answered, so that none is asked for twice."""
    return {}


@pytest.mark.parametrize("name", [view.name for view in VIEWS])
def test_links_and_pictures_of_a_page_answer(
    name: str, walk: Followed, shown: Shown, statuses: dict[str, int]
) -> None:
    address = walk.examples.get(name)
    if not address:
        pytest.skip("no page links to it, which another test says")
    with httpx.Client(base_url=shown.address, timeout=60) as client:
        page = client.get(address)
        if not page.headers["content-type"].startswith("text/html"):
            return
        links, loads = links_of(page.text, str(page.url))
        tried: dict[str, list[str]] = defaultdict(list)
        for one in (*links, *loads):
            view = view_of(one)
            tried[view.name if view else one.split("?")[0]].append(one)
        wanted = [one for alike in tried.values() for one in alike[:SOME]]
        for one in wanted:
            if one not in statuses:
                statuses[one] = client.get(one).status_code
    assert {one: statuses[one] for one in wanted if statuses[one] != 200} == {}
