"""What a measure over record tables says of itself: a table, a time, a condition, a kind of value.

A few kinds of value carry every measure (``VALUES``), so that a measure is data and no code.
Fields are those of the fact tables (engine/record_facts.py), which are lifecycle tables with
their links joined on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

#: How a number comes from the rows of a fact table.
VALUES: Final[dict[str, str]] = {
    "rows": "the number of records that the rule set keeps",
    "people": "the number of distinct people; a record without a person key is one person",
    "share": "the records inside, over all records of the population",
    "mean": "the mean of a field over the records",
    "median": "the median of a field over the records",
    "stock": "the number of people in that state at the midnight that ends the day",
    "headcount": "heads counted day by day from stints, by the headcount rules of the rule set",
    "survival": "the Kaplan-Meier median: records still open count as not yet ended",
}

#: What a headcount measure takes of the days of a period.
STATISTICS: Final[dict[str, str]] = {
    "last": "the last day of the period",
    "mean": "the mean over the days of the period",
    "peak": "the highest day of the period",
    "sum": "the sum over the days of the period",
}

#: Fact tables, and the event table that each needs in the collection.
FACTS: Final[dict[str, str]] = {
    "encounter": "encounter",
    "arrest": "arrest",
    "detainer": "detainer",
    "stint": "detention_stint",
    "stay": "detention_stint",
    "removal": "removal",
}

#: How far record figures can be relied on. Tier 2 is never printed without its warning.
RECORD_TIERS: Final[dict[int, str]] = {
    1: "counted here from released records; the rule set decides duplicates, stays and links",
    2: "counted here from released records that are likely to contain significant errors",
    3: "counted here from fields of released records that are often missing or change later",
}


@dataclass(frozen=True)
class Condition:
    """One test of a field; a missing field passes only ``missing: true``.

    Attributes:
        field: name of a field of the fact table.
        test: is, in, not_in, above, at_least, below, at_most, missing or differs_from.
        value: what it is compared with.
    """

    field: str
    test: str
    value: Any

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields it reads."""
        other = (str(self.value),) if self.test == "differs_from" else ()
        return (self.field, *other)

    def words(self) -> str:
        """Return the condition as a person reads it."""
        if self.test == "missing":
            return f"{self.field} is {'' if self.value else 'not '}missing"
        if isinstance(self.value, tuple):
            return f"{self.field} {self.test.replace('_', ' ')} " + ", ".join(map(str, self.value))
        return f"{self.field} {self.test.replace('_', ' ')} {self.value}"


#: What a condition may test.
TESTS: Final = (
    "is", "in", "not_in", "above", "at_least", "below", "at_most", "missing", "differs_from",
)  # fmt: skip


@dataclass(frozen=True)
class RecordSpec:
    """How a measure is counted from records.

    Attributes:
        value: one of ``VALUES``.
        table: one of ``FACTS``.
        at: the field that places a record in time; none for stocks and headcounts.
        where: conditions of the population.
        counts: conditions of the numerator of a share.
        of: the field of a mean or median; of a survival median the time that passed.
        since: of a stock, the fields that must all lie behind: the state begins at the latest.
        until: of a stock, the field that ends the state; open while it is missing.
        over_days: of a stock, the days that the state must have lasted.
        follow_up_days: records whose follow-up was not over at the end of the release are left
            out of both sides of a share.
        statistic: of a headcount, one of ``STATISTICS``.
        heads: of a headcount, midnight or any_time.
        ended: of a survival median, the field that is missing while the time goes on.
        dimensions: what may split the measure.
        periods: how fine in time, the natural one first.
        parameter: sections of the rule set that the figure depends on.
        needs: further event tables that the collection must hold, for links.
    """

    value: str
    table: str
    dimensions: tuple[str, ...]
    periods: tuple[str, ...]
    at: str = ""
    where: tuple[Condition, ...] = ()
    counts: tuple[Condition, ...] = ()
    of: str = ""
    since: tuple[str, ...] = ()
    until: str = ""
    over_days: int = 0
    follow_up_days: int = 0
    statistic: str = ""
    heads: str = "midnight"
    ended: str = ""
    parameter: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def event(self) -> str:
        """Return the event table that a collection must hold."""
        return FACTS[self.table]

    @property
    def fields(self) -> tuple[str, ...]:
        """Return every field of the fact table that is read, dimensions left out."""
        named = [self.at, self.of, self.until, self.ended, *self.since]
        named += [f for c in (*self.where, *self.counts) for f in c.fields]
        return tuple(dict.fromkeys(f for f in named if f))
