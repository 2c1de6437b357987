"""The course of a cohort as a picture: a bar for each horizon, a band from each state to itself.

From the entry the bands are true flows: everybody starts there. Between two horizons they say how
large a state is, and not who came or went.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import altair as alt

from openlifecycle.disclosure.cohorts import CohortAnswer
from openlifecycle.disclosure.gate import Cleared
from openlifecycle.publishing.cohort_words import ENTERED, cell_words, days_words
from openlifecycle.publishing.flow import Block, Column, Course, course
from openlifecycle.publishing.flow_colours import DEEP, PAINTS, STATES, Paint

WIDTH: Final = 900
HEIGHT: Final = 500
#: Half the width of a bar, where two columns are one apart.
_HALF: Final = 0.19
#: A band is drawn through so many points.
_STEPS: Final = 14
#: A block at least so high has room for its number; names at least so far apart can be read.
_ROOM: Final = 0.034
_APART: Final = 0.042
#: What names take beside the last column, and how far past them stand those of which nothing is
#: known.
_LABELS: Final = 2.35
_PAST: Final = 1.9
_SYNTHETIC: Final = "SYNTHETIC: a made-up world that describes nobody."
_BANDS: Final = "A band joins a state to itself; who moved between states is not told."


def flow_chart(
    cleared: Cleared[CohortAnswer], cell: Sequence[str], theme: str = "light"
) -> alt.LayerChart:
    """Return the picture of one cohort of an answer."""
    told = course(cleared, cell)
    paint = PAINTS[theme]
    height = max([1.0, *(b.foot for c in told.columns for b in c.blocks)])
    layers = [
        *_ribbons(told),
        *_bars(told, paint),
        *_numbers(told, paint),
        *_names(told, paint),
        *_heads(told, paint, height),
    ]
    made: alt.LayerChart = (
        alt.layer(*layers)
        .properties(width=WIDTH, height=HEIGHT, title=_title(told, paint))
        .resolve_scale(color="independent")
        .configure(
            padding=16, font="DejaVu Sans, Verdana, Arial, sans-serif", background=paint.paper
        )
        .configure_view(stroke=None)
        .configure_title(
            anchor="start", fontSize=17, subtitleFontSize=12.5, subtitleColor=paint.soft,
            color=paint.ink, offset=16, subtitlePadding=6, subtitleLineHeight=17,
        )
    )  # fmt: skip
    return made


def _x(name: str, count: int) -> alt.X:
    domain = [-0.45, count + _LABELS]
    return alt.X(f"{name}:Q", scale=alt.Scale(domain=domain, nice=False), axis=None)


def _y(name: str) -> alt.Y:
    # room for the heads above, and for what is said of the columns below
    return alt.Y(f"{name}:Q", scale=alt.Scale(domain=[1.1, -0.1], nice=False), axis=None)


def _chart(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _ribbons(told: Course) -> list[Any]:
    """Return the bands: of each state that two columns beside each other both show."""
    rows = []
    for place, (left, right) in enumerate(pairwise((_entry(told), *told.columns))):
        starts = {block.state: block for block in left.blocks}
        for block in right.blocks:
            if block.state in starts:
                rows += _ribbon(place, starts[block.state], block)
    if not rows:
        return []
    n = len(told.columns)
    made = _chart(rows).mark_area(opacity=0.38, line=False)
    return [
        made.encode(
            x=_x("x", n), y=_y("top"), y2="foot:Q", detail="band:N",
            color=alt.Color("colour:N", scale=None),
        )
    ]  # fmt: skip


def _places(told: Course) -> list[float]:
    """Return where the columns stand; those of which nothing is known stand past the names."""
    last = _last(told)
    return [
        float(place) if place <= last else place + _PAST
        for place in range(1, len(told.columns) + 1)
    ]


def _last(told: Course) -> int:
    """Return the place of the last column that shows anything; 0 where none does."""
    return next((i for i in range(len(told.columns), 0, -1) if told.columns[i - 1].blocks), 0)


def _entry(told: Course) -> Column:
    """Return the column of the entry: where those of the first horizon all come from."""
    first = next((c for c in told.columns if c.blocks), None)
    return Column(0, first.blocks if first is told.columns[0] else (), told.people, ())


def _ribbon(place: int, left: Block, right: Block) -> list[dict[str, Any]]:
    rows = []
    for step in range(_STEPS + 1):
        part = step / _STEPS
        eased = part * part * (3 - 2 * part)
        rows.append(
            {
                "band": f"{place} {right.state}", "colour": STATES[right.state],
                "x": place + _HALF + part * (1 - 2 * _HALF),
                "top": left.top + eased * (right.top - left.top),
                "foot": left.foot + eased * (right.foot - left.foot),
            }
        )  # fmt: skip
    return rows


def _bars(told: Course, paint: Paint) -> list[Any]:
    n = len(told.columns)
    start = {"x": -_HALF, "x2": _HALF, "top": 0.0, "foot": 1.0, "colour": paint.soft}
    rows = [start]
    empty = []
    for place, column in zip(_places(told), told.columns, strict=True):
        ends = {"x": place - _HALF, "x2": place + _HALF}
        rows += [
            ends | {"top": b.top, "foot": b.foot, "colour": STATES[b.state]} for b in column.blocks
        ]
        foot = column.blocks[-1].foot if column.blocks else 0.0
        if foot < 1:
            empty.append(ends | {"top": foot, "foot": 1.0})
    drawn: list[Any] = [
        _chart(rows)
        .mark_rect(stroke=paint.paper, strokeWidth=1)
        .encode(
            x=_x("x", n), x2="x2:Q", y=_y("top"), y2="foot:Q",
            color=alt.Color("colour:N", scale=None),
        )
    ]  # fmt: skip
    if empty:
        hollow = _chart(empty).mark_rect(
            fillOpacity=0, stroke=paint.soft, strokeDash=[3, 3], strokeWidth=1
        )
        drawn.append(hollow.encode(x=_x("x", n), x2="x2:Q", y=_y("top"), y2="foot:Q"))
    return drawn


def _numbers(told: Course, paint: Paint) -> list[Any]:
    rows = [
        {
            "x": place, "y": (b.top + b.foot) / 2, "text": f"{b.share:.0%}",
            "colour": "#ffffff" if b.state in DEEP else "#111111",
        }
        for place, column in zip(_places(told), told.columns, strict=True)
        for b in column.blocks
        if b.share >= _ROOM
    ]  # fmt: skip
    unknown = [
        {"x": place, "y": 0.5, "text": _unknown(column)}
        for place, column in zip(_places(told), told.columns, strict=True)
        if not column.blocks
    ]
    n = len(told.columns)
    made: list[Any] = []
    if rows:
        made.append(
            _chart(rows)
            .mark_text(fontSize=12.5, fontWeight="bold", baseline="middle")
            .encode(x=_x("x", n), y=_y("y"), text="text:N", color=alt.Color("colour:N", scale=None))
        )
    if unknown:
        made.append(
            _chart(unknown)
            .mark_text(fontSize=13, angle=270, color=paint.ink)
            .encode(x=_x("x", n), y=_y("y"), text="text:N")
        )
    entry = [{"x": 0, "y": 0.5, "text": ENTERED[told.entry].lower()}]
    made.append(
        _chart(entry)
        .mark_text(fontSize=13.5, angle=270, color=paint.paper, fontWeight="bold")
        .encode(x=_x("x", n), y=_y("y"), text="text:N")
    )
    return made


def _unknown(column: Column) -> str:
    if "watched" in column.reason:
        return "not known yet: too few were watched so long"
    return "not shown: too few people"


def _names(told: Course, paint: Paint) -> list[Any]:
    """Return the names beside the last column that shows anything, led apart where they meet."""
    last = _last(told)
    if not last:
        return []
    n = len(told.columns)
    wanted = {b.state: (b.top + b.foot) / 2 for b in told.columns[last - 1].blocks}
    placed = _apart([(state, wanted[state]) for state in wanted])
    shares = {b.state: b.share for b in told.columns[last - 1].blocks}
    right = last + _HALF + 0.2
    texts = [
        {"x": right + 0.06, "y": y, "text": f"{state.replace('_', ' ')}  {shares[state]:.1%}"}
        for state, y in placed
    ]
    lines = [
        {"x": last + _HALF + 0.02, "y": wanted[state], "x2": right, "y2": y,
         "colour": STATES[state]}
        for state, y in placed
    ]  # fmt: skip
    return [
        _chart(lines)
        .mark_rule(strokeWidth=1.4)
        .encode(x=_x("x", n), y=_y("y"), x2="x2:Q", y2="y2:Q",
                color=alt.Color("colour:N", scale=None)),
        _chart(texts)
        .mark_text(align="left", baseline="middle", fontSize=12.5, color=paint.ink)
        .encode(x=_x("x", n), y=_y("y"), text="text:N"),
    ]  # fmt: skip


def _apart(wanted: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return heights as near to those wanted as names can stand apart, in the same order."""
    placed = []
    low = -1.0
    for state, y in wanted:
        low = max(y, low + _APART)
        placed.append((state, low))
    # what was pushed below the foot comes up again
    high = 1.06
    raised = []
    for state, y in reversed(placed):
        high = min(y, high)
        raised.append((state, high))
        high -= _APART
    return raised[::-1]


