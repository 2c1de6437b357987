"""Files at the door that hold record tables: how they are told from workbooks of aggregates.

A record file may be gigabytes, so it never comes as bytes in memory: it is a place on disk, the
publisher's own file or a copy in a folder of the store's ``tmp``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from openlifecycle.errors import UnsafeInput
from openlifecycle.vault.durable import Source, copy_hashed, disk_errors
from openlifecycle.vault.places import Places
from openlifecycle.vault.rows import Origin
from openlifecycle.vault.work import work_folder

if TYPE_CHECKING:
    from openlifecycle.reading.records.frame import Member, Recognised, RecordFrame

#: Suffixes of flat files that may hold a record table; of one file the longest counts.
FLAT_SUFFIXES: Final = (
    *(".parquet", ".feather", ".arrow", ".csv", ".csv.gz", ".txt", ".txt.gz", ".tsv", ".tsv.gz"),
)
_TEXT_SUFFIXES: Final = (".csv", ".txt", ".tsv")
_SEPARATORS: Final = b",|\t;"
#: A text file is worth a look if one of its first lines has so many separators.
_FEWEST_SEPARATORS: Final = 5
_HEAD_BYTES: Final = 1 << 16


class RecordReader(Protocol):
    """What the reading room gives for record tables; another one in tests."""

    def recognise(self, path: Path) -> Recognised | None:
        """Return which record table a file holds, None where it is none."""

    def read(
        self, members: Sequence[Member], *, release_id: str, out: Path, work: Path
    ) -> RecordFrame:
        """Write the events of a release's files into one Parquet file."""


class ReadingRoom:
    """The reader of the reading room, imported when first needed."""

    def recognise(self, path: Path) -> Recognised | None:
        """Return which record table a file holds, None where it is none."""
        from openlifecycle.reading.records.recognise import recognise

        return recognise(path)

    def read(
        self, members: Sequence[Member], *, release_id: str, out: Path, work: Path
    ) -> RecordFrame:
        """Write the events of a release's files into one Parquet file."""
        from openlifecycle.reading.records.read import read_records

        return read_records(members, release_id=release_id, out=out, work=work)


@dataclass(frozen=True)
class RecordFile:
    """A file of a record table at the door.

    Attributes:
        label: how messages name it.
        path: where its bytes lie now.
        is_ours: whether that is a copy in the work folder, which may be moved.
        is_unchanged: whether its address says that it is what it gave before.
    """

    label: str
    origin: Origin
    path: Path
    recognised: Recognised
    is_ours: bool = False
    is_unchanged: bool = False


def suffix_of(name: str) -> str:
    """Return the suffix that a file keeps in the store, ``.csv.gz`` as one."""
    low = name.lower()
    for suffix in sorted(FLAT_SUFFIXES, key=len, reverse=True):
        if low.endswith(suffix):
            return suffix
    return Path(low).suffix


def is_flat(name: str) -> bool:
    """Return whether a name is that of a flat file which may hold a record table."""
    return name.lower().endswith(FLAT_SUFFIXES)


def may_be_table(path: Path) -> bool:
    """Return whether a flat file is worth a look: a text without columns is nobody's table."""
    if not path.name.lower().endswith(_TEXT_SUFFIXES):
        return True
    try:
        with path.open("rb") as handle:
            lines = handle.read(_HEAD_BYTES).split(b"\n")
    except OSError:
        return True  # the refusal will say why it cannot be read
    return any(
        line.count(bytes([separator])) >= _FEWEST_SEPARATORS
        for line in lines
        for separator in _SEPARATORS
    )


class Bench:
    """The folder in the store where one ``take`` keeps what it unpacks, made when first needed."""

    def __init__(self, places: Places) -> None:
        """Work for the store of these places, which need not be made yet."""
        self._places = places
        self._open = ExitStack()
        self._folder: Path | None = None
        self._count = 0

    def __enter__(self) -> Bench:
        """Return itself; nothing is made yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the folder with all that is in it."""
        self._open.close()

    def store_is_made(self) -> bool:
        """Return whether there is a store to ask already."""
        return self._places.marker.exists()

    def place(self, name: str = "") -> Path:
        """Return a free place in the folder, ending as ``name`` does."""
        if self._folder is None:
            self._folder = self._open.enter_context(work_folder(self._places))
        self._count += 1
        return self._folder / f"{self._count:04}{suffix_of(name)}"

    def folder(self) -> Path:
        """Return a new empty folder in the folder."""
        made = self.place()
        with disk_errors(made):
            made.mkdir()
        return made

    def keep(self, source: Source, name: str, *, most: int) -> tuple[Path, str, int]:
        """Copy a source; return the copy's place, sha256 and size.

        Raises:
            UnsafeInput: it is longer than ``most`` bytes.
            StoreNotWritable: the disk is full.
        """
        place = self.place(name)
        with disk_errors(place):
            sha256, size = copy_hashed(source, place, most=most)
        if size > most:
            place.unlink()
            raise UnsafeInput(f"the file is larger than {most:,} bytes")
        return place, sha256, size
