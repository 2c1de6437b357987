"""What takes long to count of millions of records is counted at once, before anybody asks.

Of a small collection every question is answered quickly without. What is counted here is what
questions would keep (``record_ready``), by the same code, but for people present at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import Any, Final

import polars as pl

from openlifecycle.engine import record_heads
from openlifecycle.engine.record_facts import HEADS
from openlifecycle.engine.record_head_any import changes_at_any_time
from openlifecycle.engine.record_ready import shape
from openlifecycle.engine.record_store import RecordTables
from openlifecycle.lifecycle.head_steps import has_steps
from openlifecycle.lifecycle.rules import DEFAULT_RULES, ruleset
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_declaration import RecordSpec
from openlifecycle.measures.record_plan import RecordPlan, record_plan
from openlifecycle.measures.registry import measures

#: Stints from which a question may take longer than 0.4 s when it is asked first.
MANY_STINTS: Final = 2_000_000

#: Kinds of value that take more than to add records up, by month, quarter and fiscal year.
_WHOLE: Final = ("median", "survival", "stock")
#: The table in which most people come again within the month.
_MANY: Final = "stint"

Split = tuple[str, ...]


def is_worth_it(tables: RecordTables) -> bool:
    """Return whether a collection is so large that it is prepared: under the rules of the house.

    Others are asked for now and then, and five rule sets would take half an hour of ten million.
    """
    stints = tables.held.releases.get("detention_stint")
    return tables.rules == DEFAULT_RULES and stints is not None and stints.rows >= MANY_STINTS


def prepare(
    tables: RecordTables,
    values: Callable[[RecordTables, str, str], Any],
    count: Callable[[RecordTables, RecordPlan], Any],
) -> None:
    """Count and keep what takes long, but for what is kept already.

    Args:
        tables: the tables of a collection under one rule set.
        values: counts and keeps the values of a dimension of a fact table.
        count: counts and keeps the cells of a plan.
    """
    declared = {name: m.records for name, m in measures().items() if m.records}
    there = {name: spec for name, spec in declared.items() if _is_there(tables, spec)}
    for table, dimension in sorted({
        (HEADS if spec.value == "headcount" else spec.table, dimension)
        for spec in there.values() for dimension in spec.dimensions
    }):  # fmt: skip
        values(tables, table, dimension)
    for name, spec in there.items():
        if spec.value in _WHOLE or (spec.table == _MANY and spec.value != "headcount"):
            for plan in _plans(tables, name, spec, _splits(spec, 1)):
                count(tables, plan)
    _prepare_heads(tables, {n: s for n, s in there.items() if s.value == "headcount"})


def _is_there(tables: RecordTables, spec: RecordSpec) -> bool:
    return all(tables.has(event) for event in (spec.event, *spec.needs))


def _splits(spec: RecordSpec, most: int) -> Iterator[Split]:
    for many in range(most + 1):
        yield from combinations(spec.dimensions, many)


def _plans(
    tables: RecordTables, name: str, spec: RecordSpec, splits: Iterable[Split]
) -> Iterator[RecordPlan]:
    """Yield the plans whose cells are not kept yet."""
    for split in splits:
        for period in spec.periods:
            if spec.value in _WHOLE and period == "day":
                continue
            plan = record_plan(Question.of(name, by=split, period=period, rules=tables.rules))
            if not tables.ready.has(shape(plan)):
                yield plan


def _prepare_heads(tables: RecordTables, there: dict[str, RecordSpec]) -> None:
    """Keep the heads of every split by two columns, and those at any time by one."""
    if not there or not has_steps(ruleset(tables.rules).headcount):
        return
    at_any_time: dict[Split, list[RecordPlan]] = {}
    for split in _splits(next(iter(there.values())), 2):
        changes = None
        for name, spec in there.items():
            for plan in _plans(tables, name, spec, [split]):
                if spec.heads != "midnight":
                    at_any_time.setdefault(split, []).append(plan)
                    continue
                if changes is None:
                    steps = record_heads.steps_of(tables, plan)
                    changes, _ = record_heads.changes_of(tables, plan, steps)
                _keep_heads(tables, plan, changes)
    splits = [split for split in at_any_time if len(split) < 2]
    if splits:
        days = record_heads.days_of(tables, at_any_time[splits[0]][0])
        made = changes_at_any_time(tables, splits, days)
        for split, changes in zip(splits, made, strict=True):
            for plan in at_any_time[split]:
                _keep_heads(tables, plan, changes)


def _keep_heads(tables: RecordTables, plan: RecordPlan, changes: pl.DataFrame) -> None:
    tables.ready.keep(shape(plan), record_heads.taken_together(tables, plan, changes))
