"""Disclosure policies: every number and word of what may leave, read strictly from a file.

A policy speaks in the data owner's words. Of each rule it says what passes, what fails and what a
person has to review, and where the rule comes from. Code that decides reads the numbers here and
has none of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

import yaml

from openlifecycle.errors import UsageError

#: The policy of records released under the Freedom of Information Act.
PUBLIC: Final = "public-foia"

#: The policy of data under an agreement that names no numbers of its own.
AGREEMENT: Final = "agreement"


class BadPolicy(ValueError):
    """A policy file leaves a rule out, says one that nobody knows, or contradicts itself."""


@dataclass(frozen=True)
class Perturbation:
    """Noise on counts: its variance and the largest noise."""

    variance: float
    most: int


@dataclass(frozen=True)
class Naming:
    """The probability with which somebody may at most name a value that is protected.

    Attributes:
        outsider: somebody who knows nothing but the answers and the method.
        insider: somebody who knows the method and all records but one person's.
        edge: that a count of just the minimum cell is shown, which tells somebody who knows all of
            its people but one that there is one more.
    """

    outsider: float
    insider: float
    edge: float


@dataclass(frozen=True)
class Dominance:
    """A magnitude is not released where so few contributors make more than this share of it."""

    contributors: int
    share: float


@dataclass(frozen=True)
class Interval:
    """How far below and above a suppressed count an attacker's interval must reach, in people."""

    below: int
    above: int


@dataclass(frozen=True)
class Cohorts:
    """What holds of cohorts instead, where hundreds of counts speak of the course of one person.

    Attributes:
        variance: of the noise.
        most: the largest noise.
        shown_from: the perturbed count from which a count is shown.
        month: by how many dimensions cohorts by month may be split.
        fiscal_year: by how many those by fiscal year.
        all: by how many everybody in one.
    """

    variance: float
    most: int
    shown_from: int
    month: int
    fiscal_year: int
    all: int

    def splits(self, period: str) -> int:
        """Return by how many dimensions cohorts by a kind of period may be split."""
        return {"month": self.month, "fiscal_year": self.fiscal_year, "all": self.all}[period]


@dataclass(frozen=True)
class Words:
    """What the owner of the data says of one rule.

    Attributes:
        passes: what may leave.
        fails: what may not.
        review: what a person has to decide; empty where nothing is left to decide.
        source: where the rule comes from.
    """

    passes: str
    fails: str
    review: str
    source: str


@dataclass(frozen=True)
class Policy:
    """What may leave, in numbers and words.

    Attributes:
        name: its name, said with every answer.
        title: what it is for.
        minimum_cell: the fewest people that a figure may be about.
        shown_from: the perturbed count from which a count is shown.
        statistic_minimum: the perturbed people from which a mean, median or curve is shown.
        perturbation: how much noise.
        records_per_person: for how many records of one person noise is made, by kind of period.
        naming: with what probability a protected value may at most be named.
        dimensions: how many dimensions may be asked for at once, by kind of period.
        places: dimensions that people held may be split by, by day.
        cohorts: noise, threshold and splits of cohorts.
        dominance: when a magnitude is of too few contributors.
        interval: how wide an attacker's interval for a suppressed cell must be.
        rounding_base: to what multiples controlled rounding rounds.
        zeros: ``hidden``: that nobody is in a cell is not told.
        group_share: a category that holds more than this share of a group says of everyone in it
            what they are: the split is not shown.
        coverage_cells: a share of rows without a value is rounded to a step worth this many
            minimum cells.
        grid_rows: up to so many rows an answer has one for every combination of values.
        differencing_pair: what two answers are whose difference would be of few.
        words: what the owner says of each rule, by its name.
    """

    name: str
    title: str
    minimum_cell: int
    shown_from: int
    statistic_minimum: int
    perturbation: Perturbation
    records_per_person: Mapping[str, int]
    naming: Naming
    dimensions: Mapping[str, int]
    places: tuple[str, ...]
    cohorts: Cohorts
    dominance: Dominance
    interval: Interval
    rounding_base: int
    zeros: str
    group_share: float
    coverage_cells: int
    grid_rows: int
    differencing_pair: str
    words: Mapping[str, Words]

    def __hash__(self) -> int:
        """Return a hash; a policy is known by its name and its noise."""
        return hash((self.name, self.minimum_cell, self.perturbation))

    def of_cohorts(self) -> Policy:
        """Return the policy with the noise and the threshold that hold for cohorts."""
        noise = Perturbation(self.cohorts.variance, self.cohorts.most)
        return replace(self, perturbation=noise, shown_from=self.cohorts.shown_from)

    def tightened(self, by: Policy | Mapping[str, Any]) -> Policy:
        """Return this policy with the rules of an agreement, none of which may be looser.

        Args:
            by: another policy, or the rules that an agreement names (name of the rule to value,
                as in the file; what it does not name stays).

        Raises:
            UsageError: a rule is looser than here, or is none; the message names it.
        """
        from openlifecycle.disclosure.policy_order import tightened

        return tightened(self, by)


def policy(name: str = PUBLIC) -> Policy:
    """Return the policy of that name.

    Raises:
        UsageError: no such policy; the names that there are.
    """
    known = policies()
    if name not in known:
        raise UsageError(f"no policy {name!r}", nearest=", ".join(known))
    return _read(name)


@cache
def policies() -> tuple[str, ...]:
    """Return the names of the policies that come with the programme."""
    found = (resources.files("openlifecycle.disclosure") / "policies").iterdir()
    return tuple(sorted(f.name[:-4] for f in found if f.name.endswith(".yml")))


@lru_cache(maxsize=16)
def _read(name: str) -> Policy:
    file = resources.files("openlifecycle.disclosure") / "policies" / f"{name}.yml"
    return read_policy(file.read_text("utf-8"), name)


def read_policy(text: str, name: str) -> Policy:
    """Return the policy of a file.

    Raises:
        BadPolicy: a rule is missing, unknown, has no words or no source, or a number is none.
    """
    from openlifecycle.disclosure.policy_file import parsed

    return parsed(yaml.load(text, Loader=yaml.CSafeLoader), name)
