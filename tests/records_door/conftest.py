"""Fixtures of the record door's tests: a store with one collection in it, and ways to take."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

# The tests, and the child processes that they kill, share fake_records.py and tiny_reader.py.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "door"))

from fake_records import FakeReader, Take, fake_table  # noqa: E402
from tiny_reader import read_tiny  # noqa: E402

from openlifecycle.cli.main import cli  # noqa: E402
from openlifecycle.intake.outcome import Outcome  # noqa: E402
from openlifecycle.intake.take import take  # noqa: E402


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLIFECYCLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("OPENLIFECYCLE_STORE", raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def olc(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*words: str | Path) -> Ran:
        code = cli.main([str(word) for word in words], standalone_mode=False)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def take_fake(tmp_path: Path) -> Take:
    """Take sources into a store with the readers of the tests."""

    def run(
        *sources: str | Path, store: Path = tmp_path / "store", **more: object
    ) -> list[Outcome]:
        more.setdefault("records", FakeReader())
        return take(store, [str(source) for source in sources], read=read_tiny, **more)

    return run


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with two files of arrests and one of detentions."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "arrests-FY24.csv").write_bytes(fake_table(rows=[("k1", "2024-01-02")]))
    (folder / "arrests-FY25.csv").write_bytes(
        fake_table(rows=[("k1", "2025-01-02"), ("k2", "2025-03-04")])
    )
    (folder / "detentions.csv").write_bytes(
        fake_table("us_ice.detentions", [("k1", "2025-01-03"), ("k2", "2025-03-05")])
    )
    return folder


@pytest.fixture
def store(tmp_path: Path, files: Path, take_fake: Take) -> Path:
    """A store that holds the one collection of ``files``."""
    assert [outcome.outcome for outcome in take_fake(files)] == ["taken", "taken"]
    return tmp_path / "store"
