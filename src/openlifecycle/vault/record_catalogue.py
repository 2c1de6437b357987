"""Record releases and collections in the catalogue. A store of format 1 has none."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from openlifecycle.vault.places import Places
from openlifecycle.vault.record_rows import Collection, MemberRow, RecordRelease, collection_of
from openlifecycle.vault.rows import DerivedRow, Origin
from openlifecycle.vault.schema import KNOWS_RECORDS, stated_format


def releases(connection: sqlite3.Connection) -> list[RecordRelease]:
    """Return every record release, in the order of their last moments."""
    if stated_format(connection) < KNOWS_RECORDS:
        return []
    members: dict[str, list[MemberRow]] = defaultdict(list)
    for release_id, *member in connection.execute(
        "SELECT release_id, sha256, size, name, suffix FROM record_member ORDER BY name, sha256"
    ):
        members[release_id].append(MemberRow(*member))
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for release_id, name in connection.execute(
        "SELECT release_id, name FROM record_sighting ORDER BY rowid"
    ):
        names[release_id][name] = None
    belongs = {
        release_id: collection.collection_id
        for collection in collections(connection)
        for release_id in collection.releases.values()
    }
    cursor = connection.execute("SELECT * FROM record_release")
    columns = [column[0] for column in cursor.description]
    rows = [dict(zip(columns, values, strict=True)) for values in cursor]
    found = [
        RecordRelease(
            release_id=row["release_id"],
            series=row["series"],
            table=row["table_name"],
            layout=row["layout"],
            form=row["form"],
            sha256=row["sha256"],
            size=row["size"],
            rows=row["row_count"],
            first=date.fromisoformat(row["first"]) if row["first"] else None,
            through=_moment(row["through"]),
            through_why=row["through_why"],
            received_at=datetime.fromisoformat(row["received_at"]),
            names=tuple(names[row["release_id"]]),
            members=tuple(members[row["release_id"]]),
            collection_id=belongs.get(row["release_id"], ""),
            follows=row["follows"] or "",
            follows_why=row["follows_why"],
        )
        for row in rows
    ]
    return sorted(
        found,
        key=lambda row: (row.through or datetime.min, row.received_at, row.release_id),  # noqa: DTZ901
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def collections(connection: sqlite3.Connection, *, within: bool = False) -> list[Collection]:
    """Return the collections, the latest one last.

    Args:
        connection: to the catalogue.
        within: also those whose releases all belong to a larger one. They are kept, so that an
            answer that named one can still be asked again, and offered to nobody.
    """
    if stated_format(connection) < KNOWS_RECORDS:
        return []
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    through: dict[str, list[datetime]] = defaultdict(list)
    for collection_id, release_id, table, moment in connection.execute(
        "SELECT c.collection_id, r.release_id, r.table_name, r.through"
        " FROM collection_release c JOIN record_release r USING (release_id)"
        " ORDER BY r.table_name"
    ):
        parts[collection_id][table] = release_id
        if moment:
            through[collection_id].append(datetime.fromisoformat(moment))
    every = [
        Collection(
            collection_id,
            layout,
            max(through[collection_id], default=None),
            datetime.fromisoformat(received_at),
            parts[collection_id],
        )
        for collection_id, layout, received_at in connection.execute(
            "SELECT collection_id, layout, received_at FROM collection"
        )
    ]
    sets = [frozenset(one.releases.values()) for one in every]
    shown = [
        one
        for one, own in zip(every, sets, strict=True)
        if within or not any(own < other for other in sets)
    ]
    return sorted(shown, key=Collection.order)


def release_of_identity(connection: sqlite3.Connection, sha256: str) -> str | None:
    """Return the record release of an identity, or None."""
    if stated_format(connection) < KNOWS_RECORDS:
        return None
    found = connection.execute(
        "SELECT release_id FROM record_release WHERE sha256 = ?", (sha256,)
    ).fetchone()
    return str(found[0]) if found else None


def member_file(
    connection: sqlite3.Connection, places: Places, sha256: str
) -> tuple[str, Path] | None:
    """Return (release id, place) of a file of a record release, or None if no release has it."""
    if stated_format(connection) < KNOWS_RECORDS:
        return None
    found = connection.execute(
        "SELECT release_id, series, m.suffix FROM record_member m"
        " JOIN record_release USING (release_id) WHERE m.sha256 = ? ORDER BY m.rowid DESC LIMIT 1",
        (sha256,),
    ).fetchone()
    if found is None:
        return None
    return str(found[0]), places.member(str(found[1]), sha256, str(found[2]))


def insert_release(
    connection: sqlite3.Connection, release: RecordRelease, manifest_sha256: str
) -> None:
    """Record a release and its members (its names go in by ``insert_sighting``)."""
    connection.execute(
        "INSERT INTO record_release VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(release.release_id, release.series, release.table, release.layout, release.form),
            *(release.sha256, release.size, release.received_at.isoformat()),
            *_said(release),
            *(release.follows or None, release.follows_why, manifest_sha256),
        ),
    )
    connection.executemany(
        "INSERT INTO record_member VALUES (?, ?, ?, ?, ?)",
        [(release.release_id, m.sha256, m.size, m.name, m.suffix) for m in release.members],
    )


def update_release(connection: sqlite3.Connection, release: RecordRelease) -> None:
    """Record what a rebuild under newer rules says of a release; identity and manifest stay."""
    connection.execute(
        "UPDATE record_release SET row_count = ?, first = ?, through = ?, through_why = ?"
        " WHERE release_id = ?",
        (*_said(release), release.release_id),
    )


def _said(release: RecordRelease) -> tuple[int | str | None, ...]:
    """Return what reading said of a release."""
    return (
        release.rows,
        release.first.isoformat() if release.first else None,
        release.through.isoformat() if release.through else None,
        release.through_why,
    )


def insert_sighting(
    connection: sqlite3.Connection, release_id: str, sha256: str, origin: Origin, seen_at: datetime
) -> None:
    """Record that a member was seen under a name; once per name and origin."""
    connection.execute(
        "INSERT OR IGNORE INTO record_sighting VALUES (?, ?, ?, ?, ?)",
        (release_id, sha256, origin.name, _origin(origin), seen_at.isoformat()),
    )


def has_sighting(
    connection: sqlite3.Connection, release_id: str, sha256: str, origin: Origin
) -> bool:
    """Return whether a member was already seen under this name from this origin."""
    found = connection.execute(
        "SELECT 1 FROM record_sighting WHERE release_id = ? AND sha256 = ? AND origin = ?",
        (release_id, sha256, _origin(origin)),
    ).fetchone()
    return found is not None


def count_sightings(connection: sqlite3.Connection) -> int:
    """Return under how many names and origins record files were seen."""
    if stated_format(connection) < KNOWS_RECORDS:
        return 0
    return int(connection.execute("SELECT count(*) FROM record_sighting").fetchone()[0])


def _origin(origin: Origin) -> str:
    return json.dumps(origin.as_dict(), ensure_ascii=False, sort_keys=True)


def insert_collection(
    connection: sqlite3.Connection, layout: str, release_ids: Iterable[str], seen_at: datetime
) -> str:
    """Record that releases belong together, unless one collection has them all; return its id."""
    wanted = frozenset(release_ids)
    known = holds_together(connection, wanted)
    if known is not None:
        return known
    collection_id = collection_of(wanted)
    connection.execute(
        "INSERT INTO collection VALUES (?, ?, ?)", (collection_id, layout, seen_at.isoformat())
    )
    connection.executemany(
        "INSERT INTO collection_release VALUES (?, ?)",
        [(collection_id, release_id) for release_id in sorted(wanted)],
    )
    return collection_id


def holds_together(connection: sqlite3.Connection, release_ids: Iterable[str]) -> str | None:
    """Return the latest collection that has all these releases, or None."""
    wanted = frozenset(release_ids)
    for known in reversed(collections(connection)):
        if wanted <= frozenset(known.releases.values()):
            return known.collection_id
    return None


def follows(connection: sqlite3.Connection, new: RecordRelease) -> tuple[str, str]:
    """Return which release of the series had a name of a new one, or else its last moment.

    The last moment says something within one layout and form only: the same extract, processed
    or obtained by somebody else, follows nothing.
    """
    if stated_format(connection) < KNOWS_RECORDS:
        return "", ""
    for name in new.names:
        found = connection.execute(
            "SELECT r.release_id FROM record_sighting s JOIN record_release r USING (release_id)"
            " WHERE s.name = ? COLLATE NOCASE AND r.series = ? ORDER BY r.rowid DESC LIMIT 1",
            (name, new.series),
        ).fetchone()
        if found:
            return str(found[0]), f"same name: {name}"
    if new.through is None:
        return "", ""
    found = connection.execute(
        "SELECT release_id FROM record_release"
        " WHERE series = ? AND layout = ? AND form = ? AND through = ? ORDER BY rowid DESC LIMIT 1",
        (new.series, new.layout, new.form, new.through.isoformat()),
    ).fetchone()
    return (str(found[0]), f"same last moment: {new.through}") if found else ("", "")


def manifest_hashes(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the sha256 of every manifest by record release."""
    return dict(connection.execute("SELECT release_id, manifest_sha256 FROM record_release"))


def insert_derived(connection: sqlite3.Connection, row: DerivedRow) -> None:
    """Record a derived file, in place of the one that an older rule version made."""
    connection.execute(
        "INSERT OR REPLACE INTO record_derived VALUES (?, ?, ?, ?, ?)",
        (row.release_id, row.table, row.sha256, row.size, row.rows),
    )


def derived(connection: sqlite3.Connection, places: Places) -> list[DerivedRow]:
    """Return every derived file of records that the store should have."""
    if stated_format(connection) < KNOWS_RECORDS:
        return []
    return [
        DerivedRow(release_id, table, sha, size, rows, places.derived(table, release_sha, sha))
        for release_id, release_sha, table, sha, size, rows in connection.execute(
            "SELECT d.release_id, r.sha256, d.table_name, d.sha256, d.size, d.row_count"
            " FROM record_derived d JOIN record_release r USING (release_id) ORDER BY 1, 3"
        )
    ]
