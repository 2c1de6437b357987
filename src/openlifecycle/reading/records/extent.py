"""How far a release reaches: its first and last plausible day, and the dates that cannot be."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import polars as pl

#: Nothing of these releases happened before; Excel itself cannot write such a day.
_EARLIEST: Final = dt.date(1900, 1, 1)
_FIRST_MILLENNIUM: Final = dt.date(1000, 1, 1)
#: Days at the end are set aside as misprints where a gap of so many days stands before them ...
_GAP_DAYS: Final = 92
#: ... and they hold no more than one event in so many.
_TAIL_SHARE: Final = 200
#: In small files a single misprint is more than that share: up to three, three years away.
_SINGLE: Final = 3
_SINGLE_GAP_DAYS: Final = 1_096
_LAST_SECOND: Final = dt.time(23, 59, 59)


def through(days: Counter[dt.date], fields: Sequence[str]) -> tuple[dt.datetime | None, str]:
    """Return the last moment that a release speaks of, and how that is known.

    Args:
        days: days of events, each with how many.
        fields: the fields they were taken from, for the words.
    """
    known = sorted(day for day in days if day >= _EARLIEST)
    if not known:
        return None, "no row has an event with a plausible date"
    last, set_aside = _without_misprints(days, known)
    why = f"the day of the latest event ({', '.join(fields)}) is {last.isoformat()}"
    if set_aside:
        why += f"; {set_aside} later events, far apart from all others, are taken for misprints"
    return dt.datetime.combine(last, _LAST_SECOND), why


def _without_misprints(days: Counter[dt.date], known: list[dt.date]) -> tuple[dt.date, int]:
    """Return the last day that no gap sets apart, and how many events stand after it."""
    total = sum(days[day] for day in known)
    last, set_aside, tail = known[-1], 0, 0
    for before, day in zip(reversed(known[:-1]), reversed(known[1:]), strict=True):
        tail += days[day]
        gap = (day - before).days
        is_small = tail * _TAIL_SHARE <= total and gap > _GAP_DAYS
        is_single = tail <= _SINGLE and tail * 10 <= total and gap > _SINGLE_GAP_DAYS
        if is_small or is_single:
            last, set_aside = before, tail
        elif tail > _SINGLE and tail * _TAIL_SHARE > total:
            break
    return last, set_aside


def first_day(happened: Counter[dt.date]) -> dt.date | None:
    """Return the day of the earliest plausible event."""
    return min((day for day in happened if day >= _EARLIEST), default=None)


def date_flags(columns: Iterable[str], end: dt.datetime | None) -> list[tuple[str, str, Any]]:
    """Return (column, reason, condition) for every date that cannot be.

    Args:
        columns: names of moment and day columns.
        end: last moment of the release; nothing can have happened after it.
    """
    import polars as pl

    found: list[tuple[str, str, Any]] = []
    for name in columns:
        value = pl.col(name).cast(pl.Datetime("us"))
        early = dt.datetime.combine(_FIRST_MILLENNIUM, dt.time())
        old = dt.datetime.combine(_EARLIEST, dt.time())
        found.append((name, "year_below_1000", value < early))
        found.append((name, "before_1900", (value >= early) & (value < old)))
        if end is not None:
            found.append((name, "after_release", value > end))
    return found


def with_date_flags(
    frame: pl.DataFrame, columns: Sequence[str], end: dt.datetime | None
) -> tuple[pl.DataFrame, Counter[tuple[str, str]]]:
    """Return a frame with its ``date_flags``, and how many of each column and reason it has."""
    import polars as pl

    checks = date_flags(columns, end)
    sums = frame.select(
        condition.sum().alias(str(i)) for i, (_, _, condition) in enumerate(checks)
    ).row(0)
    hit = [(check, int(n)) for check, n in zip(checks, sums, strict=True) if n]
    flags = pl.lit(None, dtype=pl.String)
    if hit:
        parts = [
            pl.when(condition).then(pl.lit(f"{name}:{reason}"))
            for (name, reason, condition), _ in hit
        ]
        joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
        flags = pl.when(joined != "").then(joined)
    counted = Counter({(name, reason): n for (name, reason, _), n in hit})
    return frame.with_columns(flags.alias("date_flags")), counted
