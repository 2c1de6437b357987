"""The captured cells of one release, or of one table in all releases, as rows."""

from __future__ import annotations

from collections.abc import Sequence

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


def table_rows(
    source: ObservationSource, tables: Sequence[str], columns: Sequence[str]
) -> pl.DataFrame:
    """Return the visible observations of some tables in all releases, as published.

    Args:
        source: the store.
        tables: which.
        columns: which columns of core__observation; all of a whole corpus are ten times as many.
    """
    files = source.observation_files(SERIES)
    if not files:
        return pl.DataFrame(schema={name: SCHEMA[name] for name in columns})
    wanted = (
        pl.col("table").is_in(tables)
        & ~pl.col("hidden").fill_null(False)
        & (pl.col("edition") != CORRECTED)
    )
    return pl.scan_parquet(files).filter(wanted).select(columns).collect()
