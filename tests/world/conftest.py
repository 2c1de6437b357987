"""Worlds that several tests look at; made once."""

from __future__ import annotations

import pytest

from openlifecycle.demo.world import World, make_world
from openlifecycle.demo.world.rates import clean


@pytest.fixture(scope="session")
def tidy() -> World:
    """A world without any mess."""
    return make_world(4_000, 11, clean())


@pytest.fixture(scope="session")
def messy() -> World:
    """A world with the mess of real releases, large enough to count it."""
    return make_world(30_000, 12)
