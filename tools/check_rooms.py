"""House rule: a room imports only the rooms above it (DESIGN: data flows one way).

Read by AST, so that an import inside a function or under TYPE_CHECKING counts as well.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

from report import REPO, finish, python_files

PACKAGE: Final = "openlifecycle"

#: The rooms in the order data flows. A room imports only rooms before it.
ORDER: Final = (
    "vault",
    "reading",
    "tidying",
    "intake",
    "lifecycle",
    "measures",
    "agreements",
    "disclosure",
    "oversight",
    "publishing",
    "api",
    "remote",  # the same face as api, of a store on the other side of HTTP
    "serving",
    "site",  # pages over the same service
    "demo",
    "cli",
    "__main__",
)
#: What every room may import: declarations, the place queries run, the error tree, the settings.
FOR_ALL: Final = frozenset({"model", "engine", "errors", "settings"})
#: What the rooms for all may import themselves: each other and, for engine, what it runs.
MAY_IMPORT: Final = {
    "errors": frozenset[str](),
    "settings": frozenset({"errors"}),
    "model": frozenset({"errors", "settings"}),
    "engine": frozenset({"errors", "settings", "model", "vault", "lifecycle", "measures"}),
    "sources": frozenset({"kit"}),
    "kit": frozenset({"errors", "settings", "model", "reading", "tidying"}),
    "": frozenset(
        {"api", "remote", "settings", "errors"}
    ),  # openlifecycle/__init__.py: the Python front door
}


def room_of(module: str) -> str:
    """Return the room of a dotted module name inside the package ("" for the package itself)."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imported(tree: ast.AST) -> list[tuple[int, str]]:
    """Return (line, dotted name) of everything a file imports from the package."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            names = [f"{PACKAGE}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        found += [(node.lineno, n) for n in names if n.split(".")[0] == PACKAGE]
    return found


def allowed(room: str) -> frozenset[str]:
    """Return the rooms that a room may import."""
    if room in MAY_IMPORT:
        return MAY_IMPORT[room] | {room}
    return frozenset(ORDER[: ORDER.index(room) + 1]) | FOR_ALL


def problems(root: Path) -> list[str]:
    """Return one line for each import that goes against the flow, and each unknown room."""
    found = []
    for path in python_files(root, f"src/{PACKAGE}"):
        inside = path.relative_to(root / "src").with_suffix("")
        module = ".".join(inside.parts).removesuffix(".__init__")
        room = room_of(module)
        if room not in MAY_IMPORT and room not in ORDER:
            found.append(f"{path.relative_to(root)}: {room!r} is no room of the house")
            continue
        for line, name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            target = room_of(name)
            if target and target not in allowed(room):
                found.append(f"{path.relative_to(root)}:{line}: {room or PACKAGE} imports {name}")
    return found


if __name__ == "__main__":
    finish(
        "rooms",
        problems(REPO),
        why="data flows one way through the rooms; an import back makes two rooms one",
        do="move the code to the room that owns it, or pass what is needed as an argument; "
        "a new room takes its place in ORDER in tools/check_rooms.py",
    )
