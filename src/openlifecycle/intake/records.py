"""Record files of one command: sorted into releases, read, and landed as collections.

Files of one series and layout are one release; the releases of one layout family are one
collection, because they were taken together. What cannot be told apart is refused, not guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from openlifecycle.errors import DamagedInput, RefusedInput
from openlifecycle.intake.outcome import ALREADY, NOT_CHANGED, TAKEN, Outcome, refusal
from openlifecycle.intake.passport import passport
from openlifecycle.intake.record_derive import derive_records
from openlifecycle.intake.record_files import Bench, RecordFile, RecordReader, suffix_of
from openlifecycle.reading.records.frame import Member
from openlifecycle.settings import RECORD_LIMITS
from openlifecycle.vault.durable import sha256_of_file
from openlifecycle.vault.record_landing import (
    Arrival,
    Arrived,
    LandedRecords,
    known_records,
    land_records,
)
from openlifecycle.vault.record_rows import MemberRow
from openlifecycle.vault.rows import Origin

if TYPE_CHECKING:
    from openlifecycle.vault.store import Store

_NAMED = 3
#: Told the name of each step; tests die in it.
Step = Callable[[str], None]


@dataclass(frozen=True)
class _Member:
    """One file of a release, and every way in which the same bytes came."""

    file: RecordFile
    sha256: str
    size: int
    origins: tuple[Origin, ...]

    @property
    def name(self) -> str:
        """Return the name its rows carry: the first in the order of names, not of arrival."""
        return min(origin.name for origin in self.origins)

    def row(self) -> MemberRow:
        """Return what the catalogue says of it."""
        return MemberRow(self.sha256, self.size, self.name, suffix_of(self.name))


@dataclass(frozen=True)
class _Group:
    """The files of one release."""

    files: tuple[RecordFile, ...]
    members: tuple[_Member, ...] = ()

    @property
    def label(self) -> str:
        """Return how messages name it."""
        if len(self.files) == 1:
            return self.files[0].label
        names = [file.label for file in self.files[:_NAMED]]
        return f"{len(self.files)} files: {', '.join(names)}" + (
            ", ..." if len(self.files) > _NAMED else ""
        )


def take_records(
    open_store: Callable[[], Store],
    files: Sequence[RecordFile],
    bench: Bench,
    reader: RecordReader,
    *,
    tell: Callable[[str], None] = lambda _text: None,
    step: Step = lambda _name: None,
) -> Iterator[Outcome]:
    """Yield one outcome for each release that the record files of a command are.

    Args:
        open_store: gives the store, made if need be.
        files: every record file of the command.
        bench: where to work.
        reader: reads them.
        tell: told what is being done, in words for a progress bar.
        step: told the name of each step as it begins.
    """
    by_layout: dict[str, list[RecordFile]] = defaultdict(list)
    for file in _in_their_layouts(files):
        by_layout[file.recognised.layout].append(file)
    for _, of_layout in sorted(by_layout.items()):
        by_series: dict[str, list[RecordFile]] = defaultdict(list)
        for file in of_layout:
            by_series[file.recognised.series].append(file)
        groups: list[_Group] = []
        arrivals: list[Arrival] = []
        for _, of_series in sorted(by_series.items()):
            group = _Group(tuple(of_series))
            try:
                group = _sorted_out(group)
                arrival = _arrival(open_store, group, bench, reader, tell, step)
            except RefusedInput as error:
                yield refusal(group.label, error, members=_labels(group))
                continue
            if arrival is None:
                yield Outcome(group.label, NOT_CHANGED, members=_labels(group))
                continue
            groups.append(group)
            arrivals.append(arrival)
        if arrivals:
            tell(f"Landing {len(arrivals)} releases of records")
            landed = land_records(open_store(), arrivals, step=step)
            for group, arrival, one in zip(groups, arrivals, landed, strict=True):
                yield _outcome(group, arrival, one)


def _in_their_layouts(files: Sequence[RecordFile]) -> Iterator[RecordFile]:
    """Yield the files, those whose header fits several layouts in that of the others.

    The clean names of a processed table can be those of two layouts; the tables that came with
    it say which one it is.
    """
    sure = {file.recognised.layout for file in files if not file.recognised.also}
    if not sure:
        sure = {file.recognised.layout for file in files}
        if len(sure) > 1:  # each fits several: one that fits all, whatever the order of files
            sure = set(sorted(set.intersection(*(set(_fitting(file)) for file in files)))[:1])
    for file in files:
        layout = next((one for one in _fitting(file) if one in sure), file.recognised.layout)
        yield replace(file, recognised=replace(file.recognised, layout=layout, also=()))


def _fitting(file: RecordFile) -> tuple[str, ...]:
    return (file.recognised.layout, *file.recognised.also)


def _labels(group: _Group) -> tuple[str, ...]:
    return tuple(file.label for file in group.files)


def _outcome(group: _Group, arrival: Arrival, landed: LandedRecords) -> Outcome:
    unchanged = all(file.is_unchanged for file in group.files)
    return Outcome(
        group.label,
        NOT_CHANGED if landed.outcome == ALREADY and unchanged else landed.outcome,
        landed.release_id,
        follows=landed.follows,
        follows_why=landed.follows_why,
        new_name=landed.new_name,
        members=_labels(group),
        rows=arrival.derived.rows if arrival.derived and landed.outcome == TAKEN else 0,
        collection_id=landed.collection_id,
    )


def _sorted_out(group: _Group) -> _Group:
    """Return the group with its members, each bytes once, or refuse what cannot be told apart.

    Raises:
        RefusedInput: the same table twice: as original and processed, in two file formats, or
            two different files of one name.
    """
    _refuse_two_of(group, "form", {file.recognised.form for file in group.files})
    if group.files[0].recognised.form == "processed":
        _refuse_two_of(group, "format", {suffix_of(file.origin.name) for file in group.files})
    members: dict[str, _Member] = {}
    for file in group.files:
        sha256, size = _hash(file)
        known = members.get(sha256)
        origins = (*known.origins, file.origin) if known else (file.origin,)
        members[sha256] = _Member(file, sha256, size, tuple(dict.fromkeys(origins)))
    ordered = sorted(members.values(), key=lambda m: (m.name, m.sha256))
    names = [member.name.lower() for member in ordered]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise RefusedInput(
            f"two different files of {group.files[0].recognised.series} are named {double[0]!r}",
            where=", ".join(_labels(group)),
            next_step="two editions: take each with a command of its own;"
            " two parts of one release: give them names that differ",
        )
    return replace(group, members=tuple(ordered))


def _refuse_two_of(group: _Group, what: str, kinds: set[str]) -> None:
    """Refuse a table that came as two kinds of file; both have the same rows."""
    if len(kinds) < 2:
        return
    series = group.files[0].recognised.series
    named = []
    for kind in sorted(kinds):
        names = ", ".join(file.origin.name for file in group.files if _is(file, kind))
        named.append(f"{kind.removeprefix('.')} ({names})")
    raise RefusedInput(
        f"the same table, {series}, came in {len(kinds)} {what}s, which hold the same rows:"
        f" {' and '.join(named)}",
        where=", ".join(_labels(group)),
        next_step=f"choose one {what} of it and take that",
    )


def _is(file: RecordFile, kind: str) -> bool:
    return kind in (file.recognised.form, suffix_of(file.origin.name))


def _hash(file: RecordFile) -> tuple[str, int]:
    try:
        return sha256_of_file(file.path)
    except OSError as why:
        raise DamagedInput(
            f"the file cannot be read: {why.strerror or why}",
            where=file.label,
            next_step="check the disk and the permissions of the file",
        ) from why


def _arrival(
    open_store: Callable[[], Store],
    group: _Group,
    bench: Bench,
    reader: RecordReader,
    tell: Callable[[str], None],
    step: Step,
) -> Arrival | None:
    """Return the group as it arrives at the vault, read unless it is there already.

    None where every file is unchanged at its address and was taken as a part of a larger release.
    """
    first = group.files[0].recognised
    arrival = Arrival(
        first.series,
        first.layout,
        tuple(Arrived(member.row(), member.origins) for member in group.members),
    )
    if bench.store_is_made() and known_records(open_store(), arrival.sha256):
        return arrival
    if all(file.is_unchanged for file in group.files):
        return None
    tell(f"Reading {len(group.members)} files of {first.series}")
    step("copy")
    copies = [_copy(member, bench) for member in group.members]
    step("read")
    derived = derive_records(
        [Member(m.name, copy) for m, copy in zip(group.members, copies, strict=True)],
        arrival.release_id,
        bench.folder(),
        reader,
    )
    terms = passport(derived.series)
    return replace(
        arrival,
        files=tuple(
            Arrived(member.row(), member.origins, copy)
            for member, copy in zip(group.members, copies, strict=True)
        ),
        derived=replace(derived, layout=first.layout),
        licence=terms.licence,
        agreement=terms.agreement,
    )


def _copy(member: _Member, bench: Bench) -> Path:
    """Return a copy of a member on the store's disk; what is read is what will be kept.

    Raises:
        DamagedInput: the file changed since it was hashed, or cannot be read.
        UnsafeInput: it is larger than a file may be.
    """
    file = member.file
    if file.is_ours:
        return file.path
    try:
        handle = file.path.open("rb")
    except OSError as why:
        raise DamagedInput(f"the file cannot be read: {why}", where=file.label) from why
    with handle:
        place, sha256, _ = bench.keep(handle, member.name, most=RECORD_LIMITS.file_bytes)
    if sha256 != member.sha256:
        raise DamagedInput(
            "the file changed while it was taken",
            where=file.label,
            next_step="take it again when nobody writes to it",
        )
    return place
