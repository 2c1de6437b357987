"""Cell-key perturbation: noise that is the same whenever the same people are counted.

Fraser and Wooton (2005) and Marley and Leaver (2011) draw the noise of a cell from a key that is a
function of the records in it, by a table of probabilities (p-table) with mean zero, a bound and a
fixed variance. Giessing (2016) and the R package ptable fill that table by maximum entropy. Here:
of all tables with mean zero, noise from -min(n, most) to most and a variance of at most
``variance``, the one of maximum entropy. That is an exponential family in j and j squared, found by
Newton's method. Where few people leave no room for the variance it is smaller, and published.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from openlifecycle.disclosure.policy import Policy

Numbers = npt.NDArray[np.int64]
Fractions = npt.NDArray[np.float64]

#: Newton stops when mean and variance hold to this, and it has so many steps for it.
_EXACT: Final = 1e-13
_STEPS: Final = 200

#: How sure a margin is.
_SURE: Final = 0.95

#: Bytes of a hash, and how many of its bits become a uniform number between 0 and 1.
_BYTES: Final = 8
_BITS: Final = 53


@dataclass(frozen=True, eq=False)
class PTable:
    """The probabilities of noise for each true count.

    Attributes:
        variance: the variance that was asked for.
        most: the largest noise.
        probabilities: row n for a count of n (the last row for ``most`` and more), column j for a
            noise of ``j - most``. Rows sum to 1 and have mean zero.
        variances: the variance that each row has; ``variance`` where n leaves room for it.
    """

    variance: float
    most: int
    probabilities: Fractions
    variances: Fractions
    _cumulative: Fractions

    def row(self, count: int) -> Fractions:
        """Return the probabilities of noise -most..most for a true count."""
        found: Fractions = self.probabilities[min(count, self.most)]
        return found

    def drawn(self, uniform: Fractions, counts: Numbers) -> Numbers:
        """Return the noise for uniform numbers from [0, 1): the inverse of the distribution.

        The uniform number does not depend on the count, so that a count and the next one with the
        same key move together.
        """
        steps = self._cumulative[np.minimum(counts, self.most)]
        found: Numbers = (uniform[:, None] >= steps).sum(axis=1, dtype=np.int64) - self.most
        return found


@lru_cache(maxsize=16)
def ptable(variance: float, most: int) -> PTable:
    """Return the table of maximum entropy with mean zero and at most that variance.

    Args:
        variance: of the noise; what counts of ``most`` and more get, if they can.
        most: the largest noise, up or down. Below ``most`` a count n can lose no more than n.

    Raises:
        ValueError: the variance or the bound is not positive.
    """
    if variance <= 0 or most < 1:
        raise ValueError(f"no noise has variance {variance} and stays within {most}")
    noise = np.arange(-most, most + 1, dtype=np.float64)
    table = np.zeros((most + 1, noise.size))
    for count in range(most + 1):
        table[count, most - count :] = _row(noise[most - count :], variance)
    spread = (table * noise**2).sum(axis=1)
    below = np.cumsum(table, axis=1)
    below[:, -1] = 1.0  # whatever the rounding
    for made in (table, spread, below):
        made.setflags(write=False)
    return PTable(variance, most, table, spread, below)


def _row(noise: Fractions, variance: float) -> Fractions:
    if noise[0] == 0:
        nobody: Fractions = (noise == 0).astype(np.float64)
        return nobody
    free = _solved(noise, None)
    if (free * noise**2).sum() <= variance:
        return free
    return _solved(noise, variance)


def _solved(noise: Fractions, variance: float | None) -> Fractions:
    """Return p(j) = exp(a j + b j^2) / Z with mean 0 and the variance (None: b is 0)."""
    size = float(noise[-1])
    powers = np.vstack([noise / size, (noise / size) ** 2])
    wanted = np.zeros(1) if variance is None else np.array([0.0, variance / size**2])
    powers = powers[: wanted.size]
    at = np.zeros(wanted.size)
    for _ in range(_STEPS):
        exponents = at @ powers
        weights = np.exp(exponents - exponents.max())
        chances: Fractions = weights / weights.sum()
        away = powers @ chances - wanted
        if np.abs(away).max() < _EXACT:
            return chances
        apart = powers - (powers @ chances)[:, None]
        # the function whose minimum is wanted is convex, and this is its second derivative
        at = at - np.linalg.solve((apart * chances) @ apart.T, away)
    raise ValueError(f"no table found for noise {noise[0]:g}..{noise[-1]:g}, variance {variance}")


def uniforms(keys: Numbers, secret: bytes, purpose: bytes = b"") -> Fractions:
    """Return a number from [0, 1) for each key, which nobody can foretell without the secret.

    BLAKE2b keyed with the secret (RFC 7693) is a pseudorandom function.

    Args:
        keys: cell keys; equal keys get equal numbers.
        secret: of the store.
        purpose: what the numbers are for; another purpose has nothing in common with this one.

    Raises:
        ValueError: the secret is empty: then everybody could foretell.
    """
    if not secret:
        raise ValueError("noise without a secret protects nobody")
    context = hashlib.blake2b(purpose, key=secret[:64], digest_size=32).digest()
    data, keyed = keys.astype("<i8").tobytes(), hashlib.blake2b
    drawn = b"".join(
        [
            keyed(data[at : at + _BYTES], key=context, digest_size=_BYTES).digest()
            for at in range(0, len(data), _BYTES)
        ]
    )
    whole = np.frombuffer(drawn, dtype="<u8") >> np.uint64(64 - _BITS)
    return whole.astype(np.float64) / float(1 << _BITS)


def noise(
    keys: Numbers,
    counts: Numbers,
    secret: bytes,
    policy: Policy,
    purpose: bytes = b"",
    *,
    times: int = 1,
) -> Numbers:
    """Return what to add to each true count.

    Args:
        keys: cell key of each cell (int64).
        counts: people in each cell, 0 and more (int64).
        secret: of the store.
        policy: its perturbation says how much noise.
        purpose: keeps noises apart that must have nothing in common. Two policies with different
            noise have nothing in common either: noise of one shape and two widths, added to one
            count, would tell the count.
        times: for counts to which one person adds so many: noise with so many times the standard
            deviation and the bound. It is no multiple of the simple noise: a count with a multiple
            of three added still tells what is left when it is divided by three.

    Raises:
        ValueError: a count is negative.
    """
    if counts.size and counts.min() < 0:
        raise ValueError("a count is negative")
    rule = policy.perturbation
    table = ptable(rule.variance * times**2, rule.most * times)
    context = f"{rule.variance:g}/{rule.most}/{times}/".encode() + purpose
    return table.drawn(uniforms(keys, secret, context), counts)


def anchored(
    keys: Numbers,
    anchors: Numbers,
    counts: Numbers,
    secret: bytes,
    policy: Policy,
    purpose: bytes = b"",
    *,
    times: int = 1,
) -> Numbers:
    """Return the noise of cells under a rule set that need not be the default.

    A cell has the noise of the same cell under the default rule set, and where its people differ
    from those there, more noise. So several rule sets are not several looks at the same people.

    Args:
        keys: cell keys under the rule set of the question.
        anchors: keys of the same cells under the default rule set; equal where the people are.
        counts: people in each cell.
        secret: of the store.
        policy: says how much noise.
        purpose: as for ``noise``.
        times: as for ``noise``.
    """
    first = noise(anchors, counts, secret, policy, purpose, times=times)
    if np.array_equal(keys, anchors):
        return first
    more = noise(keys, counts + first, secret, policy, b"more/" + purpose, times=times)
    return first + np.where(keys == anchors, 0, more)


@lru_cache(maxsize=64)
def margin(policy: Policy, *, times: int = 1, twice: bool = False) -> int:
    """Return the half width within which the noise of a large count stays 95 times of 100.

    Args:
        policy: says how much noise.
        times: as for ``noise``.
        twice: for a rule set other than the default, whose cells may have two noises.
    """
    rule = policy.perturbation
    chances = ptable(rule.variance * times**2, rule.most * times).row(rule.most * times)
    if twice:
        chances = np.convolve(chances, chances)
    middle = chances.size // 2
    within = chances[middle] + 2 * np.cumsum(chances[middle + 1 :])
    return int(np.argmax(within >= _SURE)) + 1
