"""What is declared, what is locked and what is imported are the same set of packages."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
LOCK = (REPO / "requirements.lock").read_text()
#: Import name -> distribution, where they differ.
DISTRIBUTIONS = {
    "ibis": "ibis-framework",
    "yaml": "pyyaml",
    "vl_convert": "vl-convert-python",
    "python_calamine": "python-calamine",
}
#: Declared though no module says ``import``: what needs it at run time.
NEEDED_BY_OTHERS = {
    "vl-convert-python": "Altair saves PNG and SVG through it",
    "plotly-geo": "the shapes of the states are read from its files, by name",
    "uvloop": "uvicorn takes it as its loop where it is installed",
    "pyarrow": "DuckDB, Ibis and Polars exchange tables through it",
}


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found is not None
    return found[0].lower().replace("_", "-")


def imported() -> set[str]:
    """Distributions that src/ imports, by AST: imports inside functions count."""
    names: set[str] = set()
    for path in (REPO / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    foreign = names - set(sys.stdlib_module_names) - {"openlifecycle"}
    return {DISTRIBUTIONS.get(name, name) for name in foreign}


def test_every_import_is_declared() -> None:
    extras = PROJECT["optional-dependencies"]
    declared = {name_of(r) for r in (*PROJECT["dependencies"], *extras["spark"])}
    assert imported() - declared == set()


def test_every_declared_package_is_used() -> None:
    declared = {name_of(r) for r in PROJECT["dependencies"]}
    assert declared - imported() - set(NEEDED_BY_OTHERS) == set()


@pytest.mark.parametrize(
    "requirement",
    [
        *PROJECT["dependencies"],
        *PROJECT["optional-dependencies"]["test"],
        *PROJECT["optional-dependencies"]["spark"],
    ],
)
def test_every_requirement_is_a_range_and_locked(requirement: str) -> None:
    assert ">=" in requirement
    assert f"\n{name_of(requirement)}==" in f"\n{LOCK.lower()}"


def test_every_locked_package_is_hashed() -> None:
    entries = re.split(r"\n(?=[a-z0-9])", LOCK, flags=re.IGNORECASE)
    pinned = [entry for entry in entries if "==" in entry]
    assert len(pinned) > 40
    assert [entry.splitlines()[0] for entry in pinned if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_index() -> None:
    assert re.search(r"://|--index|--find-links|--extra-index", LOCK) is None


def test_ci_runs_what_a_person_runs() -> None:
    lines = (REPO / ".ci" / "run").read_text().splitlines()
    assert lines[-1] == "exec make --no-print-directory test"
