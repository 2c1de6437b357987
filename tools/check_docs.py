"""House rule: every command, check, measure and dimension is documented, and no page is stale."""

from __future__ import annotations

from pathlib import Path

from generate_docs import GENERATED, HEAD, PAGES
from openlifecycle.cli.verbs import VERBS
from openlifecycle.measures.registry import measures
from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.oversight import families
from openlifecycle.oversight.registry import CHECKS
from report import REPO, finish


def stale_pages(folder: Path) -> list[str]:
    """Return the generated pages that are missing or no longer say what the code says."""
    found = []
    for name, page in PAGES.items():
        path = folder / name
        if not path.is_file():
            found.append(f"docs/generated/{name} is missing")
        elif path.read_text(encoding="utf-8") != HEAD + page():
            found.append(f"docs/generated/{name} is stale")
    return found


def undocumented(folder: Path) -> list[str]:
    """Return the names a person can meet that no generated page explains."""
    families.load()
    wanted = {
        "commands.md": [f"## olc {name}\n" for name in VERBS],
        "measures.md": [f"## {name}\n" for name in measures()],
        "checks.md": [f"| {name} |" for name in CHECKS],
        "dictionary.md": [f"| {name} |" for name in DIMENSIONS],
    }
    return [
        f"{mark.strip('# |').strip()} is not in docs/generated/{name}"
        for name, marks in wanted.items()
        if (folder / name).is_file()
        for mark in marks
        if mark not in (folder / name).read_text(encoding="utf-8")
    ]


def unreadable_rooms(root: Path) -> list[str]:
    """Return the rooms without their one page in docs/rooms/."""
    package = root / "src" / "openlifecycle"
    rooms = sorted(p.parent.name for p in package.glob("*/__init__.py"))
    return [
        f"docs/rooms/{room}.md is missing"
        for room in rooms
        if not (root / "docs" / "rooms" / f"{room}.md").is_file()
    ]


if __name__ == "__main__":
    finish(
        "docs",
        stale_pages(GENERATED) + undocumented(GENERATED) + unreadable_rooms(REPO),
        why="a page that lies costs a reader more than no page",
        do="make docs; a room's page says what it takes, what it gives, and its rules",
    )
