"""Links lead somewhere: every page can be reached from the navigation, and none is a dead end."""

from __future__ import annotations

import time
from collections import defaultdict

import httpx
import pytest

from openlifecycle.site.listed import VIEWS
from tests.browser.conftest import TIMEOUT, Shown
from tests.browser.links import Followed, links_of, view_of

#: Links tried of each kind on each page, and on all together: a list of facilities has hundreds
#: that are alike, and each question is asked of the store.
SOME, MANY = 3, 12


def test_every_page_and_file_is_linked_from_some_page(walk: Followed) -> None:
    assert sorted({view.name for view in VIEWS} - set(walk.examples)) == []


def test_every_page_that_is_linked_answers(walk: Followed) -> None:
    assert walk.broken == []


@pytest.fixture(scope="module")
def statuses() -> dict[str, int]:
    """What each address answered, so that none is asked for twice."""
    return {}


def _status(client: httpx.Client, address: str) -> int:
    """Return what an address answers; told to come back, come back, as its page says."""
    for _ in range(5):
        answer = client.get(address)
        if answer.status_code != 503:
            break
        time.sleep(float(answer.headers["retry-after"]))
    return answer.status_code


@pytest.mark.parametrize("name", [view.name for view in VIEWS])
def test_links_and_pictures_of_a_page_answer(
    name: str, walk: Followed, shown: Shown, statuses: dict[str, int]
) -> None:
    address = walk.examples.get(name)
    if not address:
        pytest.skip("no page links to it, which another test says")
    with httpx.Client(base_url=shown.address, timeout=TIMEOUT) as client:
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
            alike = sum(1 for other in statuses if view_of(other) == view_of(one))
            if one not in statuses and alike < MANY:
                statuses[one] = _status(client, one)
    assert {one: statuses[one] for one in wanted if statuses.get(one, 200) != 200} == {}
