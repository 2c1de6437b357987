"""A store that holds a synthetic world, and every person key and secret number in it."""

from __future__ import annotations

import base64
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import openlifecycle as ol
from openlifecycle.cli.main import cli
from openlifecycle.demo.world import Rates, make_world, write_world
from openlifecycle.vault.store import Store


@dataclass(frozen=True)
class Held:
    """A store of one collection, the pseudonyms in it, and what noise is drawn from.

    Attributes:
        path: the store.
        keys: every person key.
        secrets: every record key, and the secret of the store as hex, base64 and digits.
    """

    path: Path
    keys: frozenset[str]
    secrets: frozenset[str]


def olc(*words: str | Path, store: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a person does; every stream is captured."""
    command = [sys.executable, "-m", "openlifecycle", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env={
            "OPENLIFECYCLE_STORE": str(store), "PATH": "/usr/bin:/bin", "HOME": str(store.parent),
            "OPENLIFECYCLE_DEBUG": "1",
        },
    )  # fmt: skip


def olc_here(*words: str | Path, store: Path) -> str:
    """Run a command in this process; return all that it prints on either stream."""
    env = {
        "OPENLIFECYCLE_STORE": str(store), "HOME": str(store.parent), "OPENLIFECYCLE_DEBUG": "1",
    }  # fmt: skip
    done = CliRunner().invoke(cli, [*map(str, words)], env=env)
    return done.stdout + done.stderr


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
    ol.open(store).ask("arrests")  # the first question builds what record keys stand in
    return Held(store, frozenset(keys), frozenset(secrets_of(opened)))


def secrets_of(store: Store) -> set[str]:
    """Return every number and text of a store by which noise could be taken off again."""
    secret = store.places.cell_secret()
    said = {secret.hex(), base64.b64encode(secret).decode(), base64.b64encode(secret).decode()[:-1],
            str(int.from_bytes(secret)), str(int.from_bytes(secret, "little"))}  # fmt: skip
    units = [
        *store.places.root.rglob("people.parquet"),
        *store.places.root.rglob("keyless__*.parquet"),
    ]
    drawn = pl.concat([pl.read_parquet(file, columns=["record_key"]) for file in units])
    # a number of few digits stands in any output by chance
    told = {str(key) for key in drawn["record_key"] if key > 10_000_000}
    assert len(told) > 100
    return said | told
