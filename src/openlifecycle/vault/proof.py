"""What a proof of a store is made of: problems, and the counts of what was looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from openlifecycle.vault.durable import sha256_of_file

REBUILD: Final = "olc verify --rebuild makes it again from the release"
GONE: Final = (
    "take the same file again into a new store; these bytes cannot be made again from here"
)


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold."""

    what: str
    where: str
    next_step: str = ""


@dataclass(frozen=True)
class Proof:
    """What ``verify`` looked at, what does not hold, and what is left over.

    Attributes:
        releases: releases of aggregates.
        record_releases: releases of records.
        records: rows of their event tables.
    """

    releases: int
    files: int
    bytes_hashed: int
    observations: int
    sightings: int
    problems: tuple[Problem, ...]
    leftovers: tuple[str, ...]
    record_releases: int = 0
    records: int = 0

    @property
    def holds(self) -> bool:
        """Return whether everything holds; leftovers do no harm."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return the parts for ``--json``."""
        return {"holds": self.holds, **asdict(self)}


class Seen:
    """Counts of what was hashed."""

    files = 0
    size = 0

    def differs(self, path: Path, sha256: str) -> str:
        """Return why a file is not the one on record, "" if it is."""
        try:
            found, size = sha256_of_file(path)
        except FileNotFoundError:
            return "is missing"
        except OSError as why:
            return f"cannot be read ({why.strerror or why})"
        self.files += 1
        self.size += size
        return "" if found == sha256 else "does not have the sha256 on record"
