"""The pages over a real store: the starter set and a small synthetic world."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import openlifecycle as ol
from openlifecycle.api import Session
from openlifecycle.demo.unpack import starter_store
from openlifecycle.demo.world import Rates, make_world, write_world
from openlifecycle.serving.limits import ServeSettings
from openlifecycle.site.app import create_site
from tests.serving.conftest import olc

with warnings.catch_warnings():
    # it wants the successor of httpx, which nothing else here does
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

#: Enough people for months to have cells that may be shown.
PERSONS = 2000


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter set, with the released tables of an invented system beside it."""
    folder = tmp_path_factory.mktemp("site")
    made = folder / "store"
    starter_store(made)
    write_world(make_world(PERSONS, 7, Rates()), folder / "world", form="processed")
    olc("take", str(folder / "world" / "releases"), store=made)
    return made


@pytest.fixture(scope="session")
def session(store: Path) -> Session:
    """The store, opened in Python."""
    return ol.open(store)


def browser(session: Session, patience: float = 60, **settings: object) -> TestClient:
    """Return a client that asks as a person's browser does; no cookies, no redirects followed."""
    allowed = ServeSettings(**{"rate": 10_000.0, "burst": 10_000, "hosts": ()} | settings)  # type: ignore[arg-type]
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
