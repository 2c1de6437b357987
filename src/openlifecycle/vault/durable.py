"""Files that are either wholly there or not there at all, whatever happens to the machine."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from openlifecycle.errors import StoreNotWritable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_PIECE = 1 << 20


def sha256_of_file(path: Path) -> tuple[str, int]:
    """Return (sha256, size) of a file, read in pieces."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as handle:
        while piece := handle.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and wait until the disk has it."""
    with path.open("xb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


class Source(Protocol):
    """Something that gives its bytes in pieces: an open file, or the member of an archive."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many of the next bytes, none at the end."""


def copy_hashed(source: Source, destination: Path, *, most: int) -> tuple[str, int]:
    """Copy to a new file in pieces; return (sha256, size) of what was copied.

    Args:
        source: where from.
        destination: a name that is free.
        most: bytes after which to stop, so that a source that lies about its size fills no disk.
    """
    digest, size = hashlib.sha256(), 0
    with destination.open("xb") as handle:
        while size <= most and (piece := source.read(_PIECE)):
            digest.update(piece)
            size += handle.write(piece)
    return digest.hexdigest(), size


def sync_file(path: Path) -> None:
    """Wait until the disk has the content of a file."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the disk has the folder's list of names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> list[Path]:
    """Make a folder and its missing parents; return those made, deepest last."""
    made: list[Path] = []
    if path.is_dir():
        return made
    made += make_folder(path.parent)
    with suppress(FileExistsError):  # another process was faster
        path.mkdir()
        made.append(path)
        sync_folder(path.parent)
    return made


class Placing:
    """A set of files that go into place together, or not at all.

    Everything is written to ``tmp`` and synced first, so that a full disk shows before anything
    has a name in the store; ``place`` only renames. ``undo`` takes back what was placed.
    """

    def __init__(self, tmp: Path) -> None:
        """Write into ``tmp``, which lies on the same filesystem as the destinations."""
        self._tmp = tmp
        self._waiting: list[tuple[Path, Path]] = []
        self._placed: list[Path] = []
        self._folders: list[Path] = []

    def write(self, destination: Path, data: bytes) -> None:
        """Write a file to ``tmp``; it gets its name in ``place``."""
        source = self._tmp / f"{len(self._waiting)}-{destination.name}"
        self._waiting.append((source, destination))
        write_synced(source, data)

    def adopt(self, destination: Path, source: Path) -> None:
        """Take a finished file on the same filesystem as it lies; it gets its name in ``place``."""
        self._waiting.append((source, destination))
        sync_file(source)

    def place(self) -> None:
        """Rename every file to its place and wait until the disk has the names."""
        folders = {destination.parent for _, destination in self._waiting}
        for folder in sorted(folders):
            self._folders += make_folder(folder)
        for source, destination in self._waiting:
            # A file that an earlier, interrupted take left here holds the same content, or is
            # not accounted for by the catalogue; either way ours is right and takes its place.
            if not destination.exists():
                self._placed.append(destination)
            source.replace(destination)
        for folder in sorted(folders):
            sync_folder(folder)

    def undo(self) -> None:
        """Leave the store as it was before the first ``write``."""
        for path in [source for source, _ in self._waiting] + self._placed:
            path.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            with suppress(OSError):  # not empty: somebody else's file lies there by now
                folder.rmdir()


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write into one that a person can act on."""
    try:
        yield
    except OSError as why:
        if why.errno in _FULL:
            raise StoreNotWritable(
                "the disk is full (or a size limit was reached); the release was not taken",
                where=str(where),
                next_step="make room, then take the same files again",
            ) from why
        raise StoreNotWritable(
            f"the store cannot be written: {why.strerror or why}; the release was not taken",
            where=str(why.filename or where),
            next_step="check the disk and its permissions, then take the same files again",
        ) from why
