"""Which questions may be asked of records, and which table each count stands in.

Every further dimension makes smaller cells and adds cells that hold the same person. The policy
says how many dimensions may be asked for at once, split and filter together, by kind of period. A
condition of a measure's own on a dimension uses one up, and so does whatever is a further look at
people who are counted anyhow: distinct people, means, medians, curves and peaks. By day, people who
are held may be split by place only: they stand in one count a day. A table is known by what defines
its cells, whatever route leads to it: the same people in the same table get the same noise, by
another split, filter or measure as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from openlifecycle.disclosure.policy import Policy
from openlifecycle.errors import NotCleared
from openlifecycle.measures.record_declaration import Condition, RecordSpec
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.measures.record_plan import RecordPlan

#: Kinds of value that leave out the records that lack the field they are made of.
WITH_FIELD: Final = frozenset({"mean", "median"})

#: Kinds of value that count people who are there day after day.
HELD: Final = frozenset({"stock", "headcount"})

#: Kinds of value, and statistics of headcounts, that are a further look at what a plain count of
#: the same records shows.
FURTHER: Final = frozenset({"people", "mean", "median", "survival", "peak"})

#: Dimensions that fields of conditions say something of, beside those whose column they are.
SAYS_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "n_transfers": ("transfers",),
        "n_transfers_state": ("transfers",),
        "n_transfers_circuit": ("transfers",),
        "first_circuit": ("state",),
        "last_circuit": ("last_state",),
        "is_third_country": ("departure_country",),
    }
)

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "month": "by month",
        "quarter": "by quarter",
        "fiscal_year": "by fiscal year",
        "day": "by day",
    }
)


def coarser(name: str) -> frozenset[str]:
    """Return the dimensions that each value of a dimension lies in."""
    known, found = record_dimensions(), []
    while name in known and known[name].within:
        name = known[name].within
        found.append(name)
    return frozenset(found)


def reduced(dimensions: Iterable[str]) -> frozenset[str]:
    """Return the dimensions without those that another of them implies."""
    named = frozenset(dimensions)
    return named - frozenset().union(*(coarser(d) for d in named))


def tested(conditions: Iterable[Condition], table: str) -> frozenset[str]:
    """Return the dimensions of a fact table that conditions test, by name or by their column.

    That a dimension is stated adds nothing where another condition says what it is.
    """
    whether: set[str] = set()
    what: set[str] = set()
    for condition in conditions:
        found = {d for f in condition.fields for d in _dimensions(f, table)}
        (whether if condition.test == "missing" else what).update(found)
    return frozenset(what | {d for d in whether if not any(_chained(d, w) for w in what)})


@cache
def _dimensions(field: str, table: str) -> tuple[str, ...]:
    known = record_dimensions()
    if field in known:
        return (field,)
    named = [d.name for d in known.values() if d.columns.get(table) == field]
    return (*SAYS_OF.get(field, ()), *named)


def at_once(spec: RecordSpec, split: Iterable[str]) -> int:
    """Return how many dimensions a question uses: its own, and those of the measure."""
    own = tested((*spec.where, *spec.counts), spec.table)
    named = reduced(split)
    # a condition on what is split by, or on something coarser or finer, is none of its own
    more = [c for c in own if not any(_chained(c, d) for d in named)]
    return len(named) + int(bool(more)) + int(measured(spec) in FURTHER)


def measured(spec: RecordSpec) -> str:
    """Return the kind of value of a measure, or how a headcount takes its days together."""
    return "average" if spec.statistic == "mean" else spec.statistic or spec.value


def _chained(one: str, other: str) -> bool:
    return one == other or one in coarser(other) or other in coarser(one)


def refusal(spec: RecordSpec, granularity: str, split: Iterable[str], policy: Policy) -> str:
    """Return why a question may not be asked; nothing where it may."""
    named = tuple(split)
    limit, used = policy.dimensions[granularity], at_once(spec, named)
    # without any split the measure itself is all that is asked: that is always told
    if used > limit and named:
        own = used - len(reduced(named))
        why = ", of which the measure itself uses one" if own else ""
        return f"{limit} at once {_WORDS[granularity]}{why}, split and filter together"
    if granularity == "day" and spec.value in HELD:
        personal = [d for d in named if d not in policy.places]
        if personal:
            return f"people held are split by place only by day, not by {', '.join(personal)}"
    return ""


def within(plan: RecordPlan, policy: Policy) -> RecordPlan:
    """Return the plan, if it lies within the lattice of the policy.

    Raises:
        NotCleared: it names too many dimensions at once; what would pass.
    """
    spec, split = plan.spec, plan.split
    why = refusal(spec, plan.granularity, split, policy)
    if not why:
        return plan
    said = ", ".join(split)
    better = [p for p in spec.periods if not refusal(spec, p, split, policy)]
    fewer = [d for d in split if not refusal(spec, plan.granularity, (d,), policy)]
    steps = [f"ask {' or '.join(_WORDS[p] for p in better)}"] if better else []
    steps.append(f"name one of {', '.join(fewer)}" if fewer else "leave the split and filter out")
    raise NotCleared(
        f"{plan.measure.name} is not told {_WORDS[plan.granularity]} and {said}",
        where=f"policy {policy.name}: {why}",
        nearest=f"{plan.measure.name} by {fewer[0]}" if fewer else plan.measure.name,
        next_step=", or ".join(steps),
    )


def signature(plan: RecordPlan) -> bytes:
    """Return what defines the cells of a plan's table; of a share, of its denominator."""
    return _signature(plan, plan.spec.where)


def numerator_signature(plan: RecordPlan) -> bytes:
    """Return what defines the cells of the numerator of a share."""
    return _signature(plan, (*plan.spec.where, *plan.spec.counts))


def _signature(plan: RecordPlan, conditions: Iterable[Condition]) -> bytes:
    """Return the table in words: no two nested sets of records may have the same.

    Under one signature equal noise means equal people, so a number that differs from another would
    prove that somebody is in the one set and not in the other. Only a test that singles out one
    value of a dimension says no more than a split by it; every other goes in with its words.
    """
    spec, conditions = plan.spec, tuple(conditions)
    known = record_dimensions()
    single = [c for c in conditions if c.field in known and _is_one_value(c)]
    named = frozenset((*plan.split, *(c.field for c in single)))
    attributes = set(reduced(named))
    attributes |= {c.words() for c in conditions if c not in single and not _implied(c, named)}
    if spec.of and spec.value in WITH_FIELD:
        attributes.add(f"{spec.of} is not missing")
    return "/".join([placed(spec), plan.granularity, *sorted(attributes)]).encode()


def _is_one_value(condition: Condition) -> bool:
    return condition.test == "is" or (condition.test == "in" and len(condition.value) == 1)


def _implied(condition: Condition, named: frozenset[str]) -> bool:
    """Return whether every cell of a table lies inside or outside of a condition."""
    if condition.test == "missing":
        return any(_chained(condition.field, d) for d in named)
    return any(condition.field == d or condition.field in coarser(d) for d in named)


def placed(spec: RecordSpec) -> str:
    """Return the fact table of a measure and what places its records in time."""
    if spec.value == "headcount":
        return f"{spec.table}, heads {spec.heads}"
    if spec.value == "stock":
        return f"{spec.table}, {spec.over_days} days after {' and '.join(spec.since)}"
    return f"{spec.table}, {spec.at}"
