"""The file that is written does not show how the batches fell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from openlifecycle.model.events import ARREST
from openlifecycle.reading.records.types import polars_types
from openlifecycle.reading.records.variants import dropped_variants
from openlifecycle.reading.records.write import ROW_GROUP, Part, write_events

ROWS = 150_000


def written(place: Path, events: pl.DataFrame, size: int) -> bytes:
    """Return the file that comes of batches of a size."""
    place.mkdir()
    parts = []
    for number, batch in enumerate(events.iter_slices(size)):
        path = place / f"{number}.arrow"
        batch.write_ipc(path)
        parts.append(Part(path, "a.xlsx", f"S{batch['row'][0] // 100_000}", batch.height))
    out = place / "events.parquet"
    end = dt.datetime(2024, 6, 1)
    write_events(parts, dropped_variants([]), ARREST, out, release_id="r", end=end)
    assert [p.name for p in place.iterdir()] == ["events.parquet"]
    return out.read_bytes()


def test_the_same_bytes_however_the_batches_fell(tmp_path: Path) -> None:
    types = polars_types()
    n = pl.int_range(pl.len())
    events = pl.DataFrame({"row": range(ROWS)}).select(
        *(pl.lit(None, types[f.kind]).alias(f.name) for f in ARREST.fields if f.name != "aor"),
        pl.col("row").cast(pl.Int64),
        ("syn-" + (n * 7_919 % 99_991).cast(pl.String).str.zfill(36)).alias("person_key"),
        ("A" + (n % 25).cast(pl.String)).alias("aor"),
    )
    whole = written(tmp_path / "a", events, 50_000)
    assert written(tmp_path / "b", events, 6_250) == whole
    groups = pq.ParquetFile(tmp_path / "a" / "events.parquet").metadata
    sizes = [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]
    assert set(sizes[:-1]) == {ROW_GROUP}
    assert sum(sizes) == ROWS
    back = pl.read_parquet(tmp_path / "b" / "events.parquet")
    assert back["row_id"].to_list() == list(range(ROWS))
    assert back["sheet"].unique(maintain_order=True).to_list() == ["S0", "S1"]
    assert back["person_key"].equals(events["person_key"])
