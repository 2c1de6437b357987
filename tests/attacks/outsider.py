"""The outsider who averages: every askable table combined into the best estimate of small cells.

All numbers that speak of two dimensions are put together: the cells by month, their margins (each
margin again as the sum over every other dimension), quarters and fiscal years. Noise is taken as
normal and the weights are those of Gauss and Markov, with a prior from the margins. At the end the
true frequencies of hidden counts, which no outsider knows so well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openlifecycle.disclosure.perturbation import ptable
from openlifecycle.disclosure.policy import Policy
from tests.attacks.cube import Bools, Cube, Table
from tests.attacks.facts import Ints
from tests.attacks.shown import Shown, protected

Floats = npt.NDArray[np.float64]

#: Groups of cells by what is expected of them; variance of a prior that says nothing.
_BINS = 8
_FREE = 1e6


@dataclass(frozen=True)
class Named:
    """How often an outsider names a protected count.

    Attributes:
        attacked: hidden cells with 1 .. k-1 people.
        uniform: share named right where each count is as likely beforehand: the mean over the true
            counts of the share named right (always to say 1 is right in a quarter).
        empirical: the same with the true frequencies of hidden counts.
        blind: share named right from those frequencies alone, without any answer.
    """

    attacked: int
    uniform: float
    empirical: float
    blind: float


@dataclass
class _System:
    """Linear equations between counts of cells and shown numbers, as a normal matrix."""

    matrix: Floats
    right: Floats

    def add(self, cells: Ints, value: float, variance: float) -> None:
        """Take in that the cells add up to a value, give or take."""
        self.matrix[np.ix_(cells, cells)] += 1 / variance
        self.right[cells] += value / variance


def estimate(
    cube: Cube, answers: Sequence[Shown], dims: tuple[str, str], policy: Policy, months: int = 24
) -> Named:
    """Estimate the hidden cells of the table of two dimensions by month.

    Args:
        cube: the truth, to score against.
        answers: everything askable as shown.
        dims: the two dimensions.
        policy: the parameters, which an outsider may know.
        months: how many months, the last ones.
    """
    named = {(t.kind, t.dims): i for i, t in enumerate(cube.tables)}
    number = named["month", tuple(sorted(dims))]
    base, seen = cube.tables[number], answers[number]
    kept = np.flatnonzero(base.period > base.period.max() - months)
    variance = policy.perturbation.variance
    hidden = ~seen.seen[kept]
    expected = _expected(cube, answers, base, kept, named)
    prior, width = _given_hidden(expected, policy)
    prior, width = np.where(hidden, prior, expected), np.where(hidden, width, _FREE)
    system = _System(np.diag(1 / width), prior / width)
    for place, cell in enumerate(kept):
        if seen.seen[cell]:
            system.add(np.array([place]), float(seen.value[cell]), variance)
    for other, up in cube.above[number].items():
        _margins(system, cube, answers, other, up[kept], policy)
    spread = np.linalg.inv(system.matrix)
    mean = spread @ system.right
    mine = hidden & protected(base.n[kept], policy)
    own = np.maximum(1 / np.diag(spread) - 1 / width, 1e-9)  # without its own prior
    centre = (mean / np.diag(spread) - prior / width) / own
    return _score(centre, 1 / own, base.n[kept], expected, hidden, mine, policy)


def _expected(
    cube: Cube, answers: Sequence[Shown], base: Table, kept: Ints,
    named: dict[tuple[str, tuple[str, ...]], int],
) -> Floats:  # fmt: skip
    """Return what independence of the two dimensions leads to expect, from shown margins."""
    made = np.ones(len(kept))
    for dim in base.dims:
        one = named["month", (dim,)]
        up = cube.above[named["month", base.dims]][one][kept]
        made *= np.where(answers[one].seen[up], answers[one].value[up], 2.0)
    one = named["month", ()]
    up = cube.above[named["month", base.dims]][one][kept]
    whole = np.where(answers[one].seen[up], answers[one].value[up], 2.0)
    return np.maximum(made / np.maximum(whole, 1.0), 0.05)


def _given_hidden(expected: Floats, policy: Policy) -> tuple[Floats, Floats]:
    """Return mean and variance of a Poisson count that is at least 1 and not shown."""
    chance = _not_shown(policy)
    n = np.arange(1, len(chance))
    log = n[None] * np.log(expected[:, None]) - np.cumsum(np.log(n))[None]
    weight = np.exp(log - log.max(axis=1, keepdims=True)) * chance[None, 1:]
    weight /= weight.sum(axis=1, keepdims=True)
    mean = weight @ n
    return mean, np.maximum(weight @ n**2 - mean**2, 0.3)


def _not_shown(policy: Policy) -> Floats:
    """Return by number of people the probability that the count is not shown."""
    rule = policy.perturbation
    off = np.arange(-rule.most, rule.most + 1)
    table = ptable(rule.variance, rule.most)
    return np.array([
        1.0 if c < policy.minimum_cell else table.row(c)[c + off < policy.shown_from].sum()
        for c in range(rule.most + policy.shown_from)
    ])  # fmt: skip


def _margins(
    system: _System, cube: Cube, answers: Sequence[Shown], other: int, up: Ints, policy: Policy
) -> None:
    """Add every shown total of a table, whose parts are all kept, as one equation."""
    table, seen = cube.tables[other], answers[other]
    better = _looked_at(cube, answers, other, policy)
    for total in np.unique(up):
        cells = np.flatnonzero(up == total)
        whole = int(table.rows[total])
        if seen.seen[total] and whole:
            value, variance = better[total]
            system.add(cells, float(value), float(variance))


def _looked_at(cube: Cube, answers: Sequence[Shown], number: int, policy: Policy) -> Floats:
    """Return of each cell the best mean and variance: itself, and its sums over other dimensions.

    A sum counts where all of its parts are shown.
    """
    table, seen = cube.tables[number], answers[number]
    noise = policy.perturbation.variance
    weight = np.where(seen.seen, 1 / noise, 0.0)
    total = weight * seen.value
    for finer, child in enumerate(cube.tables):
        up = cube.above[finer].get(number)
        if up is None or child.kind != table.kind or len(child.dims) != len(table.dims) + 1:
            continue
        parts = np.bincount(up, minlength=len(table))
        open_ = np.bincount(up, answers[finer].seen, minlength=len(table)) == parts
        added = np.bincount(up, answers[finer].value, minlength=len(table))
        w = np.where(open_ & (parts > 0), 1 / (noise * np.maximum(parts, 1)), 0.0)
        weight, total = weight + w, total + w * added
    safe = np.maximum(weight, 1e-9)
    return np.stack([total / safe, 1 / safe], axis=1)


def _score(
    centre: Floats, variance: Floats, n: Ints, expected: Floats, hidden: Bools, mine: Bools,
    policy: Policy,
) -> Named:  # fmt: skip
    counts = np.arange(1, policy.minimum_cell)
    fit = np.exp(-((counts[None] - centre[mine, None]) ** 2) / (2 * variance[mine, None]))
    fit = np.maximum(fit, 1e-300)
    blind = _often(n[hidden], counts)
    posterior = fit * _often_by(expected, n, hidden, counts)[mine]
    posterior /= posterior.sum(axis=1, keepdims=True)
    true = n[mine]
    return Named(
        attacked=int(mine.sum()),
        uniform=balanced(counts[fit.argmax(axis=1)] == true, true),
        empirical=float((counts[posterior.argmax(axis=1)] == true).mean()),
        blind=float((counts[blind.argmax()] == true).mean()),
    )


def balanced(right: Bools, true: Ints) -> float:
    """Return the mean over the true numbers of how often each was named."""
    return float(np.mean([right[true == c].mean() for c in np.unique(true)]))


def _often(n: Ints, counts: Ints) -> Floats:
    """Return how often each count occurs, none never."""
    found = (n[:, None] == counts[None]).sum(axis=0) + 0.5
    made: Floats = found / found.sum()
    return made


def _often_by(expected: Floats, n: Ints, hidden: Bools, counts: Ints) -> Floats:
    """Return of each cell the frequencies of the counts among hidden cells as large as expected."""
    edges = np.quantile(expected[hidden], np.linspace(0, 1, _BINS + 1)[1:-1])
    place = np.searchsorted(edges, expected)
    bins = [_often(n[hidden & (place == b)], counts) for b in range(_BINS)]
    return np.array(bins)[place]
