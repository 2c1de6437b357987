"""How a declaration file becomes values: read safely, one line per text, dates that are dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Any

import yaml

from openlifecycle.measures.declaration import Caveat, DefinitionChange


class BadDeclaration(ValueError):
    """A declaration contradicts itself or names something that does not exist."""


def load_folder(name: str) -> dict[str, Any]:
    """Return the parsed YAML files of a folder of this room by file name, in name order."""
    folder = resources.files("openlifecycle.measures") / name
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yml")), key=lambda f: f.name)
    # The C loader is ten times faster; the pure one is there on platforms without it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {f.name: yaml.load(f.read_text("utf-8"), Loader=loader) for f in files}  # noqa: S506


def caveats_of(body: Mapping[str, Any]) -> dict[str, Caveat]:
    """Return the caveats of a file by name."""
    return {
        name: Caveat(name, line(one["text"]), one["source"], tuple(one.get("concerns", ())))
        for name, one in body.items()
    }


def change_of(entry: Mapping[str, Any]) -> DefinitionChange:
    """Return a definition change; its day must be a day."""
    effective = entry["effective"]
    if not isinstance(effective, date):
        raise BadDeclaration(f"effective date {effective!r} is not a date")
    return DefinitionChange(
        effective=effective,
        what=line(entry["what"]),
        before=line(entry["before"]),
        after=line(entry["after"]),
        breaks=bool(entry.get("breaks", True)),
    )


def line(text: object) -> str:
    """Return a text in one line."""
    return " ".join(str(text).split())
