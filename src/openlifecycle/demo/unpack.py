"""The starter set as a store: the same questions, the same answers, without the workbooks.

The package carries the observations of 81 published releases as one compact file. Unpacked, they
are a store like any other, except that the bytes of the releases are not in it: ``olc verify``
says so, and ``olc take`` of the same workbooks into a store of one's own gives the whole.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from datetime import date, datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import polars as pl

from openlifecycle.errors import StoreProblem
from openlifecycle.vault import catalogue
from openlifecycle.vault.places import OBSERVATIONS, RECEIPT, Places
from openlifecycle.vault.rows import DerivedRow, Origin, ReleaseRow
from openlifecycle.vault.store import Store

OBSERVATIONS_FILE: Final = "observations.parquet"
RELEASES_FILE: Final = "releases.json"
ACCOUNTS_FILE: Final = "accounts.parquet"
#: Written last: says which starter set, unpacked by which rules, the folder holds.
STAMP: Final = "starter.sha256"
#: Raised whenever the unpacked form changes.
_FORM: Final = b"1"


def starter_file(name: str) -> Traversable:
    """Return one of the files of the starter set inside the package."""
    return resources.files("openlifecycle.demo.starter") / name


def starter_hash() -> str:
    """Return the identity of the starter set: the hash of its files and of the unpacked form."""
    digest = hashlib.sha256(_FORM)
    for name in (OBSERVATIONS_FILE, RELEASES_FILE, ACCOUNTS_FILE):
        digest.update(starter_file(name).read_bytes())
    return digest.hexdigest()


def starter_store(folder: Path) -> Store:
    """Return the starter set as a store in a folder, unpacking it where it is not yet there.

    Args:
        folder: a folder of its own. One that holds anything else is left alone.

    Raises:
        StoreProblem: the folder holds something that is not an unpacked starter set.
    """
    wanted = starter_hash()
    stamp = folder / STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == wanted:
        return Store.open(folder)
    _clear(folder)
    store = Store.open(folder, create=True)
    with store.writing():
        _fill(store)
    stamp.write_text(wanted + "\n", encoding="utf-8")
    return store


def _clear(folder: Path) -> None:
    """Remove an older or half unpacked starter set; refuse to touch anything else."""
    if not folder.exists():
        return
    marked = (folder / STAMP).exists() or (folder / f"{STAMP}.begun").exists()
    if not marked and any(folder.iterdir()):
        raise StoreProblem(
            "this folder holds something that is not the starter set; it was left alone",
            where=str(folder),
            next_step="name an empty or new folder with --store",
        )
    shutil.rmtree(folder)


def _fill(store: Store) -> None:
    """Write every release of the starter set into a new store."""
    (store.places.root / f"{STAMP}.begun").touch()
    rows = json.loads(starter_file(RELEASES_FILE).read_text(encoding="utf-8"))
    accounts = pl.read_parquet(io.BytesIO(starter_file(ACCOUNTS_FILE).read_bytes()))
    told = dict(accounts.select("release_id", "account").iter_rows())
    releases = [_release(row, json.loads(told[row["release_id"]])["dates"]) for row in rows]
    observations = pl.read_parquet(io.BytesIO(starter_file(OBSERVATIONS_FILE).read_bytes()))
    parts = {
        str(key[0]): part
        for key, part in observations.partition_by(
            "release_id", as_dict=True, maintain_order=True
        ).items()
    }
    with catalogue.connect(store.places) as connection, catalogue.transaction(connection):
        # A release may follow one that was published after it: judged at the end, together.
        connection.execute("PRAGMA defer_foreign_keys = ON")
        for release in releases:
            part = io.BytesIO()
            parts[release.release_id].write_parquet(part, compression="zstd")
            catalogue.insert_release(connection, release, manifest_sha256="")
            for name in release.names:
                origin = Origin("archive", name, archive="starter set")
                catalogue.insert_sighting(
                    connection, release.release_id, origin, release.received_at
                )
            account = told[release.release_id].encode()
            count = parts[release.release_id].height
            for row, content in (
                _derived(store.places, release, OBSERVATIONS, part.getvalue(), count),
                _derived(store.places, release, RECEIPT, account, 1),
            ):
                row.path.parent.mkdir(parents=True, exist_ok=True)
                row.path.write_bytes(content)
                catalogue.insert_derived(connection, row)


def _derived(
    places: Places, release: ReleaseRow, table: str, content: bytes, rows: int
) -> tuple[DerivedRow, bytes]:
    """Return the catalogue's row for a derived file, with its content."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = places.derived(table, release.sha256, sha256)
    return DerivedRow(release.release_id, table, sha256, len(content), rows, path), content


def _release(row: dict[str, Any], dates: list[dict[str, Any]]) -> ReleaseRow:
    """Return a release row from its JSON form (``ReleaseRow.as_dict``) and its stated dates."""
    published = row["published_on"]
    return ReleaseRow(
        **{
            **row,
            "received_at": datetime.fromisoformat(row["received_at"]),
            "as_of": date.fromisoformat(row["as_of"]),
            "published_on": date.fromisoformat(published) if published else None,
            "names": tuple(row["names"]),
            "tables_refused": tuple(row["tables_refused"]),
            "dates": tuple(dates),
        }
    )
