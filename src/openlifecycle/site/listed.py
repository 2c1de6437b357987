"""Every page, in the order of the navigation."""

from __future__ import annotations

from typing import Final

from openlifecycle.site import (
    explore,
    facilities,
    lifecycle,
    lifecycle_lengths,
    lifecycle_moves,
    limits,
    methods,
    now,
    questions,
    releases,
)
from openlifecycle.site.views import View

VIEWS: Final[tuple[View, ...]] = (
    *now.VIEWS,
    *explore.VIEWS,
    *facilities.VIEWS,
    *lifecycle.VIEWS,
    *lifecycle_lengths.VIEWS,
    *lifecycle_moves.VIEWS,
    *releases.VIEWS,
    *questions.VIEWS,
    *methods.VIEWS,
    *limits.VIEWS,
)
