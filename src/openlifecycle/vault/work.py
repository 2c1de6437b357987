"""Folders in the store's ``tmp`` that outlive the writers' lock.

Reading a record release takes minutes, and nobody may hold the lock of writers that long. Whoever
reads works in a folder of its own there, on the store's disk so that finished files need only be
renamed, and holds a lock on that folder: writers sweep the folders of those who died, and no other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from openlifecycle.vault.durable import disk_errors, make_folder
from openlifecycle.vault.lock import writing
from openlifecycle.vault.places import Places

_HOLD: Final = "held"
_PREFIX: Final = "work-"


@contextmanager
def work_folder(places: Places) -> Iterator[Path]:
    """Yield an empty folder below ``tmp``; it is gone afterwards, whatever happened.

    There need not be a store yet: where none came of the work, no folder is left.
    """
    with disk_errors(places.root):
        made = make_folder(places.root)
        with writing(places.lock):
            make_folder(places.tmp)
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=places.tmp))
            handle = os.open(folder / _HOLD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)
        if not places.marker.exists():
            _unmake(places, made)


def _unmake(places: Places, made: list[Path]) -> None:
    """Take the folders back that were made for a store that did not come to be."""
    with writing(places.lock):
        if places.marker.exists():  # another process made the store meanwhile
            return
        with suppress(OSError):  # another process works there
            places.tmp.rmdir()
            places.lock.unlink()
            for folder in reversed(made):
                folder.rmdir()


def in_use(entry: Path) -> bool:
    """Return whether something in ``tmp`` is the folder of a process that is alive."""
    if not entry.is_dir():
        return False
    try:
        handle = os.open(entry / _HOLD, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def sweep(places: Places) -> None:
    """Remove what killed writers left in ``tmp``; the caller holds the lock of writers."""
    for entry in places.tmp.iterdir():
        if in_use(entry):
            continue
        if entry.is_dir():
            # Its owner may be at the end of its work and remove it in this very moment.
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
