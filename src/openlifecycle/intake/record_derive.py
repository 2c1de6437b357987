"""One record release from its files to what the vault will land: read, searched, accounted for."""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from openlifecycle.errors import DamagedInput, OpenLifecycleError
from openlifecycle.intake.record_files import ReadingRoom, RecordReader
from openlifecycle.intake.record_scan import refuse_people
from openlifecycle.intake.workers import ReaderFault
from openlifecycle.reading.records.frame import Member
from openlifecycle.settings import DEBUG_ENV
from openlifecycle.vault.durable import disk_errors
from openlifecycle.vault.record_rows import DerivedRecords

#: How a full disk is told by libraries that lose the number of the system's error.
_FULL: Final = ("No space left on device", "Disk quota exceeded", "File too large")
_FULL_NUMBERS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def derive_records(
    members: Sequence[Member], release_id: str, work: Path, reader: RecordReader
) -> DerivedRecords:
    """Return what reading the files of a record release gives, or refuse it.

    Args:
        members: its files, under the names that its rows will carry.
        release_id: its identity.
        work: an empty folder on the store's disk; the event table is left in it.
        reader: the reader.

    Raises:
        RefusedInput: not one table, unknown columns, or about people beyond the pseudonym.
        StoreNotWritable: the disk is full.
    """
    out, between = work / "events.parquet", work / "between"
    with disk_errors(work):
        between.mkdir()
    try:
        frame = reader.read(
            sorted(members, key=lambda m: (m.name, m.path.name)),
            release_id=release_id,
            out=out,
            work=between,
        )
        refuse_people(out)
    except OpenLifecycleError:
        raise
    except Exception as fault:  # one release must not cost the person the others
        if _is_full(fault):
            with disk_errors(work):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from fault
        raise_refusal(fault, "these records")
    account = {"receipt": frame.receipt, "findings": frame.findings}
    return DerivedRecords(
        series=frame.series,
        table=frame.table,
        layout=frame.layout,
        form=frame.form,
        rows=frame.rows,
        first=frame.first,
        through=frame.through,
        through_why=frame.through_why,
        events=out,
        account=(json.dumps(account, ensure_ascii=False, sort_keys=True) + "\n").encode(),
    )


def raise_refusal(fault: Exception, what: str) -> NoReturn:
    """Raise a fault of the reader as a refusal that tells its kind alone.

    Its words may quote a cell, and a cell of records is a person's.

    Raises:
        DamagedInput: the file ended early, or what is packed in it cannot be unpacked.
        ReaderFault: anything else, which is a fault of ours.
    """
    if os.environ.get(DEBUG_ENV) == "1":
        raise fault
    kind = type(fault).__name__
    is_damage = isinstance(fault, OSError | EOFError | zlib.error)
    if is_damage or type(fault).__module__.startswith("pyarrow"):
        raise DamagedInput(
            f"a file of {what} is damaged or cut short ({kind})",
            next_step="fetch it again and compare its size with the publisher's",
        ) from None
    raise ReaderFault(
        f"the reader failed on {what} ({kind})",
        next_step=f"this is a fault of OpenLifecycle, not of the file: run again with {DEBUG_ENV}=1"
        " and report the traceback without any cell it may show",
    ) from None


def derive_again(members: list[tuple[str, Path]], release_id: str, work: Path) -> DerivedRecords:
    """Return what reading a release of the store gives; the vault calls it to rebuild."""
    files = [Member(name, path) for name, path in members]
    return derive_records(files, release_id, work, ReadingRoom())


def _is_full(fault: Exception) -> bool:
    """Return whether a disk without room is behind a fault."""
    if isinstance(fault, OSError) and fault.errno in _FULL_NUMBERS:
        return True
    return any(words in str(fault) for words in _FULL)
