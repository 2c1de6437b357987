"""What a first visit costs: pages are for phones and slow lines as well."""

from __future__ import annotations

import pytest

from openlifecycle.site.listed import VIEWS
from tests.browser.conftest import Room

#: Bytes over the line, packed: the page with its styles and scripts, and all of it with charts.
PLAIN_LIMIT = 60_000
WHOLE_LIMIT = 500_000
#: What is drawn: pictures, and the scripts that draw in the reader's browser.
_CHARTS = ("vega", "chart", "map")


@pytest.mark.parametrize("address", [view.path for view in VIEWS if view.nav])
def test_a_first_visit_is_light(room: Room, address: str) -> None:
    page = room.seat(address).page
    page.evaluate("[...document.images].forEach(one => { one.loading = 'eager'; })")
    page.wait_for_load_state("networkidle")
    loaded: list[tuple[str, str, float]] = page.evaluate(
        """() => [...performance.getEntriesByType('navigation'),
                  ...performance.getEntriesByType('resource')]
            .map(one => [one.name, one.initiatorType, one.transferSize])"""
    )
    plain = sum(size for name, kind, size in loaded if not _is_chart(name, kind))
    whole = sum(size for _name, _kind, size in loaded)
    assert 0 < plain < PLAIN_LIMIT, loaded
    assert whole < WHOLE_LIMIT, loaded


def _is_chart(name: str, kind: str) -> bool:
    return kind == "img" or any(word in name.rpartition("/")[2] for word in _CHARTS)
