"""A Question: one measure, split, filtered, for a time, as known on a day, in one edition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from openlifecycle.errors import UsageError
from openlifecycle.measures.declaration import GRANULARITIES
from openlifecycle.measures.registry import nearest

AS_PUBLISHED: Final = "published"
AS_CORRECTED: Final = "corrected"

#: The fiscal year of the United States begins on 1 October of the year before.
FISCAL_YEAR_FIRST_MONTH: Final = 10

_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Question:
    """What was asked, in the words of the declarations; made by ``Question.of``."""

    measure: str
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    start: date | None = None
    end: date | None = None
    on: date | None = None
    as_known_on: date | None = None
    edition: str = AS_PUBLISHED
    period: str | None = None
    totals: bool = False
    rules: str | None = None
    collection: str | None = None
    sensitivity: bool = False

    @classmethod
    def of(
        cls,
        measure: str,
        *,
        by: str | Sequence[str] = (),
        where: Mapping[str, str | Sequence[str]] | None = None,
        start: date | str | None = None,
        end: date | str | None = None,
        on: date | str | None = None,
        as_known_on: date | str | None = None,
        edition: str = AS_PUBLISHED,
        period: str | None = None,
        totals: bool = False,
        rules: str | None = None,
        collection: str | None = None,
        sensitivity: bool = False,
    ) -> Question:
        """Return the question with its dates read strictly, or raise UsageError.

        Args:
            measure: name of a declared measure.
            by: dimensions to split by.
            where: dimension values to keep.
            start: first day of the time asked for.
            end: last day of the time asked for.
            on: one day instead of a time.
            as_known_on: answer only from what had been published by this day.
            edition: ``published`` or ``corrected``.
            period: month, fiscal_year, release, ...; the natural one of the measure by default.
            totals: keep the printed Total rows of the dimensions split by.
            rules: of record measures, the rule set; the house's own by default.
            collection: of record measures, the collection by id or start of its hash; the latest
                by default.
            sensitivity: of record measures, answer under every rule set.
        """
        if edition not in (AS_PUBLISHED, AS_CORRECTED):
            raise UsageError(
                f"there is no edition {edition!r}",
                nearest=f"{AS_PUBLISHED}, {AS_CORRECTED}",
                next_step="say --as published or --as corrected",
            )
        if period is not None and period not in GRANULARITIES:
            raise UsageError(
                f"there is no period {period!r}", nearest=nearest(period, GRANULARITIES)
            )
        days = {"--from": start, "--to": end, "--on": on, "--as-known-on": as_known_on}
        read = {option: iso_date(given, option) for option, given in days.items()}
        question = cls(
            measure=measure,
            by=_names(by),
            where=tuple((dim, _values(values)) for dim, values in (where or {}).items()),
            start=read["--from"],
            end=read["--to"],
            on=read["--on"],
            as_known_on=read["--as-known-on"],
            edition=edition,
            period=period,
            totals=totals,
            rules=rules,
            collection=collection,
            sensitivity=sensitivity,
        )
        question._check_times()
        return question

    def _check_times(self) -> None:
        if self.on and (self.start or self.end):
            raise UsageError("--on asks for one day, --from and --to for a time: give one of them")
        if self.start and self.end and self.start > self.end:
            raise UsageError(f"--from {self.start} lies after --to {self.end}")
        if self.sensitivity and self.rules:
            raise UsageError("--sensitivity answers under every rule set: leave --rules out")

    def as_dict(self) -> dict[str, object]:
        """Return the question for JSON, dates in ISO form."""
        return {
            "measure": self.measure,
            "by": list(self.by),
            "where": {dim: list(values) for dim, values in self.where},
            "from": self.start.isoformat() if self.start else None,
            "to": self.end.isoformat() if self.end else None,
            "on": self.on.isoformat() if self.on else None,
            "as_known_on": self.as_known_on.isoformat() if self.as_known_on else None,
            "as": self.edition,
            "period": self.period,
            "totals": self.totals,
            "rules": self.rules,
            "collection": self.collection,
            "sensitivity": self.sensitivity,
        }


def iso_date(given: date | str | None, option: str = "date") -> date | None:
    """Return the day, read as YYYY-MM-DD and nothing else, or raise UsageError.

    03/04/2025 is two different days to two readers, so no other form is guessed at.
    """
    if given is None or isinstance(given, date):
        return given
    try:
        if _ISO.fullmatch(given):
            return date.fromisoformat(given)
    except ValueError:
        pass  # said below, with the form that is read
    raise UsageError(
        f"{option} {given!r} is not a date of the form YYYY-MM-DD", nearest="2024-10-03"
    )


def fiscal_year_of(day: date) -> int:
    """Return the US federal fiscal year of a day: from 1 October on it is the next year's."""
    return day.year + (day.month >= FISCAL_YEAR_FIRST_MONTH)


def where_of(pairs: Iterable[str]) -> dict[str, list[str]]:
    """Return ``DIM=VALUE`` words as a mapping; a dimension said twice keeps both values.

    A value is taken whole, commas included: release reasons and countries contain commas.
    """
    found: dict[str, list[str]] = {}
    for pair in pairs:
        dim, sign, value = pair.partition("=")
        if not sign or not dim or not value:
            raise UsageError(
                f"--where {pair!r} is not of the form DIM=VALUE",
                nearest="--where arresting_agency=ICE",
            )
        found.setdefault(dim.strip(), []).append(value.strip())
    return found


def _names(by: str | Sequence[str]) -> tuple[str, ...]:
    words = by.split(",") if isinstance(by, str) else list(by)
    return tuple(dict.fromkeys(w.strip() for w in words if w.strip()))


def _values(values: str | Sequence[str]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(values)
