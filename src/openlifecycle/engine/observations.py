"""The captured cells of one release, as rows."""

from __future__ import annotations

import polars as pl

from openlifecycle.engine.corpus import SERIES
from openlifecycle.engine.source import ObservationSource
from openlifecycle.errors import UnknownRelease
from openlifecycle.model.observation import CORRECTED, PUBLISHED, SCHEMA


def release_rows(
    source: ObservationSource, release_id: str, edition: str | None = PUBLISHED
) -> pl.DataFrame:
    """Return every observation of a release, hidden and unobserved ones included.

    Args:
        source: the store.
        release_id: which release.
        edition: ``published`` leaves out what only the corrected view shows, ``corrected`` the
            other way round; None keeps both.
    """
    files = source.observation_files(SERIES)
    rows = pl.scan_parquet(files).filter(pl.col("release_id") == release_id) if files else None
    found = rows.select(list(SCHEMA)).collect() if rows is not None else pl.DataFrame(schema=SCHEMA)
    if found.is_empty():
        raise UnknownRelease(f"the store has no observations of {release_id}")
    if edition is None:
        return found
    return found.filter(pl.col("edition") != (CORRECTED if edition == PUBLISHED else PUBLISHED))
