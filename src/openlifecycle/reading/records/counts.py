"""What reading noticed of each column: numbers and places, never a value of a person."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

#: So many places are shown for each kind of trouble.
_PLACES: Final = 3
#: A closed field that holds more distinct unknown values than this is not a closed field.
_VALUES: Final = 200


@dataclass
class ColumnCounts:
    """What was noticed of one column of one sheet.

    Attributes:
        filled: cells with a value that landed.
        redacted: cells with a redaction mark, read as null.
        unparsable: cells whose text is no date or number, read as null.
        places: row numbers of the first of them.
        with_time: cells of a day column that print a time of day, which is dropped.
        without_time: cells of a moment column at midnight exactly: a bare day, or midnight.
        values: distinct values of a closed field.
    """

    filled: int = 0
    redacted: int = 0
    unparsable: int = 0
    places: list[int] = field(default_factory=list)
    with_time: int = 0
    without_time: int = 0
    values: Counter[str] = field(default_factory=Counter)

    def add(self, other: ColumnCounts) -> None:
        """Add what a later batch noticed."""
        self.filled += other.filled
        self.redacted += other.redacted
        self.unparsable += other.unparsable
        self.places = (self.places + other.places)[:_PLACES]
        self.with_time += other.with_time
        self.without_time += other.without_time
        for value, count in other.values.items():
            if value in self.values or len(self.values) < _VALUES:
                self.values[value] += count
            else:
                self.values["(further values)"] += count

    def as_dict(self, rows: int) -> dict[str, Any]:
        """Return the counts that say something, for the receipt."""
        out: dict[str, Any] = {"nulls": rows - self.filled, "redacted": self.redacted}
        if self.unparsable:
            out["unparsable"] = self.unparsable
            out["unparsable_rows"] = [f"row {row}" for row in self.places]
        for name in ("with_time", "without_time"):
            if getattr(self, name):
                out[name] = getattr(self, name)
        return out


@dataclass
class BatchCounts:
    """What was noticed of one batch, or of a whole sheet.

    Attributes:
        rows: rows between the header and the end, blank ones included.
        blank: rows without any value, left out.
        error_cells: cells that hold an Excel error, read as blank.
        columns: by place in the header.
        days: days of events, for the extent of the release; with how many events each.
        happened: the same for the field that says when the event happened.
    """

    rows: int = 0
    blank: int = 0
    error_cells: int = 0
    columns: dict[int, ColumnCounts] = field(default_factory=dict)
    days: Counter[dt.date] = field(default_factory=Counter)
    happened: Counter[dt.date] = field(default_factory=Counter)

    def add(self, other: BatchCounts) -> None:
        """Add what a later batch noticed."""
        self.rows += other.rows
        self.blank += other.blank
        self.error_cells += other.error_cells
        for position, counts in other.columns.items():
            self.columns.setdefault(position, ColumnCounts()).add(counts)
        self.days.update(other.days)
        self.happened.update(other.happened)
