"""The invented facilities: skewed in size, each in a real state and area of responsibility.

A code has seven characters like a DETLOC code and begins with Z; its last two letters are the
state. Hold rooms contain HOLD; like many real ones, some have no state in their code. A name
begins with SYNTHETIC.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import polars as pl

from openlifecycle.demo.world.clock import zone_of_state
from openlifecycle.demo.world.draws import Floats, Ints, data, pick, stream

_PER_AREA_BEDS = 4
_LETTERS = np.array(list(ascii_uppercase))


@dataclass(frozen=True)
class Places:
    """The facilities of a world.

    Attributes:
        table: one row a facility: code, label, kind, state, city, aor, area (number), weight.
        zone: number of the time zone of each facility.
        first, last: for each area, the range of its facilities in the table, hold rooms apart.
        holds: for each area, the facility number of its hold rooms.
        edges: running weight of the facilities that are no hold rooms.
        areas: names of the areas.
        arrests: weight of each area in arrests.
    """

    table: pl.DataFrame
    zone: Ints
    first: Ints
    last: Ints
    holds: tuple[Ints, ...]
    edges: Floats
    areas: tuple[str, ...]
    arrests: Floats

    def in_area(self, rng: np.random.Generator, area: Ints) -> Ints:
        """Return for each area a facility of it, drawn by size."""
        low = np.where(self.first[area] > 0, self.edges[self.first[area] - 1], 0.0)
        high = self.edges[self.last[area] - 1]
        drawn = low + rng.random(len(area)) * (high - low)
        found = np.searchsorted(self.edges, drawn, side="right")
        inside: Ints = np.clip(found, self.first[area], self.last[area] - 1).astype(np.int64)
        return inside

    def anywhere(self, rng: np.random.Generator, n: int) -> Ints:
        """Return n facilities, drawn by size."""
        found = np.searchsorted(self.edges, rng.random(n) * self.edges[-1], side="right")
        inside: Ints = np.minimum(found, len(self.edges) - 1).astype(np.int64)
        return inside

    def hold_in(self, rng: np.random.Generator, area: Ints) -> Ints:
        """Return for each area one of its hold rooms."""
        sizes = np.array([len(one) for one in self.holds])
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        found: Ints = np.concatenate(self.holds)[
            starts[area] + (rng.random(len(area)) ** 2 * sizes[area]).astype(np.int64)
        ]
        return found

    def other_in_area(self, facility: Ints) -> Ints:
        """Return the next facility of the same area: where a transfer goes that must move."""
        area = self.table["area"].to_numpy()[facility]
        found: Ints = np.where(facility + 1 < self.last[area], facility + 1, self.first[area])
        return found


def places(seed: int) -> Places:
    """Return the facilities of a world."""
    rng = stream(seed, "places")
    areas = data("places")["areas"]
    rows: list[dict[str, object]] = []
    first, last = [], []
    for number, (area, (_, beds, states)) in enumerate(areas.items()):
        first.append(len(rows))
        count = _PER_AREA_BEDS + 2 * beds
        rows += _facilities(rng, number, area, beds, states, count, len(rows))
        last.append(len(rows))
    held = len(rows)
    holds = []
    taken: set[str] = set()
    for number, (area, (arrests, _, states)) in enumerate(areas.items()):
        begin = len(rows)
        rows += _hold_rooms(rng, number, area, states, 2 + arrests // 2, begin - held, taken)
        holds.append(np.arange(begin, len(rows), dtype=np.int64))
    table = pl.DataFrame(rows)
    zones = zone_of_state()
    return Places(
        table=table,
        zone=np.array([zones[state] for state in table["state"]], dtype=np.int64),
        first=np.array(first, dtype=np.int64),
        last=np.array(last, dtype=np.int64),
        holds=tuple(holds),
        edges=np.cumsum(table["weight"].to_numpy()[:held]),
        areas=tuple(areas),
        arrests=np.array([one[0] for one in areas.values()], dtype=np.float64),
    )


def _facilities(
    rng: np.random.Generator,
    number: int,
    area: str,
    beds: int,
    states: dict[str, float],
    count: int,
    begin: int,
) -> list[dict[str, object]]:
    """Return the facilities of an area; sizes fall steeply, so that a few hold most people."""
    kinds = data("places")["kinds"]
    where = pick(rng, list(states.values()), count)
    what = pick(rng, [share for share, _ in kinds.values()], count)
    sizes = beds * np.minimum(rng.pareto(1.1, count), 30) + 0.05
    found = []
    for i in range(count):
        state, word = list(states)[where[i]], list(kinds.values())[what[i]][1]
        name = "Z" + _letters(begin + i)
        city = f"SYNTHETIC {_letters(begin + i)}VILLE"
        label = f"SYNTHETIC {name} {word}"
        found.append(_row(f"{name}X{state}", label, str(word), state, city, area, number, sizes[i]))
    return found


def _hold_rooms(
    rng: np.random.Generator,
    number: int,
    area: str,
    states: dict[str, float],
    count: int,
    begin: int,
    taken: set[str],
) -> list[dict[str, object]]:
    """Return the hold rooms of an area: the first of a state is named after it, others not."""
    where = pick(rng, list(states.values()), count)
    found = []
    for i in range(count):
        state = list(states)[where[i]]
        letters = _letters(begin + i)
        code = f"ZHOLD{state}"
        if code in taken:
            code = f"Z{letters[1:]}HOLD"
        taken.add(code)
        label = f"SYNTHETIC {letters} HOLD ROOM"
        city = f"SYNTHETIC {letters}VILLE"
        found.append(_row(code, label, "HOLD", state, city, area, number, 0.0))
    return found


def _letters(number: int) -> str:
    """Return three letters that no other number below 17,576 has."""
    return "".join(_LETTERS[[number // 676 % 26, number // 26 % 26, number % 26]])


def _row(
    code: str,
    label: str,
    kind: str,
    state: str,
    city: str,
    area: str,
    number: int,
    weight: float,
) -> dict[str, object]:
    return {
        "facility_code": code,
        "facility_label": label,
        "kind": kind,
        "state": state,
        "city": city,
        "aor": f"{area} Area of Responsibility",
        "area": number,
        "weight": weight,
    }
