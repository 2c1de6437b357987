"""When releases became public against what the law asks for: gaps, years and a small picture.

The rule is that of the measures ``days_between_releases`` and ``half_months_without_release``
(engine/schedule.py): the law says "semimonthly", so a half month without a release is one missed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from openlifecycle.engine.schedule import HalfMonth, half_months
from openlifecycle.measures.question import fiscal_year_of
from openlifecycle.publishing.chart import ALARM, INK, RULE
from openlifecycle.publishing.drawing import drawn

#: First month of a fiscal year; the picture begins with it.
_OCTOBER: Final = 10
_MONTHS: Final = (
    "Oct",
    "Nov",
    "Dec",
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
)


@dataclass(frozen=True)
class _Ink:
    """The colours of the picture; its paper is that of the page."""

    ink: str
    rule: str
    alarm: str
    field: str


_LIGHT: Final = _Ink(INK, RULE, ALARM, "#a8d3ec")
_DARK: Final = _Ink("#f2f2f2", "#9a9a9a", "#ff8f8f", "#23577a")


@dataclass(frozen=True)
class Gap:
    """Two publications, or the last one and a day, with at least one half month missed between.

    ``until`` is None where nothing has been published since.
    """

    after: date
    until: date | None
    days: int
    missed: tuple[HalfMonth, ...]


@dataclass(frozen=True)
class Year:
    """The half months of a fiscal year that are over, and those of them without a release."""

    fiscal_year: int
    halves: tuple[HalfMonth, ...]

    @property
    def missed(self) -> tuple[HalfMonth, ...]:
        """Return the half months without a release."""
        return tuple(half for half in self.halves if not half.public)

    @property
    def public(self) -> tuple[date, ...]:
        """Return the days of publication in the half months that are over."""
        return tuple(day for half in self.halves for day in half.public)


def gaps(days: Sequence[date], end: date) -> list[Gap]:
    """Return where the rhythm was not kept, in order.

    Args:
        days: days of publication, each once, in order.
        end: the day on which it is looked at.
    """
    missed = [half for half in half_months(days, end) if not half.public]
    ends: list[date | None] = [*days[1:], None][: len(days)]
    found = []
    for after, until in zip(days, ends, strict=True):
        between = tuple(h for h in missed if h.first > after and (not until or h.last < until))
        if between:
            found.append(Gap(after, until, ((until or end) - after).days, between))
    return found


def years(days: Sequence[date], end: date) -> list[Year]:
    """Return the fiscal years from the first publication on, as far as they are over."""
    found: dict[int, list[HalfMonth]] = {}
    for half in half_months(days, end):
        found.setdefault(fiscal_year_of(half.first), []).append(half)
    return [Year(year, tuple(halves)) for year, halves in sorted(found.items())]


def rhythm_picture(days: Sequence[date], end: date, *, dark: bool = False) -> bytes:
    """Return an SVG: a row for each fiscal year, a field for each half month, a line for each day.

    A half month without a release is an empty field with a cross, so that colour says nothing
    alone.
    """
    ink = _DARK if dark else _LIGHT
    rows = [_field(half) for half in half_months(days, end)]
    ticks = [{"year": _year(day), "at": _place(day)} for day in days if day <= end]
    spec = _spec(rows, ticks, ink)
    return drawn("svg", json.dumps(spec))


def _year(day: date) -> str:
    return f"FY{fiscal_year_of(day)}"


def _place(day: date) -> float:
    """Return where a day stands in its fiscal year, in months since 1 October."""
    first = day.replace(day=1)
    following = date(first.year + (first.month == 12), first.month % 12 + 1, 1)  # noqa: PLR2004
    part = (day - first).days / (following - first).days
    return (day.month - _OCTOBER) % 12 + part


def _field(half: HalfMonth) -> dict[str, Any]:
    month, late = (half.first.month - _OCTOBER) % 12, half.first.day > 1
    return {
        "year": _year(half.first),
        "from": month + 0.5 * late + 0.02,
        "to": month + 0.5 * late + 0.48,
        "middle": month + 0.5 * late + 0.25,
        "public": bool(half.public),
    }


def _spec(rows: list[dict[str, Any]], ticks: list[dict[str, Any]], ink: _Ink) -> dict[str, Any]:
    """Return the picture in Vega-Lite."""
    names = sorted({row["year"] for row in rows} | {tick["year"] for tick in ticks})
    labels = "[" + ",".join(f"'{name}'" for name in _MONTHS) + "][floor(datum.value)]"
    year = {
        "field": "year", "type": "nominal", "sort": names, "title": None,
        "axis": {"ticks": False, "domain": False},
    }  # fmt: skip
    place = {
        "type": "quantitative", "scale": {"domain": [0, 12], "nice": False}, "title": None,
        "axis": {
            "values": [month + 0.5 for month in range(12)], "labelExpr": labels, "grid": False,
            "ticks": False, "domain": False, "orient": "top",
        },
    }  # fmt: skip
    bar = {"type": "bar", "height": {"band": 0.8}}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 640,
        "height": {"step": 28},
        "background": None,
        "padding": 8,
        "layer": [
            {
                "data": {"values": rows},
                "transform": [{"filter": "datum.public"}],
                "mark": bar | {"color": ink.field, "opacity": 1},
                "encoding": {"y": year, "x": place | {"field": "from"}, "x2": {"field": "to"}},
            },
            {
                "data": {"values": rows},
                "transform": [{"filter": "!datum.public"}],
                "mark": bar | {"color": "transparent", "stroke": ink.alarm, "strokeWidth": 1},
                "encoding": {"y": year, "x": place | {"field": "from"}, "x2": {"field": "to"}},
            },
            {
                "data": {"values": rows},
                "transform": [{"filter": "!datum.public"}],
                "mark": {"type": "text", "text": "×", "color": ink.alarm, "fontSize": 13},
                "encoding": {"y": year, "x": place | {"field": "middle"}},
            },
            {
                "data": {"values": ticks},
                "mark": {"type": "tick", "color": ink.ink, "thickness": 2.5, "size": 22,
                         "opacity": 1},
                "encoding": {"y": year, "x": place | {"field": "at"}},
            },
        ],
        "config": {
            "font": "DejaVu Sans, Verdana, Arial, sans-serif",
            "axis": {
                "labelFontSize": 12, "labelColor": ink.ink, "domainColor": ink.rule,
                "tickColor": ink.rule,
            },
            "view": {"stroke": None},
        },
    }  # fmt: skip
