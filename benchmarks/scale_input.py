"""Key columns of very many stints and arrests, made in lots by numpy: nobody in it exists.

The synthetic world has every field and every kind of mess; this has the nine columns that stays and
links are made of, at a speed that makes forty million of them in a minute.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

#: People in a lot: what is held in memory at a time.
LOT: Final = 400_000
#: Rows that DuckDB hands to a thread at a time; one larger group would keep a single core busy.
ROW_GROUP: Final = 122_880
MINUTE: Final = 60_000_000
START: Final = np.datetime64("2011-10-01T00:00:00", "us")
DAYS: Final = 5270
#: Mean numbers, of the order of the released tables: 1.5 stays a person, 2.4 stints a stay.
SEVERAL_STAYS: Final = 0.4
STINTS_LESS_ONE: Final = 1.4
#: Shares of rows: repeated in full, still open, not matched by an arrest.
REPEATED: Final = 0.01
OPEN: Final = 0.02
UNARRESTED: Final = 0.35


def _keys(people: Any) -> Any:
    """Return person keys: 16 hexadecimal digits in an order that says nothing."""
    mixed = people.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    digits = np.frombuffer(b"0123456789abcdef", dtype="S1")
    shifts = np.arange(60, -4, -4, dtype=np.uint64)
    nibbles = (mixed[:, None] >> shifts[None, :]) & np.uint64(15)
    return pa.array(digits[nibbles.astype(np.int64)].view("S16").ravel().astype("U16"))


def _moments(values: Any) -> Any:
    return pa.array(values, pa.timestamp("us"))


def _lot(rng: Any, first_person: int, people: int, first_row: int) -> tuple[Any, Any]:
    """Return the stints and the arrests of a lot of people."""
    stays = 1 + rng.poisson(SEVERAL_STAYS, people)
    who = np.repeat(np.arange(people), stays)
    began = START + rng.integers(0, DAYS * 1440, len(who)) * np.timedelta64(MINUTE, "us")
    stints = 1 + rng.poisson(STINTS_LESS_ONE, len(who))
    stay = np.repeat(np.arange(len(who)), stints)
    length = rng.exponential(20 * 1440, len(stay)).astype(np.int64) + 30
    ends = np.cumsum(length)
    before = np.concatenate([[0], ends])[np.concatenate([[0], np.cumsum(stints)[:-1]])]
    out_at = began[stay] + (ends - before[stay]) * np.timedelta64(MINUTE, "us")
    in_at = out_at - length * np.timedelta64(MINUTE, "us")
    last = np.concatenate([stay[1:] != stay[:-1], [True]])
    stay_out = out_at[last][stay]
    is_open = rng.random(len(who)) < OPEN
    stay_out[is_open[stay]] = np.datetime64("NaT")
    out_at[last & is_open[stay]] = np.datetime64("NaT")
    rows = np.concatenate(
        [np.arange(len(stay)), rng.integers(0, len(stay), int(len(stay) * REPEATED))]
    )
    keys = _keys(first_person + np.arange(people))
    codes = pa.array([f"SYN{n:03d}{('TX', 'LA', 'CA', 'AZ', 'GA')[n % 5]}" for n in range(600)])
    held = pa.table(
        {
            "row_id": pa.array(first_row + np.arange(len(rows)), pa.int64()),
            "person_key": keys.take(pa.array(who[stay][rows])),
            "stay_book_in_at": _moments(began[stay][rows]),
            "stay_book_out_at": _moments(stay_out[rows]),
            "book_in_at": _moments(in_at[rows]),
            "book_out_at": _moments(out_at[rows]),
            "facility_code": codes.take(pa.array(rng.integers(0, 600, len(stay))[rows])),
        }
    )
    arrested = np.flatnonzero(rng.random(len(who)) >= UNARRESTED)
    gap = rng.integers(0, 48 * 60, len(arrested)) * np.timedelta64(MINUTE, "us")
    arrests = pa.table(
        {
            "row_id": pa.array(first_row + np.arange(len(arrested)), pa.int64()),
            "person_key": keys.take(pa.array(who[arrested])),
            "arrested_at": _moments(began[arrested] - gap),
            "arrest_method": pa.array(np.full(len(arrested), "Located"), pa.string()),
        }
    )
    return held, arrests


def write_input(folder: Path, stints: int, seed: int = 0) -> dict[str, Path]:
    """Write at least so many stints, and their arrests, and return the files by event table."""
    files = {
        name: folder / f"{name}-{stints}-{seed}.parquet" for name in ("detention_stint", "arrest")
    }
    if all(file.exists() for file in files.values()):
        return files
    rng = np.random.default_rng(seed)
    writers: list[Any] = []
    made, person = 0, 0
    while made < stints:
        people = min(LOT, int((stints - made) / 3.3) + 1000)
        lot = _lot(rng, person, people, made)
        if not writers:
            writers = [
                pq.ParquetWriter(f"{file}.part", table.schema, compression="lz4")
                for file, table in zip(files.values(), lot, strict=True)
            ]
        for writer, table in zip(writers, lot, strict=True):
            writer.write_table(table, row_group_size=ROW_GROUP)
        made, person = made + lot[0].num_rows, person + people
    for writer, file in zip(writers, files.values(), strict=True):
        writer.close()
        Path(f"{file}.part").replace(file)
    return files
