"""What a person hands over, unfolded into single files: files, folders, zips of files.

A workbook is itself a zip; it is known by its ``xl/workbook.xml``. Archives are looked into one
level deep. Their members are read into memory, or where they may be record tables copied to the
store's own disk under a number, so that a member's name cannot lead anywhere.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from openlifecycle.errors import DamagedInput, NotAWorkbook, RefusedInput, UnsafeInput
from openlifecycle.intake.record_files import FLAT_SUFFIXES, Bench, is_flat, may_be_table
from openlifecycle.reading.safety import WORKBOOK_PART, unsafe_name
from openlifecycle.settings import (
    ARCHIVE_LIMITS,
    RECORD_LIMITS,
    WORKBOOK_LIMITS,
    ArchiveLimits,
)
from openlifecycle.vault.rows import Origin

_WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
_TAKEN_FROM_FOLDERS = (*_WORKBOOK_SUFFIXES, ".zip", *FLAT_SUFFIXES)
_LOCK_PREFIX = "~$"  # Excel's mark of a workbook somebody has open
_ENCRYPTED_FLAG = 0x1
_T = TypeVar("_T")


@dataclass(frozen=True)
class Offer:
    """One workbook at the door.

    Attributes:
        label: how messages name it.
        origin: how it came.
        data: its bytes.
        path: the file it was read from; None for the member of an archive.
    """

    label: str
    origin: Origin
    data: bytes
    path: Path | None = None


@dataclass(frozen=True)
class Table:
    """A file that can only be a record table, by its suffix or its size.

    Attributes:
        label: how messages name it.
        origin: how it came.
        path: where it lies.
        is_ours: whether that is a copy in the store's ``tmp``.
        is_named: whether a person named this very file, so that another kind of file is refused
            and not just passed over.
    """

    label: str
    origin: Origin
    path: Path
    is_ours: bool
    is_named: bool


@dataclass(frozen=True)
class Skipped:
    """A file that is not even tried, and why."""

    label: str
    why: str


@dataclass(frozen=True)
class Turned:
    """A source that could not be unfolded: one refusal, the other sources go on."""

    label: str
    error: RefusedInput


Item = Offer | Table | Skipped | Turned


def count_files(path: Path) -> int:
    """Return how many files a path holds, for a progress bar; members of zips are not counted."""
    if not path.is_dir():
        return 1
    return sum(1 for file in _walk(path) if _reason_to_skip(file.name) == "")


def unfold(path: Path, bench: Bench) -> Iterator[Item]:
    """Yield the workbooks and tables of a file or folder, in a fixed order."""
    if not path.is_dir():
        yield from unfold_file(path, str(path), Origin("file", path.name), bench)
        return
    found = False
    for file in _walk(path):
        label = str(file)
        why = _reason_to_skip(file.name) or _reason_to_skip_table(file)
        if why:
            yield Skipped(label, why)
            continue
        found = True
        yield from unfold_file(file, label, Origin("file", file.name), bench, is_named=False)
    if not found:
        why_not = "the folder has no workbooks (.xlsx, .xlsm), no record tables and no .zip"
        yield Turned(str(path), NotAWorkbook(why_not, where=str(path)))


def _walk(path: Path) -> list[Path]:
    """Return the files below a folder in name order; links to folders are not followed."""
    return sorted(Path(top) / name for top, _, names in os.walk(path) for name in names)


def _reason_to_skip(name: str) -> str:
    if name.startswith(_LOCK_PREFIX):
        return "a lock file of Excel (somebody has the workbook open)"
    if name.startswith("."):
        return "a hidden file"
    if not name.lower().endswith(_TAKEN_FROM_FOLDERS):
        return "not a workbook (.xlsx, .xlsm), record table (.parquet, .csv, ...) or .zip"
    return ""


def _reason_to_skip_table(file: Path) -> str:
    if is_flat(file.name) and not may_be_table(file):
        return "a text without columns"
    return ""


def unfold_file(
    path: Path, label: str, origin: Origin, bench: Bench, *, is_named: bool = True
) -> Iterator[Item]:
    """Yield the workbook or table in a file, or those in an archive.

    Args:
        path: the file.
        label: how messages name it.
        origin: how it came; its name may be another than that of the path.
        bench: where members of archives are unpacked.
        is_named: whether a person named this very file.
    """
    try:
        members = _members_of_archive(path)
        if members is not None:
            yield from _unfold_archive(path, label, origin, members, bench)
        elif _is_table(path, origin.name):
            yield Table(label, origin, path, is_ours=False, is_named=is_named)
        else:
            yield Offer(label, origin, _read(path), path)
    except RefusedInput as error:
        yield Turned(label, error)


def _is_table(path: Path, name: str) -> bool:
    """Return whether a regular file is no workbook of aggregates, by its suffix or its size."""
    if not path.is_file():
        return False
    is_workbook = name.lower().endswith(_WORKBOOK_SUFFIXES)
    return is_flat(name) or (is_workbook and path.stat().st_size > WORKBOOK_LIMITS.file_bytes)


def _read(path: Path) -> bytes:
    """Return the bytes of a file, unless it is too large to be a workbook.

    Raises:
        UnsafeInput: it is larger than a workbook may be.
        DamagedInput: it is not there, not a file, or the disk cannot give it.
    """
    limit = WORKBOOK_LIMITS.file_bytes
    try:
        if not path.is_file():
            what = "it is not a regular file" if path.exists() else "there is no such file"
            raise DamagedInput(what, where=str(path))
        with path.open("rb") as handle:
            data = handle.read(limit + 1)
    except OSError as why:
        raise _unreadable(path, why) from why
    if len(data) > limit:
        raise UnsafeInput(f"the file is larger than a workbook may be ({limit:,} bytes)")
    return data


def _unreadable(path: Path, why: OSError) -> DamagedInput:
    return DamagedInput(
        f"the file cannot be read: {why.strerror or why}",
        where=str(path),
        next_step="check the disk and the permissions of the file",
    )


def _members_of_archive(path: Path) -> list[zipfile.ZipInfo] | None:
    """Return the members of a zip of files; None for a workbook and for anything that is no zip."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as handle:
            if handle.read(4) != b"PK\x03\x04":
                return None
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except OSError as why:
        raise _unreadable(path, why) from why
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error):
        return None  # the check of the bytes says what is wrong with it
    names = {info.filename for info in infos}
    wanted = any(_is_wanted(info) for info in infos)
    return infos if WORKBOOK_PART not in names and wanted else None


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    """Return whether a member is a workbook or may be a record table, by its name."""
    name = PurePosixPath(info.filename).name
    return (
        not info.is_dir()
        and name.lower().endswith((*_WORKBOOK_SUFFIXES, *FLAT_SUFFIXES))
        and not name.startswith((_LOCK_PREFIX, "."))  # "._x.xlsx": macOS resource forks
    )


