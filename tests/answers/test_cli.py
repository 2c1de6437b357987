"""The commands end with the code they promise and say what they promise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.corpus


def olc(store: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OPENLIFECYCLE_STORE": str(store)}
    return subprocess.run(
        [sys.executable, "-m", "openlifecycle", *words],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def test_ask_answers_as_json(corpus_store: Path) -> None:
    done = olc(corpus_store, "ask", "detained_population", "--on", "2024-10-03", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["rows"][0]["value"] == 37_684


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, ["ask", "final_releases", "--from", "2024-03-01"]),
        (2, ["ask", "detaned_population"]),
        (2, ["ask", "detained_population", "--on", "10/03/2024"]),
        (2, ["ask", "detained_population", "--where", "arresting_agency=FBI"]),
        (2, ["ask", "detained_population", "--by", "criminality,disposition"]),
        (2, ["explain", "a177b8bd", "F20"]),
        (2, ["changes", "a177b8bd", "no-such-release"]),
        (4, ["ask", "transgender_detained", "--format", "png"]),
    ],
)
def test_exit_codes(corpus_store: Path, code: int, words: list[str]) -> None:
    done = olc(corpus_store, *words)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_explain_observations_changes_and_dimensions_speak_json(
    corpus_store: Path, tmp_path: Path
) -> None:
    walk = json.loads(
        olc(corpus_store, "explain", "removals", "--on", "2019-09-30", "--json").stdout
    )
    assert walk[0]["value"] == 267_258
    out = tmp_path / "o.parquet"
    assert olc(corpus_store, "observations", "a177b8bd", "--format", "parquet", "--out", str(out))
    assert out.stat().st_size > 1000
    told = json.loads(olc(corpus_store, "changes", "3ef5b0a3", "cedafafc", "--json").stdout)
    concept = [r for r in told["rows"] if r["kind"] == "concept changed"]
    october = [
        (r["before"], r["after"])
        for r in concept
        if r["measure"] == "final_releases" and r["period_start"] == "2023-10-01"
    ]
    assert (10_028, 20_375) in october  # E13
    dims = json.loads(olc(corpus_store, "dimensions", "removals", "--json").stdout)
    assert dims["dimensions"] == []
    assert len(json.loads(olc(corpus_store, "measures", "--json").stdout)) >= 50
