"""Fixtures every test may use: the corpus of published workbooks, and a store holding all of it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openlifecycle.demo.unpack import starter_store
from openlifecycle.demo.world import Rates
from tests.stores import made_once, take_world

REPO = Path(__file__).resolve().parents[1]
CORPUS_ENV = "OPENLIFECYCLE_CORPUS"
PARITY_ENV = "OPENLIFECYCLE_PARITY"

# Ibis makes and drops millions of small objects while it writes SQL: looking for rings among them
# as often as Python does by itself takes a fifth of the time of all tests.
gc.set_threshold(50_000, 20, 50)

#: Enough people for months to have cells that may be shown.
PERSONS = 2000

#: Rooms whose tests ask one store, or look at one world: one worker asks them all, so that what
#: their first questions build is built once. Site and serving ask the same store.
ONE_WORKER = {
    "privacy": "privacy",
    "questions": "questions",
    "records_answers": "records_answers",
    "serving": "served",
    "site": "served",
    "world": "world",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a room on one worker where two would make the same twice."""
    for item in items:
        room = item.path.relative_to(Path(__file__).parent).parts[0]
        if room in ONE_WORKER:
            item.add_marker(pytest.mark.xdist_group(ONE_WORKER[room]))


def corpus_root() -> Path | None:
    """Return the folder of published files, or None where this machine has none."""
    named = os.environ.get(CORPUS_ENV)
    root = Path(named) if named else REPO.parent / "shared" / "corpus"
    return root if root.is_dir() else None


def workbooks(root: Path) -> list[Path]:
    """Return the workbooks of the corpus in name order."""
    return sorted((root / "ice_detention_statistics").glob("*.xlsx"))


def parity_root() -> Path | None:
    """Return the folder of other tools' answers on a fixed input, or None without it."""
    named = os.environ.get(PARITY_ENV)
    root = Path(named) if named else REPO.parent / "shared" / "parity"
    return root if root.is_dir() else None


def pytest_report_header() -> list[str]:
    """Say at the top of every run what the tests on outside files will read."""
    root, parity = corpus_root(), parity_root()
    return [
        f"corpus: {len(workbooks(root))} workbooks"
        if root
        else f"corpus: none ({CORPUS_ENV} is not set): tests that need it are skipped by name",
        f"parity: {len(list(parity.glob('*/*.csv.gz')))} tables"
        if parity
        else f"parity: none ({PARITY_ENV} is not set): tests that need it are skipped by name",
    ]


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    """The corpus folder (ice_detention_statistics/, reference_series/); skips without it."""
    root = corpus_root()
    if root is None:
        pytest.skip(f"needs the published workbooks: set {CORPUS_ENV}")
    return root


@pytest.fixture(scope="session")
def parity_dir() -> Path:
    """The folder of other tools' answers (input/, expected/); skips without it."""
    root = parity_root()
    if root is None:
        pytest.skip(f"needs the answers of other tools: set {PARITY_ENV}")
    return root


@pytest.fixture(scope="session")
def corpus_workbooks(corpus_dir: Path) -> list[Path]:
    """Every workbook of the corpus, in name order."""
    return workbooks(corpus_dir)


@pytest.fixture(scope="session")
def corpus_store(corpus_workbooks: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has taken the whole corpus, made once for all workers. Do not write to it.

    It is made the way a person makes it, by ``olc take FOLDER``.
    """

    def make(store: Path) -> None:
        command = [sys.executable, "-m", "openlifecycle", "take", "--store", str(store)]
        taken = subprocess.run(
            [*command, str(corpus_workbooks[0].parent)], capture_output=True, text=True
        )
        if taken.returncode != 0:
            pytest.fail(f"olc take of the corpus ended {taken.returncode}:\n{taken.stderr}")

    return made_once(tmp_path_factory, "corpus_store", make)


@pytest.fixture(scope="session")
def starter_and_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter set beside a small invented system, made once for all workers. Do not write."""

    def make(store: Path) -> None:
        starter_store(store)
        take_world(store, PERSONS, Rates())

    return made_once(tmp_path_factory, "starter_and_world", make)
