"""Public counts of a reference table, as rows that name the file and the year they stand in."""

from __future__ import annotations

from datetime import date
from typing import Any

from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.measures.plan import Plan
from openlifecycle.measures.question import fiscal_year_of
from openlifecycle.model.observation import INTERVAL
from openlifecycle.model.references import Reference, reference

#: The reference table behind each measure that is answered from one.
TABLES = {"deaths_in_custody": "deaths"}


def reference_rows(plan: Plan) -> tuple[list[dict[str, Any]], ReleaseFacts]:
    """Return the counts in the time asked for, and the table as a release would name itself."""
    table = reference(TABLES[plan.measure.name])
    facts = _facts(table)
    question = plan.question
    if question.as_known_on and question.as_known_on < table.published_on:
        return [], facts
    first = question.on or question.start
    last = question.on or question.end
    rows = [
        {
            "period_start": date(year - 1, 10, 1),
            "period_end": date(year, 9, 30),
            "period_kind": INTERVAL,
            "fiscal_year": year,
            "as_of": table.published_on,
            "value": float(count),
            "unit": plan.measure.unit,
            "release_id": facts.release_id,
            "published_on": table.published_on,
            "table": table.name,
            "sheet": " and ".join(named),
            "cell": f"FY{year}",
        }
        for year, (count, named) in sorted(table.counts.items())
        if (not first or year >= fiscal_year_of(first))
        and (not last or year <= fiscal_year_of(last))
    ]
    return rows, facts


def _facts(table: Reference) -> ReleaseFacts:
    return ReleaseFacts(
        release_id=f"openlifecycle.{table.name}@{table.sha256[:12]}",
        series="openlifecycle.references",
        sha256=table.sha256,
        names=(f"model/{table.name}.yml",),
        fiscal_year=None,
        as_of=table.published_on,
        published_on=table.published_on,
        received_at="",
    )
