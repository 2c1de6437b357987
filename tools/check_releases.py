"""House rule: a committed manifest of a release is never edited, moved or deleted."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from report import REPO, finish

#: Where a manifest may lie: a store's manifests/, or beside the bytes of a release.
MANIFESTS: Final = (":(glob)**/manifests/*.json", ":(glob)**/release.yml")


def git(root: Path, *words: str) -> list[str]:
    """Return the lines that a git command prints."""
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"releases: git {words[0]} failed in {root}: {done.stderr.strip()}")
    return [line for line in done.stdout.splitlines() if line.strip()]


def problems(root: Path) -> list[str]:
    """Return each manifest that a commit, or the work tree, changed after it was first written."""
    changes = ("--diff-filter=MDT", "--no-renames", "--name-only")
    found = []
    commit = ""
    for line in git(root, "log", "-m", "--format=commit %h", *changes, "--", *MANIFESTS):
        if line.startswith("commit "):
            commit = line.removeprefix("commit ")
        else:
            found.append(f"{line}: edited in commit {commit}")
    for line in git(root, "diff", "HEAD", *changes, "--", *MANIFESTS):
        found.append(f"{line}: edited in the work tree")
    return found


if __name__ == "__main__":
    if not (REPO / ".git").exists():
        print("releases: not checked (this is not a git checkout, so there is no history to read)")
        raise SystemExit(0)
    finish(
        "releases",
        problems(REPO),
        why="a release is what a publisher put out once; what we said of it then stays said",
        do="put the manifest back; write a new release that says which one it follows",
    )
