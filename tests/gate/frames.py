"""Exact answers made by hand: a plan of a real measure, cells as the engine would count them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import polars as pl

from openlifecycle.disclosure.policy import policy
from openlifecycle.disclosure.records import cleared
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.record_answer import Exact, Missing
from openlifecycle.engine.record_frames import GATE_COUNTS, GATE_NUMBERS, at_a_moment
from openlifecycle.engine.record_periods import first_day, last_day, number_on
from openlifecycle.engine.record_store import Held
from openlifecycle.lifecycle.rules import DEFAULT_RULES
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import RecordPlan, record_plan

#: How many cells alike a test looks at.
MANY = 4_000

SECRET = b"a secret of thirty-two bytes ..."
THROUGH = datetime.fromisoformat("2025-06-30T23:59:59")

_COUNTS = ("people", "people_in", "people_out", "rows", "all_rows", "missing_rows", "keyless_rows")


def exact(
    measure: str,
    cells: Sequence[Mapping[str, Any]],
    *,
    secret: bytes = SECRET,
    begins: date | None = None,
    missing: tuple[Missing, ...] = (),
    synthetic: bool = False,
    **words: Any,
) -> Exact:
    """Return an exact answer: each cell says what differs from a January cell of 100 people.

    ``n`` sets people, units, rows and value at once; ``month`` the month of 2025.
    """
    plan = record_plan(Question.of(measure, **words))
    schema: dict[str, Any] = {
        "period_start": pl.Date, "period_end": pl.Date, "period_kind": pl.String,
        "fiscal_year": pl.Int64, **dict.fromkeys(plan.split, pl.String), "value": pl.Float64,
        **dict.fromkeys(_COUNTS, pl.Int64), "is_cut": pl.Boolean,
        **dict.fromkeys(GATE_COUNTS, pl.Int64), **dict.fromkeys(GATE_NUMBERS, pl.Float64),
        "anchor_key": pl.Int64, "in_anchor_key": pl.Int64, "rule_set": pl.String,
    }  # fmt: skip
    rows = [{**dict.fromkeys(schema), **_cell(dict(cell), i, plan)} for i, cell in enumerate(cells)]
    release = SimpleNamespace(
        release_id="us_ice.arrests@0123456789ab", series="us_ice.arrests", sha256="0123456789ab",
        names=("synthetic.csv",) if synthetic else ("arrests.csv",), received_at="2026-01-01",
        through_why="the last arrest", first=datetime.fromisoformat("2024-10-01T08:00:00"),
    )  # fmt: skip
    events = {plan.spec.event, *plan.spec.needs}
    held = Held("us_ice.records@hand", "hand", THROUGH, dict.fromkeys(events, release))
    return Exact(
        plan=plan,
        frame=pl.DataFrame(rows, schema=schema, orient="row"),
        missing=missing,
        held=held,
        sql="select",
        begins=begins,
        secret=secret,
    )


def _cell(cell: dict[str, Any], number: int, plan: RecordPlan) -> dict[str, Any]:
    month, n = cell.pop("month", 1), cell.pop("n", 100)
    period = number_on(date(2025, month, 1), plan.granularity)
    last = last_day(period, plan.granularity)
    moment = at_a_moment(plan)
    key = cell.pop("key", 1_000_003 * (number + 1))
    made = {
        "period_start": last if moment else first_day(period, plan.granularity),
        "period_end": last, "period_kind": "instant" if moment else "interval",
        "fiscal_year": 2025, "value": float(n), "people": n, "rows": n, "units": n, "largest": 1,
        "all_rows": 1000, "missing_rows": 0, "keyless_rows": 0, "is_cut": False,
        "cell_key": key, "anchor_key": key, "rule_set": DEFAULT_RULES,
    }  # fmt: skip
    if "inside" in cell:
        inside = cell.pop("inside")
        made |= {
            "in_cell_key": key + 7, "in_anchor_key": key + 7, "in_units": inside,
            "in_rows": inside, "in_largest": 1, "people_in": inside, "people_out": n - inside,
            "value": inside / n,
        }  # fmt: skip
    return made | cell


def many(measure: str, count: int = MANY, by: str = "aor", **cell: Any) -> Exact:
    """Return one cell of January for each of many values of a split, alike but for the people."""
    cells = [{by: f"v{i:04}", **cell} for i in range(count)]
    return exact(measure, cells, by=by)


def opened(found: Exact, **words: Any) -> Answer:
    """Return the answer with a row for each cell, however many there are."""
    rules = replace(policy(), grid_rows=10**6)
    named = {d: found.frame[d].unique().to_list() for d in found.plan.split}
    return cleared(found, rules, named, **words)


def mean(**cell: Any) -> dict[str, Any]:
    return {
        "n": 400,
        "value": 40.0,
        "total": 16_000.0,
        "largest_part": 900.0,
        "spread": 50.0,
    } | cell
