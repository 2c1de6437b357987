"""Where each thing of a store lies on disk, and which store formats this version can read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openlifecycle.errors import StoreDamaged, StoreProblem, StoreTooNew
from openlifecycle.vault.cell_key import cell_secret

#: Format of the store that this version writes; docs/decisions/0003-store-format.md and 0007.
FORMAT: Final = 2

OBSERVATIONS: Final = "core__observation"
RECEIPT: Final = "receipt"

_NEXT_NEWER = "upgrade OpenLifecycle, or name another store with --store; nothing was written"


@dataclass(frozen=True)
class Places:
    """The paths of one store."""

    root: Path

    @property
    def marker(self) -> Path:
        """The file that makes a folder a store; written last when a store is made."""
        return self.root / "store.json"

    @property
    def catalogue(self) -> Path:
        """The SQLite file: what is not in it does not exist."""
        return self.root / "catalogue.sqlite"

    @property
    def lock(self) -> Path:
        """The file that writers lock; it stays empty."""
        return self.root / "lock"

    @property
    def tmp(self) -> Path:
        """Files being written; whatever lies here while nobody holds the lock is a leftover."""
        return self.root / "tmp"

    @property
    def content_folders(self) -> tuple[Path, ...]:
        """The folders whose files the catalogue accounts for."""
        return tuple(self.root / name for name in ("releases", "manifests", "derived", "receipts"))

    def release(self, series: str, sha256: str) -> Path:
        """Return the place of a release's bytes."""
        return self.root / "releases" / series / f"{sha256}.xlsx"

    def member(self, series: str, sha256: str, suffix: str) -> Path:
        """Return the place of one file of a record release, under the suffix it came with."""
        return self.root / "releases" / series / f"{sha256}{suffix}"

    def manifest(self, release_id: str) -> Path:
        """Return the place of a release's manifest."""
        return self.root / "manifests" / f"{release_id}.json"

    def derived(self, table: str, release_sha: str, content_sha: str) -> Path:
        """Return the place of a derived table (Parquet) or receipt (JSON)."""
        name = f"{release_sha}-{content_sha}"
        if table == RECEIPT:
            return self.root / "receipts" / f"{name}.json"
        return self.root / "derived" / table / f"{name}.parquet"

    def built(self, collection_id: str, rules: str, fingerprint: str) -> Path:
        """Return the folder where the engine keeps what it built of a collection of records.

        A cache: outside what ``verify`` proves, and deletable at any time.

        Args:
            collection_id: the collection.
            rules: name of the rule set.
            fingerprint: changes whenever the rules or the code that builds change.
        """
        return self.root / "built" / collection_id / f"{rules}-{fingerprint}"

    def cell_secret(self) -> bytes:
        """Return the store's secret of 32 bytes, as ``vault.cell_key.cell_secret`` does."""
        return cell_secret(self.root)

    def relative(self, path: Path) -> str:
        """Return a path as the catalogue and messages name it."""
        return path.relative_to(self.root).as_posix()

    def is_unmade(self) -> bool:
        """Return whether there is no store here yet, so that one may be made.

        True for nothing, an empty folder, and a store whose making was cut short. A folder with
        anything else in it is somebody's folder, not ours to fill.
        """
        if self.marker.exists() or not self.root.exists():
            return not self.marker.exists()
        ours = {"catalogue.sqlite", "catalogue.sqlite-journal", "lock", "tmp"}
        ours |= {folder.name for folder in self.content_folders}
        return all(entry.name in ours for entry in self.root.iterdir())


def check_format(places: Places) -> None:
    """Raise unless the folder is a store that this version can read, as ``read_format`` does."""
    read_format(places)


def read_format(places: Places) -> int:
    """Return the format that the marker of a store states.

    Raises:
        StoreProblem: the folder is not a store.
        StoreTooNew: a newer version made it.
        StoreDamaged: its marker cannot be read.
    """
    try:
        text = places.marker.read_text(encoding="utf-8")
    except FileNotFoundError as why:
        raise StoreProblem(
            "there is no store here",
            where=str(places.root),
            next_step="take something first (olc take FILE), or name the store with --store",
        ) from why
    except (OSError, UnicodeDecodeError) as why:
        raise StoreDamaged(f"store.json cannot be read: {why}", where=str(places.marker)) from why
    try:
        stated = json.loads(text)["format"]
    except (ValueError, KeyError, TypeError) as why:
        raise StoreDamaged("store.json does not state a format", where=str(places.marker)) from why
    if not isinstance(stated, int) or isinstance(stated, bool) or stated < 1:
        raise StoreDamaged("store.json does not state a format", where=str(places.marker))
    if stated > FORMAT:
        raise too_new(places, stated)
    return stated


def too_new(places: Places, stated: int) -> StoreTooNew:
    """Return the refusal of a store made by a newer version."""
    return StoreTooNew(
        f"the store has format {stated}; this version reads formats up to {FORMAT}",
        where=str(places.root),
        next_step=_NEXT_NEWER,
    )
