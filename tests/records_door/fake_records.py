"""Tiny record files, and a reader for them: the door's tests need no real layout.

A file begins with ``FAKE series layout form``; each further line is ``key day``. A layout with
commas is several that the header fits. What comes after a line ``END`` is not read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from openlifecycle.errors import UnknownSeries
from openlifecycle.intake.outcome import Outcome
from openlifecycle.reading.records.frame import Member, Recognised, RecordFrame

Take = Callable[..., list[Outcome]]

TABLES = {
    "us_ice.arrests": "arrest",
    "us_ice.detentions": "detention_stint",
    "us_ice.removals": "removal",
}


def fake_table(
    series: str = "us_ice.arrests",
    rows: Sequence[tuple[str, str]] = (("k1", "2025-01-02"),),
    *,
    layout: str = "2026-03",
    form: str = "original",
) -> bytes:
    """Return the bytes of a record file; wide enough in its first line to pass for a table."""
    lines = [f"FAKE {series} {layout} {form}|||||", *(f"{key} {day}" for key, day in rows)]
    return ("\n".join(lines) + "\n").encode()


def read_lines(path: Path) -> list[str]:
    """Return the lines of a file up to the one that says END."""
    with path.open() as handle:
        return [line.rstrip("\n") for line in takewhile(lambda line: line != "END\n", handle)]


class FakeReader:
    """Reads what ``fake_table`` makes."""

    def recognise(self, path: Path) -> Recognised | None:
        with path.open("rb") as handle:
            head = handle.read(200)
        first = head.split(b"\n", 1)[0].decode("latin-1").rstrip("|").split()
        if len(first) != 4 or first[0] != "FAKE":
            return None
        if first[1] not in TABLES:
            raise UnknownSeries("columns that no layout knows: 'Shoe Size'", where=path.name)
        layout, *also = first[2].split(",")
        return Recognised(first[1], TABLES[first[1]], layout, first[3], ("",), tuple(also))

    def read(
        self, members: Sequence[Member], *, release_id: str, out: Path, work: Path
    ) -> RecordFrame:
        (work / "between.bin").write_bytes(b"x" * 1000)
        first = self.recognise(members[0].path)
        assert first is not None
        rows: list[tuple[str, int, str, dt.date]] = []
        sheets = []
        for member in sorted(members, key=lambda m: m.name):
            lines = read_lines(member.path)[1:]
            for number, line in enumerate(lines):
                key, day = line.split()
                rows.append((member.name, number + 2, key, dt.date.fromisoformat(day)))
            counts = {"rows": len(lines), "blank_rows": 0, "landed_rows": len(lines),
                      "error_cells": 0}  # fmt: skip
            sheet = {"sheet": "", "header_row": 1, "columns": [], **counts}
            sheets.append({"member": member.name, "kind": "text", "sheets": [sheet]})
        days = [day for *_, day in rows]
        table = pa.table(
            {
                "release_id": [release_id] * len(rows),
                "row_id": pa.array(range(len(rows)), pa.int64()),
                "member": [name for name, *_ in rows],
                "sheet": [""] * len(rows),
                "row": [row for _, row, *_ in rows],
                "person_key": [key for _, _, key, _ in rows],
                "on": days,
            }
        )
        pq.write_table(table, out)
        (work / "between.bin").unlink()
        through = max(days, default=None)
        totals = {"rows": len(rows), "blank_rows": 0, "landed_rows": len(rows),
                  "redacted_cells": 0, "unparsable_cells": 0, "error_cells": 0, "date_flags": {},
                  "rows_told_apart_by_dropped_fields": 0}  # fmt: skip
        return RecordFrame(
            *(first.series, first.table, first.layout, first.form, len(rows)),
            min(days, default=None),
            dt.datetime.combine(through, dt.time(23, 59, 59)) if through else None,
            "the latest day printed",
            {"kind": "records", "members": sheets, "totals": totals},
        )


def sha(data: bytes) -> str:
    """Return the sha256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()
