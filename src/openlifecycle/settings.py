"""Where the store lies, and every limit the door keeps, with its unit and its reason.

Nothing here imports a frame library: ``olc --help`` reads this module and must stay fast.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Names of the environment variables; ``--store`` wins over the first.
STORE_ENV: Final = "OPENLIFECYCLE_STORE"
DEBUG_ENV: Final = "OPENLIFECYCLE_DEBUG"
CORPUS_ENV: Final = "OPENLIFECYCLE_CORPUS"
CACHE_ENV: Final = "OPENLIFECYCLE_CACHE"

KIB: Final = 1024
MIB: Final = 1024 * KIB


def store_path(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the store: the given one, else the environment's, else the user's own.

    Args:
        given: what ``--store`` said, or None.

    Returns:
        An absolute path; the folder need not exist yet.
    """
    chosen = os.fspath(given) if given else os.environ.get(STORE_ENV, "")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return _data_folder() / "store"


def starter_path() -> Path:
    """Return where the starter set of ``olc demo`` is unpacked: never inside the user's store."""
    return _data_folder() / "starter"


def showing_path() -> Path:
    """Return where the store of ``olc serve --demo`` is made: never inside the user's store."""
    return _data_folder() / "demonstration"


def _data_folder() -> Path:
    # Imported here: `olc --help` needs no folder.
    import platformdirs

    return platformdirs.user_data_path("openlifecycle")


def cache_path() -> Path:
    """Return the folder of partial downloads: the environment's, else the user's own cache."""
    chosen = os.environ.get(CACHE_ENV, "")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("openlifecycle", appauthor=False)) / "downloads"


@dataclass(frozen=True)
class WorkbookLimits:
    """What one workbook may cost before it is read.

    The largest published workbook seen is 1.6 MB in 76 parts, 12 MB unpacked, one part 11 MB,
    no part above 30:1. The limits leave each a factor of ten or more and still keep the reader,
    which holds one workbook at a time, well under the 500 MB promised for a whole corpus.
    """

    file_bytes: int = 64 * MIB
    parts: int = 2_000
    part_bytes: int = 128 * MIB
    total_bytes: int = 256 * MIB
    #: unpacked : packed, asked only of parts above ``ratio_from_bytes``
    ratio: int = 200
    ratio_from_bytes: int = 1 * MIB
    #: parts that are parsed whole: workbook.xml, its relationships, docProps/core.xml
    parsed_part_bytes: int = 4 * MIB
    error_cells: int = 100_000
    #: places of the rectangle around a sheet's cells; the reader needs about 32 bytes for each
    grid_places: int = 8_000_000


@dataclass(frozen=True)
class RecordLimits:
    """What one file of a record release may cost.

    The largest released file seen is below 400 MB; the largest table as text below 4 GB. Record
    files are never in memory whole, so the limit protects the disk.
    """

    file_bytes: int = 8 * 1024 * MIB
    #: unpacked : packed of an archive's member, asked only above ``ratio_from_bytes``; the text of
    #: a table packs 10 to 40 times
    ratio: int = 200
    ratio_from_bytes: int = 16 * MIB


@dataclass(frozen=True)
class ArchiveLimits:
    """What a zip of files may cost; its members are files, never further archives."""

    file_bytes: int = 4 * 1024 * MIB
    members: int = 5_000
    total_bytes: int = 16 * 1024 * MIB


@dataclass(frozen=True)
class FetchLimits:
    """What one download may cost: an archive of all record tables of a release, with room."""

    file_bytes: int = 4 * 1024 * MIB
    redirects: int = 5
    #: whole tries, the first included; each try resumes where the last one stopped
    tries: int = 4
    connect_seconds: float = 10.0
    #: longest silence of the server between two pieces
    read_seconds: float = 30.0
    #: the wait before try n + 1 is ``backoff_seconds * 2**(n - 1)``
    backoff_seconds: float = 0.5


WORKBOOK_LIMITS: Final = WorkbookLimits()
RECORD_LIMITS: Final = RecordLimits()
ARCHIVE_LIMITS: Final = ArchiveLimits()
FETCH_LIMITS: Final = FetchLimits()

#: How long a ``take`` waits for another one to commit, in seconds.
LOCK_SECONDS: Final = 60.0
