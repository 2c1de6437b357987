"""Landing of records: the releases of one collection enter the store together, or none of them.

Members and event tables can be larger than memory, so they come as finished files in a work
folder of the store (``work.py``) and are renamed to places that follow from their content. One
SQLite transaction then makes the releases, their names and their collection exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from openlifecycle.vault import catalogue, manifest, record_catalogue
from openlifecycle.vault.durable import Placing, disk_errors, sha256_of_file
from openlifecycle.vault.landing import ALREADY, TAKEN, now, release_id
from openlifecycle.vault.places import RECEIPT
from openlifecycle.vault.record_rows import DerivedRecords, MemberRow, RecordRelease, identity
from openlifecycle.vault.rows import DerivedRow, Origin
from openlifecycle.vault.store import Store


@dataclass(frozen=True)
class Arrived:
    """One file of a record release at the door.

    Attributes:
        member: what it is.
        origins: how it came; more than one where the same bytes came under several names.
        path: its copy in the work folder; None where the release is in the store already.
    """

    member: MemberRow
    origins: tuple[Origin, ...]
    path: Path | None = None


@dataclass(frozen=True)
class Arrival:
    """The files of one record release, and what reading them gave where that was needed."""

    series: str
    layout: str
    files: tuple[Arrived, ...]
    derived: DerivedRecords | None = None
    licence: str = ""
    agreement: str = ""

    @property
    def sha256(self) -> str:
        """Return the identity of the release."""
        return identity([file.member.sha256 for file in self.files])

    @property
    def release_id(self) -> str:
        """Return the id of the release."""
        return release_id(self.series, self.sha256)


@dataclass(frozen=True)
class LandedRecords:
    """What became of one record release."""

    outcome: str
    release_id: str
    follows: str = ""
    follows_why: str = ""
    new_name: bool = False
    collection_id: str = ""


def known_records(store: Store, sha256: str) -> str | None:
    """Return the record release of an identity, or None."""
    with catalogue.connect(store.places) as connection:
        return record_catalogue.release_of_identity(connection, sha256)


def land_records(
    store: Store,
    arrivals: Sequence[Arrival],
    *,
    step: Callable[[str], None] = lambda _name: None,
) -> list[LandedRecords]:
    """Put the releases of one collection into the store, in one moment.

    Releases that are in the store gain the names they came under and become part of the
    collection; where that is all known already, nothing is written.

    Args:
        store: where to.
        arrivals: of one layout family; those without ``derived`` are in the store.
        step: told the name of each step as it begins; tests die in it.

    Raises:
        StoreNotWritable: the disk is full or failing; the store is as it was.
        StoreBusy: another process held the lock for too long.
    """
    if all(arrival.derived is None for arrival in arrivals) and _is_all_known(store, arrivals):
        return _told(store, arrivals, {}, frozenset())
    with store.writing():
        # Another process may have taken the same files since they were looked at.
        fresh = [a for a in arrivals if a.derived and known_records(store, a.sha256) is None]
        rows = {arrival.sha256: _row(store, arrival) for arrival in fresh}
        named = frozenset(a.sha256 for a in arrivals if a not in fresh and _has_new_name(store, a))
        _commit(store, arrivals, fresh, rows, step)
    return _told(store, arrivals, rows, named)


def _is_all_known(store: Store, arrivals: Sequence[Arrival]) -> bool:
    with catalogue.connect(store.places) as connection:
        together = record_catalogue.holds_together(connection, [a.release_id for a in arrivals])
    return together is not None and not any(_has_new_name(store, a) for a in arrivals)


def _has_new_name(store: Store, arrival: Arrival) -> bool:
    with catalogue.connect(store.places) as connection:
        return not all(
            record_catalogue.has_sighting(
                connection, arrival.release_id, file.member.sha256, origin
            )
            for file in arrival.files
            for origin in file.origins
        )


def _told(
    store: Store,
    arrivals: Sequence[Arrival],
    rows: dict[str, RecordRelease],
    named: frozenset[str],
) -> list[LandedRecords]:
    with catalogue.connect(store.places) as connection:
        together = record_catalogue.holds_together(connection, [a.release_id for a in arrivals])
    return [
        LandedRecords(
            TAKEN if arrival.sha256 in rows else ALREADY,
            arrival.release_id,
            rows[arrival.sha256].follows if arrival.sha256 in rows else "",
            rows[arrival.sha256].follows_why if arrival.sha256 in rows else "",
            arrival.sha256 in named,
            together or "",
        )
        for arrival in arrivals
    ]


def _row(store: Store, arrival: Arrival) -> RecordRelease:
    derived = arrival.derived
    if derived is None:
        raise AssertionError("a release that is not in the store was read")
    members = tuple(sorted((f.member for f in arrival.files), key=lambda m: (m.name, m.sha256)))
    names = tuple(dict.fromkeys(o.name for f in arrival.files for o in f.origins))
    row = RecordRelease(
        release_id=arrival.release_id,
        series=arrival.series,
        table=derived.table,
        layout=derived.layout,
        form=derived.form,
        sha256=arrival.sha256,
        size=sum(member.size for member in members),
        rows=derived.rows,
        first=derived.first,
        through=derived.through,
        through_why=derived.through_why,
        received_at=now(),
        names=tuple(sorted(names)),
        members=members,
    )
    with catalogue.connect(store.places) as connection:
        follows, why = record_catalogue.follows(connection, row)
    return replace(row, follows=follows, follows_why=why)


def derived_files(
    store: Store, release: str, sha256: str, derived: DerivedRecords
) -> list[DerivedRow]:
    """Return the catalogue's rows for what was derived from a record release."""
    events_sha, size = sha256_of_file(derived.events)
    account_sha = hashlib.sha256(derived.account).hexdigest()
    return [
        DerivedRow(
            release,
            derived.event_table,
            events_sha,
            size,
            derived.rows,
            store.places.derived(derived.event_table, sha256, events_sha),
        ),
        DerivedRow(
            release,
            RECEIPT,
            account_sha,
            len(derived.account),
            1,
            store.places.derived(RECEIPT, sha256, account_sha),
        ),
    ]


