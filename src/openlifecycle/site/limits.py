"""Limits."""

from __future__ import annotations

from typing import Final

from openlifecycle.site.views import Html, View, Visit


def page(_visit: Visit) -> Html:
    """Return the page."""
    return Html("limits.html", {})


VIEWS: Final = (View("limits", "/limits", "Limits", page, nav=True),)
