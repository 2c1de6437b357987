"""An answer from records as plain text: values, coverage beside them, rules, what to distrust."""

from __future__ import annotations

from typing import Any, Final

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.record_answer import RecordFacts
from openlifecycle.publishing.numbers import period_word, shown, unit_word
from openlifecycle.publishing.table import how, legend, text_table, wrapped

#: How a value that is not shown is printed: a count, and anything else.
FEWER: Final = "<5"
NOT_SHOWN: Final = "not shown"

#: How a missing value of a split is printed.
NOT_STATED: Final = "(not stated)"

#: The note of a value that is not shown; it is printed in the place of the value.
_BELOW: Final = "below minimum cell"


def record_table(cleared: Cleared[Answer]) -> str:
    """Return the answer for a terminal.

    Raises:
        ValueError: the answer was not counted from records.
    """
    answer = opened(cleared)
    facts = answer.records
    if facts is None:
        raise ValueError(f"{answer.measure.name} is printed by the agency, not counted")
    rules = ", ".join(name for name, _ in facts.rules)
    parts = [answer.measure.question, f"{how(cleared)}, rules {rules}", ""]
    if answer.rows.height:
        parts += [_rows(answer), ""]
    parts += [wrapped("! ", n) for n in answer.notes]
    parts += legend(cleared)
    parts += [wrapped("- ", c) for c in answer.caveats]
    parts += [wrapped("  ", words) for words in _coverage_words(facts)]
    parts.append(wrapped("  ", _source_words(answer, facts)))
    parts.append(wrapped("  ", f"Disclosure: {answer.disclosure}."))
    return "\n".join(parts)


def _hidden_word(answer: Answer) -> str:
    """Return what stands in the place of a value that is not shown."""
    return FEWER if answer.measure.is_count else NOT_SHOWN


def _coverage_words(facts: RecordFacts) -> list[str]:
    """Return how much is missing behind the figures, in one sentence."""
    said = [f"{c['field'].replace('_', ' ')} {_share(c['missing_share'])}" for c in facts.coverage]
    return ["Missing in the records behind this: " + ", ".join(said) + "."] if said else []


def _source_words(answer: Answer, facts: RecordFacts) -> str:
    """Return collection, releases, rules and tier in a sentence."""
    names = ", ".join(f"{r.series} {r.sha256[:12]}" for r in answer.releases)
    titles = "; ".join(f"{name}: {title}" for name, title in facts.rules)
    return (
        f"Source: {answer.measure.publication}; {facts.collection} ({names}), through "
        f"{facts.through}; {answer.measure.tier_text}. Rules: {titles}. Defined by: "
        f"{answer.measure.defined_by}."
    )


def _rows(answer: Answer) -> str:
    unit = answer.measure.unit
    dims = [*answer.split]
    beside = _beside(answer)
    headings = ["period", *dims, unit_word(unit), *(title for _, title, _ in beside)]
    lines = [_line(answer, row, dims, beside) for row in answer.rows.iter_rows(named=True)]
    notes = [_note(row) for row in answer.rows.iter_rows(named=True)]
    if any(notes):
        headings.append("note")
        lines = [[*line, note] for line, note in zip(lines, notes, strict=True)]
    right = {1 + len(dims) + i for i in range(1 + len(beside))}
    return text_table(headings, lines, right)


def _beside(answer: Answer) -> list[tuple[str, str, bool]]:
    """Return the columns shown beside the value: name, heading, whether a share."""
    found = [("over", "of", False)] if answer.rows["over"].drop_nulls().len() else []
    if any(d != "rule_set" for d in answer.split):
        found.append(("not_stated", "split missing", True))
    return [*found, ("no_key", "key missing", True)]


def _line(
    answer: Answer, row: dict[str, Any], dims: list[str], beside: list[tuple[str, str, bool]]
) -> list[str]:
    value = shown(row["value"], answer.measure.unit)
    if row["value"] is None:
        value = _hidden_word(answer) if _BELOW in (row["note"] or "") else "none"
    kind, start, end = row["period_kind"], row["period_start"], row["period_end"]
    others = [_share(row[name]) if share else _number(row[name]) for name, _, share in beside]
    period = period_word(kind, start, end, row["fiscal_year"])
    return [period, *(str(row[d] or NOT_STATED) for d in dims), value, *others]


def _note(row: dict[str, Any]) -> str:
    return "; ".join(n for n in (row["note"] or "").split("; ") if n and n != _BELOW)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _share(value: float | None) -> str:
    """Return a share; one that is not said counts a few records only."""
    return "few" if value is None else f"{100 * value:.1f} %"
