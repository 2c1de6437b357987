"""``olc reconcile``: records of a store against the workbooks of the same store."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from openlifecycle.demo.world import make_world, write_world


def olc(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "openlifecycle", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reconcile")
    write_world(make_world(600, 3), folder / "world", form="processed")
    taken = olc("take", "--store", folder / "store", folder / "world" / "releases")
    assert taken.returncode == 0, taken.stderr
    return folder / "store"


def test_records_without_a_workbook_are_a_refusal_with_a_next_step(store: Path) -> None:
    done = olc("reconcile", "--store", store)
    assert done.returncode == 2
    assert "take the workbooks into the same store" in done.stderr


def test_a_world_of_600_people_is_not_the_united_states(
    store: Path, corpus_workbooks: list[Path]
) -> None:
    (one,) = [path for path in corpus_workbooks if "48e204e1" in path.name]
    assert olc("take", "--store", store, one).returncode == 0
    done = olc("reconcile", "--store", store, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert told["verdict"] == "outside"
    assert told["synthetic"] is True
    (snapshot,) = [
        row for row in told["rows"]
        if row["what"] == "midnight population" and row["period_end"] == "2025-01-12"
    ]  # fmt: skip
    assert snapshot["published"] == 39703  # R42, three-way check of the field
    assert snapshot["cell"] == "F20"
    assert told["disclosure"]["method"] == "perturbation"
    shown = olc("reconcile", "--store", store).stdout
    assert "39,703" in shown
    assert "SYNTHETIC" in shown
