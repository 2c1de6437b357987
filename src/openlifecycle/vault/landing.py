"""Landing: a release enters the store whole, in one moment, or not at all.

All files are written and synced under ``tmp``, renamed to places that follow from their content,
and then one SQLite transaction makes them exist. Whatever dies before that transaction leaves
at most unaccounted files, which ``olc verify`` names as harmless leftovers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from openlifecycle.vault import catalogue, manifest
from openlifecycle.vault.durable import Placing, disk_errors
from openlifecycle.vault.places import OBSERVATIONS, RECEIPT
from openlifecycle.vault.record_rows import ID_LENGTH
from openlifecycle.vault.rows import Derived, DerivedRow, Origin, ReleaseRow
from openlifecycle.vault.store import Store

TAKEN: Final = "taken"
ALREADY: Final = "already_taken"


@dataclass(frozen=True)
class Landed:
    """What became of one release: ``taken`` or ``already_taken``, and which release it is."""

    outcome: str
    release_id: str
    follows: str = ""
    follows_why: str = ""
    new_name: bool = False


def now() -> datetime:
    """Return the present moment in UTC.

    To the microsecond: two releases of one day and one as-of date keep the order in which they
    were taken, and one command takes dozens within a second.
    """
    return datetime.now(UTC)


def release_id(series: str, sha256: str) -> str:
    """Return the identity of a release: ``<publisher>.<series>@<first 12 of sha256>``."""
    return f"{series}@{sha256[:ID_LENGTH]}"


def known_release(store: Store, sha256: str) -> str | None:
    """Return the release that has these bytes already, or None."""
    with catalogue.connect(store.places) as connection:
        return catalogue.release_id_of(connection, sha256)


def land_again(store: Store, release: str, origin: Origin) -> Landed:
    """Record that known bytes came under a name; nothing is written if that was known too."""
    with catalogue.connect(store.places) as connection:
        if catalogue.has_sighting(connection, release, origin):
            return Landed(ALREADY, release)
    with (
        disk_errors(store.places.root),
        store.writing(),
        catalogue.connect(store.places) as connection,
        catalogue.transaction(connection),
    ):
        catalogue.insert_sighting(connection, release, origin, now())
    return Landed(ALREADY, release, new_name=True)


def land(
    store: Store,
    data: bytes,
    derived: Derived,
    origin: Origin,
    *,
    licence: str,
    agreement: str,
    step: Callable[[str], None] = lambda _name: None,
) -> Landed:
    """Put a release, its manifest and what was derived from it into the store, in one moment.

    Args:
        store: where to.
        data: the bytes as they came.
        derived: what reading them gave.
        origin: how they came.
        licence: from the passport of the series.
        agreement: likewise, "" where none binds.
        step: told the name of each step as it begins; tests die in it.

    Raises:
        StoreNotWritable: the disk is full or failing; the store is as it was.
        StoreBusy: another process held the lock for too long.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    with store.writing():
        again = known_release(store, sha256)
        if again is None:
            row = _row(store, sha256, len(data), derived, origin)
            written = manifest.compose(row, origin, licence=licence, agreement=agreement)
            _commit(store, row, data, written, derived, origin, step)
            return Landed(TAKEN, row.release_id, row.follows, row.follows_why)
    return land_again(store, again, origin)  # another process took the same bytes meanwhile


def _row(store: Store, sha256: str, size: int, derived: Derived, origin: Origin) -> ReleaseRow:
    follows, why = _follows(store, derived, origin)
    return ReleaseRow(
        release_id=release_id(derived.series, sha256),
        series=derived.series,
        sha256=sha256,
        size=size,
        names=(origin.name,),
        received_at=now(),
        fiscal_year=derived.fiscal_year,
        as_of=derived.as_of,
        published_on=derived.published_on,
        published_why=derived.published_why,
        follows=follows,
        follows_why=why,
        status=derived.status,
        statuses=derived.statuses,
        tables_refused=derived.tables_refused,
        dates=derived.dates,
    )


def _follows(store: Store, derived: Derived, origin: Origin) -> tuple[str, str]:
    """Return which release had this name, or else this as-of date, before, and which it was.

    The publisher overwrites files in place: different bytes under a known name or date are a
    new release that follows the one received last.
    """
    with catalogue.connect(store.places) as connection:
        named = catalogue.release_named(connection, derived.series, origin.name)
        if named:
            return named, f"same name: {origin.name}"
        dated = catalogue.release_as_of(connection, derived.series, derived.as_of)
        if dated:
            return dated, f"same as-of date: {derived.as_of.isoformat()}"
    return "", ""


def derived_rows(store: Store, release: str, sha256: str, derived: Derived) -> list[DerivedRow]:
    """Return the catalogue's rows for what was derived from a release."""
    rows = []
    for table, content, count in (
        (OBSERVATIONS, derived.observations, derived.rows),
        (RECEIPT, derived.receipt, 1),
    ):
        content_sha = hashlib.sha256(content).hexdigest()
        path = store.places.derived(table, sha256, content_sha)
        rows.append(DerivedRow(release, table, content_sha, len(content), count, path))
    return rows


def _commit(
    store: Store,
    row: ReleaseRow,
    data: bytes,
    written: bytes,
    derived: Derived,
    origin: Origin,
    step: Callable[[str], None],
) -> None:
    places = store.places
    files = derived_rows(store, row.release_id, row.sha256, derived)
    placing = Placing(places.tmp)
    try:
        with disk_errors(places.root):
            step("write")
            placing.write(places.release(row.series, row.sha256), data)
            step("write manifest")
            placing.write(places.manifest(row.release_id), written)
            step("write derived")
            for file, content in zip(files, (derived.observations, derived.receipt), strict=True):
                placing.write(file.path, content)
            step("place")
            placing.place()
        step("commit")
        with catalogue.connect(places) as connection, catalogue.transaction(connection):
            catalogue.insert_release(connection, row, hashlib.sha256(written).hexdigest())
            catalogue.insert_sighting(connection, row.release_id, origin, row.received_at)
            for file in files:
                catalogue.insert_derived(connection, file)
            step("committing")
        step("committed")
    except BaseException:
        # Ctrl-C may come in the instant after the commit: ask the catalogue before undoing.
        if known_release(store, row.sha256) is None:
            placing.undo()
        raise