def _heads(told: Course, paint: Paint, height: float) -> list[Any]:
    n = len(told.columns)
    heads = [{"x": 0, "y": -0.03, "text": f"{told.people:,}"}]
    heads += [
        {"x": x, "y": -0.03, "text": days_words(c.days)}
        for x, c in zip(_places(told), told.columns, strict=True)
    ]
    feet = [
        {"x": x, "y": max(height, 1.0) + 0.035, "text": _watched(told, column)}
        for x, column in zip(_places(told), told.columns, strict=True)
        if column.blocks
    ]
    return [
        _chart(heads)
        .mark_text(fontSize=13, fontWeight="bold", color=paint.ink)
        .encode(x=_x("x", n), y=_y("y"), text="text:N"),
        _chart(feet)
        .mark_text(fontSize=11.5, color=paint.soft)
        .encode(x=_x("x", n), y=_y("y"), text="text:N"),
    ]


def _watched(told: Course, column: Column) -> str:
    if column.followed is None:
        return "watched: not told"
    if column.followed >= told.people:
        return "all watched"
    return f"{column.followed / told.people:.0%} watched"


def _title(told: Course, paint: Paint) -> alt.TitleParams:
    lines = [f"{told.people:,} people. {_BANDS}"]
    if told.synthetic:
        lines.insert(0, _SYNTHETIC)
    if any(column.unshown and column.blocks for column in told.columns):
        lines.append("Dotted, at the foot of a bar: states with too few people to be shown.")
    head = f"Where people are after their {ENTERED[told.entry].lower()}: {cell_words(told.cell)}"
    return alt.TitleParams(text=textwrap.wrap(head, 80), subtitle=lines)
