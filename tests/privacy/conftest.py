"""A store that holds a synthetic world, and every person key, code and place of a row in it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.demo.world import Rates, make_world, write_world
from openlifecycle.vault.store import Store


@dataclass(frozen=True)
class Held:
    """A store of one collection, and the pseudonyms in it."""

    path: Path
    keys: frozenset[str]


def olc(*words: str | Path, store: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a person does; every stream is captured."""
    command = [sys.executable, "-m", "openlifecycle", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env={
            "OPENLIFECYCLE_STORE": str(store), "PATH": "/usr/bin:/bin", "HOME": str(store.parent),
            "OPENLIFECYCLE_DEBUG": "1",
        },
    )  # fmt: skip


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """A store that has taken a small world; in so small a one most cells are of few people."""
    folder = tmp_path_factory.mktemp("world")
    world = make_world(150, 7, Rates())
    write_world(world, folder / "out", form="processed")
    store = folder / "store"
    taken = olc("take", folder / "out" / "releases", store=store)
    assert taken.returncode == 0, taken.stderr
    keys: set[str] = set()
    opened = Store.open(store)
    for release in opened.record_releases():
        frame = pl.read_parquet(opened.event_file(release.release_id), columns=["person_key"])
        keys |= set(frame["person_key"].drop_nulls())
    assert len(keys) > 100
    return Held(store, frozenset(keys))
