"""Every branch of disclosure/ is taken by its tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
ROOM = "src/openlifecycle/disclosure"

#: The tests that are measured: those of the gate, of cohorts and of named values.
MEASURED = (
    "tests/gate",
    "tests/cohorts",
    "tests/records_answers/test_minimum_cell.py",
    "tests/records_answers/test_values.py",
)

#: Says inside the run that is measured that it is that run.
INSIDE = "OPENLIFECYCLE_GATE_COVERAGE"


def missed(report: dict[str, object]) -> list[str]:
    """Return a line for each file with lines or branches that no test took."""
    found = []
    for name, told in report["files"].items():  # type: ignore[attr-defined]
        lines = [str(line) for line in told["missing_lines"]]
        branches = [f"{a}->{b}" for a, b in told["missing_branches"]]
        if lines or branches:
            found.append(f"{name}: lines {', '.join(lines) or 'none'}; branches {branches}")
    return found


@pytest.mark.skipif(INSIDE in os.environ, reason="this is the run that is measured")
@pytest.mark.heavy  # five minutes: every test of the gate once more, watched line by line
@pytest.mark.xdist_group("gate_coverage")
def test_every_branch_of_disclosure_is_taken(tmp_path: Path) -> None:
    """Run the tests of the gate in one process, under branch coverage."""
    data, report = tmp_path / "coverage", tmp_path / "report.json"
    run = [sys.executable, "-m", "coverage"]
    environment = os.environ | {INSIDE: "1", "COVERAGE_FILE": str(data)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(
        [*run, "run", "--branch", f"--source={ROOM}", "-m", "pytest", "-q", "-p",
         "no:cacheprovider", "-k", "not type_checker and not house_keeps",
         "-m", "not heavy and not corpus", *MEASURED],
        capture_output=True, text=True, cwd=REPO, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    subprocess.run([*run, "json", "-q", "-o", str(report)], check=True, cwd=REPO, env=environment)
    told = json.loads(report.read_text())
    files = {Path(name).name for name in told["files"]}
    assert files >= {p.name for p in (REPO / ROOM).glob("*.py")} - {"__init__.py"}
    assert not missed(told), "\n".join(missed(told))


def test_a_missed_branch_is_named() -> None:
    told = {"files": {"a.py": {"missing_lines": [3], "missing_branches": [[1, 4]]},
                      "b.py": {"missing_lines": [], "missing_branches": []}}}  # fmt: skip
    assert missed(told) == ["a.py: lines 3; branches ['1->4']"]
