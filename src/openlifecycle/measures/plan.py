"""From a Question to a Plan: which printed tables can answer it, and what must be filtered.

Only combinations that the publisher printed are answered. A question for another one is refused
with the printed combinations, because nothing in the workbook can tell it.
"""

from __future__ import annotations

from dataclasses import dataclass

from openlifecycle.errors import UnknownDimension, UsageError
from openlifecycle.measures.declaration import Measure, Source
from openlifecycle.measures.question import Question
from openlifecycle.measures.registry import measure, nearest


@dataclass(frozen=True)
class Plan:
    """What the engine is to do.

    Attributes:
        question: the question as asked.
        measure: its declaration.
        sources: printed tables that answer it, in order of preference.
        granularity: how fine in time.
        split: dimensions shown, those asked for first.
        by: dimensions whose Total is left out, unless ``question.totals``.
        over_rows: rows of an open list are added up (facility averages by AOR).
    """

    question: Question
    measure: Measure
    sources: tuple[Source, ...]
    granularity: str
    split: tuple[str, ...]
    by: tuple[str, ...]
    over_rows: bool

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """Return the values that each filtered dimension may have."""
        return dict(self.question.where)

    @property
    def listed(self) -> bool:
        """Return whether the rows of one period must come from one release whole."""
        return any(s.listed for s in self.sources)

    @property
    def per_row(self) -> bool:
        """Return whether each printed row stays a row, however it is named."""
        first = self.sources[0]
        return bool(first.entity) and not first.entity_total and not self.over_rows


def plan(question: Question) -> Plan:
    """Return the plan for a question, or raise UsageError with what can be asked instead."""
    declared = measure(question.measure)
    _refuse_words_of_records(question, declared)
    by = question.by or tuple(d for d in declared.default_by if d not in dict(question.where))
    asked = tuple(dict.fromkeys([*by, *dict(question.where)]))
    _check_dimensions(declared, asked)
    if not declared.sources:
        fine = _served(question, declared, declared.periods, asked)
        return Plan(question, declared, (), fine, (), (), over_rows=False)
    sources = _fitting(declared, asked)
    granularity = _granularity(question, declared, sources, asked)
    sources = [s for s in sources if granularity in s.periods]
    added = min((_must_split(declared, s, asked) for s in sources), key=len)
    sources = [s for s in sources if _must_split(declared, s, asked) == added]
    by = (*by, *added)
    asked = (*asked, *added)
    along = _along(sources[0], asked)
    listing = sources[0]
    over_rows = bool(listing.entity) and not listing.entity_total and listing.entity[0] not in asked
    if over_rows and not (declared.additive or (declared.ratio and declared.ratio.adds)):
        raise UsageError(
            f"{declared.name} cannot be added up over facilities: each row is its own average",
            where="split " + (", ".join(asked) or "none"),
            next_step=f"add --by {listing.entity[0]}",
        )
    return Plan(
        question=question,
        measure=declared,
        sources=tuple(sources),
        granularity=granularity,
        split=tuple(dict.fromkeys([*asked, *along])),
        by=by,
        over_rows=over_rows,
    )


def _refuse_words_of_records(question: Question, declared: Measure) -> None:
    """Raise where a question to printed tables names a rule set or a collection of records."""
    if question.rules or question.collection or question.sensitivity:
        raise UsageError(
            f"{declared.name} is printed by the agency: no rule set and no collection applies",
            next_step="leave --rules, --collection and --sensitivity out",
        )


def combinations(declared: Measure) -> list[tuple[str, ...]]:
    """Return the sets of dimensions that are printed together, each once."""
    if declared.records:
        return [declared.records.dimensions]
    return list(dict.fromkeys(s.splits for s in declared.sources)) or [()]


def _check_dimensions(declared: Measure, asked: tuple[str, ...]) -> None:
    for name in asked:
        if name not in declared.dimensions:
            known = declared.dimensions
            raise UnknownDimension(
                f"{declared.name} is not split by {name!r}",
                nearest=nearest(name, known) or ", ".join(known) or "it has no dimensions",
                next_step=f"olc dimensions {declared.name}",
            )


def _fitting(declared: Measure, asked: tuple[str, ...]) -> list[Source]:
    fitting = [s for s in declared.sources if set(asked) <= set(s.splits)]
    if not fitting:
        printed = "; ".join(" + ".join(c) or "no split" for c in combinations(declared))
        raise UsageError(
            f"{declared.name} was never printed by {' and '.join(asked)} together",
            nearest=f"printed together: {printed}",
            next_step="ask for one of the printed combinations",
        )
    return fitting


def _granularity(
    question: Question, declared: Measure, sources: list[Source], asked: tuple[str, ...]
) -> str:
    served = tuple(dict.fromkeys(p for s in sources for p in s.periods))
    if declared.times:
        served = tuple(p for p in declared.times if p in served)
    return _served(question, declared, served, asked)


def _served(
    question: Question, declared: Measure, served: tuple[str, ...], asked: tuple[str, ...]
) -> str:
    wanted = question.period or served[0]
    if wanted not in served:
        split = f" by {' and '.join(asked)}" if asked else ""
        raise UsageError(
            f"{declared.name}{split} is not printed by {wanted}",
            nearest=", ".join(served),
            next_step=f"say --period {served[0]}, or leave it out",
        )
    return wanted


def _must_split(declared: Measure, source: Source, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return dimensions that have no printed Total and may not be added up."""
    return tuple(d for d in source.no_total if d not in asked and d not in declared.summed)


def _along(source: Source, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return what names the rows of an open list, when the question asks for its rows."""
    return source.entity if source.entity and source.entity[0] in asked else ()
