"""With what probability somebody who knows nearly everything can name what is protected.

The insider knows the method, the policy and every record but one value of one person: the answers
that can be asked for show counts that are one higher under one guess and one lower under the other.
How many such counts there are (``looks``) follows from the declared dimensions and the limits of
the policy, not from how many questions are asked: the same people always get the same noise.
With noise of variance V two guesses that differ in 2 L counts by one lie d' = sqrt(2 L / V) apart,
and the best test is right with probability Phi(d'/2) (Neyman and Pearson 1933, normal noise). The
exact figure, with the noise that is used, is ``insider_exact``. What the threshold tells at its
edge is stated apart (``edge``).

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

from openlifecycle.disclosure.cohort_looks import cohort_looks
from openlifecycle.disclosure.lattice import (
    WITH_FIELD,
    coarser,
    measured,
    placed,
    reduced,
    refusal,
)
from openlifecycle.disclosure.perturbation import ptable
from openlifecycle.disclosure.policy import Policy
from openlifecycle.errors import NotCleared
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.record_declaration import Condition, RecordSpec
from openlifecycle.measures.registry import measures

#: What has a noise of its own, by kind of value; all else is perturbed counts of records.
NOISES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "people": "people",
        "stock": "people",
        "last": "people",
        "peak": "peak",
        "average": "average",
        "sum": "average",
        "mean": "mean",
        "median": "median",
        "survival": "survival",
    }
)

#: Resolution and reach of the sums of logarithms of likelihood ratios in ``insider_exact``.
_STEP: Final = 1e-4
_SUMS: Final = 1 << 20


@dataclass(frozen=True)
class Population:
    """Records or people that are selected by the same rule, whatever splits them.

    Attributes:
        placed: fact table, and what places a record in time.
        conditions: what a record must fulfil, in words; empty for every record of the table.
    """

    placed: str
    conditions: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """Return the fact table."""
        return self.placed.split(",")[0]

    def words(self) -> str:
        """Return it as a person reads it."""
        own = f", {' and '.join(self.conditions)}" if self.conditions else ""
        return f"{self.placed}{own}"


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


def _chained(one: str, other: str) -> bool:
    return one in coarser(other) or other in coarser(one)


def populations(spec: RecordSpec) -> tuple[Population, ...]:
    """Return the populations that a measure counts: of a share also that of its numerator."""
    own = _words(spec.where)
    if spec.of and spec.value in WITH_FIELD:
        own = tuple(sorted({*own, f"{spec.of} is not missing"}))
    base = Population(placed(spec), own)
    if spec.value != "share":
        return (base,)
    return base, Population(placed(spec), _words((*spec.where, *spec.counts)))


def _words(conditions: Iterable[Condition]) -> tuple[str, ...]:
    return tuple(sorted({c.words() for c in conditions}))


def looks(policy: Policy, declared: Iterable[Measure] | None = None) -> tuple[Looks, ...]:
    """Return the looks of every population and attribute, most first.

    Args:
        policy: its limits bound what can be asked for.
        declared: measures; all that are declared without it.
    """
    shapes: dict[Population, set[tuple[str, str, frozenset[str]]]] = {}
    for measure in measures().values() if declared is None else declared:
        if measure.records is not None:
            asked = set(_askable(measure.records, policy))
            for population in populations(measure.records):
                shapes.setdefault(population, set()).update(asked)
    found = []
    for population, of in shapes.items():
        for attribute in attributes(sorted({d for _, _, split in of for d in split})):
            cells = sum(not split.isdisjoint(attribute) for _, _, split in of)
            found.append(Looks(population, attribute, cells))
    return tuple(sorted(found, key=lambda one: (-one.cells, one.population.words())))


def _askable(spec: RecordSpec, policy: Policy) -> Iterable[tuple[str, str, frozenset[str]]]:
    """Return what is counted, kind of period and split of each table that can be asked for."""
    counted = NOISES.get(measured(spec), "records")
    for period in spec.periods:
        for size in range(policy.dimensions[period] + 1):
            for split in combinations(spec.dimensions, size):
                if not refusal(spec, period, split, policy):
                    yield counted, period, reduced(split)


def combined(policy: Policy, declared: Iterable[Measure] | None = None) -> Mapping[str, int]:
    """Return, by fact table, the most looks at one attribute in all populations together."""
    added: dict[str, dict[tuple[str, ...], int]] = {}
    for one in looks(policy, declared):
        of = added.setdefault(one.population.table, {})
        of[one.attribute] = of.get(one.attribute, 0) + one.cells
    return {table: max(of.values()) for table, of in sorted(added.items())}


def insider_exact(policy: Policy, cells: int) -> float:
    """Return the probability that the better of two guesses is right, with the noise that is used.

    The guesses differ in ``2 * cells`` large counts by one. The probability is (1 + TV) / 2, TV
    being the total variation between what the two let be seen; it is rounded up by less than 0.01.
    """
    rule = policy.perturbation
    row = ptable(rule.variance, rule.most).row(rule.most)
    one, other = np.append(row, 0.0), np.append(0.0, row)
    both = (one > 0) & (other > 0)
    ratio = np.ceil(np.log(one[both] / other[both]) / _STEP).astype(np.int64)
    spread = np.bincount(ratio % _SUMS, weights=one[both], minlength=_SUMS)
    chance = np.maximum(np.fft.irfft(np.fft.rfft(spread) ** (2 * cells), _SUMS), 0.0)
    above = np.arange(1, _SUMS // 2)
    certain = 1 - float(one[both].sum()) ** (2 * cells)
    apart = certain - float((chance[above] * np.expm1(-above * _STEP)).sum())
    return (1 + min(1.0, apart)) / 2


def edge(policy: Policy) -> float:
    """Return the probability that a count of just the minimum cell is shown.

    A count of one fewer never is. So this is also the probability with which somebody who knows
    all but one of its people learns for certain that there is one more. No noise can take that
    away, other than a higher ``shown_from``: it is the price of a threshold on true counts.
    """
    rule, least = policy.perturbation, policy.minimum_cell
    chances = ptable(rule.variance, rule.most).row(least)
    return float(chances[least + np.arange(-rule.most, rule.most + 1) >= policy.shown_from].sum())


@lru_cache(maxsize=16)
def checked(policy: Policy) -> Policy:
    """Return the policy, if its bounds on naming hold for every population that is declared.

    Raises:
        NotCleared: one does not; which population and attribute, and by how much.
    """
    refuse(policy, looks(policy))
    followed = [
        Looks(Population(f"cohorts by {entry}"), ("course",), cells)
        for entry, cells in cohort_looks(policy).items()
    ]
    refuse(policy.of_cohorts(), followed)
    return policy


def refuse(policy: Policy, found: Iterable[Looks]) -> None:
    """Raise NotCleared where the looks or the threshold allow more than the policy states."""
    stated, rule = policy.naming, policy.perturbation
    # without any dimension nothing that is asked speaks of an attribute
    for worst in sorted(found, key=lambda one: -one.cells)[:1]:
        reached = insider_exact(policy, worst.cells)
        if reached > stated.insider:
            raise NotCleared(
                f"policy {policy.name} states that an insider names a value with probability "
                f"{stated.insider:g} at most, but it is {reached:.3f}: {worst.cells} counts speak "
                f"of {' or '.join(worst.attribute)} of one person, with noise of variance "
                f"{rule.variance:g}",
                where=worst.population.words(),
                next_step="allow fewer dimensions at once, or raise the variance",
            )
    if edge(policy) > stated.edge:
        raise NotCleared(
            f"policy {policy.name} states that a count of just {policy.minimum_cell} people is "
            f"shown with probability {stated.edge:g} at most, but it is {edge(policy):.3f}",
            where=f"counts are shown from {policy.shown_from} on",
            next_step="show counts from a higher number on, or state what is true",
        )
