"""The event tables of record releases, made again from their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from openlifecycle.vault import catalogue, manifest, record_catalogue
from openlifecycle.vault.durable import Placing, disk_errors, sha256_of_file
from openlifecycle.vault.places import RECEIPT
from openlifecycle.vault.record_landing import derived_files
from openlifecycle.vault.record_rows import DerivedRecords, RecordRelease
from openlifecycle.vault.rows import DerivedRow
from openlifecycle.vault.store import Store
from openlifecycle.vault.work import work_folder

#: (name, path) of each file, release id, empty folder -> what reading gives; the vault may not
#: import the room that reads.
DeriveRecords = Callable[[list[tuple[str, Path]], str, Path], DerivedRecords]


def rebuild_records(
    store: Store, derive: DeriveRecords, *, tell: Callable[[str], None] = lambda _id: None
) -> tuple[int, list[str], list[str]]:
    """Derive every record release again; return (same, restored, changed) as ``Rebuilt`` has them.

    Args:
        store: the store; members and manifests are only read.
        derive: reads a release; given the names in its manifest, so that the same rules give the
            same bytes.
        tell: told the id of each release as it is done.
    """
    same, restored, changed = 0, list[str](), list[str]()
    for row in store.record_releases():
        with work_folder(store.places) as work:
            members = manifest.read(store.places.manifest(row.release_id))["members"]
            places = [
                (m["name"], store.places.member(row.series, m["sha256"], m["suffix"]))
                for m in members
            ]
            inside = work / "read"
            with disk_errors(inside):
                inside.mkdir()
            derived = derive(places, row.release_id, inside)
            fresh = derived_files(store, row.release_id, row.sha256, derived)
            on_record = {d.table: d for d in store.derived_records() if _is_of(d, row)}
            for file in fresh:
                before = on_record.get(file.table)
                if before is None or before.sha256 != file.sha256:
                    changed.append(f"{row.release_id} {file.table}")
                elif _is_in_place(file):
                    same += 1
                else:
                    restored.append(f"{row.release_id} {file.table}")
            _put(store, row, derived, fresh)
        tell(row.release_id)
    return same, restored, changed


def _is_of(derived: DerivedRow, row: RecordRelease) -> bool:
    return derived.release_id == row.release_id


def _is_in_place(file: DerivedRow) -> bool:
    return file.path.is_file() and sha256_of_file(file.path)[0] == file.sha256


def _put(
    store: Store, row: RecordRelease, derived: DerivedRecords, fresh: list[DerivedRow]
) -> None:
    now_said = replace(
        row,
        rows=derived.rows,
        first=derived.first,
        through=derived.through,
        through_why=derived.through_why,
    )
    wanting = [file for file in fresh if not _is_in_place(file)]
    with store.writing():
        placing = Placing(store.places.tmp)
        try:
            with disk_errors(store.places.root):
                for file in wanting:
                    if file.table == RECEIPT:
                        placing.write(file.path, derived.account)
                    else:
                        placing.adopt(file.path, derived.events)
                placing.place()
        except BaseException:
            placing.undo()
            raise
        with catalogue.connect(store.places) as connection, catalogue.transaction(connection):
            record_catalogue.update_release(connection, now_said)
            for file in fresh:
                record_catalogue.insert_derived(connection, file)
