"""Fixtures of the door's tests: a store with one tiny release in it, and a way to run ``olc``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

# The tests, and the child processes that they kill, share tiny_reader.py.
sys.path.insert(0, str(Path(__file__).parent))

from tiny_reader import read_tiny, tiny_workbook  # noqa: E402

from openlifecycle.cli.main import cli  # noqa: E402
from openlifecycle.intake.take import Outcome, take  # noqa: E402


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
def take_tiny(tmp_path: Path) -> Callable[..., list[Outcome]]:
    def run(*sources: str | Path, store: Path = tmp_path / "store") -> list[Outcome]:
        return take(store, [str(source) for source in sources], read=read_tiny)

    return run


@pytest.fixture
def store(tmp_path: Path, take_tiny: Callable[..., list[Outcome]]) -> Path:
    """A store that holds one release."""
    first = tmp_path / "in" / "first.xlsx"
    first.parent.mkdir()
    first.write_bytes(tiny_workbook("2023-12-01", (7, 8, 9)))
    assert [outcome.outcome for outcome in take_tiny(first)] == ["taken"]
    return tmp_path / "store"
