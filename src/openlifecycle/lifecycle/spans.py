"""Which stints count in a headcount, from which day, until which day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.day_numbers import day_number, number_of
from openlifecycle.lifecycle.headcount_rules import HeadcountRules

#: A book-in before this day is a mistake of typing (year 0212) and is treated as missing.
EARLIEST: Final = date(1900, 1, 1)


@dataclass(frozen=True)
class Span:
    """First day of a stint in a count, and the day it is out of it again."""

    first: Callable[[ir.Table], ir.Value]
    until: Callable[[ir.Table], ir.Value]


def any_time_span() -> Span:
    """Days by their printed dates: from the book-in's to the book-out's, which still counts."""
    return Span(lambda t: t["in_day"], lambda t: t["out_day"])


def midnight_span(rules: HeadcountRules) -> Span:
    """Midnights of a stint, each by the name of the day that the rules give it."""
    # Midnight number m begins day m. "leaving": in < m <= out; "arriving": in <= m < out.
    name = -1 if rules.midnight == "end" else 0
    if rules.stroke == "leaving":
        return Span(lambda t: t["in_day"] + 1 + name, lambda t: t["out_day"] + 1 + name)
    return Span(
        lambda t: t["in_day"] + t["in_past"] + name,
        lambda t: ibis.greatest(t["out_day"] + t["out_past"], t["in_day"] + t["in_past"]) + name,
    )


def counted_stints(
    stints: ir.Table,
    *,
    rules: HeadcountRules,
    through: datetime,
    by: Sequence[str],
    also: Sequence[str] = (),
) -> ir.Table:
    """Return the stints that count, with ``in_day`` and ``out_day`` as numbers, ``by``, ``also``.

    ``in_past`` and ``out_past`` are 1 where the time is past 00:00 of its day, where a convention
    asks. An open stint ends after the last day of ``through``, or as the rules say.
    """
    people = ["person_key"] if rules.unit == "people" or rules.missing_person == "dropped" else []
    _need(stints, ["book_in_at", "book_out_at", *people])
    if not rules.include_duplicates:
        _need(stints, ["is_left_out"])
        stints = stints.filter(~stints["is_left_out"])
    if rules.missing_person == "dropped":
        stints = stints.filter(stints["person_key"].notnull())
    kept = stints.select(*dict.fromkeys([*people, *by, *also, "book_in_at", "book_out_at"]))
    in_day = day_number(kept["book_in_at"])
    columns = {"in_day": ibis.ifelse(in_day >= number_of(EARLIEST), in_day, ibis.null("int64"))}
    out_at = kept["book_out_at"]
    if rules.open_end == "latest_book_out":
        out_at = out_at.fill_null(out_at.max().as_scalar())
    columns["out_day"] = day_number(out_at).fill_null(number_of(through.date()) + 1)
    if rules.stroke == "arriving":
        columns["in_past"] = _past(kept["book_in_at"])
        # Who is still held leaves after the last midnight.
        columns["out_past"] = _past(out_at).fill_null(1)
    spans = kept.mutate(**columns).drop("book_in_at", "book_out_at")
    return _ordered(_placed(spans, rules, by), rules)


def _past(moment: ir.Value) -> ir.Value:
    return (moment > moment.truncate("D")).cast("int64")


def _placed(spans: ir.Table, rules: HeadcountRules, by: Sequence[str]) -> ir.Table:
    """Apply the rule for stints without a book-in."""
    known = spans["in_day"].notnull()
    if rules.missing_book_in == "dropped":
        return spans.filter(known)
    begun = {"in_day": spans["in_day"].fill_null(spans["in_day"].min().as_scalar())}
    if "in_past" in spans.columns:
        begun["in_past"] = spans["in_past"].fill_null(0)
    nowhere = {name: ibis.ifelse(known, spans[name], ibis.null(spans[name].type())) for name in by}
    return spans.mutate(**begun, **nowhere)


def _ordered(spans: ir.Table, rules: HeadcountRules) -> ir.Table:
    """Apply the rule for stints that end on a day before they start."""
    if rules.end_before_start == "dropped":
        return spans.filter(spans["out_day"] >= spans["in_day"])
    columns = {"out_day": ibis.greatest(spans["out_day"], spans["in_day"])}
    if "out_past" in spans.columns:
        backwards = spans["out_day"] < spans["in_day"]
        columns["out_past"] = ibis.ifelse(backwards, 0, spans["out_past"])
    return spans.mutate(**columns)


def _need(stints: ir.Table, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in stints.columns]
    if missing:
        raise UsageError(
            f"a headcount by these rules needs the column {', '.join(missing)}",
            next_step="give the stint table of a lifecycle, not the released rows",
        )
