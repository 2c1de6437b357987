"""From the words that people use for a release to the one release they mean, or to a question."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from openlifecycle.errors import UnknownRelease
from openlifecycle.vault.record_rows import Collection, RecordRelease
from openlifecycle.vault.rows import ReleaseRow

_SHORTEST_HASH: Final = 4
_Row = TypeVar("_Row", ReleaseRow, RecordRelease)


def find_release(rows: list[ReleaseRow], ref: str, where: str) -> ReleaseRow:
    """Return the release that answers to an id, file name, as-of date or start of its sha256.

    Raises:
        UnknownRelease: nothing, or more than one release, answers to it.
    """
    low = ref.lower()
    kinds: tuple[Callable[[ReleaseRow], bool], ...] = (
        lambda row: row.release_id == ref,
        lambda row: low in (name.lower() for name in row.names),
        lambda row: row.as_of.isoformat() == ref,
        lambda row: len(low) >= _SHORTEST_HASH and row.sha256.startswith(low),
    )
    return _the_one(rows, kinds, ref, where)


def find_records(rows: list[RecordRelease], ref: str, where: str) -> RecordRelease:
    """Return the record release that answers to an id, a file name or the start of its hash.

    Raises:
        UnknownRelease: nothing, or more than one release, answers to it.
    """
    low = ref.lower()
    kinds: tuple[Callable[[RecordRelease], bool], ...] = (
        lambda row: row.release_id == ref,
        lambda row: low in (name.lower() for name in row.names),
        lambda row: len(low) >= _SHORTEST_HASH and row.sha256.startswith(low),
        lambda row: (
            len(low) >= _SHORTEST_HASH and any(m.sha256.startswith(low) for m in row.members)
        ),
    )
    return _the_one(rows, kinds, ref, where)


def find_collection(rows: list[Collection], ref: str, where: str) -> Collection:
    """Return the collection that answers to an id or the start of its hash.

    Raises:
        UnknownRelease: nothing, or more than one collection, answers to it.
    """
    found = [
        row
        for row in rows
        if row.collection_id == ref
        or (len(ref) >= _SHORTEST_HASH and row.collection_id.partition("@")[2].startswith(ref))
    ]
    if len(found) == 1:
        return found[0]
    raise UnknownRelease(
        f"{len(found) or 'no'} collections answer to {ref!r}",
        where=where,
        nearest=", ".join(row.collection_id for row in rows[-3:]),
        next_step="olc releases lists them",
    )


def _the_one(
    rows: list[_Row], kinds: Sequence[Callable[[_Row], bool]], ref: str, where: str
) -> _Row:
    """Return the row that answers; the first kind of match that hits counts."""
    found = next((hits for hits in ([r for r in rows if fits(r)] for fits in kinds) if hits), [])
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownRelease(
            f"{len(found)} releases answer to {ref!r}",
            nearest=", ".join(row.release_id for row in found[:5]),
            next_step="name one of them by its id",
        )
    known = [row.release_id for row in rows] + [name for row in rows for name in row.names]
    raise UnknownRelease(
        f"no release answers to {ref!r}",
        where=where,
        nearest=", ".join(difflib.get_close_matches(ref, known, n=3, cutoff=0.4)),
        next_step="olc releases lists them",
    )
