"""From a Question about records to a plan: the fact table, the split, the time, the rule sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from openlifecycle.errors import UnknownDimension, UsageError
from openlifecycle.lifecycle.rules import DEFAULT_RULES, RULE_SETS, ruleset
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.question import AS_PUBLISHED, Question
from openlifecycle.measures.record_declaration import RecordSpec
from openlifecycle.measures.registry import measure, nearest


@dataclass(frozen=True)
class RecordPlan:
    """What the engine is to count.

    Attributes:
        question: the question as asked.
        measure: its declaration.
        spec: how it is counted.
        granularity: how fine in time.
        split: dimensions shown: those asked for, then those filtered by.
        rules: names of the rule sets, one unless sensitivity is asked for.
    """

    question: Question
    measure: Measure
    spec: RecordSpec
    granularity: str
    split: tuple[str, ...]
    rules: tuple[str, ...]

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """Return the values that each filtered dimension may have."""
        return dict(self.question.where)

    @property
    def span(self) -> tuple[date | None, date | None]:
        """Return the first and last day asked for; periods that touch them are answered whole."""
        question = self.question
        return question.on or question.start, question.on or question.end


def record_plan(question: Question) -> RecordPlan:
    """Return the plan for a question about records, or raise with what can be asked instead."""
    declared = measure(question.measure)
    spec = declared.records
    if spec is None:
        raise UsageError(f"{declared.name} is not counted from records")
    _refuse_words_of_print(question)
    filtered = tuple(dim for dim, _ in question.where)
    by = question.by or tuple(d for d in declared.default_by if d not in filtered)
    split = tuple(dict.fromkeys([*by, *filtered]))
    for name in split:
        if name not in spec.dimensions:
            raise UnknownDimension(
                f"{declared.name} is not split by {name!r}",
                nearest=nearest(name, spec.dimensions) or ", ".join(spec.dimensions),
                next_step=f"olc dimensions {declared.name}",
            )
    wanted = question.period or spec.periods[0]
    if question.on and not question.period and "day" in spec.periods and spec.value in _HELD:
        wanted = "day"
    if wanted not in spec.periods:
        raise UsageError(
            f"{declared.name} is not counted by {wanted}",
            nearest=", ".join(spec.periods),
            next_step=f"say --period {spec.periods[0]}, or leave it out",
        )
    names = RULE_SETS if question.sensitivity else (question.rules or DEFAULT_RULES,)
    for name in names:
        ruleset(name)  # raises with the nearest
    return RecordPlan(question, declared, spec, wanted, split, tuple(names))


#: Kinds of value that hold at a moment: ``--on`` asks for that day and not for its month.
_HELD = frozenset({"stock", "headcount"})


def _refuse_words_of_print(question: Question) -> None:
    """Raise where a question uses words that only make sense of printed tables."""
    if question.edition != AS_PUBLISHED:
        raise UsageError(
            "records have one edition: the corrections are of the published workbooks",
            next_step="leave --as out; --rules chooses how records are read",
        )
    if question.totals:
        raise UsageError(
            "record tables print no totals", next_step="ask again without the split for the total"
        )
