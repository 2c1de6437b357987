"""Fixtures every test may use: the corpus of published workbooks, and a store holding all of it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
CORPUS_ENV = "OPENLIFECYCLE_CORPUS"
PARITY_ENV = "OPENLIFECYCLE_PARITY"


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


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold a lock that the other pytest workers wait for."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def corpus_store(corpus_workbooks: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has taken the whole corpus, made once for all workers. Do not write to it.

    It is made the way a person makes it, by ``olc take FOLDER``.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    store, done = shared / "corpus_store", shared / "corpus_store.taken"
    with _only_one(shared / "corpus_store.lock"):
        if not done.exists():
            command = [sys.executable, "-m", "openlifecycle", "take", "--store", str(store)]
            taken = subprocess.run(
                [*command, str(corpus_workbooks[0].parent)], capture_output=True, text=True
            )
            if taken.returncode != 0:
                pytest.fail(f"olc take of the corpus ended {taken.returncode}:\n{taken.stderr}")
            done.write_text(f"{len(corpus_workbooks)} workbooks\n")
    return store
