"""An answer from records as plain text: values, coverage beside them, rules, what to distrust."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.disclosure.minimum_cell import BELOW, FEWER
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.record_answer import RecordFacts
from openlifecycle.publishing.numbers import period_word, shown, shown_margin, unit_word
from openlifecycle.publishing.table import Lines, how, legend, text_table, wrapped

#: How a value that is not shown is printed, if it is no count; a count is ``FEWER``.
NOT_SHOWN: Final = "not shown"

#: How a missing value of a split is printed.
NOT_STATED: Final = "(not stated)"

#: A column beside the value: its heading, and how a row prints it.
_Column = tuple[str, Callable[[dict[str, Any]], str]]

#: What the column of margins says, once under the table.
_MARGIN: Final = (
    "margin: noise protects the people behind each value, which may be off by up to its margin 95 "
    "times of 100"
)


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
        parts += [text_table(*_lines(answer)), ""]
    parts += [wrapped("! ", n) for n in answer.notes]
    if _has_margins(answer):
        parts.append(wrapped("  ", _MARGIN))
    parts += legend(cleared)
    parts += [wrapped("- ", c) for c in answer.caveats]
    parts += [wrapped("  ", words) for words in _coverage_words(facts)]
    parts.append(wrapped("  ", _source_words(answer, facts)))
    parts.append(wrapped("  ", f"Disclosure: {answer.disclosure}."))
    return "\n".join(parts)


def _has_margins(answer: Answer) -> bool:
    """Return whether a value is shown, and so has a margin."""
    return answer.rows["margin"].drop_nulls().len() > 0


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


def record_lines(cleared: Cleared[Answer], which: Sequence[int] | None = None) -> Lines:
    """Return the rows of an answer as people read them; some of them, by number, where asked."""
    answer = opened(cleared)
    return _lines(answer if which is None else replace(answer, rows=answer.rows[list(which)]))


def _lines(answer: Answer) -> Lines:
    unit = answer.measure.unit
    dims = [*answer.split]
    beside = _beside(answer)
    headings = ["period", *dims, unit_word(unit), *(title for title, _ in beside)]
    lines = [_line(answer, row, dims, beside) for row in answer.rows.iter_rows(named=True)]
    notes = [_note(row) for row in answer.rows.iter_rows(named=True)]
    if any(notes):
        headings.append("note")
        lines = [[*line, note] for line, note in zip(lines, notes, strict=True)]
    right = {1 + len(dims) + i for i in range(1 + len(beside))}
    return headings, lines, right


def _beside(answer: Answer) -> list[_Column]:
    """Return the columns shown beside the value."""
    unit = answer.measure.unit
    found: list[_Column] = []
    if _has_margins(answer):
        found.append(("margin", lambda row: shown_margin(row["margin"], unit)))
    if answer.rows["over"].drop_nulls().len():
        found.append(("of", lambda row: _number(row["over"])))
    if any(d != "rule_set" for d in answer.split):
        found.append(("split missing", lambda row: _missing(row, "not_stated")))
    return [*found, ("key missing", lambda row: _missing(row, "no_key"))]


def _line(answer: Answer, row: dict[str, Any], dims: list[str], beside: list[_Column]) -> list[str]:
    value = shown(row["value"], answer.measure.unit)
    if row["value"] is None:
        value = _hidden_word(answer) if BELOW in (row["note"] or "") else "none"
    kind, start, end = row["period_kind"], row["period_start"], row["period_end"]
    others = [printed(row) for _, printed in beside]
    period = period_word(kind, start, end, row["fiscal_year"])
    return [period, *(str(row[d] or NOT_STATED) for d in dims), value, *others]


def _note(row: dict[str, Any]) -> str:
    return "; ".join(n for n in (row["note"] or "").split("; ") if n and n != BELOW)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _missing(row: dict[str, Any], name: str) -> str:
    """Return a share of what is missing; it is said beside a value that is shown only."""
    return "" if row["value"] is None else _share(row[name])


def _share(value: float | None) -> str:
    """Return a share; one that is not said counts a few records only."""
    return "few" if value is None else f"{100 * value:.1f} %"
