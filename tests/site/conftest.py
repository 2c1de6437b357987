"""The pages over a real store: the starter set and a small synthetic world."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import openlifecycle as ol
from openlifecycle.api import Session
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.site.app import create_site

with warnings.catch_warnings():
    # it wants the successor of httpx, which nothing else here does
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

#: The app under test waits for what it works on: on a busy machine no page may say "not yet".
PATIENCE = 120.0


@pytest.fixture(scope="session")
def store(starter_and_world: Path) -> Path:
    """The starter set, with the released tables of an invented system beside it."""
    return starter_and_world


@pytest.fixture(scope="session")
def session(store: Path) -> Session:
    """The store, opened in Python."""
    return ol.open(store)


def browser(session: Session, patience: float = PATIENCE, **settings: object) -> TestClient:
    """Return a client that asks as a person's browser does; no cookies, no redirects followed."""
    usual = {"rate": 10_000.0, "burst": 10_000, "hosts": (), "seconds": PATIENCE}
    allowed = ServeSettings(**usual | settings)  # type: ignore[arg-type]
    app = create_site(session, allowed, patience)
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    return TestClient(
        app, headers={"accept": accept}, raise_server_exceptions=False, follow_redirects=False
    )


@pytest.fixture(scope="session")
def client(session: Session) -> Iterator[TestClient]:
    """A person's browser at the pages, started once."""
    with browser(session) as made:
        yield made
