"""From the words that people use for a release to the one release they mean, or to a question."""

from __future__ import annotations

import difflib
from collections.abc import Callable
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
    return _the_one(rows, matching(rows, ref), ref, where)


def matching(rows: list[ReleaseRow], ref: str) -> list[ReleaseRow]:
    """Return the releases that answer to a reference; the first kind of match that hits counts."""
    low = ref.lower()
    return _first_hits(
        rows,
        lambda row: row.release_id == ref,
        lambda row: low in (name.lower() for name in row.names),
        lambda row: row.as_of.isoformat() == ref,
        lambda row: len(low) >= _SHORTEST_HASH and row.sha256.startswith(low),
    )


def find_records(rows: list[RecordRelease], ref: str, where: str) -> RecordRelease:
    """Return the record release that answers to an id, a file name or the start of its hash.

    Raises:
        UnknownRelease: nothing, or more than one release, answers to it.
    """
    return _the_one(rows, matching_records(rows, ref), ref, where)


def matching_records(rows: list[RecordRelease], ref: str) -> list[RecordRelease]:
    """Return the record releases that answer to a reference; the hash of a member is one too."""
    low = ref.lower()
    is_hash = len(low) >= _SHORTEST_HASH
    return _first_hits(
        rows,
        lambda row: row.release_id == ref,
        lambda row: low in (name.lower() for name in row.names),
        lambda row: is_hash and row.sha256.startswith(low),
        lambda row: is_hash and any(m.sha256.startswith(low) for m in row.members),
    )


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


def _first_hits(rows: list[_Row], *kinds: Callable[[_Row], bool]) -> list[_Row]:
    hits = ([row for row in rows if fits(row)] for fits in kinds)
    return next((found for found in hits if found), [])


def _the_one(rows: list[_Row], found: list[_Row], ref: str, where: str) -> _Row:
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
