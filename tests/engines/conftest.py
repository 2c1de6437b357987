"""The two engines that every test here compares; Spark is skipped by name where it cannot start."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openlifecycle.engine.backend import open_backend
from openlifecycle.engine.spark import java_or_none


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The Spark engine of this test process: starting it takes five seconds."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("needs pyspark: sh tools/environment.sh spark")
    if java_or_none() is None:
        pytest.skip("needs Java 17 or newer: sh tools/java.sh")
    with pytest.MonkeyPatch.context() as patch:
        # many small queries: compiling them to the last costs Java more than it saves
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        backend = open_backend("spark", temp=tmp_path_factory.mktemp("spark"))
    yield backend
    backend.disconnect()


@pytest.fixture(scope="session")
def duck() -> Any:
    """The DuckDB engine of this test process."""
    return open_backend("duckdb")


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without Java."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
