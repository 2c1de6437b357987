"""The catalogue: an SQLite file with a rollback journal. What is not in it does not exist.

A rollback journal rather than WAL: the store is then one file at rest, may lie on a network
disk, and a reader needs no shared memory. A journal left by a killed writer is rolled back by
whoever opens the store next, reader or writer.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path

from openlifecycle.errors import StoreDamaged, StoreNotWritable
from openlifecycle.vault.places import FORMAT, Places, too_new
from openlifecycle.vault.rows import DerivedRow, Origin, ReleaseRow
from openlifecycle.vault.schema import bring_up, stated_format

_BUSY_SECONDS = 30.0


@contextmanager
def connect(places: Places) -> Iterator[sqlite3.Connection]:
    """Yield a connection to an existing catalogue; SQLite's own errors become ours.

    Raises:
        StoreTooNew: the catalogue has a newer format than this version reads.
        StoreNotWritable: the disk is full.
        StoreDamaged: anything else that SQLite cannot read.
    """
    try:
        with closing(_open(places.catalogue)) as connection:
            stated = stated_format(connection)
            if stated > FORMAT:
                raise too_new(places, stated)
            yield connection
    except sqlite3.OperationalError as why:
        # Extended codes carry the primary code in their low byte (sqlite.org/rescode.html).
        code = (why.sqlite_errorcode or 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY):
            raise StoreNotWritable(
                f"the catalogue cannot be written: {why}; the release was not taken",
                where=str(places.catalogue),
                next_step="make room and check the disk, then take the same files again",
            ) from why
        raise StoreDamaged(f"the catalogue: {why}", where=str(places.catalogue)) from why
    except sqlite3.DatabaseError as why:
        raise StoreDamaged(f"the catalogue: {why}", where=str(places.catalogue)) from why


def _open(path: Path) -> sqlite3.Connection:
    # mode=rw, not ro: a reader must be able to roll back the journal of a killed writer.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def create(places: Places) -> None:
    """Make the catalogue, unless it is there; one transaction, so never half of it."""
    with closing(sqlite3.connect(places.catalogue, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN IMMEDIATE")
        bring_up(connection)
        connection.execute("COMMIT")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit everything done inside, or nothing of it; an older format is brought up with it."""
    # EXTRA also syncs the folder after the journal is gone: a commit survives a power cut.
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("BEGIN IMMEDIATE")
    try:
        bring_up(connection)
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


_SELECT = "SELECT * FROM release"


def releases(connection: sqlite3.Connection) -> list[ReleaseRow]:
    """Return every release in published order."""
    names: dict[str, list[str]] = {}
    for release_id, name in connection.execute(
        "SELECT release_id, name FROM sighting ORDER BY rowid"
    ):
        seen = names.setdefault(release_id, [])
        if name not in seen:
            seen.append(name)
    cursor = connection.execute(_SELECT)
    columns = [column[0] for column in cursor.description]
    rows = [_release(dict(zip(columns, row, strict=True)), names) for row in cursor]
    return sorted(rows, key=ReleaseRow.order)


def _release(row: dict[str, str], names: dict[str, list[str]]) -> ReleaseRow:
    return ReleaseRow(
        release_id=row["release_id"],
        series=row["series"],
        sha256=row["sha256"],
        size=int(row["size"]),
        names=tuple(names.get(row["release_id"], ())),
        received_at=datetime.fromisoformat(row["received_at"]),
        fiscal_year=int(row["fiscal_year"]),
        as_of=date.fromisoformat(row["as_of"]),
        published_on=date.fromisoformat(row["published_on"]) if row["published_on"] else None,
        published_why=row["published_why"],
        follows=row["follows"] or "",
        follows_why=row["follows_why"],
        status=row["status"],
        statuses=json.loads(row["statuses"]),
        tables_refused=tuple(json.loads(row["tables_refused"])),
        dates=tuple(json.loads(row["dates"])),
    )


def insert_release(
    connection: sqlite3.Connection, release: ReleaseRow, manifest_sha256: str
) -> None:
    """Record a release (its names go in by ``insert_sighting``)."""
    values = {**_columns(release), "manifest_sha256": manifest_sha256}
    marks = ", ".join(f":{key}" for key in values)
    # Names of columns come from _columns, never from outside.
    connection.execute(f"INSERT INTO release ({', '.join(values)}) VALUES ({marks})", values)  # noqa: S608


def update_release(connection: sqlite3.Connection, release: ReleaseRow) -> None:
    """Record what a rebuild under newer rules says of a release; identity and manifest stay."""
    values = _columns(release)
    sets = ", ".join(f"{key} = :{key}" for key in values)
    connection.execute(f"UPDATE release SET {sets} WHERE release_id = :release_id", values)  # noqa: S608


