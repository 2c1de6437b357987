"""One writer at a time: an advisory lock that the operating system drops when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openlifecycle.errors import StoreBusy
from openlifecycle.settings import LOCK_SECONDS
from openlifecycle.vault.durable import disk_errors

_POLL_SECONDS = 0.02


@contextmanager
def writing(path: Path, *, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold the store's lock; wait at most ``seconds`` for another writer. Readers never ask for it.

    Raises:
        StoreBusy: another process held the lock all that time.
        StoreNotWritable: the lock file cannot be opened for writing.
    """
    deadline = time.monotonic() + seconds
    handle = None
    try:
        while handle is None:
            with disk_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            _acquire(handle, path, deadline, seconds)
            if not _is_the_file(handle, path):  # the store that was waited for is gone again
                os.close(handle)
                handle = None
        yield
    finally:
        if handle is not None:
            os.close(handle)  # closing lets go of the lock


def _is_the_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _acquire(handle: int, path: Path, deadline: float, seconds: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as why:
            if time.monotonic() >= deadline:
                raise StoreBusy(
                    f"another process has been writing to the store for {seconds:g} seconds",
                    where=str(path),
                    next_step="wait for it to end, then try again",
                ) from why
        time.sleep(_POLL_SECONDS)
