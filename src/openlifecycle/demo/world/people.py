"""The people of the world: numbers in arrays. Nobody among them has lived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openlifecycle.demo.world.draws import Floats, Ints, data, pick, pick_words, stream

#: Every pseudonym begins with it, so that no key of the world can be taken for a real one.
KEY_PREFIX = "synthetic-"
_KEY_BYTES = 15


@dataclass(frozen=True)
class People:
    """The people of a world; one element a person.

    Attributes:
        key: pseudonym, forty characters like those of real releases, marked.
        born: year of birth.
        country, gender: as released.
        area: number of the area of responsibility where the person lives.
        record: 0 to 1, low for people with convictions; criminality is read off it.
    """

    key: npt.NDArray[Any]
    born: Ints
    country: npt.NDArray[Any]
    gender: npt.NDArray[Any]
    area: Ints
    record: Floats


def people(n: int, seed: int, layout: str, areas: Floats, year: int) -> People:
    """Return n people, of ages that people in detention have.

    The pseudonyms depend on the layout: a publisher makes new ones for each release.
    """
    rng = stream(seed, "people")
    values = data("values")
    age = 15 + rng.gamma(3.2, 6.0, n)
    return People(
        key=_keys(stream(seed, f"keys {layout}"), n),
        born=(year - np.clip(age, 0, 85)).astype(np.int64),
        country=pick_words(rng, values["countries"], n),
        gender=pick_words(rng, values["genders"], n),
        area=pick(rng, areas, n),
        record=rng.random(n),
    )


def _keys(rng: np.random.Generator, n: int) -> npt.NDArray[Any]:
    digits = np.frombuffer(rng.bytes(n * _KEY_BYTES).hex().encode(), dtype=f"S{2 * _KEY_BYTES}")
    return np.char.add(KEY_PREFIX, digits.astype(str)).astype(object)


def criminality(record: Floats, moment: Floats) -> Ints:
    """Return 0 convicted, 1 pending, 2 neither, as recorded at a moment.

    Args:
        record: of the people.
        moment: share of the period of the world that has gone by; the third group grows with it.
    """
    drift = np.clip(moment, 0, 1) * 0.12
    convicted, pending = 0.42 - drift, 0.68 - drift
    found: Ints = np.where(record < convicted, 0, np.where(record < pending, 1, 2)).astype(np.int64)
    return found
