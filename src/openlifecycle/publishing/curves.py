"""Curves of a cohort through time: what has happened by each horizon, and how long stays last.

The points are what left the gate, with their bands; between two horizons a straight line is drawn
for the eye, and the picture says so. A horizon without a point has none because it is not shown.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import altair as alt
import polars as pl

from openlifecycle.disclosure.cohorts import CohortAnswer
from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.errors import NotCleared
from openlifecycle.publishing.chart_look import look_of
from openlifecycle.publishing.cohort_words import (
    ENTERED,
    HORIZONS,
    cell_words,
    days_words,
    period_words,
)
from openlifecycle.publishing.flow import is_synthetic, of_cell
from openlifecycle.publishing.flow_colours import PAINTS, Paint

Kind = Literal["reached", "left_as"]

#: Width and height of the drawing in pixels, by the size of the picture.
SIZES: Final = {"large": (560, 320), "small": (258, 240)}
#: More lines than this cannot be told apart.
MOST: Final = 6
_EYE: Final = "Points and bands (95 %) are what was estimated; the lines between are for the eye."
_HEADS: Final = {
    "reached": "What has happened by then",
    "left_as": "How people first left detention, by then",
}


@dataclass(frozen=True)
class Point:
    """One value of a curve."""

    name: str
    days: int
    share: float
    low: float
    high: float


def points(cleared: Cleared[CohortAnswer], cell: Sequence[str], kind: Kind) -> list[Point]:
    """Return the shown points of one cohort, the curves that end highest first."""
    rows = of_cell(cleared, cell).filter(
        pl.col("kind") == kind, pl.col("share").is_not_null()
    )  # fmt: skip
    found = [
        Point(r["state"], r["horizon_days"], r["share"], r["low"], r["high"])
        for r in rows.sort("horizon_days").iter_rows(named=True)
    ]
    return _highest_first(found)


def held_points(
    cleared: Cleared[CohortAnswer], cells: Sequence[Sequence[str]]
) -> list[Point]:  # fmt: skip
    """Return the shares of stays still going on, a curve a cohort, in the order of the cells."""
    answer = opened(cleared)
    names = ["period", *answer.question.by]
    by_cell = {tuple(row[name] for name in names): row for row in answer.rows.iter_rows(named=True)}
    found = []
    for cell in cells:
        row = by_cell[tuple(cell)]
        for days in answer.question.horizons:
            if row[f"held_{days}d"] is not None:
                low, high = row[f"held_low_{days}d"], row[f"held_high_{days}d"]
                found.append(Point(_named(cell), days, row[f"held_{days}d"], low, high))
    return found


def curves(
    cleared: Cleared[CohortAnswer],
    cell: Sequence[str],
    kind: Kind,
    theme: str = "light",
    size: str = "large",
) -> alt.LayerChart:
    """Return the curves of one cohort: events reached by each horizon, or first exits by reason.

    Raises:
        NotCleared: no point may be shown.
    """
    found = points(cleared, cell, kind)
    head = f"{_HEADS[kind]}: {ENTERED[opened(cleared).question.entry].lower()}, {cell_words(cell)}"
    return _drawn(found, head, "share of the cohort", (theme, size), is_synthetic(cleared))


def held_curves(
    cleared: Cleared[CohortAnswer],
    cells: Sequence[Sequence[str]],
    theme: str = "light",
    size: str = "large",
) -> alt.LayerChart:
    """Return the share of stays still going on, a curve for each cohort.

    Raises:
        NotCleared: no point may be shown.
    """
    found = held_points(cleared, cells[:MOST])
    return _drawn(
        found,
        "How long stays last",
        "share of stays not yet ended",
        (theme, size),
        is_synthetic(cleared),
    )


def _drawn(
    found: list[Point], head: str, axis: str, look: tuple[str, str], synthetic: bool
) -> alt.LayerChart:  # fmt: skip
    if not found:
        raise NotCleared(
            "there is no curve to draw: no share of this cohort may be shown",
            next_step="ask for a longer period, or without the split",
        )
    theme, size = look
    look_of(theme, size)
    paint, (width, height) = PAINTS[theme], SIZES[size]
    names = list(dict.fromkeys(point.name for point in found))[:MOST]
    rows: list[dict[str, Any]] = [
        {"days": p.days, "name": p.name.replace("_", " "), "share": p.share, "low": p.low,
         "high": p.high}
        for p in found
        if p.name in names
    ]  # fmt: skip
    said = [name.replace("_", " ") for name in names]
    colour = alt.Color(
        "name:N", sort=said, legend=_legend(paint) if size == "small" else None,
        scale=alt.Scale(domain=said, range=list(paint.lines[: len(said)])),
    )  # fmt: skip
    top = min(1.0, max(point.high for point in found if point.name in names))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "days:Q", title=_axis(size),
            scale=alt.Scale(type="sqrt", domain=[0, max(HORIZONS)], nice=False),
            axis=alt.Axis(values=list(HORIZONS), grid=True, labelOverlap=False),
        ),
        color=colour,
    )  # fmt: skip
    y = alt.Y(
        "share:Q", title=axis, scale=alt.Scale(domain=[0, top], nice=True),
        axis=alt.Axis(format=".0%", tickCount=6),
    )  # fmt: skip
    made: alt.LayerChart = (
        alt.layer(
            base.mark_area(opacity=0.16).encode(y=alt.Y("low:Q", title=axis), y2="high:Q"),
            base.mark_line(strokeWidth=2).encode(y=y, strokeDash=_dash(said)),
            base.mark_point(filled=True, size=52, opacity=1).encode(y=y, shape=_shape(said)),
            *([_names(rows, said, colour, width)] if size == "large" else []),
        )
        .properties(width=width, height=height, title=_title(head, size, synthetic))
        .configure(
            padding=16 if size == "large" else 4, background=paint.paper,
            font="DejaVu Sans, Verdana, Arial, sans-serif",
        )
        .configure_axis(
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelColor=paint.ink,
            titleColor=paint.soft, gridColor=paint.rule, gridOpacity=0.5, domainColor=paint.rule,
            tickColor=paint.rule,
        )
        .configure_view(stroke=None)
        .configure_title(
            anchor="start", fontSize=16 if size == "large" else 15, subtitleFontSize=12,
            subtitleColor=paint.soft, color=paint.ink, offset=14, subtitlePadding=5,
        )
    )  # fmt: skip
    return made


def _axis(size: str) -> str:
    return "days since the entry" + (" (narrower towards the right)" if size == "large" else "")


def _legend(paint: Paint) -> alt.Legend:
    return alt.Legend(
        title=None, orient="bottom", columns=1, labelColor=paint.ink, labelFontSize=12,
        labelLimit=260, symbolStrokeWidth=2, symbolOpacity=1,
    )  # fmt: skip


def _dash(said: list[str]) -> alt.StrokeDash:
    dashes = [[1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [5, 5], [12, 3]]
    scale = alt.Scale(domain=said, range=dashes[: len(said)])
    return alt.StrokeDash("name:N", scale=scale, legend=None)


def _shape(said: list[str]) -> alt.Shape:
    shapes = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
    scale = alt.Scale(domain=said, range=shapes[: len(said)])
    return alt.Shape("name:N", scale=scale, legend=None)


def _names(rows: list[dict[str, Any]], said: list[str], colour: alt.Color, width: int) -> Any:
    """Return the name of each curve beside its last point, apart where two would meet."""
    last = {name: [row for row in rows if row["name"] == name][-1] for name in said}
    top = max(row["high"] for row in rows)
    end = max(row["days"] for row in rows)
    step = 0.055 * top
    labels, low = [], -1.0
    for name in sorted(said, key=lambda n: last[n]["share"]):
        low = max(last[name]["share"], low + step)
        days = last[name]["days"]
        early = "" if days == end else f" after {days_words(days)}"
        text = f"{name}: {last[name]['share']:.0%}{early}"
        labels.append({"name": name, "y": low, "text": text})
    return (
        alt.Chart(alt.InlineData(values=labels))
        .mark_text(align="left", fontSize=12, dx=8)
        .encode(x=alt.value(width), y="y:Q", text="text:N", color=colour)
    )


def _title(head: str, size: str, synthetic: bool) -> alt.TitleParams:
    title, line = (72, 90) if size == "large" else (34, 46)
    lines = ["SYNTHETIC: a made-up world that describes nobody."] if synthetic else []
    lines += textwrap.wrap(_EYE, line)
    return alt.TitleParams(text=textwrap.wrap(head, title), subtitle=lines)


def _named(cell: Sequence[str]) -> str:
    return ", ".join(cell[1:]) if len(cell) > 1 else period_words(cell[0])


def _highest_first(found: list[Point]) -> list[Point]:
    last = {point.name: point.share for point in found}
    order = sorted(last, key=lambda name: -last[name])
    return sorted(found, key=lambda point: order.index(point.name))
