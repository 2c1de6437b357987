"""What a declared measure says of itself.

A measure asks one question of the observations. All that a reader must know before quoting the
number stands in its declaration (measures/declarations/*.yml): what is counted, over what, which
printed tables answer it, what changed when, and what to distrust.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from openlifecycle.measures.record_declaration import RECORD_TIERS, VALUES, RecordSpec

#: How fine an answer is in time, and the period kinds of the observations that serve it.
GRANULARITIES: Final[dict[str, str]] = {
    "snapshot": "one day, as printed (instants)",
    "month": "calendar months",
    "quarter": "quarters of a fiscal year",
    "span": "the first and last day that the publisher names",
    "fiscal_year": "one value per fiscal year: the latest year-to-date value, or the whole year",
    "release": "every year-to-date value, one per date on which it was drawn up",
    "day": "calendar days (record tables)",
}

#: How a measure comes from printed cells.
DERIVATIONS: Final[dict[str, str]] = {
    "printed": "the printed cell",
    "sum": "the sum of printed cells of one release",
    "share": "a sum of printed cells over another printed cell of the same release",
    "count": "the number of rows that one release lists",
    "interval_mean": "two year-to-date means, weighted by their days (R24)",
    "age": "the days from a printed day to the day of the list that prints it",
    "person_days": "a printed average, times the days that it is the average of",
    "ratio": "one measure over another, of the same release or of the same period",
    "schedule": "the days on which the releases of the store became public",
    "reference": "a small table of public counts, each with its sources (model/)",
}

#: What a ratio holds together: two values of one release, or of one period.
MATCHES: Final = ("release", "period")

#: How far a number can be relied on, best first.
TIERS: Final[dict[int, str]] = {
    1: "printed, and its totals agree with its parts in nearly every release",
    2: "derived here from printed cells",
    3: "printed, but restated heavily, partial or often wrong: compare releases before quoting",
}


#: Disclosure classes: what the gate does with an answer.
PUBLISHED: Final = "published aggregate"
EXPOSED: Final = "published aggregate, exposed group"
RECORDS: Final = "records: perturbed"

DISCLOSURE: Final[dict[str, str]] = {
    PUBLISHED: "the agency printed it as an aggregate: it passes through, marked so",
    EXPOSED: (
        "printed about people so few that a cell can point at one: shown where it was printed; "
        "never charted or used in a derived figure while a cell is below the minimum cell"
    ),
    RECORDS: (
        "counted from records about people: perturbed by cell key, nothing about fewer people than "
        "the minimum cell, and a few dimensions at once"
    ),
}


@dataclass(frozen=True)
class Caveat:
    """A plain-language warning, and the rule it rests on.

    ``concerns`` names dimensions: the warning applies to answers split or filtered by one of
    them; without any it always applies.
    """

    name: str
    text: str
    source: str
    concerns: tuple[str, ...] = ()

    def applies(self, split: tuple[str, ...]) -> bool:
        """Return whether an answer with that split needs the warning."""
        return not self.concerns or bool(set(self.concerns) & set(split))


@dataclass(frozen=True)
class DefinitionChange:
    """A day from which the publisher counts something else under the same name.

    ``breaks`` is False where only the wording changed; then the answer says so but draws no break.
    """

    effective: date
    what: str
    before: str
    after: str
    breaks: bool = True


@dataclass(frozen=True)
class Neighbour:
    """Another measure that the publisher prints in the place of this one, before or after a day.

    The two are different concepts: answers name the neighbour and never continue into it.
    """

    measure: str
    released: date
    text: str


@dataclass(frozen=True)
class Source:
    """One printed table that can answer a measure.

    Attributes:
        table: name of the table in layouts.yml.
        measures: observation measures read; more than one makes the dimension ``item``.
        periods: granularities that the table serves, the natural one first.
        dims: dimensions that the table prints together, each with its printed Total unless
            named in ``no_total``.
        no_total: dimensions without a printed Total: a question must split or filter by them,
            or they are summed where ``summed`` allows it.
        entity: dimensions that name one listed row (a facility); they come along with the first.
        entity_total: the list prints its own Total row; without one, rows are summed or kept.
        attributes: further dimensions that each listed row carries (type, AOR, address).
        fixed: dimension values that the measure is about; an empty tuple means "any, not null".
        listed: the table is an open list, so the rows of one period come from one release whole.
    """

    table: str
    measures: tuple[str, ...]
    periods: tuple[str, ...]
    dims: tuple[str, ...] = ()
    no_total: tuple[str, ...] = ()
    entity: tuple[str, ...] = ()
    entity_total: bool = False
    attributes: tuple[str, ...] = ()
    fixed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    listed: bool = False

    @property
    def splits(self) -> tuple[str, ...]:
        """Return every dimension that a question may name for this table."""
        item = ("item",) if len(self.measures) > 1 else ()
        return self.dims + self.entity + self.attributes + item


@dataclass(frozen=True)
class Ratio:
    """One measure over another.

    Attributes:
        of: the measure on top.
        over: the measure below.
        per: what the quotient is multiplied by (1,000 for "per 1,000").
        match: one of ``MATCHES``: which value below belongs to a value on top.
        over_period: granularity of the measure below, where it differs from the one on top.
        adds: whether sums over listed rows may be divided: both lists hold the same rows.
    """

    of: str
    over: str
    per: float = 1
    match: str = "period"
    over_period: str = ""
    adds: bool = False


@dataclass(frozen=True)
class Measure:
    """One declared measure; the field names are the headings of its page in the docs."""

    name: str
    question: str
    numerator: str
    denominator: str
    unit: str
    population: str
    sources: tuple[Source, ...]
    caveats: tuple[Caveat, ...]
    changes: tuple[DefinitionChange, ...]
    tier: int
    publication: str
    sheet: str
    family: str
    derivation: str = "printed"
    summed: tuple[str, ...] = ()
    share_of: tuple[tuple[str, tuple[str, ...]], ...] = ()
    default_by: tuple[str, ...] = ()
    additive: bool = True
    before: Neighbour | None = None
    after: Neighbour | None = None
    exposed: bool = False
    counted_by: str = ""
    disclosure: str = PUBLISHED
    records: RecordSpec | None = None
    defined_by: str = ""
    ratio: Ratio | None = None
    times: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Return ``records`` or ``published``: counted from records, or printed by the agency."""
        return "records" if self.records else "published"

    @property
    def made(self) -> str:
        """Return in words how a value comes about."""
        return (VALUES if self.records else DERIVATIONS)[self.derivation]

    @property
    def versions(self) -> tuple[tuple[date | None, str], ...]:
        """Return what is counted from which day on, oldest first; None stands for the beginning."""
        changes = sorted(self.changes, key=lambda one: one.effective)
        if not changes:
            return ((None, self.numerator),)
        return ((None, changes[0].before), *((c.effective, c.after) for c in changes))

    @property
    def tier_text(self) -> str:
        """Return in words how far a value can be relied on."""
        return (RECORD_TIERS if self.records else TIERS)[self.tier]

    @property
    def periods(self) -> tuple[str, ...]:
        """Return the granularities some source serves, the natural one first."""
        if self.records:
            return self.records.periods
        return self.times or tuple(dict.fromkeys(p for s in self.sources for p in s.periods))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return every dimension that some source can be split by."""
        if self.records:
            return self.records.dimensions
        return tuple(dict.fromkeys(d for s in self.sources for d in s.splits))

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the printed or released tables behind it, in order of preference."""
        if self.records:
            return tuple(dict.fromkeys([self.records.event, *self.records.needs]))
        return tuple(dict.fromkeys(s.table for s in self.sources))

    @property
    def is_text(self) -> bool:
        """Return whether the answer is words or dates instead of numbers."""
        return self.unit == "text"

    @property
    def is_count(self) -> bool:
        """Return whether a value is a number of people or events, so that small means few."""
        return self.unit in {"persons", "events"}
