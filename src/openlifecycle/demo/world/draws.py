"""Random draws: one named stream for each step, so that a change in one step moves no other."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@cache
def data(name: str) -> dict[str, Any]:
    """Return a YAML file of the world: ``values``, ``places`` or ``layouts``."""
    import yaml

    text = (resources.files("openlifecycle.demo.world") / f"{name}.yml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def stream(seed: int, step: str) -> np.random.Generator:
    """Return the random numbers of one step of one world."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(step.encode())]))


def pick(rng: np.random.Generator, weights: Sequence[float] | Floats, n: int) -> Ints:
    """Return n places in a list, drawn by weight."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(edges / edges[-1], rng.random(n), side="right").astype(np.int64)


def pick_words(rng: np.random.Generator, weights: Mapping[str, float], n: int) -> npt.NDArray[Any]:
    """Return n words, drawn by weight."""
    words = np.array(list(weights), dtype=object)
    drawn: npt.NDArray[Any] = words[pick(rng, list(weights.values()), n)]
    return drawn


def happens(rng: np.random.Generator, rate: float, n: int) -> Flags:
    """Return for each of n whether a thing of that rate happens."""
    return rng.random(n) < rate


def lognormal(rng: np.random.Generator, median: float | Floats, spread: Any, n: int) -> Floats:
    """Return n positive numbers around a median, skewed to the right."""
    drawn: Floats = median * np.exp(rng.standard_normal(n) * spread)
    return drawn
