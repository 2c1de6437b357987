"""House rule: nothing reaches a reader but what disclosure/gate.py cleared (decision 0011).

Four rules, read by AST: rooms that face a reader do not import what holds exact numbers; nobody
but the gate names its private parts, or reaches past a frozen object; only a few modules ask the
gate to clear; and each public function of publishing that is given an answer is given a Cleared.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from report import REPO, finish, python_files

PACKAGE: Final = "src/openlifecycle"
GATE: Final = f"{PACKAGE}/disclosure/gate.py"

#: Rooms that face a reader, and what would let them show an exact number of records.
OUTWARD: Final = ("publishing", "serving", "site", "cli")
EXACT: Final = (
    "openlifecycle.engine.records",
    "openlifecycle.engine.record_",
    "openlifecycle.engine.backend",
    "openlifecycle.engine.spark",
    "openlifecycle.lifecycle",
    "openlifecycle.disclosure.records",
    "openlifecycle.disclosure.cohorts.answered",
)
#: What an outward room may import all the same: words and facts, never rows.
HARMLESS: Final = frozenset(
    {
        "openlifecycle.engine.record_answer.RecordFacts",
        "openlifecycle.lifecycle.cohort_entry",  # the names of entries and periods
        "openlifecycle.lifecycle.outcomes",  # the names of states
        "openlifecycle.lifecycle.rules",  # rule sets in words
    }
)

#: The private parts of the gate, and what forces a frozen object open.
PRIVATE: Final = frozenset({"_HELD", "_sealed", "_held"})
FORCED: Final = frozenset({"__setattr__", "__new__"})

#: Who may ask the gate to clear: what stands between the engine and publishing.
CLEARERS: Final = (f"{PACKAGE}/api.py", f"{PACKAGE}/oversight/", f"{PACKAGE}/cli/", GATE)

#: What an answer is called, as a parameter or as a type.
ANSWERS: Final = frozenset(
    {"Answer", "CohortAnswer", "Changes", "Exact", "DataFrame", "Reconciled", "Finding"}
)


def problems(root: Path) -> list[str]:
    """Return one line for each way round the gate that the code of a tree takes."""
    found: list[str] = []
    for path in python_files(root, PACKAGE):
        name = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        room = name.removeprefix(f"{PACKAGE}/").split("/")[0]
        found += _named(tree, name)
        if room in OUTWARD:
            found += [f"{name}:{line}: imports {what}" for line, what in _exact(tree)]
        if not name.startswith(CLEARERS):
            found += [f"{name}:{line}: asks for {what}" for line, what in _clearing(tree)]
        if room in ("publishing", "serving"):
            found += [f"{name}:{line}: {what}" for line, what in _uncleared(tree)]
    return found


def _exact(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield each import of something that holds exact numbers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            wholes = [(alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            wholes = [(node.module, f"{node.module}.{alias.name}") for alias in node.names]
        else:
            continue
        for module, whole in wholes:
            if whole.startswith(EXACT) and not HARMLESS & {module, whole}:
                yield node.lineno, whole
            if whole == "openlifecycle":
                yield node.lineno, "openlifecycle whole: name the module"


def _named(tree: ast.AST, name: str) -> Iterator[str]:
    """Yield each use of the gate's private parts, and each frozen object that is forced open."""
    if name == GATE:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "openlifecycle.disclosure.gate":
            taken = [a.name for a in node.names if a.name in PRIVATE or a.name == "*"]
            yield from (f"{name}:{node.lineno}: takes {one} from the gate" for one in taken)
        if isinstance(node, ast.Attribute) and node.attr in PRIVATE:
            yield f"{name}:{node.lineno}: names {node.attr} of the gate"
        if isinstance(node, ast.Constant) and node.value in PRIVATE:
            yield f"{name}:{node.lineno}: spells {node.value} of the gate"
        if (
            isinstance(node, ast.Attribute)
            and node.attr in FORCED
            and isinstance(node.value, ast.Name)
            and node.value.id == "object"
        ):
            yield f"{name}:{node.lineno}: forces an object open with object.{node.attr}"


def _clearing(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield each call of a function that clears, or combines what was cleared."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            word = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if word.startswith("clear_") or word == "combined":
                yield node.lineno, word


def _uncleared(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each parameter of a public function that is an answer without having been cleared."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        for given in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            kind = ast.unparse(given.annotation) if given.annotation else ""
            if set(re.findall(r"\w+", kind)) & ANSWERS and not kind.startswith("Cleared["):
                yield node.lineno, f"{node.name} takes {given.arg}: {kind}, not Cleared"


if __name__ == "__main__":
    finish(
        "gate",
        problems(REPO),
        why="what is counted of people leaves only when it was protected, and only the gate knows",
        do="take a Cleared, and let api.py ask the gate for it (docs/rooms/disclosure.md)",
    )
