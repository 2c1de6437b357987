"""How every house rule of tools/ speaks: what is wrong and where, why, what to do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

REPO = Path(__file__).resolve().parents[1]


def python_files(root: Path, *folders: str) -> list[Path]:
    """Return every Python file under the named folders of a tree, in name order."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def finish(rule: str, problems: list[str], *, why: str, do: str, note: str = "") -> NoReturn:
    """Print the outcome of one rule and end the process: 0 where it holds, 1 where not."""
    sys.exit(outcome(rule, problems, why=why, do=do, note=note))


def outcome(rule: str, problems: list[str], *, why: str, do: str, note: str = "") -> int:
    """Print the outcome of one rule and return its exit code."""
    if not problems:
        print(f"{rule}: holds" + (f" ({note})" if note else ""))
        return 0
    print(f"{rule}: {len(problems)} problem{'s' if len(problems) > 1 else ''}", file=sys.stderr)
    for problem in problems:
        print(f"  {problem}", file=sys.stderr)
    print(f"  why: {why}\n  do:  {do}", file=sys.stderr)
    return 1
