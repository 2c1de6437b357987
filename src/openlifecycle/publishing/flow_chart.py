"""The course of a cohort as a picture: a bar for each horizon, a band from each state to itself.

From the entry the bands are true flows: everybody starts there. Between two horizons they say how
large a state is, and not who came or went.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import altair as alt

from openlifecycle.disclosure.cohorts import CohortAnswer
from openlifecycle.disclosure.gate import Cleared
from openlifecycle.publishing.chart_look import look_of
from openlifecycle.publishing.cohort_words import ENTERED, cell_words, days_words
from openlifecycle.publishing.flow import Block, Column, Course, course
from openlifecycle.publishing.flow_colours import DEEP, PAINTS, STATES, Paint

#: A band is drawn through so many points.
_STEPS: Final = 14
#: Names at least so far apart can be read, as a share of the bars; so far down they may stand.
_APART: Final = 0.042
_LOWEST: Final = 1.06
#: What the heads take above the bars.
_HEAD: Final = 0.07
_SYNTHETIC: Final = "SYNTHETIC: a made-up world that describes nobody."
_BANDS: Final = "A band joins a state to itself; who moved between states is not told."
_DOTTED: Final = "Dotted, at the foot of a bar: states that may not be shown."


@dataclass(frozen=True)
class Shape:
    """How large a picture is.

    Attributes:
        width: of the drawing, in pixels.
        height: the same, without a legend.
        half: half the width of a bar, where two columns are one apart.
        beside: what the names take beside the last column; 0: they stand below the bars.
        past: how far past the names stand columns of which nothing is known.
        text: size of the numbers in the bars.
        room: the share from which a block has room for its number.
        chars: characters in a line of the title, and in one below it.
        foot: where the drawing ends without a legend: 1 is the foot of the bars.
    """

    width: int = 900
    height: int = 500
    half: float = 0.19
    beside: float = 2.35
    past: float = 1.9
    text: float = 12.5
    room: float = 0.034
    chars: tuple[int, int] = (80, 110)
    foot: float = 1.1


SHAPES: Final = {
    "large": Shape(),
    "small": Shape(300, 360, 0.36, 0.0, 0.0, 9.5, 0.03, (34, 50)),
}


def flow_chart(
    cleared: Cleared[CohortAnswer], cell: Sequence[str], theme: str = "light", size: str = "large"
) -> alt.LayerChart:
    """Return the picture of one cohort of an answer, or raise UsageError for an unknown look."""
    look_of(theme, size)
    told, paint, shape = course(cleared, cell), PAINTS[theme], SHAPES[size]
    drawing = _Drawing(told, paint, shape)
    layers = [*drawing.ribbons(), *drawing.bars(), *drawing.numbers(), *drawing.heads()]
    layers += drawing.names() if shape.beside else drawing.legend()
    made: alt.LayerChart = (
        alt.layer(*layers)
        .properties(width=shape.width, height=drawing.height, title=_title(told, paint, shape))
        .resolve_scale(color="independent")
        .configure(
            padding=16 if shape.beside else 4, font="DejaVu Sans, Verdana, Arial, sans-serif",
            background=paint.paper,
        )
        .configure_view(stroke=None)
        .configure_title(
            anchor="start", fontSize=17 if shape.beside else 15,
            subtitleFontSize=12.5 if shape.beside else 11.5, subtitleColor=paint.soft,
            color=paint.ink, offset=14, subtitlePadding=6, subtitleLineHeight=16,
        )
    )  # fmt: skip
    return made


class _Drawing:
    """The parts of a picture, each a list of layers."""

    def __init__(self, told: Course, paint: Paint, shape: Shape) -> None:
        self.told, self.paint, self.shape = told, paint, shape
        self.last = next(
            (i for i in range(len(told.columns), 0, -1) if told.columns[i - 1].blocks), 0
        )
        #: Where the drawing ends; 1 is the foot of the bars.
        self.foot = shape.foot if shape.beside else 1.2 + _APART * len(self._named())
        self.height = shape.height * (self.foot + _HEAD) / (shape.foot + _HEAD)
        #: Columns and where they stand; those of which nothing is known stand past the names.
        self.placed = [
            (place if place <= self.last else place + shape.past, column)
            for place, column in enumerate(told.columns, 1)
        ]

    def ribbons(self) -> list[Any]:
        """Return the bands: of each state that two columns beside each other both show."""
        rows = []
        for place, (left, right) in enumerate(pairwise((self._entry(), *self.told.columns))):
            starts = {block.state: block for block in left.blocks}
            for block in right.blocks:
                if block.state in starts:
                    rows += self._ribbon(place, starts[block.state], block)
        if not rows:
            return []
        made = _chart(rows).mark_area(opacity=0.38, line=False)
        return [
            made.encode(
                x=self._x(), y=self._y("top"), y2="foot:Q", detail="band:N",
                color=alt.Color("colour:N", scale=None),
            )
        ]  # fmt: skip

    def _entry(self) -> Column:
        """Return the column of the entry: where those of the first horizon all come from."""
        first = self.told.columns[0]
        return Column(0, first.blocks, self.told.people, ())

    def _ribbon(self, place: int, left: Block, right: Block) -> list[dict[str, Any]]:
        rows = []
        half = self.shape.half
        for step in range(_STEPS + 1):
            part = step / _STEPS
            eased = part * part * (3 - 2 * part)
            rows.append(
                {
                    "band": f"{place} {right.state}", "colour": STATES[right.state],
                    "x": place + half + part * (1 - 2 * half),
                    "top": left.top + eased * (right.top - left.top),
                    "foot": left.foot + eased * (right.foot - left.foot),
                }
            )  # fmt: skip
        return rows

    def bars(self) -> list[Any]:
        """Return the blocks, and a dotted frame where a column shows nothing."""
        half = self.shape.half
        rows = [{"x": -half, "x2": half, "top": 0.0, "foot": 1.0, "colour": self.paint.soft}]
        empty = []
        for place, column in self.placed:
            ends = {"x": place - half, "x2": place + half}
            rows += [
                ends | {"top": b.top, "foot": b.foot, "colour": STATES[b.state]}
                for b in column.blocks
            ]
            foot = column.blocks[-1].foot if column.blocks else 0.0
            if foot < 1:
                empty.append(ends | {"top": foot, "foot": 1.0})
        at = {"x": self._x(), "x2": "x2:Q", "y": self._y("top"), "y2": "foot:Q"}
        filled = _chart(rows).mark_rect(stroke=self.paint.paper, strokeWidth=1)
        drawn: list[Any] = [filled.encode(**at, color=alt.Color("colour:N", scale=None))]
        if empty:
            hollow = _chart(empty).mark_rect(
                fillOpacity=0, stroke=self.paint.soft, strokeDash=[3, 3], strokeWidth=1
            )
            drawn.append(hollow.encode(**at))
        return drawn

    def numbers(self) -> list[Any]:
        """Return the share in each block that has room for it, and why a column is empty."""
        rows = [
            {
                "x": place, "y": (b.top + b.foot) / 2, "text": f"{b.share:.0%}",
                "colour": "#ffffff" if b.state in DEEP else "#111111",
            }
            for place, column in self.placed
            for b in column.blocks
            if b.share >= self.shape.room
        ]  # fmt: skip
        unknown = [
            {"x": place, "y": 0.5, "text": _unknown(column)}
            for place, column in self.placed
            if not column.blocks
        ]
        entry = [{"x": 0, "y": 0.5, "text": ENTERED[self.told.entry].lower()}]
        bold: dict[str, Any] = {"fontWeight": "bold"}
        return [
            *self._text(rows, colour=True, fontSize=self.shape.text, **bold),
            *self._text(unknown, fontSize=12.5, angle=270, color=self.paint.ink),
            *self._text(entry, fontSize=13.5, angle=270, color=self.paint.paper, **bold),
        ]

    def names(self) -> list[Any]:
        """Return the names beside the last column that shows any, led apart where they meet."""
        blocks = self._named()
        wanted = {b.state: (b.top + b.foot) / 2 for b in blocks}
        placed = _apart(wanted)
        edge = self.last + self.shape.half
        lines = [
            {"x": edge + 0.02, "y": wanted[b.state], "x2": edge + 0.2, "y2": placed[b.state],
             "colour": STATES[b.state]}
            for b in blocks
        ]  # fmt: skip
        texts = [
            {"x": edge + 0.26, "y": placed[b.state], "text": f"{_name(b)}: {b.share:.1%}"}
            for b in blocks
        ]
        if not blocks:
            return []
        rule = _chart(lines).mark_rule(strokeWidth=1.4)
        return [
            rule.encode(x=self._x(), y=self._y("y"), x2="x2:Q", y2="y2:Q",
                        color=alt.Color("colour:N", scale=None)),
            *self._text(texts, align="left", fontSize=12.5, color=self.paint.ink),
        ]  # fmt: skip

    def legend(self) -> list[Any]:
        """Return the names below the bars, with the share in the last column that shows any."""
        blocks = self._named()
        if not blocks:
            return []
        days = days_words(self.told.columns[self.last - 1].days)
        rows = [
            {"x": -0.4, "x2": -0.1, "top": 1.16 + i * _APART, "foot": 1.19 + i * _APART,
             "y": 1.175 + i * _APART, "text": f"{_name(b)}: {b.share:.1%}",
             "colour": STATES[b.state]}
            for i, b in enumerate(blocks)
        ]  # fmt: skip
        texts = [{"x": 0.05, "y": row["y"], "text": row["text"]} for row in rows]
        head = [{"x": -0.4, "y": 1.12, "text": f"After {days}, from the top:"}]
        squares = _chart(rows).mark_rect()
        return [
            squares.encode(x=self._x(), x2="x2:Q", y=self._y("top"), y2="foot:Q",
                           color=alt.Color("colour:N", scale=None)),
            *self._text(texts, align="left", fontSize=11.5, color=self.paint.ink),
            *self._text(head, align="left", fontSize=11.5, color=self.paint.soft),
        ]  # fmt: skip

    def heads(self) -> list[Any]:
        """Return what stands above each column, and how many were watched below it."""
        heads = [{"x": 0, "y": -0.03, "text": f"{self.told.people:,}"}]
        low = max([1.0, *(b.foot for c in self.told.columns for b in c.blocks)]) + 0.035
        is_large = bool(self.shape.beside)
        feet = [] if is_large else [{"x": 0, "y": low, "text": "watched"}]
        for place, column in self.placed:
            days = days_words(column.days) if is_large else f"{column.days} d"
            heads.append({"x": place, "y": -0.03, "text": days})
            if column.blocks:
                feet.append({"x": place, "y": low, "text": self._watched(column)})
        size = 13 if is_large else 11
        return [
            *self._text(heads, fontSize=size, fontWeight="bold", color=self.paint.ink),
            *self._text(feet, fontSize=size - 1.5, color=self.paint.soft),
        ]

    def _watched(self, column: Column) -> str:
        many = "" if not self.shape.beside else " watched"
        if column.followed is None:
            return "not told"
        if column.followed >= self.told.people:
            return f"all{many}"
        return f"{column.followed / self.told.people:.0%}{many}"

    def _named(self) -> tuple[Block, ...]:
        return self.told.columns[self.last - 1].blocks if self.last else ()

    def _text(self, rows: list[dict[str, Any]], *, colour: bool = False, **look: Any) -> list[Any]:
        if not rows:
            return []
        made = _chart(rows).mark_text(baseline="middle", **look)
        made = made.encode(x=self._x(), y=self._y("y"), text="text:N")
        return [made.encode(color=alt.Color("colour:N", scale=None)) if colour else made]

    def _x(self) -> alt.X:
        domain = [-0.5, len(self.told.columns) + (self.shape.beside or 0.5)]
        return alt.X("x:Q", scale=alt.Scale(domain=domain, nice=False), axis=None)

    def _y(self, name: str) -> alt.Y:
        scale = alt.Scale(domain=[self.foot, -_HEAD], nice=False)
        return alt.Y(f"{name}:Q", scale=scale, axis=None)


def _chart(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _name(block: Block) -> str:
    return block.state.replace("_", " ")


def _unknown(column: Column) -> str:
    if "watched" in column.reason:
        return "not known yet: too few were watched so long"
    return "not shown: too few people"


def _apart(wanted: dict[str, float]) -> dict[str, float]:
    """Return heights as near to those wanted as names can stand apart, in the same order."""
    lowered, low = [], -1.0
    for state, y in wanted.items():
        low = max(y, low + _APART)
        lowered.append((state, low))
    # what was pushed below the foot comes up again
    placed, high = {}, _LOWEST
    for state, y in reversed(lowered):
        high = min(y, high)
        placed[state] = high
        high -= _APART
    return placed


def _title(told: Course, paint: Paint, shape: Shape) -> alt.TitleParams:
    lines = [_SYNTHETIC] if told.synthetic else []
    lines += textwrap.wrap(f"{told.people:,} people. {_BANDS}", shape.chars[1])
    if any(column.unshown and column.blocks for column in told.columns):
        lines += textwrap.wrap(_DOTTED, shape.chars[1])
    head = f"Where people are after their {ENTERED[told.entry].lower()}: {cell_words(told.cell)}"
    return alt.TitleParams(text=textwrap.wrap(head, shape.chars[0]), subtitle=lines)
