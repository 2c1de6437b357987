"""What a person hands over, unfolded into single workbooks: files, folders, zips of workbooks.

A workbook is itself a zip; it is known by its ``xl/workbook.xml``. Archives are looked into one
level deep, and their members are read into memory, never unpacked to disk, so that a member's
name cannot lead anywhere.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from openlifecycle.errors import DamagedInput, NotAWorkbook, RefusedInput, UnsafeInput
from openlifecycle.reading.safety import WORKBOOK_PART, unsafe_name
from openlifecycle.settings import ARCHIVE_LIMITS, WORKBOOK_LIMITS, ArchiveLimits
from openlifecycle.vault.rows import Origin

_WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
_TAKEN_FROM_FOLDERS = (*_WORKBOOK_SUFFIXES, ".zip")
_LOCK_PREFIX = "~$"  # Excel's mark of a workbook somebody has open
_ENCRYPTED_FLAG = 0x1


@dataclass(frozen=True)
class Offer:
    """One workbook at the door: its label in messages, how it came, and its bytes."""

    label: str
    origin: Origin
    data: bytes


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


Item = Offer | Skipped | Turned


def count_files(path: Path) -> int:
    """Return how many files a path holds, for a progress bar; members of zips are not counted."""
    if not path.is_dir():
        return 1
    return sum(1 for file in _walk(path) if _reason_to_skip(file.name) == "")


def unfold(path: Path) -> Iterator[Item]:
    """Yield the workbooks of a file or folder, in a fixed order."""
    if not path.is_dir():
        yield from unfold_file(path, str(path), Origin("file", path.name))
        return
    found = False
    for file in _walk(path):
        label = str(file)
        why = _reason_to_skip(file.name)
        if why:
            yield Skipped(label, why)
            continue
        found = True
        yield from unfold_file(file, label, Origin("file", file.name))
    if not found:
        why_not = "the folder has no workbooks (.xlsx, .xlsm) and no .zip"
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
        return "not .xlsx, .xlsm or .zip"
    return ""


def unfold_file(path: Path, label: str, origin: Origin) -> Iterator[Item]:
    """Yield the workbook in a file, or the workbooks in an archive."""
    try:
        members = _members_of_archive(path)
        if members is None:
            yield Offer(label, origin, _read(path))
        else:
            yield from _unfold_archive(path, label, origin, members)
    except RefusedInput as error:
        yield Turned(label, error)


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
    workbooks = any(_is_workbook_name(info) for info in infos)
    return infos if WORKBOOK_PART not in names and workbooks else None


def _is_workbook_name(info: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(info.filename).name
    return (
        not info.is_dir()
        and name.lower().endswith(_WORKBOOK_SUFFIXES)
        and not name.startswith((_LOCK_PREFIX, "."))  # "._x.xlsx": macOS resource forks
    )


def _unfold_archive(
    path: Path,
    label: str,
    origin: Origin,
    infos: list[zipfile.ZipInfo],
    limits: ArchiveLimits = ARCHIVE_LIMITS,
) -> Iterator[Item]:
    _check_archive(path, infos, limits)
    with zipfile.ZipFile(path) as archive:
        for info in infos:
            if info.is_dir():
                continue
            member = f"{label}!{info.filename}"
            if not _is_workbook_name(info):
                yield Skipped(member, "not a workbook (.xlsx, .xlsm); archives are not nested")
                continue
            try:
                data = _read_member(archive, info)
            except RefusedInput as error:
                yield Turned(member, error)
                continue
            name = PurePosixPath(info.filename).name
            came = Origin(
                "archive" if origin.kind == "file" else origin.kind,
                name,
                archive=origin.name,
                url=origin.url,
                etag=origin.etag,
                last_modified=origin.last_modified,
            )
            yield Offer(member, came, data)


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


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    limit = WORKBOOK_LIMITS.file_bytes
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise DamagedInput("the archive is encrypted: a member needs a password")
    try:
        with archive.open(info) as handle:
            data = handle.read(limit + 1)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as why:
        raise DamagedInput(f"a member of the archive cannot be unpacked: {why}") from why
    except zlib.error as why:
        raise DamagedInput(f"a member of the archive cannot be unpacked: {why}") from why
    if len(data) > limit:
        raise UnsafeInput(f"a member is larger than a workbook may be ({limit:,} bytes)")
    return data
