"""The commands shown in the documentation, run for real.

A fenced block of the kind ``console`` holds lines ``$ olc ...``, each followed by what
it prints. ``refresh`` puts the real output there; ``stale`` says which blocks differ. A block that
holds a line ``...`` shows only part of the output: the lines shown must occur, in that order.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
GAP: Final = "..."


def run(command: str, store: Path) -> str:
    """Return what a documented command prints, on a terminal 100 columns wide without colour."""
    words = shlex.split(command)
    if words[0] != "olc":
        raise ValueError(f"only olc commands are run from the documentation, not {command!r}")
    done = subprocess.run(
        [sys.executable, "-m", "openlifecycle", *words[1:]],
        capture_output=True,
        text=True,
        cwd=store.parent,
        env={
            **{k: v for k, v in os.environ.items() if k not in {"FORCE_COLOR", "CI"}},
            "OPENLIFECYCLE_STORE": str(store),
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TERM": "dumb",
        },
    )
    said = done.stdout + done.stderr
    return "\n".join(line.rstrip() for line in said.splitlines()).rstrip() + "\n"


def commands(block: str) -> list[tuple[str, str]]:
    """Return (command, shown output) for each command of a block."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        elif found:
            command, shown = found.pop()
            found.append((command, shown + line))
        else:
            raise ValueError(f"a console block must begin with a command, not {line!r}")
    return found


def agrees(shown: str, real: str) -> bool:
    """Return whether the output shown is the real one, or with gaps, a part of it in order."""
    if GAP not in shown.splitlines():
        return shown.rstrip() == real.rstrip()
    lines = iter(real.splitlines())
    return all(any(line.rstrip() == r for r in lines) for line in shown.splitlines() if line != GAP)


def refreshed(text: str, store: Path) -> str:
    """Return a page with the real output in every block; blocks with a gap stay as typed."""

    def block(match: re.Match[str]) -> str:
        parts = []
        for command, shown in commands(match[1]):
            gapped = GAP in shown.splitlines()
            parts.append(f"$ {command}\n{shown if gapped else run(command, store)}")
        return f"```console\n{''.join(parts)}```"

    return BLOCK.sub(block, text)


def stale(text: str, store: Path) -> list[str]:
    """Return the commands of a page that print something else than the page shows."""
    shown = [pair for match in BLOCK.finditer(text) for pair in commands(match[1])]
    return [command for command, output in shown if not agrees(output, run(command, store))]
