"""Everything derived, made again from the bytes: deleting derived tables loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from openlifecycle.vault import catalogue, manifest
from openlifecycle.vault.durable import Placing, disk_errors, sha256_of_file
from openlifecycle.vault.landing import derived_rows
from openlifecycle.vault.record_rebuild import DeriveRecords, rebuild_records
from openlifecycle.vault.rows import Derived, DerivedRow, ReleaseRow
from openlifecycle.vault.store import Store

#: Bytes and names in, what reading gives out; the vault may not import the room that reads.
Derive = Callable[[bytes, list[str]], Derived]


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild found: files that were as on record, put back, or changed by newer rules."""

    same: int
    restored: tuple[str, ...]
    changed: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the parts for ``--json``."""
        return asdict(self)


def rebuild(
    store: Store,
    derive: Derive,
    derive_records: DeriveRecords | None = None,
    *,
    tell: Callable[[str], None] = lambda _id: None,
) -> Rebuilt:
    """Derive every release again and make the store agree with the result.

    Args:
        store: the store; releases and manifests are only read.
        derive: reads a release; given the names in its manifest, so that the same rules give
            the same bytes.
        derive_records: reads a record release; without it those are left as they are.
        tell: told the id of each release as it is done.
    """
    same, restored, changed = 0, list[str](), list[str]()
    for row in store.releases():
        names = manifest.read(store.places.manifest(row.release_id))["names"]
        derived = derive(store.bytes_of(row.release_id), names)
        fresh = derived_rows(store, row.release_id, row.sha256, derived)
        on_record = {d.table: d for d in store.derived() if d.release_id == row.release_id}
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
    if derive_records is not None:
        more = rebuild_records(store, derive_records, tell=tell)
        same, restored, changed = same + more[0], restored + more[1], changed + more[2]
    return Rebuilt(same, tuple(restored), tuple(changed))


def _is_in_place(file: DerivedRow) -> bool:
    return file.path.is_file() and sha256_of_file(file.path)[0] == file.sha256


def _put(store: Store, row: ReleaseRow, derived: Derived, fresh: list[DerivedRow]) -> None:
    now_said = replace(
        row,
        fiscal_year=derived.fiscal_year,
        as_of=derived.as_of,
        published_on=derived.published_on,
        published_why=derived.published_why,
        status=derived.status,
        statuses=derived.statuses,
        tables_refused=derived.tables_refused,
        dates=derived.dates,
    )
    with store.writing():
        placing = Placing(store.places.tmp)
        try:
            with disk_errors(store.places.root):
                contents = (derived.observations, derived.receipt)
                for file, content in zip(fresh, contents, strict=True):
                    if not _is_in_place(file):
                        placing.write(file.path, content)
                placing.place()
        except BaseException:
            placing.undo()
            raise
        with (
            catalogue.connect(store.places) as connection,
            catalogue.transaction(connection),
        ):
            catalogue.update_release(connection, now_said)
            for file in fresh:
                catalogue.insert_derived(connection, file)
