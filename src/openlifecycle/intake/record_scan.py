"""The last look at what was read of a record release: does a kept column identify people?

The reader refuses columns by their headers and drops those the project never uses. What is left
is searched here by the form of its values, whatever its header said: an A-number or a social
security number in a kept column refuses the release. The message says where, never what.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from openlifecycle.errors import PersonalData
from openlifecycle.intake import words

#: Not searched: our own, or names of files and sheets. ``person_key`` has a rule of its own.
_NOT_SEARCHED: Final = frozenset(("release_id", "member", "sheet", "date_flags", "person_key"))
_BATCH_ROWS: Final = 64_000
#: A pseudonym is no A-number. Hashes can begin like one, so only a key that is nothing else counts.
_KEY_IS_A_NUMBER: Final = re.compile(
    r"^A[-# ]{0,2}(?:\d{8,9}|\d{2,3}[- ]\d{3}[- ]\d{3})$", re.MULTILINE
)
_SHOWN: Final = 5


def refuse_people(events: Path) -> None:
    """Raise where a column of an event table identifies people by the form of its values.

    Args:
        events: the Parquet file; read in pieces.

    Raises:
        PersonalData: with column, member, sheet and row, without any value.
    """
    hits = _hits(events)
    if hits:
        raise PersonalData(
            "the records carry values that identify people; nothing of them was kept",
            where="; ".join(hits[:_SHOWN]) + ("; and more columns" if len(hits) > _SHOWN else ""),
            next_step="keep these files away from shared folders, and ask their publisher whether"
            " they were meant to be released; nothing of them is in the store",
        )


def _hits(events: Path) -> list[str]:
    import pyarrow.parquet as pq

    found: dict[str, str] = {}
    begun = 0
    with pq.ParquetFile(events) as file:
        texts = [
            field.name
            for field in file.schema_arrow
            if "string" in str(field.type) and field.name not in _NOT_SEARCHED
        ]
        for batch in file.iter_batches(_BATCH_ROWS, columns=texts):
            for name in texts:
                if name in found:
                    continue
                # The values of a batch as one text: what is looked for never spans a line.
                kind = _kind(name, "\n".join(t for t in batch[name].unique().to_pylist() if t))
                if kind:
                    lines = (_kind(name, text or "") for text in batch[name].to_pylist())
                    row = begun + next((n for n, hit in enumerate(lines) if hit), 0)
                    found[name] = f"{_place(events, row)}, column {name} ({kind})"
            begun += batch.num_rows
    return list(found.values())


def _kind(name: str, text: str) -> str:
    """Return what a text tells of a person, "" where nothing."""
    if name == "person_key":
        return "an A-number" if _KEY_IS_A_NUMBER.search(text) else ""
    return words.value_kind(text)


def _place(events: Path, row: int) -> str:
    import polars as pl

    kept = pl.scan_parquet(events).select("member", "sheet", "row").slice(row, 1).collect()
    member, sheet, line = kept.row(0)
    return f"{member}, sheet {sheet!r}, row {line}" if sheet else f"{member}, line {line}"
