"""A store of format 1 is read as it is, and brought to format 2 by the first write that lands."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_records import Take, fake_table
from tiny_reader import tiny_workbook, tree

from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import clean, fingerprint, verify

#: The catalogue as version 0.2 made it, copied from its source.
FORMAT_1 = """
CREATE TABLE release (
    release_id TEXT PRIMARY KEY, series TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL, received_at TEXT NOT NULL, fiscal_year INTEGER NOT NULL,
    as_of TEXT NOT NULL, published_on TEXT, published_why TEXT NOT NULL,
    follows TEXT REFERENCES release (release_id), follows_why TEXT NOT NULL,
    status TEXT NOT NULL, statuses TEXT NOT NULL, tables_refused TEXT NOT NULL,
    dates TEXT NOT NULL, manifest_sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE sighting (
    release_id TEXT NOT NULL REFERENCES release (release_id), name TEXT NOT NULL,
    origin TEXT NOT NULL, seen_at TEXT NOT NULL, UNIQUE (release_id, name, origin)
) STRICT;
CREATE INDEX sighting_by_name ON sighting (name COLLATE NOCASE);
CREATE TABLE derived (
    release_id TEXT NOT NULL REFERENCES release (release_id), table_name TEXT NOT NULL,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, row_count INTEGER NOT NULL,
    PRIMARY KEY (release_id, table_name)
) STRICT;
CREATE TABLE fetch (
    url TEXT PRIMARY KEY, etag TEXT NOT NULL, last_modified TEXT NOT NULL,
    sha256 TEXT NOT NULL, fetched_at TEXT NOT NULL
) STRICT;
PRAGMA user_version = 1;
"""
TABLES = ("release", "sighting", "derived", "fetch")


@pytest.fixture
def old(tmp_path: Path, take_fake: Take) -> Path:
    """A store of format 1 that holds one workbook of aggregates."""
    store = tmp_path / "store"
    (tmp_path / "a.xlsx").write_bytes(tiny_workbook("2024-01-01"))
    take_fake(tmp_path / "a.xlsx")
    made = sqlite3.connect(store / "catalogue.sqlite")
    rows = {name: made.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}  # noqa: S608
    made.close()
    (store / "catalogue.sqlite").unlink()
    again = sqlite3.connect(store / "catalogue.sqlite")
    again.executescript(FORMAT_1)
    for name, values in rows.items():
        for row in values:
            marks = ", ".join("?" * len(row))
            again.execute(f"INSERT INTO {name} VALUES ({marks})", row)  # noqa: S608
    again.commit()
    again.close()
    (store / "store.json").write_text('{"format": 1}\n')
    return store


def formats(store: Path) -> tuple[int, int]:
    """Return what the marker and the catalogue say."""
    connection = sqlite3.connect(store / "catalogue.sqlite")
    stated = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return json.loads((store / "store.json").read_text())["format"], stated


def test_a_store_of_format_1_is_read_without_a_change(
    old: Path, olc: Callable[..., object], tmp_path: Path
) -> None:
    before = tree(old)
    opened = Store.open(old)
    assert (len(opened.releases()), opened.record_releases(), opened.collections()) == (1, [], [])
    proof = verify(opened)
    assert (proof.holds, proof.releases, proof.records) == (True, 1, 0)
    assert olc("releases", "--store", old).code == 0
    assert olc("receipt", "--store", old, "a.xlsx").code == 0
    assert len(fingerprint(opened)) == 64
    assert clean(opened) == []
    assert (tree(old), formats(old)) == (before, (1, 1))


def test_a_store_of_format_1_on_a_disk_that_cannot_be_written_is_read(
    old: Path, tmp_path: Path
) -> None:
    (old / "catalogue.sqlite").chmod(0o444)
    old.chmod(0o555)
    try:
        assert len(Store.open(old).releases()) == 1
    finally:
        old.chmod(0o755)


def test_known_bytes_again_leave_format_1(old: Path, tmp_path: Path, take_fake: Take) -> None:
    before = tree(old)
    assert [o.outcome for o in take_fake(tmp_path / "a.xlsx")] == ["already_taken"]
    assert (tree(old), formats(old)) == (before, (1, 1))


@pytest.mark.parametrize("what", ["workbook", "records", "name"])
def test_the_first_write_brings_it_to_format_2_and_loses_nothing(
    what: str, old: Path, tmp_path: Path, take_fake: Take
) -> None:
    (first,) = Store.open(old).releases()
    new = {
        "workbook": ("b.xlsx", tiny_workbook("2024-02-01")),
        "records": ("b.csv", fake_table()),
        "name": ("b.xlsx", tiny_workbook("2024-01-01")),
    }[what]
    (tmp_path / new[0]).write_bytes(new[1])
    (outcome,) = take_fake(tmp_path / new[0])
    assert outcome.outcome == ("already_taken" if what == "name" else "taken")
    assert formats(old) == (2, 2)
    opened = Store.open(old)
    kept = opened.release(first.release_id)
    assert (kept.received_at, kept.names[0]) == (first.received_at, "a.xlsx")
    assert verify(opened).holds
    # and it is the catalogue that a new store has
    new_store = tmp_path / "new"
    take_fake(tmp_path / "a.xlsx", store=new_store)
    assert tables(old) == tables(new_store)


def tables(store: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return name, type and constraints of every column, and the indexes, by table."""
    connection = sqlite3.connect(store / "catalogue.sqlite")
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")]
    found = {
        name: connection.execute(f"PRAGMA table_xinfo({name})").fetchall()  # noqa: S608
        for name in names
    }
    connection.close()
    return found


@pytest.mark.parametrize("step", ["write", "place", "commit", "committing"])
def test_a_landing_that_fails_leaves_format_1_as_it_was(
    step: str, old: Path, tmp_path: Path, take_fake: Take
) -> None:
    (tmp_path / "b.csv").write_bytes(fake_table())

    def interrupt(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    before = tree(old)
    with pytest.raises(KeyboardInterrupt):
        take_fake(tmp_path / "b.csv", step=interrupt)
    assert (tree(old), formats(old)) == (before, (1, 1))


def test_a_marker_that_was_left_behind_is_brought_up_by_the_next_writer(
    old: Path, tmp_path: Path, take_fake: Take
) -> None:
    """A kill between the commit and the marker: the catalogue alone says the format."""
    (tmp_path / "b.csv").write_bytes(fake_table())
    take_fake(tmp_path / "b.csv")
    (old / "store.json").write_text('{"format": 1}\n')
    opened = Store.open(old)
    assert len(opened.record_releases()) == 1
    clean(opened)
    assert formats(old) == (2, 2)
