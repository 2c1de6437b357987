"""States and territories of the United States, and the federal circuit each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True)
class State:
    """A state or territory.

    Attributes:
        code: two letters, as DETLOC codes end on them.
        name: its name.
        circuit: number of the federal circuit, ``DC`` for the District; empty where none.
    """

    code: str
    name: str
    circuit: str


@cache
def states() -> dict[str, State]:
    """Return every state and territory by its code."""
    text = (resources.files("openlifecycle.model") / "places.yml").read_text("utf-8")
    listed = yaml.load(text, Loader=yaml.CSafeLoader)["states"]
    return {
        code: State(code, body["name"], str(body.get("circuit", "")))
        for code, body in listed.items()
    }


@cache
def circuits() -> dict[str, tuple[str, ...]]:
    """Return the codes of the states of each federal circuit."""
    found: dict[str, tuple[str, ...]] = {}
    for state in states().values():
        if state.circuit:
            found[state.circuit] = (*found.get(state.circuit, ()), state.code)
    return found
