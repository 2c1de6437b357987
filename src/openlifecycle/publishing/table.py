"""An answer as plain text: question, rows, notes, caveats, source. Works in any terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.answer import NOTES, Answer
from openlifecycle.publishing.numbers import cell_words, period_word, shown, unit_word

WIDTH = 96

#: Headings, rows, and the places of the columns that are flush right.
Lines = tuple[list[str], list[list[str]], set[int]]


def answer_table(cleared: Cleared[Answer]) -> str:
    """Return the answer for a terminal."""
    answer = opened(cleared)
    if answer.records:
        from openlifecycle.publishing.record_table import record_table

        return record_table(cleared)
    parts = [answer.measure.question, how(cleared), ""]
    if answer.rows.height:
        parts.append(text_table(*_lines(answer)))
        parts.append("")
    parts += [wrapped("! ", n) for n in answer.notes]
    parts += legend(cleared)
    parts += [wrapped("- ", c) for c in answer.caveats]
    parts.append(
        wrapped(
            "  ",
            f"Source: {answer.measure.publication}, sheet "
            f"{answer.measure.sheet}; {answer.measure.tier_text}.",
        )
    )
    parts.append(
        wrapped(
            "  ",
            f"Disclosure: {answer.disclosure}. Walk back to the cells: "
            f"olc explain {answer.measure.name} ...",
        )
    )
    return "\n".join(parts)


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: set[int]) -> str:
    """Return columns under headings, two spaces apart; ``right`` columns are flush right."""
    if not rows:
        return "  ".join(headings)
    widths = [max(len(h), *(len(r[i]) for r in rows)) for i, h in enumerate(headings)]
    lines = [headings, ["-" * w for w in widths], *rows]
    return "\n".join(
        "  ".join(
            c.rjust(widths[i]) if i in right else c.ljust(widths[i]) for i, c in enumerate(line)
        ).rstrip()
        for line in lines
    )


def how(cleared: Cleared[Answer]) -> str:
    """Return measure, edition and filters in words."""
    answer = opened(cleared)
    question = answer.question
    said = [answer.measure.name, *([] if answer.records else [f"as {question.edition}"])]
    said += [f"{dim} = {' or '.join(values)}" for dim, values in question.where]
    if question.as_known_on:
        said.append(f"as known on {question.as_known_on}")
    return ", ".join(said)


def answer_lines(cleared: Cleared[Answer], which: Sequence[int] | None = None) -> Lines:
    """Return the rows of an answer as people read them; some of them, by number, where asked."""
    answer = opened(cleared)
    if answer.records:
        from openlifecycle.publishing.record_table import record_lines

        return record_lines(cleared, which)
    return _lines(answer if which is None else replace(answer, rows=answer.rows[list(which)]))


def _lines(answer: Answer) -> Lines:
    unit = answer.measure.unit
    dims = [d for d in answer.split if answer.rows[d].null_count() < answer.rows.height]
    notes = answer.rows["note"].str.len_chars().fill_null(0).sum() > 0
    headings = ["period", *dims, unit_word(unit)] + (["note"] if notes else []) + ["from"]
    rows = []
    names = {r.release_id: r for r in answer.releases}
    for row in answer.rows.iter_rows(named=True):
        value = row["value_text"] or "" if answer.measure.is_text else shown(row["value"], unit)
        line = [_period(row), *(str(row[d] or "") for d in dims), value]
        if notes:
            line.append(row["note"] or "")
        short = names[row["release_id"]].sha256[:8]
        line.append(f"{short} '{row['sheet']}'!{cell_words(row['cell'])}")
        rows.append(line)
    right = set() if answer.measure.is_text else {1 + len(dims)}
    return headings, rows, right


def _period(row: dict[str, Any]) -> str:
    kind, start, end = row["period_kind"], row["period_start"], row["period_end"]
    return period_word(kind, start, end, row["fiscal_year"])


def legend(cleared: Cleared[Answer]) -> list[str]:
    """Return what the notes in the rows mean."""
    seen: set[str] = set()
    for note in opened(cleared).rows["note"].drop_nulls():
        seen.update(n for n in note.split("; ") if n)
    return [wrapped("  ", f"{name}: {NOTES[name]}") for name in NOTES if name in seen]


def wrapped(mark: str, text: str) -> str:
    """Return a text of several lines under a mark."""
    return textwrap.fill(
        text, WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False
    )