def _columns(release: ReleaseRow) -> dict[str, str | int | None]:
    return {
        "release_id": release.release_id,
        "series": release.series,
        "sha256": release.sha256,
        "size": release.size,
        "received_at": release.received_at.isoformat(),
        "fiscal_year": release.fiscal_year,
        "as_of": release.as_of.isoformat(),
        "published_on": release.published_on.isoformat() if release.published_on else None,
        "published_why": release.published_why,
        "follows": release.follows or None,
        "follows_why": release.follows_why,
        "status": release.status,
        "statuses": _json(release.statuses),
        "tables_refused": _json(release.tables_refused),
        "dates": _json(release.dates),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def insert_sighting(
    connection: sqlite3.Connection, release_id: str, origin: Origin, seen_at: datetime
) -> None:
    """Record that these bytes were seen under a name; once per name and origin."""
    connection.execute(
        "INSERT OR IGNORE INTO sighting VALUES (?, ?, ?, ?)",
        (release_id, origin.name, _json(origin.as_dict()), seen_at.isoformat()),
    )


def has_sighting(connection: sqlite3.Connection, release_id: str, origin: Origin) -> bool:
    """Return whether these bytes were already seen under this name from this origin."""
    found = connection.execute(
        "SELECT 1 FROM sighting WHERE release_id = ? AND name = ? AND origin = ?",
        (release_id, origin.name, _json(origin.as_dict())),
    ).fetchone()
    return found is not None


def release_id_of(connection: sqlite3.Connection, sha256: str) -> str | None:
    """Return the release that has these bytes, or None."""
    found = connection.execute(
        "SELECT release_id FROM release WHERE sha256 = ?", (sha256,)
    ).fetchone()
    return str(found[0]) if found else None


def release_named(connection: sqlite3.Connection, series: str, name: str) -> str | None:
    """Return the release of a series received last among those seen under a file name."""
    found = connection.execute(
        "SELECT r.release_id FROM sighting s JOIN release r USING (release_id)"
        " WHERE s.name = ? COLLATE NOCASE AND r.series = ? ORDER BY r.rowid DESC LIMIT 1",
        (name, series),
    ).fetchone()
    return str(found[0]) if found else None


def release_as_of(connection: sqlite3.Connection, series: str, as_of: date) -> str | None:
    """Return the release of a series received last among those with an as-of date."""
    found = connection.execute(
        "SELECT release_id FROM release WHERE series = ? AND as_of = ? ORDER BY rowid DESC LIMIT 1",
        (series, as_of.isoformat()),
    ).fetchone()
    return str(found[0]) if found else None


def manifest_hashes(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the sha256 of every manifest by release."""
    return dict(connection.execute("SELECT release_id, manifest_sha256 FROM release"))


def insert_derived(connection: sqlite3.Connection, row: DerivedRow) -> None:
    """Record a derived file, in place of the one that an older rule version made."""
    connection.execute(
        "INSERT OR REPLACE INTO derived VALUES (?, ?, ?, ?, ?)",
        (row.release_id, row.table, row.sha256, row.size, row.rows),
    )


def derived(connection: sqlite3.Connection, places: Places) -> list[DerivedRow]:
    """Return every derived file that the store should have."""
    return [
        DerivedRow(release_id, table, sha, size, rows, places.derived(table, release_sha, sha))
        for release_id, release_sha, table, sha, size, rows in connection.execute(
            "SELECT d.release_id, r.sha256, d.table_name, d.sha256, d.size, d.row_count"
            " FROM derived d JOIN release r USING (release_id) ORDER BY 1, 3"
        )
    ]


def record_fetch(
    connection: sqlite3.Connection, origin: Origin, sha256: str, fetched_at: datetime
) -> None:
    """Remember which bytes an address gave, so that the next visit can ask for changes only."""
    connection.execute(
        "INSERT OR REPLACE INTO fetch VALUES (?, ?, ?, ?, ?)",
        (origin.url, origin.etag, origin.last_modified, sha256, fetched_at.isoformat()),
    )


def last_fetch(connection: sqlite3.Connection, url: str) -> tuple[str, str, str] | None:
    """Return (etag, last_modified, sha256) of the last bytes taken from an address."""
    found = connection.execute(
        "SELECT etag, last_modified, sha256 FROM fetch WHERE url = ?", (url,)
    ).fetchone()
    return (str(found[0]), str(found[1]), str(found[2])) if found else None
