"""One store that can answer every standing question: published figures and a synthetic world."""

from __future__ import annotations

from pathlib import Path

import pytest

from openlifecycle.demo.unpack import starter_store
from openlifecycle.demo.world import Rates
from tests.stores import made_once, take_world

#: Enough people for months of a field office to have shares that may be shown, few enough to build
#: in seconds. Hold rooms and third countries are so rare in a world of the usual rates that all
#: would be hidden.
PERSONS = 40_000
RATES = Rates(hold_room=1.0, third_country=0.9)


@pytest.fixture(scope="session")
def full_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter set, with the released tables of an invented system taken in beside it."""

    def make(store: Path) -> None:
        starter_store(store)
        take_world(store, PERSONS, RATES)

    return made_once(tmp_path_factory, "questions", make)
