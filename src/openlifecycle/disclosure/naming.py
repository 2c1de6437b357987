"""With what probability somebody who knows nearly everything can name what is protected.

The insider knows the method, the policy and every record but one value of one person: the answers
that can be asked for show counts that are one higher under one guess and one lower under the other.
How many such counts there are (``looks``) follows from the declared dimensions and the limits of
the policy, not from how many questions are asked: the same people always get the same noise.
With noise of variance V two guesses that differ in 2 L counts by one lie d' = sqrt(2 L / V) apart,
and the best test is right with probability Phi(d'/2) (Neyman and Pearson 1933, normal noise). The
exact figure, with the noise that is used and the rule that hides, is ``insider_exact``.

What is claimed holds for one *population*, which is a fact table, what places its records in time,
and a measure's own conditions, and for one period of each kind. Populations of one table add up
(``combined``), and so do the months of somebody who is held for many. Tests and docs/decisions/0011
say how far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from statistics import NormalDist
from types import MappingProxyType
from typing import Final

import numpy as np

from openlifecycle.disclosure.lattice import conditions_cost
from openlifecycle.disclosure.perturbation import Fractions, ptable
from openlifecycle.disclosure.policy import Policy
from openlifecycle.errors import NotCleared
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.record_declaration import Condition, RecordSpec
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.measures.registry import measures

#: Kinds of value that count people; the others count records.
COUNTED: Final[Mapping[str, str]] = MappingProxyType({"people": "people", "stock": "people"})

#: Resolution and reach of the sums of logarithms of likelihood ratios in ``insider_exact``.
_STEP: Final = 1e-3
_SUMS: Final = 1 << 17

#: How many counts may at once have just the fewest people that are shown, with the person, for the
#: bound to be checked. Counts within each other with the same five people are one count, with one
#: noise, so there are never many such counts; what they tell is that they are shown at all.
EDGES: Final = (0, 1, 3, 10)

#: A count that no rule hides and no bound touches.
_LARGE: Final = 1_000


@dataclass(frozen=True)
class Population:
    """People who are counted by the same rule, whatever splits them.

    Attributes:
        table: fact table.
        placed: what places a record in time.
        conditions: what a record must fulfil, in words; empty for every record of the table.
        counted: ``records`` or ``people``: the two have noises of their own.
    """

    table: str
    placed: str
    conditions: tuple[str, ...] = ()
    counted: str = "records"

    def words(self) -> str:
        """Return it as a person reads it."""
        own = f", {' and '.join(self.conditions)}" if self.conditions else ""
        return f"{self.counted} of {self.table} by {self.placed}{own}"


@dataclass(frozen=True)
class Looks:
    """How many counts of one population speak of one attribute of a person.

    Attributes:
        population: whose.
        attribute: dimensions that say the same thing more and less finely.
        cells: how many counts hold the person with one value of it.
    """

    population: Population
    attribute: tuple[str, ...]
    cells: int


def insider(looks: int, variance: float) -> float:
    """Return the probability that the better of two guesses is right: Phi(d'/2)."""
    return NormalDist().cdf(float(np.sqrt(2 * looks / variance)) / 2)


def attributes(dimensions: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return the dimensions in groups: those that say the same, one more finely than the other."""
    left, found = list(dict.fromkeys(dimensions)), []
    while left:
        group = {left.pop(0)}
        while near := [d for d in left if any(_chained(d, g) for g in group)]:
            group.update(near)
            left = [d for d in left if d not in group]
        found.append(tuple(sorted(group)))
    return tuple(found)


def _coarser(name: str) -> set[str]:
    """Return the dimensions that each value of a dimension lies in."""
    found: set[str] = set()
    while name := record_dimensions()[name].within:
        found.add(name)
    return found


def _chained(one: str, other: str) -> bool:
    return one in _coarser(other) or other in _coarser(one)


def populations(spec: RecordSpec) -> tuple[Population, ...]:
    """Return the populations that a measure counts: of a share also that of its numerator."""
    if spec.value == "headcount":
        return (Population("stint", "the midnight", counted="people"),)
    placed = spec.at
    if spec.value == "stock":
        placed = f"the midnight, {spec.over_days} days after {' and '.join(spec.since)}"
    own = _words(spec.where)
    if conditions_cost(spec) and spec.of:
        own = tuple(sorted({*own, f"{spec.of} is not missing"}))
    base = Population(spec.table, placed, own, COUNTED.get(spec.value, "records"))
    if spec.value != "share":
        return (base,)
    return base, Population(spec.table, placed, _words((*spec.where, *spec.counts)))


def _words(conditions: Iterable[Condition]) -> tuple[str, ...]:
    return tuple(sorted({c.words() for c in conditions}))


def looks(policy: Policy, declared: Iterable[Measure] | None = None) -> tuple[Looks, ...]:
    """Return the looks of every population and attribute, most first.

    Args:
        policy: its limits bound what can be asked for.
        declared: measures; all that are declared without it.
    """
    shapes: dict[Population, set[tuple[str, frozenset[str]]]] = {}
    for measure in measures().values() if declared is None else declared:
        if measure.records is not None:
            asked = set(_askable(measure.records, policy))
            for population in populations(measure.records):
                shapes.setdefault(population, set()).update(asked)
    found = []
    for population, of in shapes.items():
        for attribute in attributes(sorted({d for _, split in of for d in split})):
            cells = sum(not split.isdisjoint(attribute) for _, split in of)
            found.append(Looks(population, attribute, cells))
    return tuple(sorted(found, key=lambda one: (-one.cells, one.population.words())))


def _askable(spec: RecordSpec, policy: Policy) -> Iterable[tuple[str, frozenset[str]]]:
    """Return kind of period and split of what can be asked for; equal sets of people once."""
    for period in spec.periods:
        most = max(0, policy.dimensions[period] - conditions_cost(spec))
        for size in range(most + 1):
            for split in combinations(spec.dimensions, size):
                coarser = {c for d in split for c in _coarser(d)}
                yield period, frozenset(split) - coarser


def combined(policy: Policy, declared: Iterable[Measure] | None = None) -> Mapping[str, int]:
    """Return, by fact table, the most looks at one attribute in all populations together."""
    added: dict[str, dict[tuple[str, ...], int]] = {}
    for one in looks(policy, declared):
        of = added.setdefault(one.population.table, {})
        of[one.attribute] = of.get(one.attribute, 0) + one.cells
    return {table: max(of.values()) for table, of in sorted(added.items())}


@lru_cache(maxsize=64)
def insider_exact(policy: Policy, cells: int, at_the_edge: int = 0) -> float:
    """Return the probability that the better of two guesses is right, with the noise that is used.

    The guesses differ in ``2 * cells`` counts by one. The probability is (1 + TV) / 2, TV being
    the total variation between what the two let be seen; it is rounded up by less than 0.01.

    Args:
        policy: its noise, its minimum cell, and from where it shows a count.
        cells: counts that hold the person under one guess.
        at_the_edge: how many of the ``2 * cells`` have just as many people as the minimum cell
            with the person; the others are large.
    """
    large = (_seen(policy, _LARGE + 1), _seen(policy, _LARGE))
    edge = (_seen(policy, policy.minimum_cell), _seen(policy, policy.minimum_cell - 1))
    sums, known = np.ones(_SUMS // 2 + 1, dtype=np.complex128), 1.0
    for (one, other), times in ((large, 2 * cells - at_the_edge), (edge, at_the_edge)):
        both = (one > 0) & (other > 0)
        ratio = np.ceil(np.log(one[both] / other[both]) / _STEP).astype(np.int64)
        known *= (1 - one[(one > 0) & (other == 0)].sum()) ** times
        spread = np.bincount(ratio % _SUMS, weights=one[both], minlength=_SUMS)
        sums = sums * np.fft.rfft(spread) ** times
    chance = np.maximum(np.fft.irfft(sums, _SUMS)[1 : _SUMS // 2], 0.0)
    apart = 1 - known - float((chance * np.expm1(-np.arange(1, _SUMS // 2) * _STEP)).sum())
    return (1 + min(1.0, apart)) / 2


def _seen(policy: Policy, count: int) -> Fractions:
    """Return the probabilities of what is seen of a count: place 0 is "not shown"."""
    rule = policy.perturbation
    seen = np.zeros(_LARGE + rule.most + 2)
    for at, chance in enumerate(ptable(rule.variance, rule.most).row(count)):
        shown = count + at - rule.most
        hidden = count < policy.minimum_cell or shown < policy.shown_from
        seen[0 if hidden else shown] += chance
    return seen


@lru_cache(maxsize=16)
def checked(policy: Policy) -> Policy:
    """Return the policy, if its bound on naming holds for every population that is declared.

    Raises:
        NotCleared: it does not; which population and attribute, and by how much.
    """
    refuse(policy, looks(policy))
    return policy


def refuse(policy: Policy, found: Iterable[Looks]) -> None:
    """Raise NotCleared where the looks allow more than the policy states."""
    worst = max(found, key=lambda one: one.cells)
    variance, stated = policy.perturbation.variance, policy.naming.insider
    reached = max(insider_exact(policy, worst.cells, min(e, worst.cells)) for e in EDGES)
    if reached > stated:
        raise NotCleared(
            f"policy {policy.name} states that an insider names a value with probability "
            f"{stated:g} at most, but it is {reached:.3f}: {worst.cells} counts speak of "
            f"{' or '.join(worst.attribute)} of one person, with noise of variance {variance:g}, "
            f"and counts are shown from {policy.shown_from}",
            where=worst.population.words(),
            next_step="allow fewer dimensions at once, raise the variance, or show larger counts",
        )
