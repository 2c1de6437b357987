"""Which questions may be asked of records: a few dimensions at once, over whole periods.

Every further dimension makes smaller cells and adds cells that hold the same person. The policy
says how many dimensions may be asked for at once, split and filter together, by kind of period; a
measure that counts only records of some kind has used one of them by itself.
"""

from __future__ import annotations

from typing import Final

from openlifecycle.disclosure.policy import Policy
from openlifecycle.errors import NotCleared
from openlifecycle.measures.record_declaration import RecordSpec
from openlifecycle.measures.record_plan import RecordPlan

#: Fields of means, medians and curves that every record of their table has: no condition.
ALWAYS_KNOWN: Final = frozenset({"stay_days"})

_WORDS: Final = {
    "month": "by month", "quarter": "by quarter", "fiscal_year": "by fiscal year", "day": "by day",
}  # fmt: skip


def conditions_cost(spec: RecordSpec) -> int:
    """Return how many dimensions a measure has used by its own conditions: 0 or 1."""
    return int(bool(spec.where or spec.counts or (spec.of and spec.of not in ALWAYS_KNOWN)))


def allowed(spec: RecordSpec, granularity: str, policy: Policy) -> int:
    """Return how many dimensions may be asked for at once."""
    return max(0, policy.dimensions[granularity] - conditions_cost(spec))


def within(plan: RecordPlan, policy: Policy) -> RecordPlan:
    """Return the plan, if it lies within the lattice of the policy.

    Raises:
        NotCleared: it names too many dimensions at once; what would pass.
    """
    most = allowed(plan.spec, plan.granularity, policy)
    if len(plan.split) <= most:
        return plan
    own = conditions_cost(plan.spec)
    limit = policy.dimensions[plan.granularity]
    why = ", of which the measure itself uses one" if own and limit else ""
    better = [p for p in plan.spec.periods if allowed(plan.spec, p, policy) >= len(plan.split)]
    fewer = f"name {most} of them" if most else "leave them out"
    wider = f", or ask {' or '.join(_WORDS[p] for p in better)}" if better else ""
    raise NotCleared(
        f"{len(plan.split)} dimensions at once are not told {_WORDS[plan.granularity]}: "
        f"{', '.join(plan.split)}",
        where=f"policy {policy.name}: {limit} at once {_WORDS[plan.granularity]}{why}, "
        "split and filter together",
        nearest=f"{plan.measure.name} by {plan.split[0]}" if most else plan.measure.name,
        next_step=fewer + wider,
    )
