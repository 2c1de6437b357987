"""Tables of one signature share noise, so no cell of one may lie inside a cell of another.

Two numbers with the same noise law and key are the same where the people are the same. Were a set
and a part of it to stand under one signature, numbers that differ would prove that somebody is in
the one and not in the other, however few they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

import pytest

from openlifecycle.disclosure.lattice import coarser, numerator_signature, refusal, signature
from openlifecycle.disclosure.policy import Policy
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_declaration import Condition, RecordSpec
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.measures.record_plan import RecordPlan, record_plan
from openlifecycle.measures.record_registry import record_measures


def _plans(name: str, kind: str, rule: Policy) -> Iterable[RecordPlan]:
    spec = record_measures()[name].records
    assert spec is not None
    if kind not in spec.periods:
        return
    for size in range(rule.dimensions[kind] + 1):
        for dims in combinations(spec.dimensions, size):
            plan = record_plan(Question.of(name, by=list(dims), period=kind))
            if not refusal(spec, kind, plan.split, rule):
                yield plan


def _chained(one: str, other: str) -> bool:
    return one == other or one in coarser(other) or other in coarser(one)


def _left(conditions: Sequence[Condition], split: Sequence[str]) -> tuple[str, ...]:
    """Return the conditions that are no value of a dimension, in words.

    That one value is wanted is what a cell of a split says as well. A condition on something
    coarser than a split leaves each cell whole or empty.
    """
    known = record_dimensions()
    values = [c for c in conditions if c.field in known and _single(c)]
    named = {*split, *(c.field for c in values)}
    left = []
    for one in conditions:
        whole = any(one.field == d or one.field in coarser(d) for d in named)
        stated = one.test == "missing" and any(_chained(one.field, d) for d in named)
        if one not in values and not whole and not stated:
            left.append(one.words())
    return tuple(sorted(left))


def _single(condition: Condition) -> bool:
    return condition.test == "is" or (condition.test == "in" and len(condition.value) == 1)


@pytest.mark.parametrize("kind", ["fiscal_year", "month", "quarter", "day"])
def test_one_signature_stands_for_one_condition(rule: Policy, kind: str) -> None:
    found: dict[bytes, set[tuple[str, ...]]] = defaultdict(set)
    for name in record_measures():
        for plan in _plans(name, kind, rule):
            spec: RecordSpec = plan.spec
            own = (f"{spec.of} is not missing",) if spec.value in ("mean", "median") else ()
            conditions = (*spec.where, *spec.counts) if spec.value == "share" else spec.where
            found[signature(plan)].add((*_left(spec.where, plan.split), *own))
            if spec.value == "share":
                found[numerator_signature(plan)].add(_left(conditions, plan.split))
    assert len(found) > 40
    several = {k.decode(): v for k, v in found.items() if len(v) > 1}
    assert not several
