"""The receipt of a record release: what became of every row and column; never a value of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from openlifecycle.reading.labels import a1
from openlifecycle.reading.records.batches import RecordSheet
from openlifecycle.reading.records.counts import BatchCounts, ColumnCounts
from openlifecycle.reading.records.headings import Match
from openlifecycle.reading.records.spec import plain, shared

#: A value seen less often could be one person's cell out of place; it is counted, not shown.
_SHOWN_FROM: Final = 5


@dataclass
class SheetAccount:
    """One table of one member: its header, and what was noticed of its rows."""

    member: str
    sheet: RecordSheet
    match: Match
    counts: BatchCounts = field(default_factory=BatchCounts)

    @property
    def landed(self) -> int:
        """Return how many rows landed."""
        return self.counts.rows - self.counts.blank

    def as_dict(self) -> dict[str, Any]:
        """Return the account for the receipt."""
        return {
            "sheet": self.sheet.name,
            "preamble_rows": self.sheet.preamble,
            "header_row": self.sheet.header_row,
            "rows": self.counts.rows,
            "blank_rows": self.counts.blank,
            "landed_rows": self.landed,
            "error_cells": self.counts.error_cells,
            "columns": [self._column(position) for position in range(len(self.match.columns))],
            "absent": list(self.match.absent),
        }

    def _column(self, position: int) -> dict[str, Any]:
        planned = self.match.columns[position]
        out: dict[str, Any] = {
            "column": a1(0, position).rstrip("1"),
            "heading": planned.heading,
            "became": planned.outcome,
        }
        if planned.field:
            out["field"] = planned.field
        if planned.field in self.match.spec.clocks:
            out["clock"] = self.match.spec.clocks[planned.field]
        if planned.why:
            out["why"] = planned.why
        if planned.outcome != "ignored":
            counts = self.counts.columns.get(position, ColumnCounts())
            out |= counts.as_dict(self.landed)
        return out


def receipt(
    accounts: Sequence[SheetAccount],
    others: Mapping[str, Sequence[str]],
    kinds: Mapping[str, str],
    flags: Counter[tuple[str, str]],
    variants: int,
) -> dict[str, Any]:
    """Return the receipt of a release.

    Args:
        accounts: every table of every member, in the order of the rows.
        others: member -> its sheets without records.
        kinds: member -> kind of file.
        flags: impossible dates by field and reason.
        variants: rows told apart only by dropped fields.
    """
    match = accounts[0].match
    dated: dict[str, dict[str, int]] = {}
    for (name, reason), count in sorted(flags.items()):
        dated.setdefault(name, {})[reason] = count
    columns = [c for account in accounts for c in account.counts.columns.values()]
    return {
        "kind": "records",
        "series": match.spec.series,
        "table": match.spec.event.name,
        "layout": match.layout.name,
        "form": match.form,
        "members": [
            {
                "member": member,
                "kind": kinds[member],
                "sheets": [a.as_dict() for a in accounts if a.member == member],
                "sheets_without_records": list(others.get(member, ())),
            }
            for member in kinds
        ],
        "totals": {
            "rows": sum(account.counts.rows for account in accounts),
            "landed_rows": sum(account.landed for account in accounts),
            "blank_rows": sum(account.counts.blank for account in accounts),
            "redacted_cells": sum(column.redacted for column in columns),
            "unparsable_cells": sum(column.unparsable for column in columns),
            "error_cells": sum(account.counts.error_cells for account in accounts),
            "date_flags": dated,
            "rows_told_apart_by_dropped_fields": variants,
        },
    }


def findings(accounts: Sequence[SheetAccount], flags: Counter[tuple[str, str]]) -> Iterator[Any]:
    """Yield what a reader of the release should know, one dict a finding."""
    yield from _unknown_values(accounts)
    for account in accounts:
        where = f"{account.member}, sheet {account.sheet.name!r}".removesuffix(", sheet ''")
        yield from _of_header(account, where)
        yield from _of_columns(account, where)
    for (name, reason), count in sorted(flags.items()):
        yield _finding("impossible_date", f"{count:,} rows: {name} {reason}", count, name)


def _finding(rule: str, what: str, count: int, field_name: str = "", where: str = "") -> Any:
    return {"rule": rule, "what": what, "count": count, "field": field_name, "where": where}


def _unknown_values(accounts: Sequence[SheetAccount]) -> Iterator[Any]:
    """Yield the values of closed fields that are not known, counted over the release."""
    codes = shared(accounts[0].match.spec.series.split(".", maxsplit=1)[0]).codes
    seen: dict[str, Counter[str]] = {}
    for account in accounts:
        for position, counts in account.counts.columns.items():
            name = account.match.columns[position].field
            if name in codes:
                seen.setdefault(name, Counter()).update(counts.values)
    for name, values in seen.items():
        rare = 0
        for value, count in sorted(values.items()):
            if value in codes[name]:
                continue
            if count < _SHOWN_FROM:
                rare += count
                continue
            what = f"{name} has the unknown value {value!r} in {count:,} rows"
            yield _finding("unknown_value", what, count, name)
        if rare:
            what = f"{name} has unknown values, each in fewer than {_SHOWN_FROM} rows: {rare} rows"
            yield _finding("unknown_value", what, rare, name)


def _of_header(account: SheetAccount, where: str) -> Iterator[Any]:
    match, sheet = account.match, account.sheet
    if match.form == "original" and sheet.preamble not in (0, match.layout.preamble):
        what = f"{sheet.preamble} lines above the header; the layout has {match.layout.preamble}"
        yield _finding("preamble", what, sheet.preamble, where=where)
    if match.absent:
        what = "headings of the layout that are absent: " + ", ".join(match.absent)
        yield _finding("absent_columns", what, len(match.absent), where=where)
    for column in match.columns:
        is_other = column.canonical and plain(column.heading) != plain(column.canonical)
        is_repeat = plain(column.heading) in match.layout.repeats
        if match.form == "original" and is_other and not is_repeat:
            what = f"heading {column.heading!r} stands for {column.canonical!r}"
            yield _finding("spelling", what, 1, column.field, where)


def _of_columns(account: SheetAccount, where: str) -> Iterator[Any]:
    if account.counts.error_cells:
        count = account.counts.error_cells
        yield _finding("error_cells", f"{count:,} cells hold an Excel error", count, where=where)
    for position, counts in account.counts.columns.items():
        column = account.match.columns[position]
        if counts.unparsable:
            rows = ", ".join(str(row) for row in counts.places)
            what = (
                f"{counts.unparsable:,} cells of {column.heading!r} do not read as what the field "
                f"holds and are null; the first in rows {rows}"
            )
            yield _finding("unparsable", what, counts.unparsable, column.field, where)
        is_moment = column.field in account.match.spec.clocks
        if is_moment and counts.filled and counts.without_time == counts.filled:
            what = f"{column.heading!r} prints days without a time: every moment is midnight"
            yield _finding("days_only", what, counts.filled, column.field, where)
