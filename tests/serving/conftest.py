"""A real server on loopback over a real store: the starter set and a small synthetic world."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from click.testing import CliRunner
from starlette.types import ASGIApp

import openlifecycle as ol
from openlifecycle.api import Session
from openlifecycle.cli.main import cli
from openlifecycle.serving.app import create_app
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.serving.run import address, config, listening

#: The server under test waits for what it works on: on a busy machine nobody is told "not yet".
PATIENCE = 120.0
#: A client waits longer than that.
TIMEOUT = PATIENCE + 30


@dataclass(frozen=True)
class Served:
    """A server, the store that it serves, and its log."""

    address: str
    store: Path
    log: Path


@pytest.fixture(scope="session")
def store(starter_and_world: Path) -> Path:
    """The starter set, with the released tables of an invented system beside it."""
    return starter_and_world


def olc(*words: str, store: Path) -> str:
    """Run a command; return what it prints. tests/house/test_cli.py starts it as a process."""
    done = CliRunner().invoke(cli, [*words, "--store", str(store)])
    assert done.exit_code in (0, 1), done.output
    return done.stdout


def olc_json(*words: str, store: Path) -> Any:
    """Run a command with --json; return what it says."""
    return json.loads(olc(*words, "--json", store=store))


@pytest.fixture(scope="session")
def served(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``olc serve`` as a person starts it, on any free port."""
    log = tmp_path_factory.mktemp("log") / "serve.log"
    command = [sys.executable, "-m", "openlifecycle", "serve", "--store", str(store)]
    with (
        log.open("w") as to,
        subprocess.Popen(
            [*command, "--port", "0", "--rate", "10000", "--patience", str(PATIENCE)],
            stdout=subprocess.PIPE, stderr=to, text=True,
        ) as process,
    ):  # fmt: skip
        assert process.stdout
        said = process.stdout.readline()
        try:
            yield Served(said.split()[0], store, log)
        finally:
            process.terminate()
            assert process.wait(timeout=60) in (0, -15)


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """A client of the server."""
    with httpx.Client(base_url=served.address + "api/v1", timeout=TIMEOUT) as made:
        yield made


@pytest.fixture(scope="session")
def session(store: Path) -> Session:
    """The same store, opened in Python."""
    return ol.open(store)


def until(holds: Callable[[], object], seconds: float = 120) -> None:
    """Wait for what another process does, however busy the machine is."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def so_far(served: Served) -> int:
    """Return how many lines the log has, those of the tests before among them."""
    found, seen = -1, len(served.log.read_text().splitlines())
    while seen != found:
        time.sleep(0.5)
        found, seen = seen, len(served.log.read_text().splitlines())
    return seen


def logged(served: Served, before: int, count: int) -> list[str]:
    """Return the lines after the first so many: one is written after the client has its answer."""

    def lines() -> list[str]:
        return served.log.read_text().splitlines()[before:]

    until(lambda: len(lines()) >= count)
    return lines()


def patient(client: httpx.Client, path: str, **words: Any) -> httpx.Response:
    """Ask as a reader does who is told to come again: what takes long is worked on meanwhile."""
    for _ in range(8):
        got = client.get(path, **words)
        if got.status_code != 503:
            break
        time.sleep(int(got.headers["retry-after"]))
    return got


@contextmanager
def running(
    session: Session,
    settings: ServeSettings,
    made: Callable[[Session, ServeSettings], ASGIApp] = create_app,
) -> Iterator[httpx.Client]:
    """Serve with settings of one's own for the time of a test."""
    found = listening("127.0.0.1", 0)
    server = uvicorn.Server(config(made(session, settings)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [found]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        with httpx.Client(base_url=address(found) + "api/v1", timeout=TIMEOUT) as made:
            yield made
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        found.close()
