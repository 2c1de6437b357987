"""Questions."""

from __future__ import annotations

from typing import Final

from openlifecycle.site.views import Html, View, Visit


def page(_visit: Visit) -> Html:
    """Return the page."""
    return Html("questions.html", {})


VIEWS: Final = (View("questions", "/questions", "Questions", page, nav=True),)
