"""House rule: a series is one folder with a valid passport, and its code imports only the kit."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from openlifecycle.model.passport import PASSPORT, passport_problems, series_folders
from report import REPO, finish


def foreign_imports(path: Path) -> list[str]:
    """Return what a source's Python file imports besides the kit and the standard library."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        found += [
            f"{path.name}:{node.lineno}: imports {name}"
            for name in names
            if name != "openlifecycle.kit" and name.split(".")[0] not in sys.stdlib_module_names
        ]
    return found


def problems(root: Path) -> list[str]:
    """Return what is wrong with any series folder of a tree."""
    sources = root / "src" / "openlifecycle" / "sources"
    found = []
    for folder in series_folders(sources):
        name = folder.relative_to(sources)
        found += [f"{name}/{PASSPORT}: {problem}" for problem in passport_problems(folder)]
        for path in sorted(folder.glob("*.py")):
            found += [f"{name}/{problem}" for problem in foreign_imports(path)]
    return found


if __name__ == "__main__":
    finish(
        "sources",
        problems(REPO),
        why="a new publisher must touch one folder; a lawyer must be able to read its passport",
        do="complete source.yml; take what the series needs from openlifecycle.kit",
    )