def _commit(
    store: Store,
    arrivals: Sequence[Arrival],
    fresh: Sequence[Arrival],
    rows: dict[str, RecordRelease],
    step: Callable[[str], None],
) -> None:
    places = store.places
    placing = Placing(places.tmp)
    files: list[DerivedRow] = []
    hashes: dict[str, str] = {}
    try:
        with disk_errors(places.root):
            for arrival in fresh:
                step("write")
                written = _write(store, arrival, rows[arrival.sha256], placing)
                files += written[0]
                hashes[arrival.sha256] = written[1]
            step("place")
            placing.place()
        step("commit")
        with catalogue.connect(places) as connection, catalogue.transaction(connection):
            for arrival in fresh:
                row = rows[arrival.sha256]
                record_catalogue.insert_release(connection, row, hashes[arrival.sha256])
            for file in files:
                record_catalogue.insert_derived(connection, file)
            moment = now()
            for arrival in arrivals:
                for came in arrival.files:
                    for origin in came.origins:
                        record_catalogue.insert_sighting(
                            connection, arrival.release_id, came.member.sha256, origin, moment
                        )
            layout = arrivals[0].layout
            record_catalogue.insert_collection(
                connection, layout, [arrival.release_id for arrival in arrivals], moment
            )
            step("committing")
        step("committed")
    except BaseException:
        # Ctrl-C may come in the instant after the commit: ask the catalogue before undoing.
        if not any(known_records(store, arrival.sha256) for arrival in fresh):
            placing.undo()
        raise


def _write(
    store: Store, arrival: Arrival, row: RecordRelease, placing: Placing
) -> tuple[list[DerivedRow], str]:
    """Make the files of a release ready; return what the catalogue says of them."""
    derived = arrival.derived
    if derived is None:
        raise AssertionError("a release that is not in the store was read")
    places = store.places
    for file in arrival.files:
        if file.path is not None:
            member = file.member
            placing.adopt(places.member(row.series, member.sha256, member.suffix), file.path)
    origins = {file.member.sha256: file.origins[0] for file in arrival.files}
    written = manifest.compose_records(
        row, origins, licence=arrival.licence, agreement=arrival.agreement
    )
    placing.write(places.manifest(row.release_id), written)
    files = derived_files(store, row.release_id, row.sha256, derived)
    for derived_file in files:
        if derived_file.table == RECEIPT:
            placing.write(derived_file.path, derived.account)
        else:
            placing.adopt(derived_file.path, derived.events)
    return files, hashlib.sha256(written).hexdigest()
