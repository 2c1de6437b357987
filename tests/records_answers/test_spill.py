"""What an engine spills is rows about people: it lies in the store, whichever engine it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openlifecycle.engine import record_build


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_engines_spill_inside_the_store(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setenv("OPENLIFECYCLE_ENGINE", engine)
    monkeypatch.setattr(record_build, "open_backend", lambda **words: told.append(words["temp"]))
    built = tmp_path / "built" / "collection" / "rules"
    built.mkdir(parents=True)
    record_build.reader(built)
    record_build.builder(built)
    assert len(told) == 2
    assert all(tmp_path / "built" in temp.parents for temp in told)
    # Spark outlives what is built; a folder that is thrown away with it would break the next one
    assert (built in told[1].parents) == (engine == "duckdb")
