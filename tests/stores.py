"""Stores that several rooms ask, each made once for all workers of a run. Nobody writes to them.

What the engine builds of their records (rule set by rule set, as they are asked for) is kept in
them, so that it too is built once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from openlifecycle.cli.main import cli
from openlifecycle.demo.world import Rates, make_world, write_world


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first worker to want it has made; the others wait for it.

    Args:
        factory: where this run keeps its folders.
        name: name of the folder.
        make: fills the folder that it is given, which is not there yet.
    """
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder, done = shared / name, shared / f"{name}.made"
    with _only_one(shared / f"{name}.lock"):
        if not done.exists():
            make(folder)
            done.touch()
    return folder


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold a lock that the other pytest workers wait for."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def take_world(store: Path, persons: int, rates: Rates) -> None:
    """Take the released tables of an invented system into a store whose noise is always the same.

    Args:
        store: the store; the tables are written beside it.
        persons: how many people there are.
        rates: how often what happens to them.
    """
    world = store.with_name(f"{store.name}_world")
    write_world(make_world(persons, 7, rates), world, form="processed")
    words = ["take", "--store", str(store), str(world / "releases")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    secret = store / "secrets" / "cell-key"
    secret.parent.mkdir(mode=0o700, exist_ok=True)
    secret.write_bytes(bytes(range(32)))
    secret.chmod(0o600)
