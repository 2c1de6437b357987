"""The summary in words: for somebody who has to write about the number today.

Dates are written out, because 10/11/2025 is two days. Every number says of which day it speaks.
"""

from __future__ import annotations

import textwrap
from datetime import date
from typing import Any, Final

import polars as pl

from openlifecycle.demo.facts import Count, Facts, YearFigure
from openlifecycle.model.dimensions import DIMENSIONS, TOTAL
from openlifecycle.publishing.numbers import period_word, shown

_WIDTH: Final = 92
_AGENCIES: Final = ("ICE", "CBP", TOTAL)
_GROUPS: Final = (
    ("Convicted Criminal", "convicted of a crime"),
    ("Pending Criminal Charges", "charged, not convicted"),
    ("Other Immigration Violator", "neither convicted nor charged"),
    (TOTAL, "all"),
)
#: How many restatements and findings fit a first look; the rest is one command away.
_MOST: Final = 4
#: From 1 to 2 is a change of 100 % and says nothing.
_NOT_SMALL: Final = 100


def written(day: date) -> str:
    """Return a date that cannot be misread: 30 November 2025."""
    return f"{day.day} {day:%B %Y}"


def summary(facts: Facts, today: date) -> str:
    """Return the whole summary as text for a terminal."""
    parts = (
        _head(facts, today),
        _held(facts),
        _groups(facts),
        _year(facts),
        _restated(facts),
        _distrust(facts, today),
    )
    return "\n\n".join(parts)


def _head(facts: Facts, today: date) -> str:
    release = facts.release
    published = f", published {written(release.published_on)}" if release.published_on else ""
    age = (today - facts.held.day).days
    return "\n".join(
        (
            "PEOPLE HELD BY ICE: what the latest release here says",
            f"  {release.name}{published}; it speaks of {written(facts.held.day)},",
            f"  which is {age:,} days ago. {len(facts.releases)} releases are here.",
        )
    )


def _held(facts: Facts) -> str:
    lines = [f"HELD  {facts.held.value:>8,.0f}  on {written(facts.held.day)}"]
    for words, then in (
        ("release before", facts.held_before),
        ("year before", facts.held_year_ago),
    ):
        if then:
            lines.append(f"      {_change(then, facts.held):<20}from the {words}: {_on(then)}")
    return "\n".join(lines)


def _change(then: Count, now: Count) -> str:
    return f"{now.value - then.value:>+8,.0f}  ({(now.value - then.value) / then.value:+.1%})"


def _on(count: Count) -> str:
    return f"{count.value:,.0f} on {written(count.day)}"


def _groups(facts: Facts) -> str:
    """Return the people held by criminal record and by who arrested them."""
    heads = ("arrested by ICE", "arrested by CBP", "all", "share")
    lines = [f"{'WHO THEY ARE':<32}" + "".join(f"{head:>16}" for head in heads)]
    everyone = facts.split.get((TOTAL, TOTAL))
    for group, words in _GROUPS:
        cells = [facts.split.get((group, agency)) for agency in _AGENCIES]
        shares = cells[-1] / everyone if cells[-1] is not None and everyone else None
        numbers = "".join(f"{_number(cell):>16}" for cell in cells)
        lines.append(f"  {words:<30}{numbers}{'' if shares is None else f'{shares:>16.1%}'}")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "not printed" if value is None else f"{value:,.0f}"


def _year(facts: Facts) -> str:
    """Return the figures of the fiscal year so far, beside those of the year before."""
    now, before = facts.fiscal_year, facts.fiscal_year - 1
    start = written(date(before, 10, 1))
    lines = [
        f"SINCE THE FISCAL YEAR BEGAN ({start})",
        f"{'':<36}{f'FY{now} so far':>28}{f'FY{before}':>28}",
    ]
    lines += [_figure(one) for one in facts.figures]
    return "\n".join(lines)


def _figure(one: YearFigure) -> str:
    cells = "".join(f"{_until(count, one.unit):>28}" for count in (one.now, one.before))
    return f"  {one.label:<34}{cells}"


def _until(count: Count | None, unit: str) -> str:
    if count is None:
        return "not printed"
    number = f"{count.value:,.1f} days" if unit == "days" else f"{count.value:,.0f}"
    return f"{number} to {count.day.day} {count.day:%b %Y}"


def _restated(facts: Facts) -> str:
    """Return what the publisher changed of numbers it had already published."""
    lines = ["RESTATED (another number for the same period than the release before had printed)"]
    if not facts.restated:
        lines.append("  Only one release is here, so nothing can be compared.")
    for pair in facts.restated:
        changed, of = pair.rows.height, pair.compared
        lines.append(f"  {pair.after.name}: {changed:,} of {of:,} numbers that both print")
        lines += [_restatement(row) for row in _telling(pair.rows).iter_rows(named=True)]
        if changed:
            lines.append(f"    all: olc changes {pair.before.name} {pair.after.name}")
    return "\n".join(lines)


def _telling(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the restatements worth a first look: the largest shares of numbers not small."""
    return rows.filter(pl.col("before") >= _NOT_SMALL).head(_MOST)


def _restatement(row: dict[str, Any]) -> str:
    kept = [str(row[d]) for d in DIMENSIONS if row.get(d) and row[d] != TOTAL]
    period = period_word(row["period_kind"], row["period_start"], row["period_end"], None)
    label = " / ".join((row["measure"].replace("_", " "), *kept))
    before, after = shown(row["before"], row["unit"]), shown(row["after"], row["unit"])
    return (
        f"    {textwrap.shorten(label, 52, placeholder=' ...'):<54}{period:<13}{before} -> {after}"
    )


def _distrust(facts: Facts, today: date) -> str:
    """Return what a reader must know before quoting any of this."""
    lines = ["BEFORE YOU QUOTE THIS"]
    if (today - facts.held.day).days > 30:
        lines.append(_point("The figures are old: ICE has most likely published newer ones."))
    for one, title in facts.corrections:
        lines.append(_point(f"Known publisher's error {one}: {title}."))
    for finding in facts.findings[:_MOST]:
        place = f" ({finding['sheet'].strip()}!{finding['cell']})" if finding["cell"] else ""
        lines.append(
            _point(f"{finding['severity'].capitalize()}{place}: {_named(finding['what'], facts)}")
        )
    if facts.findings:
        count = len(facts.findings)
        lines.append(_point(f"{count} findings in all: olc check {facts.release.name}"))
    else:
        lines.append(_point("Printed totals add up and agree with each other in this release."))
    lines += [_point(caveat) for caveat in facts.caveats]
    return "\n".join(lines)


def _named(text: str, facts: Facts) -> str:
    """Return a finding with the names of the files in the place of release ids."""
    for release in facts.releases:
        text = text.replace(release.release_id, release.name)
    return text


def _point(text: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent="  - ", subsequent_indent="    ")
