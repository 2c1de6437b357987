"""Shapes of the states, and where a place lies on the drawn map.

The shapes are the US Census Bureau's (cartographic boundaries of 2016, 1:500,000), as the package
plotly-geo carries them. They are projected once and snapped to a grid of the drawing: two states
snap the same border to the same points, so no gaps open between them.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 975
HEIGHT: Final = 610

Points = NDArray[np.float64]

#: A point of the drawing is this wide; finer borders are not seen.
_GRID: Final = 1.0
#: Islands smaller than this (in square units of the drawing) are left out of the picture.
_LEAST_AREA: Final = 1.5


@dataclass(frozen=True)
class Frame:
    """A part of the map with a projection of its own: Albers' equal-area cone.

    Attributes:
        name: what is written beside an inset, line by line; the mainland has none.
        states: whom it shows; the mainland shows whoever no inset does.
        parallels: the two standard parallels, in degrees.
        middle: longitude and latitude of the point that is drawn at ``at``.
        at: in the drawing.
        label: where its name is written.
        scale: units of the drawing for one radius of the earth.
    """

    name: tuple[str, ...]
    states: frozenset[str]
    parallels: tuple[float, float]
    middle: tuple[float, float]
    at: tuple[float, float]
    scale: float
    label: tuple[float, float] = (0.0, 0.0)

    def projected(self, degrees: Points) -> Points:
        """Return points of the drawing for rows of longitude and latitude."""
        first, second = (math.sin(math.radians(p)) for p in self.parallels)
        n = (first + second) / 2
        c = 1 + first * (2 * n - first)

        def radius(latitude: Points | float) -> Points:
            found: Points = np.sqrt(c - 2 * n * np.sin(np.radians(latitude))) / n
            return found

        # the Aleutians and the Marianas lie beyond the 180th meridian
        turn = (degrees[:, 0] - self.middle[0] + 180) % 360 - 180
        angle, out, rest = n * np.radians(turn), radius(degrees[:, 1]), radius(self.middle[1])
        x = self.at[0] + self.scale * out * np.sin(angle)
        y = self.at[1] - self.scale * (rest - out * np.cos(angle))
        return np.column_stack([x, y])


_MAINLAND: Final = Frame((), frozenset(), (29.5, 45.5), (-96.6, 38.7), (487.5, 305.0), 1300.0)
FRAMES: Final = (
    Frame(("Alaska",), frozenset({"AK"}), (55.0, 65.0), (-152.0, 63.0), (140.0, 512.0), 425.0,
          (14.0, 470.0)),
    Frame(("Hawaii",), frozenset({"HI"}), (8.0, 18.0), (-157.5, 20.6), (306.0, 568.0), 1300.0,
          (256.0, 538.0)),
    Frame(("Guam and", "Northern Marianas"), frozenset({"GU", "MP"}), (8.0, 18.0), (145.3, 14.4),
          (656.0, 580.0), 1300.0, (606.0, 534.0)),
    Frame(("Puerto Rico and", "Virgin Islands"), frozenset({"PR", "VI"}), (8.0, 18.0),
          (-66.0, 18.2), (914.0, 596.0), 1300.0, (868.0, 560.0)),
    _MAINLAND,
)  # fmt: skip
#: Shapes that the Census Bureau has and the map has no room for: American Samoa.
_LEFT_OUT: Final = frozenset({"AS"})


@dataclass(frozen=True)
class Shape:
    """A state as it is drawn: rings of points."""

    code: str
    rings: tuple[Points, ...]

    @property
    def path(self) -> str:
        """Return the rings as path data, each point relative to the one before: it is shorter."""
        return "".join(_path(ring) for ring in self.rings)

    def holds(self, x: float, y: float, within: float = 0.0) -> bool:
        """Return whether a point lies in the state, or so near that the drawing cannot tell."""
        inside = sum(_crossings(ring, x, y) for ring in self.rings) % 2 == 1
        return inside or any(
            bool((np.hypot(ring[:, 0] - x, ring[:, 1] - y) <= within).any()) for ring in self.rings
        )


def frame_of(state: str) -> Frame:
    """Return the part of the map that a state is drawn in."""
    return next((frame for frame in FRAMES if state in frame.states), _MAINLAND)


@cache
def shapes() -> dict[str, Shape]:
    """Return every state that is drawn, by its two letters."""
    found = {}
    for code, rings in _census():
        if code in _LEFT_OUT:
            continue
        frame = frame_of(code)
        drawn = [_snapped(frame.projected(ring)) for ring in rings]
        kept = sorted((r for r in drawn if _area(r) >= _LEAST_AREA), key=_area, reverse=True)
        # of a state of small islands at least the largest is drawn
        found[code] = Shape(code, tuple(kept or [max(drawn, key=len)]))
    return dict(sorted(found.items()))


def _snapped(ring: Points) -> Points:
    """Return a ring on the grid of the drawing, without points that repeat or lie on a line."""
    snapped: Points = np.round(ring / _GRID) * _GRID
    moved = np.any(snapped != np.roll(snapped, 1, axis=0), axis=1)
    ring = snapped[moved]
    if len(ring) < 3:
        return snapped[:1]
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    bent = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    return ring[bent] if bent.sum() >= 3 else ring[:1]


def _area(ring: Points) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _path(ring: Points) -> str:
    whole = np.rint(ring).astype(int)
    steps = np.diff(whole, axis=0)
    return f"M{whole[0, 0]},{whole[0, 1]}l" + " ".join(f"{x},{y}" for x, y in steps) + "z"


def _crossings(ring: Points, x: float, y: float) -> int:
    """Return how many sides of a ring a ray to the right crosses."""
    after = np.roll(ring, -1, axis=0)
    apart = (ring[:, 1] > y) != (after[:, 1] > y)
    rise = np.where(apart, after[:, 1] - ring[:, 1], 1.0)
    at = ring[:, 0] + (y - ring[:, 1]) * (after[:, 0] - ring[:, 0]) / rise
    return int((apart & (x < at)).sum())


def _census() -> Iterator[tuple[str, list[Points]]]:
    """Yield each state and its rings in degrees, as the shapefile has them."""
    folder = resources.files("_plotly_geo") / "package_data"
    codes = _codes((folder / "cb_2016_us_state_500k.dbf").read_bytes())
    shp = (folder / "cb_2016_us_state_500k.shp").read_bytes()
    at = 100
    for code in codes:
        (words,) = struct.unpack(">i", shp[at + 4 : at + 8])
        body = shp[at + 8 : at + 8 + 2 * words]
        at += 8 + 2 * words
        parts, points = struct.unpack("<2i", body[36:44])
        starts = [*np.frombuffer(body, "<i4", parts, 44), points]
        all_points = np.frombuffer(body, "<f8", 2 * points, 44 + 4 * parts).reshape(-1, 2)
        yield code, [all_points[a:b] for a, b in zip(starts, starts[1:], strict=False)]


def _codes(dbf: bytes) -> list[str]:
    """Return the two letters of each state, in the order of the shapes."""
    count, head, width = struct.unpack("<IHH", dbf[4:12])
    at = 1
    for place in range(32, head - 1, 32):
        name, length = dbf[place : place + 11].rstrip(b"\0"), dbf[place + 16]
        if name == b"STUSPS":
            rows = (dbf[head + width * n :][at : at + length] for n in range(count))
            return [row.decode().strip() for row in rows]
        at += length
    raise ValueError("the shapes of the states name no state")
