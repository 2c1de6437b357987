"""One store that can answer every standing question: published figures and a synthetic world."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from openlifecycle.demo.unpack import starter_store
from openlifecycle.demo.world import Rates, make_world, write_world

#: Enough people for months of a field office to have shares that may be shown, few enough to build
#: in seconds. Hold rooms and third countries are so rare in a world of the usual rates that all
#: would be hidden.
PERSONS = 40_000
RATES = Rates(hold_room=1.0, third_country=0.9)


@pytest.fixture(scope="session")
def full_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter set, with the released tables of an invented system taken in beside it."""
    folder = tmp_path_factory.mktemp("questions")
    store = folder / "store"
    starter_store(store)
    write_world(make_world(PERSONS, 7, RATES), folder / "world", form="processed")
    words = [sys.executable, "-m", "openlifecycle", "take", "--store", str(store)]
    done = subprocess.run(
        [*words, str(folder / "world" / "releases")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    secret = store / "secrets" / "cell-key"
    secret.parent.mkdir(mode=0o700, exist_ok=True)
    secret.write_bytes(bytes(range(32)))  # the same noise in every run
    secret.chmod(0o600)
    return store
