"""A facility list on the map: a circle for each, at the middle of the ZIP that is printed.

The publisher prints no coordinates. A ZIP's middle is a few miles from a door in it, which a map of
the country does not show; a ZIP that lies in another state than the one printed beside it is a
misprint of one of the two, and is not drawn. What is not drawn is told by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import polars as pl
import zip2info

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.answer import Answer
from openlifecycle.errors import NotCleared, UsageError
from openlifecycle.publishing.chart_look import LIGHT, Look
from openlifecycle.publishing.map_shapes import FRAMES, HEIGHT, WIDTH, frame_of, shapes
from openlifecycle.publishing.numbers import shown

#: An answer is drawn if its rows say these.
NEEDED: Final = ("facility_label", "facility_zip", "facility_city", "facility_state")

#: The area of a circle is the population: radius in units of the drawing of one person.
_RADIUS: Final = 0.52
_LEAST_RADIUS: Final = 2.4
#: So far (in units of the drawing, some 3 miles each) a ZIP may lie outside of a drawn border.
_NEAR: Final = 6.0
#: Sizes that the legend shows.
LEGEND: Final = (100, 500, 2000)


@dataclass(frozen=True)
class Dot:
    """A facility that is drawn."""

    label: str
    city: str
    state: str
    value: float
    x: float
    y: float
    radius: float

    @property
    def words(self) -> str:
        """Return what the circle says when it is pointed at."""
        where = ", ".join(part for part in (self.city, self.state) if part)
        return f"{self.label}, {where}: {shown(self.value, 'persons')}"


@dataclass(frozen=True)
class Unplaced:
    """A facility that is not drawn, and why."""

    label: str
    city: str
    state: str
    why: str


@dataclass(frozen=True)
class FacilityMap:
    """The circles, the largest first so that none hides another, and who has none.

    Attributes:
        dots: who is drawn.
        unplaced: who has a population and no place, and who has no population that is shown.
        empty: how many have a printed average of 0: no circle is that small.
    """

    dots: tuple[Dot, ...]
    unplaced: tuple[Unplaced, ...]
    empty: int


def facility_map(cleared: Cleared[Answer]) -> FacilityMap:
    """Return where the facilities of one list are drawn.

    Raises:
        NotCleared: the verdict says that it may not be drawn.
        UsageError: the answer has no ZIP, or is of several lists.
    """
    answer = opened(cleared)
    if cleared.verdict.not_drawn:
        raise NotCleared(cleared.verdict.not_drawn, next_step=cleared.verdict.instead)
    if not set(NEEDED) <= set(answer.rows.columns):
        raise UsageError("a map needs the answer by facility_label and facility_zip")
    if answer.rows["release_id"].n_unique() > 1:
        raise UsageError("a map is of one list: ask on one day")
    dots: list[Dot] = []
    unplaced: list[Unplaced] = []
    rows = answer.rows.filter(pl.col("value").is_null() | (pl.col("value") != 0))
    for row in rows.sort("value", descending=True, nulls_last=True).to_dicts():
        place, why = _place(row)
        who = (row["facility_label"], row["facility_city"] or "", row["facility_state"] or "")
        if place is None:
            unplaced.append(Unplaced(*who, why))
            continue
        radius = radius_of(row["value"])
        dots.append(Dot(*who, row["value"], round(place[0], 1), round(place[1], 1), radius))
    return FacilityMap(tuple(dots), tuple(unplaced), answer.rows.height - rows.height)


def radius_of(value: float) -> float:
    """Return how large a circle is."""
    return round(max(_LEAST_RADIUS, _RADIUS * math.sqrt(max(value, 0.0))), 1)


def insets() -> list[tuple[str, float, float]]:
    """Return the names of the parts at another scale: each line, and where it is written."""
    return [
        (line, frame.label[0], frame.label[1] + 13 * n)
        for frame in FRAMES
        for n, line in enumerate(frame.name)
    ]


def map_svg(cleared: Cleared[Answer], title: str, look: Look = LIGHT) -> bytes:
    """Return the map as a picture of its own, with what it shows and what it does not.

    Args:
        cleared: the answer, by facility and ZIP, of one list.
        title: what stands above it.
        look: light or dark.
    """
    found = facility_map(cleared)
    release = opened(cleared).releases[-1]
    land = "".join(f'<path d="{shape.path}"/>' for shape in shapes().values())
    circles = "".join(
        f'<circle cx="{d.x}" cy="{d.y}" r="{d.radius}"><title>{escape(d.words)}</title></circle>'
        for d in found.dots
    )
    names = "".join(f'<text x="{x}" y="{y}">{escape(name)}</text>' for name, x, y in insets())
    foot = (
        f"Area of a circle: average daily population, year to date. {len(found.dots)} facilities "
        f"drawn at the middle of their ZIP, {len(found.unplaced) + found.empty} not drawn."
    )
    source = f"Source: {release.name}. Shapes: US Census Bureau. ZIPs: US Census Bureau, GeoNames."
    top = 34
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {-top} {WIDTH} {HEIGHT + top + 44}" '
        f'width="{WIDTH}" height="{HEIGHT + top + 44}" role="img" aria-label={quoteattr(title)} '
        'font-family="DejaVu Sans, Verdana, Arial, sans-serif" font-size="12">'
        f'<rect y="{-top}" width="{WIDTH}" height="{HEIGHT + top + 44}" fill="{look.paper}"/>'
        f'<text x="12" y="-10" font-size="17" font-weight="bold" fill="{look.ink}">'
        f"{escape(title)}</text>"
        f'<g fill="{look.grid}" stroke="{look.axis}" stroke-width="0.6">{land}</g>'
        f'<g fill="{look.palette[0]}" fill-opacity="0.45" stroke="{look.palette[0]}" '
        f'stroke-width="1">{circles}</g>'
        f'<g fill="{look.soft}" font-size="11">{names}</g>'
        f'<g fill="{look.soft}"><text x="12" y="{HEIGHT + 16}">{escape(foot)}</text>'
        f'<text x="12" y="{HEIGHT + 34}">{escape(source)}</text></g></svg>'
    ).encode()


def _place(row: dict[str, Any]) -> tuple[tuple[float, float] | None, str]:
    """Return the point at which a facility is drawn, or why there is none."""
    if row["value"] is None:
        return None, "no population is shown of it"
    code = row["facility_zip"] or ""
    if not (len(code) == 5 and code.isdigit()):
        return None, f"its ZIP is printed as {code!r}" if code else "no ZIP is printed"
    found = zip2info.coordinates(code)
    if found is None:
        return None, f"ZIP {code} has no known middle"
    state = (row["facility_state"] or "").upper()
    shape = shapes().get(state)
    if state and shape is None:
        return None, f"{state} is not on this map"
    degrees = np.array([[found[1], found[0]]])
    x, y = (float(n) for n in frame_of(state).projected(degrees)[0])
    if shape is not None and not shape.holds(x, y, _NEAR):
        return None, f"ZIP {code} does not lie in {state}, the state printed beside it"
    return (x, y), ""