def _unfold_archive(
    path: Path,
    label: str,
    origin: Origin,
    infos: list[zipfile.ZipInfo],
    bench: Bench,
    limits: ArchiveLimits = ARCHIVE_LIMITS,
) -> Iterator[Item]:
    _check_archive(path, infos, limits)
    passed_over: list[Skipped] = []
    found = False
    with zipfile.ZipFile(path) as archive:
        for info in infos:
            if info.is_dir():
                continue
            item = _unfold_member(archive, info, f"{label}!{info.filename}", origin, bench)
            if isinstance(item, Skipped) and not found:
                passed_over.append(item)
                continue
            if not found:
                yield from passed_over
            found = True
            yield item
    if not found:
        raise NotAWorkbook(
            f"the file is a zip of {len(infos)} files without {WORKBOOK_PART} or a record table"
        )


def _unfold_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str, origin: Origin, bench: Bench
) -> Item:
    if not _is_wanted(info):
        return Skipped(label, "neither workbook nor record table; archives are not nested")
    came = Origin(
        "archive" if origin.kind == "file" else origin.kind,
        PurePosixPath(info.filename).name,
        archive=origin.name,
        url=origin.url,
        etag=origin.etag,
        last_modified=origin.last_modified,
    )
    try:
        return _member(archive, info, label, came, bench)
    except RefusedInput as error:
        return Turned(label, error)


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str, origin: Origin, bench: Bench
) -> Item:
    """Return a member: small workbooks in memory, whatever else as a copy on disk."""
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise DamagedInput("the archive is encrypted: a member needs a password")
    with closing(_Member(archive, info)) as source:
        if not is_flat(info.filename) and info.file_size <= WORKBOOK_LIMITS.file_bytes:
            return Offer(label, origin, _bounded(source))
        limits = RECORD_LIMITS
        if info.file_size > max(limits.ratio_from_bytes, limits.ratio * info.compress_size):
            raise UnsafeInput(
                f"a member expands more than {limits.ratio} times (a zip bomb looks like this)"
            )
        place, _, _ = bench.keep(source, origin.name, most=info.file_size)
    if is_flat(info.filename) and not may_be_table(place):
        return Skipped(label, "a text without columns")
    return Table(label, origin, place, is_ours=True, is_named=False)


def _check_archive(path: Path, infos: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    if path.stat().st_size > limits.file_bytes:
        raise UnsafeInput(f"the archive is larger than {limits.file_bytes:,} bytes")
    if len(infos) > limits.members:
        raise UnsafeInput(
            f"the archive has {len(infos):,} members; the limit is {limits.members:,}"
        )
    total = sum(info.file_size for info in infos)
    if total > limits.total_bytes:
        raise UnsafeInput(
            f"the archive would expand to {total:,} bytes; the limit is {limits.total_bytes:,}"
        )
    for info in infos:
        if unsafe_name(info):
            raise UnsafeInput("a member's name leads out of the archive", where=repr(info.filename))


class _Member:
    """A member of an archive as a source whose faults are refusals of the input."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._handle = _or_damaged(lambda: archive.open(info))

    def read(self, size: int, /) -> bytes:
        """Return up to so many of the next bytes."""
        return _or_damaged(lambda: self._handle.read(size))

    def close(self) -> None:
        """Let go of the member."""
        self._handle.close()


def _or_damaged(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as why:
        raise DamagedInput(f"a member of the archive cannot be unpacked: {why}") from why
    except zlib.error as why:
        raise DamagedInput(f"a member of the archive cannot be unpacked: {why}") from why


def _bounded(source: _Member) -> bytes:
    limit = WORKBOOK_LIMITS.file_bytes
    data = source.read(limit + 1)
    if len(data) > limit:
        raise UnsafeInput(f"a member is larger than a workbook may be ({limit:,} bytes)")
    return data
