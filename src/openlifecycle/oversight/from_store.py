"""Releases of a store in the form that the checks look at."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from openlifecycle.oversight.check import check_release, check_series, in_order
from openlifecycle.oversight.finding import Finding
from openlifecycle.oversight.history import History
from openlifecycle.oversight.release import COLUMNS, Release
from openlifecycle.vault.places import OBSERVATIONS
from openlifecycle.vault.rows import ReleaseRow
from openlifecycle.vault.store import Store


def releases_of(store: Store, rows: list[ReleaseRow]) -> Iterator[Release]:
    """Yield the releases of these rows with their observations, one in memory at a time."""
    paths = {
        derived.release_id: derived.path
        for derived in store.derived()
        if derived.table == OBSERVATIONS
    }
    for row in rows:
        yield Release(
            release_id=row.release_id,
            observations=pl.read_parquet(paths[row.release_id], columns=list(COLUMNS)),
            fiscal_year=row.fiscal_year,
            as_of=row.as_of,
            published_on=row.published_on,
            dates=[dict(stated) for stated in row.dates],
        )


def check_stored(store: Store, ref: str) -> list[Finding]:
    """Return the findings of one release, against the releases published before it.

    Only releases of its own fiscal year and the one before are looked at: older ones speak of no
    period that this one does, but for the semiannual tables, which each release repeats.
    """
    row = store.release(ref)
    earlier = [
        other
        for other in store.releases()
        if other.series == row.series
        and other.order() < row.order()
        and row.fiscal_year - 1 <= other.fiscal_year <= row.fiscal_year + 1
    ]
    history = History()
    for release in releases_of(store, earlier):
        history.add(release)
    (release,) = releases_of(store, [row])
    return _with_reading(store, row.release_id, check_release(release, history))


def check_all(store: Store) -> Iterator[tuple[ReleaseRow, list[Finding]]]:
    """Yield every release of the store with its findings, in published order."""
    rows = store.releases()
    for series in sorted({row.series for row in rows}):
        own = [row for row in rows if row.series == series]
        for row, (_, findings) in zip(own, check_series(releases_of(store, own)), strict=True):
            yield row, _with_reading(store, row.release_id, findings)


def _with_reading(store: Store, release_id: str, findings: list[Finding]) -> list[Finding]:
    """Return the findings with those that reading the release had left."""
    seen = {(f["check"], f["sheet"], f["cell"]) for f in findings}
    reading = [
        Finding(
            check=f["check"],
            severity=f["severity"],
            release_id=release_id,
            sheet=f["sheet"],
            cell=f["cell"],
            table=f["table"],
            what=f["what"],
            printed=f["printed"],
            computed=f["computed"],
        )
        for f in store.findings(release_id)
        if (f["check"], f["sheet"], f["cell"]) not in seen
    ]
    return in_order([*reading, *findings])
