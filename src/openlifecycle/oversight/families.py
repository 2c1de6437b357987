"""Which families of checks there are: importing a family registers its checks."""

from __future__ import annotations

from importlib import import_module
from typing import Final

FAMILIES: Final = (
    "arithmetic.totals",
    "arithmetic.transgender",
    "arithmetic.identities",
    "arithmetic.shares",
    "arithmetic.prices",
    "arithmetic.facilities",
    "arithmetic.facility_days",
    "plausibility",
    "swaps",
    "exchanges",
    "leaps",
    "label_order",
    "continuity",
    "facility_continuity",
    "staleness",
    "dates",
    "structure",
)


def load() -> None:
    """Import every family once."""
    for family in FAMILIES:
        import_module(f"openlifecycle.oversight.{family}")
