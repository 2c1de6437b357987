"""The last look at what was read of a record release: is its pseudonym one?

The reader refuses what identifies people in every other column; the person key it must keep as it
stands. Where a publisher or a redistributor put A-numbers there, the release is refused here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from openlifecycle.errors import PersonalData

_KEY: Final = "person_key"
_BATCH_ROWS: Final = 64_000
#: A hash can begin like an A-number, so only a key that is nothing else counts.
_A_NUMBER: Final = re.compile(r"^A[-# ]{0,2}(?:\d{8,9}|\d{2,3}[- ]\d{3}[- ]\d{3})$", re.MULTILINE)


def refuse_people(events: Path) -> None:
    """Raise where the person key of an event table is an A-number.

    Args:
        events: the Parquet file; read in pieces.

    Raises:
        PersonalData: with column and row, without any value.
    """
    import pyarrow.parquet as pq

    begun = 0
    with pq.ParquetFile(events) as file:
        if _KEY not in file.schema_arrow.names:
            return
        for batch in file.iter_batches(_BATCH_ROWS, columns=[_KEY]):
            keys = [key or "" for key in batch[_KEY].to_pylist()]
            # One search for a batch: what is looked for never spans a line.
            if _A_NUMBER.search("\n".join(keys)):
                row = begun + next(n for n, key in enumerate(keys) if _A_NUMBER.search(key))
                raise _refused(events, row)
            begun += batch.num_rows


def _refused(events: Path, row: int) -> PersonalData:
    import polars as pl

    kept = pl.scan_parquet(events).select("member", "sheet", "row").slice(row, 1).collect()
    member, sheet, line = kept.row(0)
    return PersonalData(
        "the records carry A-numbers in the place of a pseudonym; nothing of them was kept",
        where=", ".join(
            part for part in (member, sheet and f"sheet {sheet!r}", f"row {line}") if part
        ),
        next_step="keep these files away from shared folders, and ask their publisher whether"
        " they were meant to be released; nothing of them is in the store",
    )
