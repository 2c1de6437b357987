"""The verb: the files of one record release become one canonical event file with a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openlifecycle.reading.records.frame import Member, RecordFrame

__all__ = ["Member", "RecordFrame", "read_records"]


def read_records(
    members: Sequence[Member], *, release_id: str, out: Path, work: Path
) -> RecordFrame:
    """Read the files of one release into one Parquet file of canonical events.

    Args:
        members: the files; they must be of one series, layout and form.
        release_id: written into every row.
        out: the Parquet file to write.
        work: an existing folder for files in between; emptied of them before returning.
    """
    raise NotImplementedError((members, release_id, out, work))
