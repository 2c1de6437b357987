"""The secret of a store, from which the record keys and the noise of every cell are drawn.

Who knows it can take the noise off again, so it leaves in nothing: no listing, receipt, log, proof
or export names it, and only its owner can read the file. Without it (a store copied without
``secrets/``) the same question gets other noise, and two draws tell more than one.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from openlifecycle.errors import StoreDamaged, StoreProblem, UsageError
from openlifecycle.vault.durable import sync_folder

#: Names a file that holds the secret in the place of the store's own, for stores that lie on a
#: medium that cannot be written or that several people share.
CELL_KEY_FILE_ENV: Final = "OPENLIFECYCLE_CELL_KEY_FILE"

#: Bytes of a secret: what SHAKE-256 can make use of.
LENGTH: Final = 32

_FOLDER: Final = "secrets"
_NAME: Final = "cell-key"


def cell_secret(root: Path) -> bytes:
    """Return the 32 secret bytes of the store in a folder, made on the first call.

    Any number of processes may make them at once: all return the same.

    Raises:
        UsageError: the file that the environment names cannot be read or is too short.
        StoreDamaged: the store's own is too short.
        StoreProblem: there is none yet, and none can be written.
    """
    named = os.environ.get(CELL_KEY_FILE_ENV, "")
    if named:
        return _of_the_environment(Path(named).expanduser())
    file = root / _FOLDER / _NAME
    try:
        return _whole(file)
    except FileNotFoundError:
        return _made(file)


def _of_the_environment(file: Path) -> bytes:
    try:
        found = file.read_bytes()
    except OSError as why:
        raise UsageError(
            f"the file of the cell key cannot be read: {why.strerror}",
            where=CELL_KEY_FILE_ENV,
            next_step=f"unset {CELL_KEY_FILE_ENV}, or name a file of {LENGTH} random bytes",
        ) from why
    if len(found) < LENGTH:
        raise UsageError(
            f"the file of the cell key holds {len(found)} bytes; {LENGTH} are the least",
            where=CELL_KEY_FILE_ENV,
            next_step="head -c 32 /dev/urandom > FILE makes one; keep it, or every figure changes",
        )
    # a longer one counts whole: text of 64 digits has 32 bytes of chance in it
    return found if len(found) == LENGTH else hashlib.sha256(found).digest()


def _whole(file: Path) -> bytes:
    try:
        found = file.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as why:
        raise StoreProblem(
            f"the cell key of the store cannot be read: {why.strerror}",
            where=str(file),
            next_step=f"ask as the user who owns the store, or set {CELL_KEY_FILE_ENV}",
        ) from why
    if len(found) != LENGTH:
        raise StoreDamaged(
            "the cell key of the store is not whole",
            where=str(file),
            next_step="put it back from a copy; a new one draws new noise for every figure",
        )
    return found


def _made(file: Path) -> bytes:
    """Make the secret and return it, or the one of a process that was faster."""
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        unfinished = file.with_name(f".{_NAME}.{secrets.token_hex(8)}")
        try:
            _write_private(unfinished, secrets.token_bytes(LENGTH))
            try:
                # a link, not a rename: it fails where the name is taken, so the first one stays
                file.hardlink_to(unfinished)
            except FileExistsError:
                return _whole(file)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(file.parent)
        sync_folder(file.parent.parent)
    except OSError as why:
        raise StoreProblem(
            f"records are answered with noise that needs a secret of the store; there is none yet, "
            f"and it cannot be written: {why.strerror or why}",
            where=str(file),
            next_step=f"make the store writable once, or let {CELL_KEY_FILE_ENV} name a file of "
            f"{LENGTH} random bytes",
        ) from why
    return _whole(file)


def _write_private(file: Path, data: bytes) -> None:
    """Write a new file that only its owner may read, and wait until the disk has it."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as opened:
        os.fchmod(handle, 0o600)  # whatever the umask is
        opened.write(data)
        opened.flush()
        os.fsync(handle)
