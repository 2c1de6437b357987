"""Who is in a cohort: the first kept arrest, or the first book-in, of each person in a period.

One row per person and period, so that the people of a cohort add up. A record without a person key
is a person of its own: nobody can say whether two such records are one person.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal

import ibis

from openlifecycle.errors import UnknownDimension, UsageError

if TYPE_CHECKING:
    import ibis.expr.types as ir

Entry = Literal["arrest", "book_in"]
Period = Literal["month", "fiscal_year", "all"]
PERIODS: Final = ("month", "fiscal_year", "all")

#: What each kind of cohort can be split by: the name asked for, and the columns that may hold it,
#: the first that the table has. Never a person's own pseudonym, year of birth or record number.
#: A state of the United States is ``us_state`` here: ``state`` is where a person of a cohort is.
SPLITS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "arrest": {
        "aor": ("aor",),
        "us_state": ("arrest_state_filled", "arrest_state"),
        "arrest_method": ("arrest_method",),
        "arrest_type": ("arrest_type",),
        "arresting_agency": ("arresting_agency",),
        "final_program": ("final_program",),
        "criminality": ("criminality",),
        "gender": ("gender",),
        "citizenship_country": ("citizenship_country",),
    },
    "book_in": {
        "aor": ("first_aor", "aor"),
        "us_state": ("first_state",),
        "facility": ("first_facility_code",),
        "final_program": ("final_program",),
        "criminality": ("criminality",),
        "gender": ("gender",),
        "citizenship_country": ("citizenship_country",),
    },
}

#: More than the records of any release, so that a moment and a record make one number.
RECORDS: Final = 2**31

#: Where the split value of a record is missing.
MISSING: Final = "(missing)"


@dataclass(frozen=True)
class Frame:
    """What a cohort is asked for.

    Attributes:
        entry: ``arrest`` or ``book_in``.
        start: first day of entry.
        end: last day of entry.
        through: last moment that the records speak of.
        by: splits.
        period: cohort by ``month``, by ``fiscal_year``, or ``all`` the time in one.
    """

    entry: Entry
    start: date
    end: date
    through: datetime
    by: tuple[str, ...]
    period: Period

    def __post_init__(self) -> None:
        """Refuse what cannot be answered, by name."""
        if self.entry not in SPLITS:
            raise UsageError(
                f"people do not enter a cohort by {self.entry!r}", nearest=", ".join(SPLITS)
            )
        if self.period not in PERIODS:
            raise UsageError(f"no period {self.period!r}", nearest=", ".join(PERIODS))
        if self.start > self.end:
            raise UsageError(f"{self.start} is after {self.end}", next_step="turn them round")
        for name in self.by:
            if name not in SPLITS[self.entry]:
                near = difflib.get_close_matches(name, SPLITS[self.entry], 1)
                raise UnknownDimension(
                    f"a cohort by {self.entry} is not split by {name!r}",
                    nearest=", ".join(near or SPLITS[self.entry]),
                )

    @property
    def cell(self) -> list[str]:
        """Return the columns that tell cells apart."""
        return ["period", *self.by]

    @property
    def watched_until(self) -> int:
        """Return the first second after the records, in seconds since 1970 of the wall clock."""
        return seconds_of(self.through) + 1

    @property
    def seconds_between(self) -> tuple[int, int]:
        """Return the first second of entry, and the first one after the last of entry."""
        first = datetime.combine(self.start, time())
        after = datetime.combine(self.end, time()) + timedelta(days=1)
        return seconds_of(first), min(seconds_of(after), self.watched_until)


def seconds_of(moment: datetime) -> int:
    """Return a naive wall-clock moment in seconds since 1970; no zone is meant."""
    return int((moment - datetime(1970, 1, 1)) // timedelta(seconds=1))  # noqa: DTZ001


def seconds(moment: ir.Value) -> ir.IntegerValue:
    """Return a moment or day of a table in seconds since 1970 of the wall clock."""
    return moment.cast("timestamp").epoch_seconds().cast("int64")


def period_number(moment: ir.TimestampValue, period: Period) -> ir.IntegerValue:
    """Return the period of a moment as a number: 202503, 2025 (fiscal), or 0."""
    year, month = moment.year().cast("int64"), moment.month().cast("int64")
    if period == "month":
        return year * 100 + month
    if period == "fiscal_year":
        return year + (month >= 10).ifelse(ibis.literal(1, "int64"), ibis.literal(0, "int64"))
    return ibis.literal(0, "int64")


def split_column(table: ir.Table, frame: Frame, name: str) -> ir.StringValue:
    """Return the column of a split, with a word where the record says nothing."""
    for column in SPLITS[frame.entry][name]:
        if column in table.columns:
            return table[column].cast("string").fill_null(MISSING)
    raise UnknownDimension(
        f"these records do not say {name!r}", next_step="leave it out of the split"
    )


def entries(tables: Mapping[str, ir.Table], frame: Frame) -> ir.Table:
    """Return one row per person and period: entry_id, person_key, entry_s, period and splits.

    A stay or arrest without a time cannot be put in a period and is not here; one after the last
    moment of the records cannot be either.
    """
    if frame.entry == "arrest":
        table = tables["arrest"]
        table = table.filter(~table.is_left_out)
        moment, own = table.arrested_at, table.row_id
    else:
        table = tables["stay"]
        moment, own = table.book_in_at, table.stay_id
    splits = {name: split_column(table, frame, name) for name in frame.by}
    extra = {"departed_on": table.departed_on} if frame.entry == "arrest" else {}
    kept = table.select(
        entry_id=own.cast("int64"),
        person_key=table.person_key,
        entry_s=seconds(moment),
        period=period_number(moment, frame.period),
        **splits,
        **{f"entry_{k}": v for k, v in extra.items()},
    )
    first, after = frame.seconds_between
    kept = kept.filter(kept.entry_s >= first, kept.entry_s < after)
    # moment and record in one number: the least of a person's is the first entry, ties by record
    kept = kept.mutate(code=kept.entry_s * RECORDS + kept.entry_id)
    keyed = kept.filter(kept.person_key.notnull())
    first_of = keyed.group_by(["person_key", "period"]).agg(first_code=keyed.code.min())
    first_of = first_of.select("first_code")
    alone = kept.filter(kept.person_key.isnull())
    firsts = kept.semi_join(first_of, kept.code == first_of.first_code)
    return firsts.union(alone, distinct=False).drop("code")
