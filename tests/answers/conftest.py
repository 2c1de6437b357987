"""One session over the whole corpus for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from openlifecycle.api import Session, open_store


@pytest.fixture(scope="session")
def corpus_session(corpus_store: Path) -> Session:
    """Return a session on the store that holds every published workbook of the corpus."""
    return open_store(corpus_store)
