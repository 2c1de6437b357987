"""House rule: no Python file of 500 lines or more; the median and p90 are printed to be watched."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Final

from report import REPO, finish, python_files

STOP: Final = 500


def sizes(root: Path) -> dict[Path, int]:
    """Return the line count of every Python file that people maintain."""
    files = python_files(root, "src", "tools", "tests", "benchmarks")
    return {p.relative_to(root): len(p.read_text(encoding="utf-8").splitlines()) for p in files}


def problems(root: Path) -> list[str]:
    """Return one line for each file at or over the stop."""
    return [f"{path}: {lines} lines" for path, lines in sizes(root).items() if lines >= STOP]


def summary(root: Path) -> str:
    """Return the shape of the tree in one line, empty files left out."""
    counts = sorted(n for n in sizes(root).values() if n)
    if not counts:
        return "no files"
    p90 = counts[int(len(counts) * 0.9)] if len(counts) > 1 else counts[0]
    return (
        f"{len(counts)} files, median {statistics.median(counts):.0f}, p90 {p90}, max {counts[-1]}"
    )


if __name__ == "__main__":
    finish(
        "sizes",
        problems(REPO),
        why=f"a file of {STOP} lines is several ideas; a reader holds one",
        do="split it by idea, each part named for what it does",
        note=summary(REPO),
    )
