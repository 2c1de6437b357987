"""The insider: knows method, parameters and all records but one person's, and not the key.

He asks everything askable and compares two guesses of one value of that person. Under each guess
he knows the set of people of every cell, so the exact probability of all that is shown: numbers of
the same people carry the same noise, numbers of different people independent noise. By Neyman
and Pearson nobody who knows as much names the value more often than he who takes the likelier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openlifecycle.disclosure.perturbation import ptable
from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Bools, Cube, labels
from tests.attacks.facts import Ints
from tests.attacks.shown import Shown, repeated

#: What a guess costs that cannot be: more than all else together.
_NEVER = -1e6


@dataclass(frozen=True)
class Cases:
    """Persons whose value is asked for, each with the cells that would be others.

    Attributes:
        record: the record of each case.
        case: by affected cell, its case.
        table: by affected cell, its table.
        cell: by affected cell, its place in the table; -1 where nobody is in it.
        holds: whether the cell holds the person in truth (else under the wrong guess).
    """

    record: Ints
    case: Ints
    table: Ints
    cell: Ints
    holds: Bools


def cases(cube: Cube, dim: str, count: int, seed: int) -> Cases:
    """Return people with one record, and for each another value of a dimension, as donors have it.

    Coarser dimensions change along with it.
    """
    facts, draws = cube.facts, np.random.default_rng(seed)
    alone = np.flatnonzero(
        np.bincount(facts.unit - facts.unit.min())[facts.unit - facts.unit.min()] == 1
    )  # noqa: E501
    record = draws.choice(alone, min(count, len(alone)), replace=False)
    donor = _donors(facts.codes[dim], record, draws)
    changed = {dim, *facts.within[dim]}
    parts: list[tuple[Ints, ...]] = []
    for number, one in enumerate(cube.tables):
        if not changed & set(one.dims):
            continue
        codes = {d: facts.codes[d][donor if d in changed else record] for d in one.dims}
        label = labels(facts, facts.periods[one.kind][record], codes)
        at = np.minimum(np.searchsorted(one.label, label), len(one) - 1)
        other = np.where(one.label[at] == label, at, -1)
        own = one.cell_of[record]
        moved = np.flatnonzero(own != other)  # a coarser value may stay
        for cell, holds in ((own, True), (other, False)):
            parts.append((moved, np.full(len(moved), number), cell[moved],
                          np.full(len(moved), holds)))  # fmt: skip
    case, table, cell, holds = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Cases(record, case, table, cell, holds.astype(bool))


def _donors(codes: Ints, record: Ints, draws: np.random.Generator) -> Ints:
    """Return for each record another with another value, as often as that value occurs."""
    made = draws.integers(0, len(codes), len(record))
    for _ in range(200):
        same = codes[made] == codes[record]
        made = np.where(same, draws.integers(0, len(codes), len(record)), made)
    return made


@dataclass(frozen=True)
class Outcome:
    """What the insider concludes.

    Attributes:
        ratio: by case, log likelihood of the truth less that of the wrong guess.
        looks: by case, how many distinct numbers speak of the value.
    """

    ratio: npt.NDArray[np.float64]
    looks: Ints

    def certain(self) -> npt.NDArray[np.bool_]:
        """Return by case whether the wrong guess is impossible: a count that crosses the edge."""
        return self.ratio > -_NEVER / 2

    def right(self) -> npt.NDArray[np.float64]:
        """Return by case 1 where he names it, 0.5 where he tosses a coin, 0 where he errs."""
        return np.where(self.ratio > 0, 1.0, np.where(self.ratio < 0, 0.0, 0.5))


class Insider:
    """One insider, who has asked everything askable once."""

    def __init__(self, cube: Cube, answers: Sequence[Shown], policy: Policy) -> None:
        """Take the truth (he knows all sets), what is shown, and the policy."""
        self._cube, self._policy = cube, policy
        sizes = [len(t) for t in cube.tables]
        self._offset = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        every = cube.tables
        signs: dict[bytes, int] = {}
        self._sign = np.array([signs.setdefault(t.signature, len(signs)) + 1 for t in every]) << 45
        keys = [np.where(t.n > 0, t.key, 0) + s for t, s in zip(every, self._sign, strict=True)]
        self._key = np.concatenate([*keys, np.zeros(1, np.int64)])
        self._n = np.concatenate([t.n for t in every] + [np.zeros(1, np.int64)])
        self._rows = np.concatenate([t.rows for t in every] + [np.zeros(1, np.int64)])
        self._value = np.concatenate([s.value for s in answers] + [np.zeros(1, np.int64)])
        self._seen = np.concatenate([s.seen for s in answers] + [np.zeros(1, bool)])
        self._sets, self._times = np.unique(self._key, return_counts=True)
        self._people = np.concatenate([t.people for t in every] + [np.zeros(1, np.int64)])
        wide = [repeated(t, policy) for t in every]
        self._wide = np.concatenate([*wide, np.ones(1, np.int64)])
        most = max(policy.records_per_person.values())
        self._chances = {t: _chances(policy, t) for t in range(1, most + 1)}

    def concludes(self, found: Cases) -> Outcome:
        """Return what he concludes of each case."""
        place = np.where(
            found.cell >= 0, self._offset[found.table] + found.cell, len(self._key) - 1
        )
        own = self._cube.facts.key[found.record][found.case]
        change = np.where(found.holds, -1, 1)
        truth = self._likelihood(found, place, np.zeros_like(change), own)
        wrong = self._likelihood(found, place, change, own)
        return Outcome(truth - wrong, np.bincount(found.case, minlength=len(found.record)))

    def _likelihood(
        self, found: Cases, place: Ints, change: Ints, own: Ints
    ) -> npt.NDArray[np.float64]:
        """Return by case the log probability of everything shown, under one guess."""
        empty = found.cell < 0  # nobody is there: the key is that of the table alone
        key = np.where(empty, self._sign[found.table], self._key[place]) + change * own
        n, rows = self._n[place] + change, self._rows[place] + change
        few = self._people[place] + change < self._policy.minimum_cell
        seen, value = self._seen[place], self._value[place]
        off = value - rows
        bad = seen & few
        wide = self._wide[place]
        enough = self._enough(n, 1) * np.ones(len(n))
        chance = np.where(few, 0.0, enough * self._enough(rows, wide))
        log = np.where(seen, self._log_noise(rows, off, wide) + _log(enough), _log(1 - chance))
        log = np.where(bad, _NEVER, log)
        return self._once_a_set(found, place, key, n, np.where(seen, off, 99), log)

    def _log_noise(self, rows: Ints, off: Ints, wide: Ints) -> npt.NDArray[np.float64]:
        """Return the log probability of noise of a number of records."""
        made = np.full(len(rows), _NEVER)
        for times, chance in self._chances.items():
            most = self._policy.perturbation.most * times
            mine = (wide == times) & (np.abs(off) <= most)
            at = np.clip(rows[mine], 0, len(chance) - 1)
            made[mine] = _log(chance[at, off[mine] + most])
        return made

    def _enough(self, counts: Ints, wide: Ints | int) -> npt.NDArray[np.float64]:
        """Return the probability that a count is large enough to be shown, with its noise."""
        made = np.zeros(len(counts))
        for times, chance in self._chances.items():
            most = self._policy.perturbation.most * times
            mine = np.broadcast_to(np.asarray(wide) == times, counts.shape)
            least = np.clip(self._policy.shown_from - counts[mine] + most, 0, 2 * most + 1)
            above = np.concatenate(
                [chance[:, ::-1].cumsum(axis=1)[:, ::-1], np.zeros((len(chance), 1))], axis=1
            )
            made[mine] = above[np.clip(counts[mine], 0, len(chance) - 1), least]
        return np.clip(made, 0.0, 1.0)

    def _once_a_set(
        self, found: Cases, place: Ints, key: Ints, n: Ints, off: Ints, log: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return the sums by case, each set of people counted once and known sets not at all.

        A set that is also a cell the guess does not touch has its noise on show there: what is
        seen here must be the same, and says nothing more.
        """
        count = len(found.record)
        touched = _pair(found.case, self._key[place])
        sets, first, back = np.unique(
            _pair(found.case, key), return_index=True, return_inverse=True
        )
        case = found.case[first]
        here = np.searchsorted(self._sets, key[first])
        here = np.minimum(here, len(self._sets) - 1)
        times = np.where(self._sets[here] == key[first], self._times[here], 0)
        names, mine = np.unique(touched, return_counts=True)
        at = np.minimum(np.searchsorted(names, sets), len(names) - 1)
        times = times - np.where(names[at] == sets, mine[at], 0)
        known = (times > 0) & (n[first] > 0)
        agree = np.ones(len(sets), bool)
        np.logical_and.at(agree, back, off == off[first][back])
        shown_there = self._noise_of(key[first])
        agree &= ~known | (shown_there == off[first])
        total = np.where(agree, np.where(known, 0.0, log[first]), _NEVER)
        worst = np.zeros(len(sets))
        np.minimum.at(worst, back, log)
        total = np.where(worst <= _NEVER, _NEVER, total)
        return np.bincount(case, total, minlength=count)

    def _noise_of(self, key: Ints) -> Ints:
        """Return the noise of a set that is on show somewhere; 99 where it is not."""
        if not hasattr(self, "_shown"):
            off = self._value - self._rows
            order = np.argsort(self._key, kind="stable")
            first = np.searchsorted(self._key[order], self._sets)
            self._shown = np.where(self._seen, off, 99)[order][first]
        at = np.minimum(np.searchsorted(self._sets, key), len(self._sets) - 1)
        return np.where(self._sets[at] == key, self._shown[at], 99)


def _pair(case: Ints, key: Ints) -> Ints:
    """Return a number for a case and a key; keys are sums of 32-bit numbers, so a hash will do."""
    mixed = (case.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed ^ (key.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9))).astype(np.int64)


def _log(chance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.maximum(np.where(chance < 1e-12, -np.inf, np.log(chance)), _NEVER)


def _chances(policy: Policy, times: int) -> npt.NDArray[np.float64]:
    """Return the probabilities of noise, by count."""
    rule = policy.perturbation
    table = ptable(rule.variance * times**2, rule.most * times)
    return np.array([table.row(n) for n in range(rule.most * times + 1)])
