"""House rule: nothing in the tree that belongs to one machine, to one person, or to nobody."""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path
from typing import Final

from report import REPO, finish

#: Written in pieces, so that this file does not break its own rule.
ADDRESSES: Final = {
    "a package-index address": r"(pypi\.org/" + r"simple|files\.python" + r"hosted\.org|"
    r"registry\.npm" + r"js\.org|--(extra-)?index-" + r"url\s+\S*:|--find-" + r"links\s+\S)",
    "a path of one machine": r"(?<![\w.-])(/wo"
    + r"rk/|/tm"
    + r"p/w/|/ro"
    + r"ot/|/op"
    + r"t/pypi)",
}
BANNED_NAMES: Final = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "misc"})
#: Data files that could hold people's records. Small tables of our own are read and their
#: columns looked at; anything that cannot be looked at here is refused.
OPAQUE: Final = frozenset(
    {".xlsx", ".xls", ".xlsb", ".dta", ".sav", ".rds", ".zip", ".gz", ".db"}
) | frozenset({".sqlite", ".feather", ".arrow", ".7z"})
PERSON_COLUMNS: Final = re.compile(
    r"^(unique|anonymized)[ _]identifier$|^person_key|^eid|alien[ _]?(file)?[ _]?number|"
    r"^a[-_ ]?number|birth|^(first|last|full)[ _]name$|^gang|subject[ _]?id",
    re.IGNORECASE,
)


def tracked(root: Path) -> list[Path]:
    """Return the files that git tracks or would track, else every file of the tree."""
    words = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, capture_output=True, text=True)
    if listed.returncode != 0:
        return sorted(p for p in root.rglob("*") if p.is_file())
    paths = (root / name for name in listed.stdout.split("\0") if name)
    return sorted(p for p in paths if p.is_file())


def text_problems(name: str, text: str) -> list[str]:
    """Return the lines of a text file that name an index or a machine."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        for what, pattern in ADDRESSES.items():
            if re.search(pattern, line):
                found.append(f"{name}:{number}: {what}")
    return found


def columns_of(path: Path) -> list[str]:
    """Return the column names of a CSV or Parquet file."""
    if path.suffix == ".parquet":
        import polars as pl

        return list(pl.read_parquet_schema(path))
    with path.open(encoding="utf-8", newline="") as handle:
        return next(csv.reader(handle), [])


def data_problems(path: Path, name: str) -> list[str]:
    """Return why a data file may not stand in the tree."""
    if path.suffix in OPAQUE:
        return [f"{name}: a {path.suffix} file cannot be looked into here"]
    if path.suffix not in {".csv", ".parquet"}:
        return []
    people = [c for c in columns_of(path) if PERSON_COLUMNS.search(c)]
    return [f"{name}: column {column!r} reads like a person's record" for column in people]


def problems(root: Path) -> list[str]:
    """Return everything in a tree that belongs elsewhere."""
    found = []
    for path in tracked(root):
        name = path.relative_to(root).as_posix()
        if path.stem in BANNED_NAMES and path.suffix == ".py":
            found.append(f"{name}: the name says nothing; name what the code does")
        if path.suffix == ".yaml":
            found.append(f"{name}: .yml is the one spelling here")
        found += data_problems(path, name)
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a binary file: data_problems has judged it
        found += text_problems(name, text)
    return found


if __name__ == "__main__":
    finish(
        "hygiene",
        problems(REPO),
        why="the tree is public and runs anywhere: no machine's path, no index, no person",
        do="use a relative path or a setting; leave data out; give the module a telling name",
    )
