"""Now."""

from __future__ import annotations

from typing import Final

from openlifecycle.site.views import Html, View, Visit


def page(_visit: Visit) -> Html:
    """Return the page."""
    return Html("now.html", {})


VIEWS: Final = (View("now", "/", "Now", page, nav=True),)
