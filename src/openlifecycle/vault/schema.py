"""The tables of the catalogue, by store format; the step from one format to the next.

Format 1 knew releases of aggregates. Format 2 (docs/decisions/0007-record-releases.md) adds record
releases beside them and leaves the first five tables as they were, so that a store of format 1 is
read without a change.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from openlifecycle.vault.places import FORMAT

_FORMAT_1: Final = """
CREATE TABLE release (
    release_id TEXT PRIMARY KEY,
    series TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    fiscal_year INTEGER NOT NULL,
    as_of TEXT NOT NULL,
    published_on TEXT,
    published_why TEXT NOT NULL,
    follows TEXT REFERENCES release (release_id),
    follows_why TEXT NOT NULL,
    status TEXT NOT NULL,
    statuses TEXT NOT NULL,
    tables_refused TEXT NOT NULL,
    dates TEXT NOT NULL,
    manifest_sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE sighting (
    release_id TEXT NOT NULL REFERENCES release (release_id),
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    UNIQUE (release_id, name, origin)
) STRICT;
CREATE INDEX sighting_by_name ON sighting (name COLLATE NOCASE);
CREATE TABLE derived (
    release_id TEXT NOT NULL REFERENCES release (release_id),
    table_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    PRIMARY KEY (release_id, table_name)
) STRICT;
CREATE TABLE fetch (
    url TEXT PRIMARY KEY,
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    fetched_at TEXT NOT NULL
) STRICT
"""

_FORMAT_2: Final = """
CREATE TABLE record_release (
    release_id TEXT PRIMARY KEY,
    series TEXT NOT NULL,
    table_name TEXT NOT NULL,
    layout TEXT NOT NULL,
    form TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    first TEXT,
    through TEXT,
    through_why TEXT NOT NULL,
    follows TEXT REFERENCES record_release (release_id),
    follows_why TEXT NOT NULL,
    manifest_sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE record_member (
    release_id TEXT NOT NULL REFERENCES record_release (release_id),
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    name TEXT NOT NULL,
    suffix TEXT NOT NULL,
    PRIMARY KEY (release_id, sha256)
) STRICT;
CREATE TABLE record_sighting (
    release_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    UNIQUE (release_id, sha256, name, origin),
    FOREIGN KEY (release_id, sha256) REFERENCES record_member (release_id, sha256)
) STRICT;
CREATE INDEX record_sighting_by_name ON record_sighting (name COLLATE NOCASE);
CREATE TABLE record_derived (
    release_id TEXT NOT NULL REFERENCES record_release (release_id),
    table_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    PRIMARY KEY (release_id, table_name)
) STRICT;
CREATE TABLE collection (
    collection_id TEXT PRIMARY KEY,
    layout TEXT NOT NULL,
    received_at TEXT NOT NULL
) STRICT;
CREATE TABLE collection_release (
    collection_id TEXT NOT NULL REFERENCES collection (collection_id),
    release_id TEXT NOT NULL REFERENCES record_release (release_id),
    PRIMARY KEY (collection_id, release_id)
) STRICT
"""

#: What each format added to the one before it.
_STEPS: Final = {1: _FORMAT_1, 2: _FORMAT_2}
#: The first format that knows record releases.
KNOWS_RECORDS: Final = 2


def stated_format(connection: sqlite3.Connection) -> int:
    """Return the format of an open catalogue; 0 for one that has no table yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def bring_up(connection: sqlite3.Connection) -> None:
    """Bring a catalogue to the format of this version, inside the caller's transaction.

    The number stands in the file's header, which the journal covers: a transaction that is
    rolled back leaves the old format.
    """
    for number in range(stated_format(connection) + 1, FORMAT + 1):
        for statement in _STEPS[number].split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
